/** Lets a scope trade again. Needs a reason, and after a halt waits out the minimum hold: a reflex is not a decision. */
import { Button, Select, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState, type FormEvent } from "react";
import { setTradingState } from "../api/controls.ts";
import { useRisk } from "../api/queries.ts";
import { KILL_SWITCH_HOLD_MS } from "../../../src/contract/risk.ts";
import { useNow } from "./figures.tsx";
import styles from "./form.module.css";
import { FailureNote } from "./refusal.tsx";
import { useAction } from "./use-action.ts";

export function ResumeForm({ scope: opened, close }: { scope: string; close: () => void }) {
  const states = useRisk().data?.tradingStates ?? [];
  const [scope, setScope] = useState(opened);
  const [reason, setReason] = useState("");
  const resume = useAction(setTradingState);
  const held = states.find((one) => one.scope === scope);
  const now = useNow();
  const isHalted = held?.state === "halted";
  const waiting = isHalted && now < held.since + KILL_SWITCH_HOLD_MS;
  const ready = reason.trim().length >= 3 && !waiting;
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!ready || (await resume.run(scope, "active", reason.trim())) === null) return;
    notifications.show({ message: `${scope} may trade again.` });
    close();
  };
  const scopes = states.length > 0 ? states.map((one) => one.scope) : [opened];
  return (
    <form className={styles.form} onSubmit={(event) => void submit(event)}>
      {held && (
        <p className={styles.lead}>
          <strong>
            {held.scope} is {held.state}
          </strong>
          , set by {held.by}: {held.reason}
        </p>
      )}
      {scopes.length > 1 && (
        <Select
          label="Scope"
          data={scopes}
          value={scope}
          onChange={(value) => setScope(value ?? opened)}
        />
      )}
      <TextInput
        label="Reason"
        description="Why it is safe to trade again. Goes into the audit log."
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        autoComplete="off"
        data-autofocus
      />
      <FailureNote failure={resume.failure} />
      <div className={styles.buttons}>
        <Button variant="default" onClick={close}>
          {isHalted ? "Stay halted" : "Stay reducing"}
        </Button>
        <Button type="submit" disabled={!ready} loading={resume.busy}>
          Confirm resume
        </Button>
      </div>
    </form>
  );
}
