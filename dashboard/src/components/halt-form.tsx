/** Trips the kill switch for a scope. Typing the scope is the second thought; the answer shows what was done. */
import { Button, Select, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { haltTrading } from "../api/actions.ts";
import { useExposure, useOpenOrders } from "../api/queries.ts";
import type { KillSwitchView } from "../../../src/contract/risk.ts";
import { formatClock } from "../format/time.ts";
import styles from "./form.module.css";
import { FailureNote } from "./refusal.tsx";
import { useAction } from "./use-action.ts";

/** Scopes that have something in them now; any other can be typed over the API. */
function useScopes(): { group: string; items: string[] }[] {
  const orders = useOpenOrders().data ?? [];
  const exposure = useExposure().data ?? [];
  const algos = new Set([...orders, ...exposure].map((row) => `algo:${row.algoId}`));
  const instruments = new Set(
    [...orders, ...exposure].map((row) => `instrument:${row.instrument}`),
  );
  const accounts = new Set(["account:paper", ...orders.map((row) => `account:${row.account}`)]);
  return [
    { group: "Everything", items: ["portfolio"] },
    { group: "Accounts", items: [...accounts].sort() },
    { group: "Algos", items: [...algos].sort() },
    { group: "Instruments", items: [...instruments].sort() },
  ].filter((one) => one.items.length > 0);
}

export function HaltForm({ close }: { close: () => void }) {
  const [scope, setScope] = useState("portfolio");
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const [answer, setAnswer] = useState<KillSwitchView | null>(null);
  const scopes = useScopes();
  const halt = useAction(haltTrading);
  const ready = typed === scope && reason.trim().length >= 3;
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (ready) setAnswer(await halt.run(scope, reason.trim()));
  };
  if (answer !== null) return <Halted answer={answer} close={close} />;
  return (
    <form className={styles.form} onSubmit={(event) => void submit(event)}>
      <p className={styles.lead}>
        Stops new orders of the scope at once and cancels its open orders. Positions stay as they
        are. It stays halted until a person resumes it.
      </p>
      <Select
        label="Scope"
        data={scopes}
        value={scope}
        onChange={(value) => setScope(value ?? "portfolio")}
        searchable
        comboboxProps={{ withinPortal: true }}
      />
      <TextInput
        label="Type the scope to confirm"
        placeholder={scope}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        autoComplete="off"
        spellCheck={false}
        data-autofocus
      />
      <TextInput
        label="Reason"
        description="Goes into the audit log."
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        autoComplete="off"
      />
      <FailureNote failure={halt.failure} />
      <div className={styles.buttons}>
        <Button variant="default" onClick={close}>
          Keep trading
        </Button>
        <Button type="submit" color="red" disabled={!ready} loading={halt.busy}>
          Halt trading
        </Button>
      </div>
    </form>
  );
}

function Halted({ answer, close }: { answer: KillSwitchView; close: () => void }) {
  return (
    <div className={styles.form} role="status">
      <p className={styles.lead}>
        <strong>
          {answer.scope} is {answer.state}
        </strong>{" "}
        since {formatClock(answer.since)}.
      </p>
      <dl className={styles.counts}>
        <div>
          <dt>Open orders under it</dt>
          <dd>{answer.openOrders}</dd>
        </div>
        <div>
          <dt>Cancels sent</dt>
          <dd>{answer.cancelsSent}</dd>
        </div>
      </dl>
      <p className={styles.lead}>
        A cancel that was sent is not yet a cancel that arrived: watch the open orders until they
        are gone.
      </p>
      <div className={styles.buttons}>
        <Button onClick={close} data-autofocus>
          Done
        </Button>
      </div>
    </div>
  );
}
