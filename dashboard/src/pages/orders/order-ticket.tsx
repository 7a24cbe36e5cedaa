/** The order ticket. One press is one order: its id is made before sending and changes only with its terms. */
import { Button, Checkbox, Select, TextInput } from "@mantine/core";
import { useRef, useState, type FormEvent } from "react";
import { explainOrder, placeOrder } from "../../api/actions.ts";
import { useInstrument } from "../../api/market-queries.ts";
import { OrderStateBadge } from "../../components/badge.tsx";
import formStyles from "../../components/form.module.css";
import { FailureNote, RefusalNote } from "../../components/refusal.tsx";
import { useAction } from "../../components/use-action.ts";
import type { ExplainView } from "../../../../src/contract/explorer.ts";
import type { OrderType, OrderView, Side, TimeInForce } from "../../../../src/contract/orders.ts";
import { formatQuantity } from "../../format/number.ts";
import { ORDER_TYPE_WORDS } from "../../format/words.ts";
import { Explained } from "./explained.tsx";
import explorerStyles from "./explorer.module.css";
import { InstrumentField } from "./instrument-field.tsx";
import styles from "./orders.module.css";
import { TicketQuote } from "./ticket-quote.tsx";
import {
  emptyTicket,
  needsLimit,
  needsStop,
  problemsOf,
  questionOf,
  requestOf,
  type Ticket,
  type TicketField,
} from "./ticket-state.ts";

const TYPES = Object.entries(ORDER_TYPE_WORDS).map(([value, label]) => ({ value, label }));
const TIMES = [
  { value: "day", label: "Day" },
  { value: "ioc", label: "Immediate or cancel" },
  { value: "gtc", label: "Good till cancelled" },
];

type DecimalField = TicketField &
  ("quantity" | "limitPrice" | "stopPrice" | "protectiveStop" | "bracketStop" | "bracketTarget");

interface OrderTicketProps {
  instrument: string;
  side: Side;
}

export function OrderTicket({ instrument, side }: OrderTicketProps) {
  const [ticket, setTicket] = useState<Ticket>(() => emptyTicket(instrument, side));
  const [pressed, setPressed] = useState(false);
  const [placed, setPlaced] = useState<OrderView | null>(null);
  const clientOrderId = useRef(crypto.randomUUID());
  const place = useAction(placeOrder);
  const ask = useAction(explainOrder);
  const [explained, setExplained] = useState<ExplainView | null>(null);
  const reference = useInstrument(ticket.instrument);
  const problems = pressed ? problemsOf(ticket) : {};
  const set = (part: Partial<Ticket>): void => {
    // Other terms are another order; the same terms pressed twice are one.
    clientOrderId.current = crypto.randomUUID();
    setTicket({ ...ticket, ...part });
    setPlaced(null);
    setExplained(null);
    place.clear();
    ask.clear();
  };
  const check = async (): Promise<void> => {
    setPressed(true);
    if (Object.keys(problemsOf(ticket)).length > 0) return;
    // What is asked now is answered by what stands below it alone.
    place.clear();
    setExplained(await ask.run(questionOf(ticket)));
  };
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setPressed(true);
    if (Object.keys(problemsOf(ticket)).length > 0) return;
    ask.clear();
    setExplained(null);
    const order = await place.run(requestOf(ticket, clientOrderId.current));
    if (order === null) return;
    clientOrderId.current = crypto.randomUUID();
    setPlaced(order);
    setPressed(false);
  };
  const decimalField = (name: DecimalField, label: string, hint?: string) => (
    <TextInput
      label={label}
      inputMode="decimal"
      autoComplete="off"
      placeholder={hint ?? ""}
      value={ticket[name]}
      error={problems[name]}
      onChange={(event) => set({ [name]: event.currentTarget.value })}
    />
  );
  return (
    <form
      className={formStyles.form}
      aria-label="Order ticket"
      onSubmit={(event) => void submit(event)}
      noValidate
    >
      <div className={styles.sides} role="radiogroup" aria-label="Side">
        {(["buy", "sell"] as const).map((one) => (
          <button
            key={one}
            type="button"
            role="radio"
            aria-checked={ticket.side === one}
            data-side={one}
            className={styles.side}
            onClick={() => set({ side: one })}
          >
            {one === "buy" ? "Buy" : "Sell"}
          </button>
        ))}
      </div>
      <InstrumentField
        value={ticket.instrument}
        error={problems.instrument}
        onChange={(instrumentId) => set({ instrument: instrumentId })}
      />
      <TicketQuote ticket={ticket} />
      <div className={formStyles.row}>
        <Select
          label="Type"
          data={TYPES}
          value={ticket.type}
          onChange={(value) => set({ type: (value ?? "limit") as OrderType })}
        />
        {decimalField(
          "quantity",
          "Quantity",
          reference ? `lots of ${reference.lotSize}` : undefined,
        )}
      </div>
      {ticket.type !== "market" && (
        <div className={formStyles.row}>
          {needsStop(ticket.type) && decimalField("stopPrice", "Stop price")}
          {needsLimit(ticket.type) && decimalField("limitPrice", "Limit price")}
        </div>
      )}
      <div className={formStyles.row}>
        <Select
          label="Time in force"
          data={TIMES}
          value={ticket.timeInForce}
          onChange={(value) => set({ timeInForce: (value ?? "day") as TimeInForce })}
        />
        {decimalField("protectiveStop", "Protective stop", "none")}
      </div>
      <div className={formStyles.row}>
        {decimalField("bracketStop", "Bracket stop", "no bracket")}
        {decimalField("bracketTarget", "Bracket target", "no bracket")}
      </div>
      <TextInput
        label="Algo"
        placeholder="manual"
        autoComplete="off"
        spellCheck={false}
        value={ticket.algoId}
        error={problems.algoId}
        onChange={(event) => set({ algoId: event.currentTarget.value })}
      />
      <Checkbox
        label="Only reduce the position"
        checked={ticket.reduceOnly}
        onChange={(event) => set({ reduceOnly: event.currentTarget.checked })}
      />
      <Checkbox
        label="Round to tick and lot"
        checked={ticket.round}
        onChange={(event) => set({ round: event.currentTarget.checked })}
      />
      <FailureNote failure={place.failure} />
      {placed && <Placed order={placed} />}
      <FailureNote failure={ask.failure} />
      <div className={explorerStyles.buttons}>
        <Button variant="default" loading={ask.busy} onClick={() => void check()}>
          Check
        </Button>
        <Button type="submit" loading={place.busy} color={ticket.side === "buy" ? "teal" : "red"}>
          {ticket.side === "buy" ? "Place buy order" : "Place sell order"}
        </Button>
      </div>
      <Explained answer={explained} close={() => setExplained(null)} />
    </form>
  );
}

function Placed({ order }: { order: OrderView }) {
  if (order.refusal) return <RefusalNote refusal={order.refusal} />;
  return (
    <div className={styles.placed} role="status">
      <span className={styles.placedTop}>
        <strong>{order.instrument}</strong> <OrderStateBadge state={order.state} />
      </span>
      <span className="tl-quiet">
        {order.side} {formatQuantity(order.quantity)}, {formatQuantity(order.filledQuantity)} filled
        {order.reason ? `. ${order.reason}` : ""}
      </span>
    </div>
  );
}
