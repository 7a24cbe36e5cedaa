/** New terms for a live order. The ledger raises the reservation before the broker hears of it. */
import type { ApiError } from "../contract/errors.ts";
import { approvalOf, type Order, type OrderChanges } from "../domain/order.ts";
import { err, ok, type Result } from "../domain/result.ts";
import type { Caller } from "./caller.ts";
import { errorText } from "./log.ts";
import { callerName, ownOrder } from "./order-access.ts";
import { apiError, problemError, refusalError } from "./order-errors.ts";
import { gatherFacts, priceOf } from "./order-facts.ts";
import type { OrderPorts } from "./order-ports.ts";

/** Answers the order as it then stands: `pending_replace` until the broker's evidence is there. */
export async function modifyOrder(
  ports: OrderPorts,
  caller: Caller,
  clientOrderId: string,
  changes: OrderChanges,
  now: number,
): Promise<Result<Order, ApiError>> {
  const own = await ownOrder(ports, caller, clientOrderId);
  if (!own.ok) return own;
  const order = own.value;
  const market = ports.market(order.account);
  if (!market) return err(apiError("UNAVAILABLE", `account ${order.account} is not here any more`));

  const by = callerName(caller);
  const known = await gatherFacts(market, order.instrument, order, now);
  const facts = { ...known, epoch: await ports.epoch?.() };
  let reserved = await ports.ledger.reserveReplace(clientOrderId, changes, facts, by);
  if (!reserved.ok && typeof reserved.error === "object" && reserved.error.code === "STALE_PRICE") {
    const mark = await priceOf(ports, market, order);
    if (mark)
      reserved = await ports.ledger.reserveReplace(clientOrderId, changes, { ...facts, mark }, by);
  }
  if (!reserved.ok)
    return err(
      typeof reserved.error === "string"
        ? problemError(reserved.error, clientOrderId)
        : refusalError(reserved.error, order.instrument),
    );
  try {
    const gateway = ports.gateway(order.account);
    const modified = await gateway.modify(clientOrderId, changes, approvalOf(reserved.value));
    return ok(modified ?? reserved.value);
  } catch (error) {
    ports.log("error", "order_modify_failed", { clientOrderId, error: errorText(error) });
    return ok(reserved.value);
  }
}
