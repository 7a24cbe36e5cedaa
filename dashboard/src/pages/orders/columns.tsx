/** The columns of orders and executions, shared by every page that lists them. */
import type { Column } from "../../components/data-table.tsx";
import { OrderStateBadge, SideWord } from "../../components/badge.tsx";
import { Moment } from "../../components/figures.tsx";
import { InstrumentLink } from "../../components/instrument-link.tsx";
import type { OrderView, TradeView } from "../../../../src/contract/orders.ts";
import { formatPrice, formatQuantity, UNKNOWN } from "../../format/number.ts";
import { ORDER_TYPE_WORDS } from "../../format/words.ts";

/** Limit, stop, or both: what the order waits for. */
function prices(order: OrderView): string {
  const limit = order.limitPrice === null ? null : formatQuantity(order.limitPrice);
  const stop = order.stopPrice === null ? null : `stop ${formatQuantity(order.stopPrice)}`;
  return [limit, stop].filter((part) => part !== null).join(", ") || "market";
}

const time: Column<OrderView> = {
  name: "time",
  header: "Time",
  cell: (order) => <Moment at={order.createdAt} />,
};

const instrument: Column<OrderView> = {
  name: "instrument",
  header: "Instrument",
  phone: "title",
  cell: (order) => <InstrumentLink id={order.instrument} />,
};

const side: Column<OrderView> = {
  name: "side",
  header: "Side",
  phone: "title",
  cell: (order) => <SideWord side={order.side} />,
};

const quantity: Column<OrderView> = {
  name: "quantity",
  header: "Filled / quantity",
  align: "right",
  cell: (order) => (
    <>
      <span className={order.filledQuantity === "0" ? "tl-quiet" : undefined}>
        {formatQuantity(order.filledQuantity)}
      </span>
      <span className="tl-quiet"> / </span>
      {formatQuantity(order.quantity)}
    </>
  ),
};

const price: Column<OrderView> = {
  name: "price",
  header: "Price",
  align: "right",
  cell: prices,
};

const average: Column<OrderView> = {
  name: "average",
  header: "Average",
  align: "right",
  cell: (order) => (order.averagePrice === null ? UNKNOWN : formatPrice(order.averagePrice)),
};

const kind: Column<OrderView> = {
  name: "type",
  header: "Type",
  cell: (order) => (
    <>
      {ORDER_TYPE_WORDS[order.type]} <span className="tl-quiet">{order.timeInForce}</span>
      {order.reduceOnly && <span className="tl-quiet"> reduce only</span>}
    </>
  ),
};

const algo: Column<OrderView> = { name: "algo", header: "Algo", cell: (order) => order.algoId };

const state: Column<OrderView> = {
  name: "state",
  header: "State",
  phone: "end",
  cell: (order) => <OrderStateBadge state={order.state} />,
};

const why: Column<OrderView> = {
  name: "why",
  header: "Why",
  wrap: true,
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

export const openOrderColumns: Column<OrderView>[] = [
  time,
  instrument,
  side,
  kind,
  quantity,
  price,
  algo,
  state,
];

export const allOrderColumns: Column<OrderView>[] = [
  time,
  instrument,
  side,
  kind,
  quantity,
  price,
  average,
  algo,
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
