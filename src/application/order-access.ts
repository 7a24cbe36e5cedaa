/** Finds an order for somebody: another algo's order is absent to an algo's key. */
import type { ApiError } from "../contract/errors.ts";
import type { Order } from "../domain/order.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { may, type Caller } from "./caller.ts";
import { apiError, unknownOrder } from "./order-errors.ts";
import type { OrderPorts } from "./order-ports.ts";

/** Who did it, as the audit log names them. */
export const callerName = (caller: Caller): string => `${caller.kind}:${caller.id}`;

/** The order, if this caller may change it. */
export async function ownOrder(
  ports: OrderPorts,
  caller: Caller,
  clientOrderId: string,
): Promise<Result<Order, ApiError>> {
  if (!may(caller, "trade"))
    return err(apiError("FORBIDDEN", "this key may not trade; it needs the scope trade"));
  const order = await ports.ledger.order(clientOrderId);
  const visible = order && (order.algoId === caller.algoId || may(caller, "admin"));
  return visible ? ok(order) : err(unknownOrder(clientOrderId));
}
