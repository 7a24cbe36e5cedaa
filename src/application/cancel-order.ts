/** Asks for an order to be canceled. Whether it was, only the broker's evidence says. */
import type { ApiError } from "../contract/errors.ts";
import type { Order } from "../domain/order.ts";
import { err, ok, type Result } from "../domain/result.ts";
import type { Caller } from "./caller.ts";
import { errorText } from "./log.ts";
import { callerName, ownOrder } from "./order-access.ts";
import { problemError } from "./order-errors.ts";
import type { OrderPorts } from "./order-ports.ts";

/** Records the wish first, then sends it. Answers the order as it then stands, often `pending_cancel`. */
export async function cancelOrder(
  ports: OrderPorts,
  caller: Caller,
  clientOrderId: string,
  _now: number,
): Promise<Result<Order, ApiError>> {
  const own = await ownOrder(ports, caller, clientOrderId);
  if (!own.ok) return own;
  const wished = await ports.ledger.requestCancel(clientOrderId, callerName(caller));
  if (!wished.ok) return err(problemError(wished.error, clientOrderId));
  try {
    const order = await ports.gateway(wished.value.account).cancel(clientOrderId);
    return ok(order ?? wished.value);
  } catch (error) {
    // The wish is recorded in the ledger; its sweep asks the gateway again.
    ports.log("error", "order_cancel_failed", { clientOrderId, error: errorText(error) });
    return ok(wished.value);
  }
}
