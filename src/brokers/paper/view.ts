/** The engine's orders and events in the words of the wire. Pure. */
import { priceText, quantityText } from "./grid.ts";
import type { EngineEvent, EngineOrder, Fill, Listing } from "./engine/types.ts";
import type { ExecutionRow, OrderRow, OrderStreamEvent, OrderStreamFrame } from "./wire.ts";

/** Begins the exchange's own id of an order that no client sent; no client's id can begin so. */
export const HAND_ORDER_PREFIX = "@hand-";

/** What an order placed by hand lacks. */
const clientIdOf = ({ clientOrderId }: EngineOrder): string | null =>
  clientOrderId.startsWith(HAND_ORDER_PREFIX) ? null : clientOrderId;

export function orderRowOf(listing: Listing, order: EngineOrder): OrderRow {
  const price = (ticks: number | null) => (ticks === null ? null : priceText(listing.grid, ticks));
  return {
    brokerOrderId: order.brokerOrderId,
    clientOrderId: clientIdOf(order),
    instrument: order.instrument,
    side: order.side,
    type: order.type,
    quantity: quantityText(listing.grid, order.quantityLots),
    filledQuantity: quantityText(listing.grid, order.filledLots),
    limitPrice: price(order.limitTicks),
    stopPrice: price(order.stopTicks),
    timeInForce: order.timeInForce,
    state: order.state,
    reason: order.reason,
    createdAt: order.createdAt,
    updatedAt: order.updatedAt,
  };
}

/** Fees are none: what an algo earns here, it earned from prices. */
export function executionRowOf(listing: Listing, order: EngineOrder, fill: Fill): ExecutionRow {
  return {
    executionId: fill.executionId,
    type: "trade",
    clientOrderId: clientIdOf(order) ?? "",
    brokerOrderId: order.brokerOrderId,
    instrument: order.instrument,
    side: order.side,
    quantity: quantityText(listing.grid, fill.lots),
    price: priceText(listing.grid, fill.ticks),
    fee: "0",
    feeCurrency: listing.instrument.currency,
    executedAt: fill.at,
  };
}

/** The frame that tells an event on the order-update socket. */
export function streamFrameOf(listing: Listing, event: EngineEvent): OrderStreamFrame {
  const { brokerOrderId } = event.order;
  const clientOrderId = clientIdOf(event.order);
  const what = streamEventOf(listing, event);
  return {
    type: "order",
    eventId: event.id,
    clientOrderId,
    brokerOrderId,
    at: event.at,
    event: what,
  };
}

function streamEventOf(listing: Listing, event: EngineEvent): OrderStreamEvent {
  switch (event.kind) {
    case "accepted":
      return { kind: "accepted", pendingTrigger: event.pendingTrigger };
    case "triggered":
      return { kind: "triggered" };
    case "filled":
      return { kind: "filled", execution: executionRowOf(listing, event.order, event.fill) };
    case "canceled":
    case "expired":
      return { kind: event.kind, reason: event.reason };
    case "replaced":
      return { kind: "replaced", ...event.changes };
  }
}
