/** Closes every position with orders that may only reduce it, after one question. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";
import { closeAllPositions } from "../../api/actions.ts";
import formStyles from "../../components/form.module.css";
import { FailureNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import { ClosedNote } from "./closed-note.tsx";
import type { ClosePositionsView } from "../../../../src/contract/orders.ts";

/** The dialog outlives the positions: its answer is read when they are closed. */
export function CloseAll({ count }: { count: number }) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      {count > 0 && (
        <Button variant="default" size="xs" onClick={() => setOpened(true)}>
          Close all
        </Button>
      )}
      <Modal opened={opened} onClose={() => setOpened(false)} title="Close every position">
        {opened && <CloseForm count={count} close={() => setOpened(false)} />}
      </Modal>
    </>
  );
}

function CloseForm({ count, close }: { count: number; close: () => void }) {
  // One dialog is one close: a second press of the button places nothing new.
  const [closeId] = useState(() => crypto.randomUUID().slice(0, 23));
  const [answer, setAnswer] = useState<ClosePositionsView | null>(null);
  const run = useAction(closeAllPositions);
  return (
    <div className={formStyles.form}>
      {answer === null && (
        <p className={formStyles.lead}>
          Sends market orders that close{" "}
          <strong>{count === 1 ? "1 position" : `${count} positions`}</strong>, reduce only, and
          cancels first what rests in the way of those that can go. No position is turned round.
        </p>
      )}
      <FailureNote failure={run.failure} />
      {answer && <ClosedNote answer={answer} />}
      <div className={formStyles.buttons}>
        <Button variant="default" onClick={close}>
          {answer ? "Done" : "Keep positions"}
        </Button>
        {!answer && (
          <Button
            color="red"
            loading={run.busy}
            onClick={() => void run.run(closeId).then(setAnswer)}
          >
            Close all positions
          </Button>
        )}
      </div>
    </div>
  );
}
