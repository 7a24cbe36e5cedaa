/** The list of open orders as order frames change it: newest first, without those that have ended. */
import { isTerminal, type OrderView } from "../../../src/contract/orders.ts";

/** Takes an order unless the list holds a later version of it. */
export function mergeOpenOrder(orders: readonly OrderView[], order: OrderView): OrderView[] {
  const known = orders.find((one) => one.clientOrderId === order.clientOrderId);
  if (known && known.updatedAt > order.updatedAt) return [...orders];
  const others = orders.filter((one) => one.clientOrderId !== order.clientOrderId);
  if (isTerminal(order.state)) return others;
  return [order, ...others].sort((a, b) => b.createdAt - a.createdAt);
}
