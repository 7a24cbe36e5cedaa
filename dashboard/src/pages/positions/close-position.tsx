/** Closes a position with market orders that may only reduce it, after showing what they will do. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";
import { closePosition } from "../../api/actions.ts";
import formStyles from "../../components/form.module.css";
import { FailureNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import type { ClosePositionsView, PositionView } from "../../../../src/contract/orders.ts";
import { formatQuantity } from "../../format/number.ts";
import { closingOrder } from "../../format/totals.ts";
import { ClosedNote } from "./closed-note.tsx";

interface ClosePositionProps {
  position: PositionView | null;
  close: () => void;
}

export function ClosePosition({ position, close }: ClosePositionProps) {
  return (
    <Modal opened={position !== null} onClose={close} title={`Close ${position?.instrument ?? ""}`}>
      {position && <CloseForm position={position} close={close} />}
    </Modal>
  );
}

function CloseForm({ position, close }: { position: PositionView; close: () => void }) {
  // One dialog is one close: a second press of the button places nothing new.
  const [closeId] = useState(() => crypto.randomUUID().slice(0, 23));
  const [answer, setAnswer] = useState<ClosePositionsView | null>(null);
  const run = useAction(closePosition);
  const closing = closingOrder(position.quantity);
  if (closing === null) return <p className={formStyles.lead}>This position is flat already.</p>;
  return (
    <div className={formStyles.form}>
      <p className={formStyles.lead}>
        Closes for <strong>{position.algoId}</strong>:{" "}
        <strong>
          {closing.side} {formatQuantity(closing.quantity)} {position.instrument}
        </strong>{" "}
        at market, reduce only: in parts where that is more than the largest order, and never
        turning the position round. What rests in its way is left its part.
      </p>
      <FailureNote failure={run.failure} />
      {answer && <ClosedNote answer={answer} />}
      <div className={formStyles.buttons}>
        <Button variant="default" onClick={close}>
          {answer ? "Done" : "Keep position"}
        </Button>
        {!answer && (
          <Button
            color="red"
            loading={run.busy}
            onClick={() => void run.run(closeId, position).then(setAnswer)}
          >
            Close position
          </Button>
        )}
      </div>
    </div>
  );
}
