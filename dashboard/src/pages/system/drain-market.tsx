/** Empties a market: it takes no new socket, and those it has are told to come back elsewhere. */
import { Button, Modal, SegmentedControl, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { drainMarket } from "../../api/feeds.ts";
import formStyles from "../../components/form.module.css";
import { FailureNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import type { DrainClose } from "../../../../src/contract/markets.ts";

const CLOSES: { value: DrainClose; label: string }[] = [
  { value: "after_hours", label: "After hours" },
  { value: "now", label: "Now" },
];

export function DrainMarket({ market, close }: { market: string | null; close: () => void }) {
  return (
    <Modal opened={market !== null} onClose={close} title={`Drain ${market ?? ""}`}>
      {market !== null && <DrainForm market={market} close={close} />}
    </Modal>
  );
}

function DrainForm({ market, close }: { market: string; close: () => void }) {
  const [when, setWhen] = useState<DrainClose>("after_hours");
  const [reason, setReason] = useState("");
  const drain = useAction(drainMarket);
  const isReady = reason.trim().length >= 3;
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!isReady) return;
    if ((await drain.run(market, { close: when, reason: reason.trim() })) !== null) close();
  };
  return (
    <form className={formStyles.form} onSubmit={(event) => void submit(event)}>
      <p className={formStyles.lead}>
        It takes no new socket. Those it has are told, closed, and come back on another market.
      </p>
      <SegmentedControl
        aria-label="Its sockets are closed"
        data={CLOSES}
        value={when}
        onChange={(value) => setWhen(value === "now" ? "now" : "after_hours")}
        fullWidth
      />
      <TextInput
        label="Reason"
        description="Goes into the audit log."
        autoComplete="off"
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        data-autofocus
      />
      <FailureNote failure={drain.failure} />
      <div className={formStyles.buttons}>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button type="submit" loading={drain.busy} disabled={!isReady}>
          Drain
        </Button>
      </div>
    </form>
  );
}
