/** How busy a broker's instruments are, a line for each: its shards are evened out by it. */
import { Button, Textarea } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { setShards } from "../../api/actions.ts";
import { FailureNote } from "../../components/refusal.tsx";
import { Panel } from "../../components/panel.tsx";
import { useAction } from "../../components/use-action.ts";
import type { BrokerView } from "../../../../src/contract/brokers.ts";
import { readWeights, weightLines } from "../../format/weights.ts";
import styles from "./system.module.css";

export function Weights({ broker }: { broker: BrokerView }) {
  const stored = weightLines(broker.weights);
  // Until somebody types, it shows what is in force.
  const [typed, setTyped] = useState<string | null>(null);
  const change = useAction(setShards);
  const text = typed ?? stored;
  const read = readWeights(text);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!read.ok) return;
    const answer = await change.run(broker.broker, broker.shardCount, read.value);
    if (answer !== null) setTyped(null);
  };
  return (
    <Panel title={`Weights of ${broker.broker}`}>
      <form className={styles.controls} onSubmit={(event) => void submit(event)}>
        <FailureNote failure={change.failure} />
        <Textarea
          aria-label={`Weights of ${broker.broker}`}
          placeholder="NSE:INFY 20"
          description="One instrument and its weight a line; what is not named weighs 1."
          error={read.ok ? null : read.error}
          autosize
          minRows={2}
          maxRows={10}
          w={280}
          value={text}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Button
          type="submit"
          size="xs"
          variant="default"
          loading={change.busy}
          disabled={!read.ok || text === stored}
        >
          Apply
        </Button>
      </form>
    </Panel>
  );
}
