/** Lets a scope only reduce, or trade again. A halt is the kill switch's. */
import { Modal } from "@mantine/core";
import { setTradingState } from "../../api/controls.ts";
import { ReasonForm } from "../../components/reason-form.tsx";
import { useAction } from "../../components/use-action.ts";
import type { ScopeRow } from "./scope-rows.ts";

export function StateEditor({ row, close }: { row: ScopeRow | null; close: () => void }) {
  const title = row?.state === "active" ? "Only reduce" : "Let trade";
  return (
    <Modal opened={row !== null} onClose={close} title={`${title}: ${row?.scope ?? ""}`}>
      {row && <StateForm row={row} close={close} />}
    </Modal>
  );
}

function StateForm({ row: { scope, state }, close }: { row: ScopeRow; close: () => void }) {
  const change = useAction(setTradingState);
  const next = state === "active" ? "reducing" : "active";
  return (
    <ReasonForm
      lead={
        next === "reducing"
          ? "Entries are refused, exits and cancels pass. Open orders stay as they are."
          : "Entries pass again, within the limits."
      }
      press={next === "reducing" ? "Only reduce" : "Let trade"}
      busy={change.busy}
      failure={change.failure}
      send={(reason) => change.run(scope, next, reason)}
      close={close}
    />
  );
}
