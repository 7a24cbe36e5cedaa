/** What the matching engine works with: whole ticks and lots, and the events that it tells. */
import type { BrokerOrder } from "../../broker.ts";
import type { DecimalText } from "../../../domain/decimal.ts";
import type { OrderType, Side, TimeInForce } from "../../../domain/order.ts";
import type { PaperInstrument } from "../instruments.ts";
import type { Grid } from "../grid.ts";

export interface Listing {
  instrument: PaperInstrument;
  grid: Grid;
}

export interface EngineOrder {
  /** Counts up over all orders ever taken; the broker's order id is made of it. */
  number: number;
  brokerOrderId: string;
  clientOrderId: string;
  instrument: string;
  side: Side;
  type: OrderType;
  timeInForce: TimeInForce;
  quantityLots: number;
  filledLots: number;
  limitTicks: number | null;
  stopTicks: number | null;
  state: BrokerOrder["state"];
  reason: string | null;
  /** Place in time: lower came first. Given anew when a stop triggers or new terms lose the place. */
  rank: number;
  /** Times its terms were replaced. */
  replacements: number;
  /** End of the session that a day order lives in; null when it does not end by itself. */
  expiresAt: number | null;
  /** Price at which its remaining quantity is held against the funds. */
  reserveTicks: number;
  createdAt: number;
  updatedAt: number;
}

/** One side of a trade of ours. */
export interface Fill {
  executionId: string;
  lots: number;
  ticks: number;
  at: number;
}

/** What the engine tells, in the order in which it happened. `id` is the same however often it is told. */
export type EngineEvent = { id: string; order: EngineOrder; at: number } & (
  | { kind: "accepted"; pendingTrigger: boolean }
  | { kind: "triggered" }
  | { kind: "filled"; fill: Fill }
  | { kind: "canceled"; reason: string }
  | { kind: "expired"; reason: string }
  | { kind: "replaced"; changes: TermChanges }
);

export interface TermChanges {
  quantity: DecimalText | null;
  limitPrice: DecimalText | null;
  stopPrice: DecimalText | null;
}

/**
 * What the rest of the market offers now. From a quote, resting orders trade at their own price, as
 * the side that was there first; from a recorded trade nothing but its price is known, so everything
 * trades at that.
 */
export interface Liquidity {
  kind: "quote" | "trade";
  lastTicks: number;
  bidTicks: number;
  bidLots: number;
  askTicks: number;
  askLots: number;
}

/** Why an order was refused: one sentence for a person. `code` is the wire's. */
export interface EngineRefusal {
  code: "REJECTED" | "NOT_FOUND" | "ORDER_NOT_OPEN";
  message: string;
}

export const isOpen = (order: EngineOrder): boolean =>
  order.state === "new" || order.state === "pending_trigger" || order.state === "partially_filled";

export const remainingLots = (order: EngineOrder): number => order.quantityLots - order.filledLots;
