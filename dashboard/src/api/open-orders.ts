/** The list of open orders as order frames change it: newest first, without those that have ended. */
import { isTerminal, type OrderView } from "../../../src/contract/orders.ts";
import { decimal } from "../../../src/contract/primitives.ts";

/**
 * Takes the order of a stream frame. Frames come in the ledger's order, so the later one is right; `updatedAt`
 * does not tell, because a fill carries the broker's clock. Only what was filled can never become less.
 */
export function mergeOpenOrder(orders: readonly OrderView[], order: OrderView): OrderView[] {
  const known = orders.find((one) => one.clientOrderId === order.clientOrderId);
  if (known && decimal(order.filledQuantity).lt(decimal(known.filledQuantity))) return [...orders];
  const others = orders.filter((one) => one.clientOrderId !== order.clientOrderId);
  if (isTerminal(order.state)) return others;
  return [order, ...others].sort((a, b) => b.createdAt - a.createdAt);
}
