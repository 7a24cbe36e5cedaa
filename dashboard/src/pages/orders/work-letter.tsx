/** One dead letter at work: what the broker says of it now, and what a person can do about it. */
import { Button, Modal, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState, type FormEvent } from "react";
import { acknowledgeLetter, discardLetter, executeLetter, retryLetter } from "../../api/actions.ts";
import { rowsOf, useDeadLetter, useDeadLetters } from "../../api/queries.ts";
import { Facts } from "../../components/facts.tsx";
import formStyles from "../../components/form.module.css";
import { FailureNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import type { DeadLetterDetail, DeadLetterView } from "../../../../src/contract/operations.ts";
import { formatQuantity } from "../../format/number.ts";
import { formatClock, formatFull } from "../../format/time.ts";
import { toldWords } from "../../format/told.ts";
import { plain } from "../../format/words.ts";

interface LetterProps {
  letter: DeadLetterView;
  close: () => void;
}

/** Of the order of this id; an address may name one that is not there. */
export function WorkLetter({ id, close }: { id: string | null; close: () => void }) {
  const rows = rowsOf(useDeadLetters(EVERYTHING).data) ?? [];
  const looked = useDeadLetter(id);
  const letter = looked.data?.letter ?? rows.find(({ clientOrderId }) => clientOrderId === id);
  return (
    <Modal
      opened={id !== null}
      onClose={close}
      size="lg"
      title={letter ? `Dead letter: ${letter.instrument}` : "Dead letter"}
    >
      <div className={formStyles.form}>
        <FailureNote failure={looked.error} />
        {letter && <Desk key={letter.clientOrderId} letter={letter} close={close} />}
        {!letter && looked.isPending && <p role="status">Asking the broker…</p>}
      </div>
    </Modal>
  );
}

const EVERYTHING = {};

type Doing = "looking" | "executed" | "discard" | "retry";

function Desk({ letter, close }: LetterProps) {
  const [doing, setDoing] = useState<Doing>("looking");
  const looked = useDeadLetter(letter.clientOrderId);
  const acknowledge = useAction(acknowledgeLetter);
  const isOpen = letter.status === "open";
  const back = (): void => setDoing("looking");
  return (
    <div className={formStyles.form}>
      <p className={formStyles.lead}>
        <strong>{plain(letter.label)}</strong> since {formatFull(letter.createdAt)}, order{" "}
        {letter.clientOrderId} of {letter.algoId}. {letter.reason}
      </p>
      {looked.data && <LookUp detail={looked.data} />}
      {looked.isPending && <p role="status">Asking the broker…</p>}
      {looked.data && <Told detail={looked.data} />}
      {!isOpen && (
        <p className={formStyles.lead}>It is off the desk. Nothing is left to do here.</p>
      )}
      <FailureNote failure={acknowledge.failure} />
      {isOpen && doing === "executed" && looked.data && (
        <ExecutedForm detail={looked.data} back={back} close={close} />
      )}
      {isOpen && doing === "discard" && <DiscardForm letter={letter} back={back} close={close} />}
      {isOpen && doing === "retry" && <RetryForm letter={letter} back={back} close={close} />}
      {isOpen && doing === "looking" && (
        <div className={formStyles.buttons}>
          {letter.acknowledgedAt === null && (
            <Button
              loading={acknowledge.busy}
              onClick={() =>
                void acknowledge.run(letter.clientOrderId).then(() => looked.refetch())
              }
            >
              Acknowledge
            </Button>
          )}
          <Button variant="default" onClick={() => setDoing("discard")}>
            Discard
          </Button>
          {letter.label === "not_sent" && (
            <Button
              variant="default"
              disabled={looked.data?.lookUp.found !== false}
              onClick={() => setDoing("retry")}
            >
              Send again
            </Button>
          )}
          <Button variant="default" disabled={!looked.data} onClick={() => setDoing("executed")}>
            Executed by hand
          </Button>
        </div>
      )}
    </div>
  );
}

function foundWords({ found, at }: DeadLetterDetail["lookUp"]): string {
  if (found === null) return `could not be asked at ${formatClock(at)}, which proves nothing`;
  return found ? `has it, at ${formatClock(at)}` : `shows nothing of it, at ${formatClock(at)}`;
}

function LookUp({ detail: { lookUp, order } }: { detail: DeadLetterDetail }) {
  const { brokerOrder, record, attempts } = lookUp;
  const filled = `${formatQuantity(order.filledQuantity)} of ${formatQuantity(order.quantity)}`;
  return (
    <>
      <p className={formStyles.lead}>
        The broker <strong>{foundWords(lookUp)}</strong>.
      </p>
      <Facts
        facts={[
          { name: "Order", value: `${order.side} ${formatQuantity(order.quantity)}` },
          { name: "Filled", value: filled },
          { name: "Our record", value: plain(record) },
          { name: "Attempts", value: attempts },
          { name: "At the broker", value: brokerOrder ? plain(brokerOrder.state) : "nothing" },
        ]}
      />
    </>
  );
}

function Told({ detail: { letter, sends } }: { detail: DeadLetterDetail }) {
  return (
    <p className={formStyles.hint}>
      {letter.acknowledgedAt === null
        ? "Nobody has acknowledged it."
        : `Acknowledged by ${letter.acknowledgedBy} at ${formatClock(letter.acknowledgedAt)}.`}{" "}
      {toldWords(sends)}
    </p>
  );
}

interface FormProps {
  back: () => void;
  close: () => void;
}

function ExecutedForm({ detail, back, close }: FormProps & { detail: DeadLetterDetail }) {
  const { order } = detail;
  const [trade, setTrade] = useState({
    brokerOrderId: "",
    price: "",
    quantity: order.quantity,
    reason: "",
  });
  const execute = useAction(executeLetter);
  const set = (name: keyof typeof trade) => (event: { currentTarget: { value: string } }) =>
    setTrade({ ...trade, [name]: event.currentTarget.value });
  const isReady = Object.values(trade).every((text) => text.trim() !== "");
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!isReady || (await execute.run(order.clientOrderId, trade)) === null) return;
    notifications.show({ message: `${order.instrument} is booked for ${order.algoId}.` });
    close();
  };
  return (
    <form className={formStyles.form} onSubmit={(event) => void submit(event)}>
      <p className={formStyles.lead}>
        Books what you {order.side === "buy" ? "bought" : "sold"} at the broker for{" "}
        <strong>{order.algoId}</strong>. The broker’s own word of that order is not booked again; a
        smaller quantity gives the rest up.
      </p>
      <TextInput
        label="Broker’s order id"
        data-autofocus
        autoComplete="off"
        value={trade.brokerOrderId}
        onChange={set("brokerOrderId")}
      />
      <div className={formStyles.row}>
        <TextInput
          label="Price"
          inputMode="decimal"
          autoComplete="off"
          value={trade.price}
          onChange={set("price")}
        />
        <TextInput
          label="Quantity"
          inputMode="decimal"
          autoComplete="off"
          value={trade.quantity}
          onChange={set("quantity")}
        />
      </div>
      <TextInput
        label="Reason"
        description="Goes into the audit log."
        autoComplete="off"
        value={trade.reason}
        onChange={set("reason")}
      />
      <FailureNote failure={execute.failure} />
      <div className={formStyles.buttons}>
        <Button variant="default" onClick={back}>
          Back
        </Button>
        <Button type="submit" disabled={!isReady} loading={execute.busy}>
          Book it
        </Button>
      </div>
    </form>
  );
}

function RetryForm({ letter, back, close }: FormProps & LetterProps) {
  const [reason, setReason] = useState("");
  const retry = useAction(retryLetter);
  const isReady = reason.trim().length >= 3;
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!isReady) return;
    const order = await retry.run(letter.clientOrderId, reason.trim());
    if (order === null) return;
    notifications.show({ message: `Sent again as ${order.clientOrderId}: ${plain(order.state)}.` });
    close();
  };
  return (
    <form className={formStyles.form} onSubmit={(event) => void submit(event)}>
      <p className={formStyles.lead}>
        Ends this order and sends a new one for <strong>{letter.algoId}</strong>, which the limits
        have to let pass. At most one of the two ever leaves.
      </p>
      <TextInput
        label="Reason"
        description="Why it is sent again. Goes into the audit log, with your name."
        data-autofocus
        autoComplete="off"
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <FailureNote failure={retry.failure} />
      <div className={formStyles.buttons}>
        <Button variant="default" onClick={back}>
          Back
        </Button>
        <Button type="submit" disabled={!isReady} loading={retry.busy}>
          Send order again
        </Button>
      </div>
    </form>
  );
}

function DiscardForm({ letter, back, close }: FormProps & LetterProps) {
  const [reason, setReason] = useState("");
  const discard = useAction(discardLetter);
  const isReady = reason.trim().length >= 3;
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!isReady || (await discard.run(letter.clientOrderId, reason.trim())) === null) return;
    notifications.show({ message: `The order in ${letter.instrument} is given up.` });
    close();
  };
  return (
    <form className={formStyles.form} onSubmit={(event) => void submit(event)}>
      <TextInput
        label="Reason"
        description="Why the order is given up. Goes into the audit log, with your name."
        data-autofocus
        autoComplete="off"
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      {letter.label === "unknown" && (
        <p className={formStyles.hint}>
          Its outcome is unknown: the broker may still have it. Its risk is no longer reserved then.
        </p>
      )}
      <FailureNote failure={discard.failure} />
      <div className={formStyles.buttons}>
        <Button variant="default" onClick={back}>
          Back
        </Button>
        <Button type="submit" color="red" disabled={!isReady} loading={discard.busy}>
          Discard order
        </Button>
      </div>
    </form>
  );
}
