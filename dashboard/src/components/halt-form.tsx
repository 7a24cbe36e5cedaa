/** Trips the kill switch for a scope. Typing the scope is the second thought; the answer shows what was done. */
import { Button, Checkbox, Select, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { haltTrading } from "../api/actions.ts";
import type { KillSwitchView } from "../../../src/contract/risk.ts";
import { formatClock } from "../format/time.ts";
import styles from "./form.module.css";
import { FailureNote } from "./refusal.tsx";
import { useAction } from "./use-action.ts";
import { useScopes } from "./use-scopes.ts";

/** Scopes that have something in them now; any other can be typed over the API. */
function useScopeChoices(): { group: string; items: string[] }[] {
  const { accounts, algos, instruments } = useScopes();
  return [
    { group: "Everything", items: ["portfolio"] },
    { group: "Accounts", items: accounts.map((id) => `account:${id}`) },
    { group: "Algos", items: algos.map((id) => `algo:${id}`) },
    { group: "Instruments", items: instruments.map((id) => `instrument:${id}`) },
  ].filter((one) => one.items.length > 0);
}

export function HaltForm({ close }: { close: () => void }) {
  const [scope, setScope] = useState("portfolio");
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const [flatten, setFlatten] = useState(false);
  const [answer, setAnswer] = useState<KillSwitchView | null>(null);
  const scopes = useScopeChoices();
  const halt = useAction(haltTrading);
  const ready = typed === scope && reason.trim().length >= 3;
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (ready) setAnswer(await halt.run(scope, reason.trim(), flatten));
  };
  if (answer !== null) return <Halted answer={answer} close={close} />;
  return (
    <form className={styles.form} onSubmit={(event) => void submit(event)}>
      <p className={styles.lead}>
        Stops new orders and the algos of the scope at once, and cancels its open orders. It stays
        halted until a person resumes it.
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
      <Checkbox
        label="Flatten: close its positions too"
        description="Market orders that may only reduce. Without it positions stay as they are."
        checked={flatten}
        onChange={(event) => setFlatten(event.currentTarget.checked)}
      />
      <FailureNote failure={halt.failure} />
      <div className={styles.buttons}>
        <Button variant="default" onClick={close}>
          Keep trading
        </Button>
        <Button type="submit" color="red" disabled={!ready} loading={halt.busy}>
          {flatten ? "Halt and flatten" : "Halt trading"}
        </Button>
      </div>
    </form>
  );
}

function Halted({ answer, close }: { answer: KillSwitchView; close: () => void }) {
  const { openOrders, cancelsSent, flattened, algosStopped } = answer;
  const counts = [
    { name: "Open orders under it", value: openOrders },
    { name: "Cancels sent", value: cancelsSent },
    { name: "Algos stopped", value: algosStopped.length },
    { name: "Closing orders sent", value: flattened },
  ];
  return (
    <div className={styles.form} role="status">
      <p className={styles.lead}>
        <strong>
          {answer.scope} is {answer.state}
        </strong>{" "}
        since {formatClock(answer.since)}.
      </p>
      <dl className={styles.counts}>
        {counts.map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p className={styles.lead}>{timesText(answer)}</p>
      <p className={styles.lead}>
        A cancel that was sent is not yet a cancel that arrived: watch the open orders until they
        are gone.
        {algosStopped.length > 0 &&
          ` ${algosStopped.join(", ")} stay${algosStopped.length === 1 ? "s" : ""} stopped until resumed on the risk page.`}
      </p>
      <div className={styles.buttons}>
        <Button onClick={close} data-autofocus>
          Done
        </Button>
      </div>
    </div>
  );
}

const milliseconds = (value: number): string => `${Math.round(value)} ms`;

/** How quick the halt was, as it was measured; a gateway that has not answered is never passed over. */
function timesText({ latchedInMs, enforcedInMs, lastLeftAfterMs }: KillSwitchView): string {
  const latched = `Latched in ${milliseconds(latchedInMs)}`;
  const held =
    enforcedInMs === null
      ? "one gateway has not answered yet"
      : `held by every gateway in ${milliseconds(enforcedInMs)}`;
  const left =
    lastLeftAfterMs === null
      ? ""
      : ` The last order left ${milliseconds(Math.abs(lastLeftAfterMs))} ${lastLeftAfterMs <= 0 ? "before" : "after"} the latch.`;
  return `${latched}, ${held}.${left}`;
}
