/** The columns of orders and executions, shared by every page that lists them. */
import { TwoLines, type Column } from "../../components/data-table.tsx";
import { OrderStateBadge, SideWord } from "../../components/badge.tsx";
import { Moment } from "../../components/figures.tsx";
import { InstrumentLink } from "../../components/instrument-link.tsx";
import type { OrderView, TradeView } from "../../../../src/contract/orders.ts";
import { formatPrice, formatQuantity } from "../../format/number.ts";
import { ORDER_TYPE_WORDS } from "../../format/words.ts";

/** Limit, then stop: what the order waits for. Empty for a market order. */
function pricesOf(order: OrderView): string[] {
  const limit = order.limitPrice === null ? [] : [formatQuantity(order.limitPrice)];
  const stop = order.stopPrice === null ? [] : [`stop ${formatQuantity(order.stopPrice)}`];
  return [...limit, ...stop];
}

const termsOf = (order: OrderView): string =>
  order.reduceOnly ? `${order.timeInForce}, reduce only` : order.timeInForce;

const time: Column<OrderView> = {
  name: "time",
  header: "Time",
  cell: (order) => <Moment at={order.createdAt} />,
};

const instrument: Column<OrderView> = {
  name: "instrument",
  header: "Instrument, algo",
  phone: "none",
  cell: (order) => (
    <TwoLines first={<InstrumentLink id={order.instrument} />} second={order.algoId} />
  ),
};

const sideAndType: Column<OrderView> = {
  name: "side",
  header: "Order",
  phone: "none",
  cell: (order) => (
    <TwoLines
      first={<SideWord side={order.side} />}
      second={`${ORDER_TYPE_WORDS[order.type]} ${termsOf(order)}`}
    />
  ),
};

const price: Column<OrderView> = {
  name: "price",
  header: "Price",
  align: "right",
  phone: "none",
  cell: (order) => {
    const [first = "market", second = ""] = pricesOf(order);
    return <TwoLines first={first} second={second} />;
  },
};

function Filled({ order }: { order: OrderView }) {
  return (
    <>
      <span className={order.filledQuantity === "0" ? "tl-quiet" : undefined}>
        {formatQuantity(order.filledQuantity)}
      </span>
      <span className="tl-quiet"> / </span>
      {formatQuantity(order.quantity)}
    </>
  );
}

const quantity: Column<OrderView> = {
  name: "quantity",
  header: "Filled / quantity",
  align: "right",
  phone: "none",
  cell: (order) => (
    <TwoLines
      first={<Filled order={order} />}
      second={order.averagePrice === null ? "" : `at ${formatPrice(order.averagePrice)}`}
    />
  ),
};

const state: Column<OrderView> = {
  name: "state",
  header: "State",
  phone: "end",
  cell: (order) => <OrderStateBadge state={order.state} />,
};

const why: Column<OrderView> = {
  name: "why",
  header: "Why",
  wide: "below",
  phone: "wide",
  cell: (order) =>
    order.refusal ? (
      <>
        <span className="tl-down">{order.refusal.code}</span> {order.refusal.message}
      </>
    ) : (
      (order.reason ?? "")
    ),
};

/** What stacks in one cell of the table stands apart on a phone's card. */
const onCards: Column<OrderView>[] = [
  {
    name: "card-instrument",
    header: "Instrument",
    wide: false,
    phone: "title",
    cell: (order) => <InstrumentLink id={order.instrument} />,
  },
  {
    name: "card-side",
    header: "Side",
    wide: false,
    phone: "title",
    cell: (order) => <SideWord side={order.side} />,
  },
  {
    name: "card-type",
    header: "Type",
    wide: false,
    cell: (order) => `${ORDER_TYPE_WORDS[order.type]} ${termsOf(order)}`,
  },
  {
    name: "card-price",
    header: "Price",
    wide: false,
    cell: (order) => pricesOf(order).join(", ") || "market",
  },
  {
    name: "card-quantity",
    header: "Filled / quantity",
    wide: false,
    cell: (order) => <Filled order={order} />,
  },
  {
    name: "card-average",
    header: "Average",
    wide: false,
    cell: (order) => (order.averagePrice === null ? null : formatPrice(order.averagePrice)),
  },
  { name: "card-algo", header: "Algo", wide: false, cell: (order) => order.algoId },
];

export const openOrderColumns: Column<OrderView>[] = [
  ...onCards,
  time,
  instrument,
  sideAndType,
  quantity,
  price,
  state,
];

export const allOrderColumns: Column<OrderView>[] = [
  ...onCards,
  time,
  instrument,
  sideAndType,
  quantity,
  price,
  state,
  why,
];

export const tradeColumns: Column<TradeView>[] = [
  { name: "time", header: "Time", cell: (trade) => <Moment at={trade.executedAt} /> },
  {
    name: "instrument",
    header: "Instrument",
    phone: "title",
    cell: (trade) => <InstrumentLink id={trade.instrument} />,
  },
  {
    name: "side",
    header: "Side",
    phone: "title",
    cell: (trade) => <SideWord side={trade.side} />,
  },
  {
    name: "quantity",
    header: "Quantity",
    align: "right",
    cell: (trade) => formatQuantity(trade.quantity),
  },
  {
    name: "price",
    header: "Price",
    align: "right",
    phone: "end",
    cell: (trade) => formatPrice(trade.price),
  },
  {
    name: "fee",
    header: "Fee",
    align: "right",
    cell: (trade) => (
      <>
        {formatQuantity(trade.fee)} <span className="tl-quiet">{trade.feeCurrency}</span>
      </>
    ),
  },
  { name: "algo", header: "Algo", cell: (trade) => trade.algoId },
  {
    name: "order",
    header: "Order",
    phone: "wide",
    cell: (trade) => <span className="tl-quiet">{trade.clientOrderId}</span>,
  },
];
