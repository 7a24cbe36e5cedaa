/** What an order is made of and what is said about it: the engine's small parts, without its state. Pure. */
import { err } from "../../../domain/result.ts";
import type { Result } from "../../../domain/result.ts";
import { priceText, quantityText } from "../grid.ts";
import type { NewOrderRequest } from "../wire.ts";
import { isTriggered } from "./match.ts";
import type {
  EngineEvent,
  EngineOrder,
  EngineRefusal,
  Liquidity,
  Listing,
  TermChanges,
} from "./types.ts";
import { termsOf } from "./validate.ts";
import type { Terms } from "./validate.ts";

/** Where the counters stand, so that no id is ever given twice. */
export interface EngineCounters {
  orders: number;
  executions: number;
  ranks: number;
}

/** What an order meets at the door: why it cannot come in, or null, and when its session ends, or null for never. */
export interface SubmitSession {
  refusal: string | null;
  endsAt: number | null;
}

export interface Step {
  order: EngineOrder;
  events: EngineEvent[];
}

/** A new order as it comes in: nothing held for it yet, nothing traded. */
export const newOrder = (
  request: NewOrderRequest,
  terms: Terms,
  { number, rank, now }: { number: number; rank: number; now: number },
): EngineOrder => ({
  number,
  brokerOrderId: `P${number}`,
  clientOrderId: request.clientOrderId,
  instrument: request.instrument,
  side: request.side,
  type: request.type,
  timeInForce: request.timeInForce,
  ...terms,
  filledLots: 0,
  state: "new",
  reason: null,
  rank,
  replacements: 0,
  expiresAt: null,
  reserveTicks: 0,
  createdAt: now,
  updatedAt: now,
});

/** An event without what every event has. */
export type EventBody = EngineEvent extends infer E
  ? E extends EngineEvent
    ? Omit<E, "id" | "order" | "at">
    : never
  : never;

export const rejectedStep = (order: EngineOrder, reason: string): Step => ({
  order: Object.assign(order, { state: "rejected", reason } as const),
  events: [],
});

export const unknownInstrument = (instrument: string): EngineRefusal => ({
  code: "REJECTED",
  message: `there is no instrument ${instrument} here`,
});

export const notOpen = (brokerOrderId: string): EngineRefusal => ({
  code: "ORDER_NOT_OPEN",
  message: `order ${brokerOrderId} is not open`,
});

/** An order's terms with its changes, checked as a new order's are: null leaves a term as it is. */
export function changedTerms(
  listing: Listing,
  order: EngineOrder,
  changes: TermChanges,
): Result<Terms, EngineRefusal> {
  const { grid } = listing;
  const text = (ticks: number | null) => (ticks === null ? null : priceText(grid, ticks));
  const terms = termsOf(listing, {
    type: order.type,
    quantity: changes.quantity ?? quantityText(grid, order.quantityLots),
    limitPrice: changes.limitPrice ?? text(order.limitTicks),
    stopPrice: changes.stopPrice ?? text(order.stopTicks),
  });
  if (!terms.ok || terms.value.quantityLots > order.filledLots) return terms;
  const message = `${quantityText(grid, order.filledLots)} is filled already`;
  return err({ code: "REJECTED", message });
}

export const isTriggeredBy = (order: EngineOrder, liquidity: Liquidity | null): boolean =>
  liquidity !== null && isTriggered(order, liquidity.lastTicks);

/** The price at which an order is held against the funds; null when nothing tells one. */
export function reservePrice(order: EngineOrder, liquidity: Liquidity | null): number | null {
  if (order.limitTicks !== null) return order.limitTicks;
  if (order.stopTicks !== null) return order.stopTicks;
  if (!liquidity) return null;
  return order.side === "buy" ? liquidity.askTicks : liquidity.bidTicks;
}
