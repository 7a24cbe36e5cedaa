/** The life of an order as one table, in FIX words. Whatever is not listed is refused. */
import type { OrderEvent, OrderState } from "./order.ts";

/** The events of the table: a fill is named by what it leaves of the order. */
export type OrderTransition = Exclude<OrderEvent["kind"], "filled"> | "partial_fill" | "full_fill";

/** States with nothing left to happen, but for a late fill. */
export const TERMINAL_STATES: readonly OrderState[] = [
  "denied",
  "filled",
  "canceled",
  "rejected",
  "expired",
];

export const isTerminal = (state: OrderState): boolean => TERMINAL_STATES.includes(state);
