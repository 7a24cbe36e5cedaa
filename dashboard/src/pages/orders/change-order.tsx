/** New terms for a live order. The ledger raises the reservation first, or refuses. */
import { Button, Modal, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { changeOrder } from "../../api/actions.ts";
import formStyles from "../../components/form.module.css";
import { FailureNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import type { OrderChangeRequest, OrderView } from "../../../../src/contract/orders.ts";

export function ChangeOrder({ order, close }: { order: OrderView | null; close: () => void }) {
  return (
    <Modal opened={order !== null} onClose={close} title={`Change ${order?.instrument ?? "order"}`}>
      {order && <ChangeForm key={order.clientOrderId} order={order} close={close} />}
    </Modal>
  );
}

const TERMS = [
  { name: "quantity", label: "Quantity" },
  { name: "limitPrice", label: "Limit price" },
  { name: "stopPrice", label: "Stop price" },
] as const;

type Terms = Record<(typeof TERMS)[number]["name"], string>;

/** Only what differs is sent. */
function changesOf(order: OrderView, terms: Terms): OrderChangeRequest {
  const changes: OrderChangeRequest = {};
  for (const { name } of TERMS) {
    const typed = terms[name].trim();
    if (typed !== "" && typed !== (order[name] ?? "")) changes[name] = typed;
  }
  return changes;
}

function ChangeForm({ order, close }: { order: OrderView; close: () => void }) {
  const [terms, setTerms] = useState<Terms>({
    quantity: order.quantity,
    limitPrice: order.limitPrice ?? "",
    stopPrice: order.stopPrice ?? "",
  });
  const change = useAction(changeOrder);
  const changes = changesOf(order, terms);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if ((await change.run(order.clientOrderId, changes)) !== null) close();
  };
  return (
    <form className={formStyles.form} onSubmit={(event) => void submit(event)}>
      <p className={formStyles.lead}>
        {order.side === "buy" ? "Buy" : "Sell"} order of {order.algoId}, {order.filledQuantity} of{" "}
        {order.quantity} filled.
      </p>
      {TERMS.filter(({ name }) => order[name] !== null).map(({ name, label }) => (
        <TextInput
          key={name}
          label={label}
          inputMode="decimal"
          autoComplete="off"
          value={terms[name]}
          onChange={(event) => setTerms({ ...terms, [name]: event.currentTarget.value })}
        />
      ))}
      <FailureNote failure={change.failure} />
      <div className={formStyles.buttons}>
        <Button variant="default" onClick={close}>
          Leave as it is
        </Button>
        <Button type="submit" loading={change.busy} disabled={Object.keys(changes).length === 0}>
          Change order
        </Button>
      </div>
    </form>
  );
}
