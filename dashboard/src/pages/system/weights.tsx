/** How busy a broker's instruments are, a line for each: its shards are evened out by it. */
import { Button, Modal, Textarea } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { setShards } from "../../api/actions.ts";
import formStyles from "../../components/form.module.css";
import { FailureNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import type { BrokerView } from "../../../../src/contract/brokers.ts";
import { readWeights, weightLines } from "../../format/weights.ts";

export function Weights({ broker }: { broker: BrokerView }) {
  const [opened, setOpened] = useState(false);
  const count = Object.keys(broker.weights).length;
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setOpened(true)}>
        {count === 0 ? "Weights" : `Weights (${count})`}
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={`Weights of ${broker.broker}`}>
        {opened && <WeightsForm broker={broker} close={() => setOpened(false)} />}
      </Modal>
    </>
  );
}

function WeightsForm({ broker, close }: { broker: BrokerView; close: () => void }) {
  const [stored] = useState(() => weightLines(broker.weights));
  const [text, setText] = useState(stored);
  const change = useAction(setShards);
  const read = readWeights(text);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!read.ok) return;
    if ((await change.run(broker.broker, broker.shardCount, read.value)) !== null) close();
  };
  return (
    <form className={formStyles.form} onSubmit={(event) => void submit(event)}>
      <Textarea
        aria-label={`Weights of ${broker.broker}`}
        placeholder="NSE:INFY 20"
        description="One instrument and its weight a line; what is not named weighs 1."
        error={read.ok ? null : read.error}
        autosize
        minRows={4}
        maxRows={14}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        data-autofocus
      />
      <FailureNote failure={change.failure} />
      <div className={formStyles.buttons}>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button type="submit" loading={change.busy} disabled={!read.ok || text === stored}>
          Save weights
        </Button>
      </div>
    </form>
  );
}
