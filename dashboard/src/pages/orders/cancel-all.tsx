/** Cancels every open order at once, after one question. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";
import { cancelAllOrders } from "../../api/actions.ts";
import formStyles from "../../components/form.module.css";
import { FailureNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import type { CancelAllView } from "../../../../src/contract/orders.ts";

/** The dialog outlives the orders: its answer is read when they are gone. */
export function CancelAll({ isOffered }: { isOffered: boolean }) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      {isOffered && (
        <Button variant="default" size="xs" onClick={() => setOpened(true)}>
          Cancel all
        </Button>
      )}
      <Modal opened={opened} onClose={() => setOpened(false)} title="Cancel every open order">
        {opened && <CancelForm close={() => setOpened(false)} />}
      </Modal>
    </>
  );
}

function CancelForm({ close }: { close: () => void }) {
  const [answer, setAnswer] = useState<CancelAllView | null>(null);
  const cancel = useAction(cancelAllOrders);
  return (
    <div className={formStyles.form}>
      <p className={formStyles.lead}>
        Asks the broker to cancel every order that can still trade, of every algo. Algos go on and
        may place new ones; to stop them, use the kill switch.
      </p>
      <FailureNote failure={cancel.failure} />
      {answer && (
        <p className={formStyles.lead} role="status">
          {answer.cancelsSent} of {answer.openOrders} cancels are on their way
          {answer.notSent > 0 && `; ${answer.notSent} need a person, see the desk`}.
        </p>
      )}
      <div className={formStyles.buttons}>
        <Button variant="default" onClick={close}>
          {answer ? "Done" : "Keep orders"}
        </Button>
        {!answer && (
          <Button
            color="red"
            loading={cancel.busy}
            onClick={() => void cancel.run().then(setAnswer)}
          >
            Cancel all orders
          </Button>
        )}
      </div>
    </div>
  );
}
