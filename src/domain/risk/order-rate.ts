/** New orders in the last second and in the trading day, for each scope. */
import type { Order } from "../order.ts";
import { accountScope, limitScopes } from "./limits.ts";
import type { Aggregate } from "./state.ts";

/** Width of the sliding window, ms. */
export const ORDER_RATE_WINDOW_MS = 1_000;

/** Consumed entries are cut off once there are this many, so that the cost per order stays level. */
const COMPACT_AT = 1_024;

/** The scopes that a new order counts for. */
export const countedScopes = (
  order: Pick<Order, "algoId" | "instrument" | "account">,
): readonly string[] => [
  ...limitScopes(order.algoId, order.instrument),
  accountScope(order.account),
];

export function countOrder(aggregate: Aggregate, at: number): void {
  aggregate.ordersToday += 1;
  // A scope without a limit on its rate is asked by nobody, and must not keep all times for that.
  slide(aggregate, at);
  aggregate.recent.times.push(at);
}

/** Orders approved in the window that ends at `now`. */
export function recentOrders(aggregate: Aggregate, now: number): number {
  slide(aggregate, now);
  return aggregate.recent.times.length - aggregate.recent.from;
}

function slide({ recent }: Aggregate, now: number): void {
  while (recent.from < recent.times.length) {
    const time = recent.times[recent.from];
    if (time === undefined || time > now - ORDER_RATE_WINDOW_MS) break;
    recent.from += 1;
  }
  if (recent.from >= COMPACT_AT) {
    recent.times = recent.times.slice(recent.from);
    recent.from = 0;
  }
}
