/** Closes a position with a market order that may only reduce it, after showing that very order. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";
import { placeOrder } from "../../api/actions.ts";
import { OrderStateBadge } from "../../components/badge.tsx";
import formStyles from "../../components/form.module.css";
import { FailureNote, RefusalNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import type { OrderView, PositionView } from "../../../../src/contract/orders.ts";
import { formatQuantity } from "../../format/number.ts";
import { closingOrder } from "../../format/totals.ts";

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
  // One dialog is one intent: a second press of the button is the same order.
  const [clientOrderId] = useState(() => crypto.randomUUID());
  const [order, setOrder] = useState<OrderView | null>(null);
  const place = useAction(placeOrder);
  const closing = closingOrder(position.quantity);
  const press = async (): Promise<void> => {
    if (closing === null) return;
    const { algoId, account, instrument } = position;
    const terms = { type: "market", reduceOnly: true, ...closing } as const;
    setOrder(await place.run({ clientOrderId, algoId, account, instrument, ...terms }));
  };
  if (closing === null) return <p className={formStyles.lead}>This position is flat already.</p>;
  return (
    <div className={formStyles.form}>
      <p className={formStyles.lead}>
        Sends one order for <strong>{position.algoId}</strong>:{" "}
        <strong>
          {closing.side} {formatQuantity(closing.quantity)} {position.instrument}
        </strong>{" "}
        at market, reduce only. It can close the position and never turn it round.
      </p>
      <FailureNote failure={place.failure} />
      {order?.refusal && <RefusalNote refusal={order.refusal} />}
      {order && !order.refusal && (
        <p className={formStyles.lead} role="status">
          Order sent: <OrderStateBadge state={order.state} />
        </p>
      )}
      <div className={formStyles.buttons}>
        <Button variant="default" onClick={close}>
          {order ? "Done" : "Keep position"}
        </Button>
        {!order && (
          <Button color="red" loading={place.busy} onClick={() => void press()}>
            Close position
          </Button>
        )}
      </div>
    </div>
  );
}
