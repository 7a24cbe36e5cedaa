/** Puts the portfolio to sleep, pauses an algo or blocks an instrument, and lifts it again. */
import { Modal, TextInput } from "@mantine/core";
import { useState } from "react";
import { restrict } from "../../api/controls.ts";
import { ReasonForm } from "../../components/reason-form.tsx";
import { useAction } from "../../components/use-action.ts";

export interface RestrictionDraft {
  scope: string;
  /** `Pause`, `Wake` …: what the button says. */
  verb: string;
  lift: boolean;
  /** The scope is still to be typed. */
  isOpen: boolean;
}

interface EditorProps {
  draft: RestrictionDraft | null;
  close: () => void;
}

export function RestrictionEditor({ draft, close }: EditorProps) {
  const title = draft?.isOpen
    ? "Block an instrument"
    : `${draft?.verb ?? ""} ${draft?.scope ?? ""}`;
  return (
    <Modal opened={draft !== null} onClose={close} title={title}>
      {draft && <RestrictionForm draft={draft} close={close} />}
    </Modal>
  );
}

function leadOf({ scope, lift }: RestrictionDraft): string {
  if (lift) return "It may open positions again at once.";
  return scope === "portfolio"
    ? "A sleeping portfolio takes nothing but cancels, exits included."
    : "Nothing that may raise exposure is let through; exits pass.";
}

function RestrictionForm({ draft, close }: { draft: RestrictionDraft; close: () => void }) {
  const [instrument, setInstrument] = useState("");
  const change = useAction(restrict);
  const scope = draft.isOpen ? `${draft.scope}${instrument.trim()}` : draft.scope;
  return (
    <ReasonForm
      lead={leadOf(draft)}
      press={draft.verb}
      isReady={!draft.isOpen || instrument.trim() !== ""}
      busy={change.busy}
      failure={change.failure}
      send={(reason) => change.run(scope, reason, draft.lift)}
      close={close}
    >
      {draft.isOpen && (
        <TextInput
          label="Instrument"
          placeholder="NSE:INFY"
          autoComplete="off"
          spellCheck={false}
          value={instrument}
          onChange={(event) => setInstrument(event.currentTarget.value)}
          data-autofocus
        />
      )}
    </ReasonForm>
  );
}
