/** Cancels every open order under a filter. Cancels always pass, and asking twice asks for the same. */
import type { ApiError } from "../contract/errors.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { may, type Caller } from "./caller.ts";
import { cancelAll } from "./cancel-all.ts";
import { callerName } from "./order-access.ts";
import { apiError, badField } from "./order-errors.ts";
import type { OrderPorts } from "./order-ports.ts";
import type { OpenOrderFilter } from "./ports.ts";

export interface CancelOrdersAnswer {
  /** Orders under the filter that can still trade. */
  openOrders: number;
  /** Cancels that were handed to a gateway; each is repeated there until the broker answers. */
  cancelsSent: number;
  /** On the desk, or their gateway could not be reached: a person, or the ledger's sweep, goes on with these. */
  notSent: number;
}

export async function cancelOrders(
  ports: OrderPorts,
  caller: Caller,
  filter: OpenOrderFilter,
): Promise<Result<CancelOrdersAnswer, ApiError>> {
  const own = ownFilter(caller, filter);
  if (!own.ok) return own;
  // The wishes are recorded before the first one leaves: whoever dies in between, the sweep goes on.
  const { openOrders, toCancel } = await ports.ledger.requestCancels(own.value, callerName(caller));
  const unknown = openOrders === 0 ? unknownAccount(ports, filter) : null;
  if (unknown) return err(unknown);
  const cancelsSent = await cancelAll(ports, toCancel);
  return ok({ openOrders, cancelsSent, notSent: openOrders - cancelsSent });
}

/**
 * A mistyped account must not read as "nothing is open". Asked only where nothing was found: what the ledger
 * still has under an account that this deployment has no more has its way out.
 */
export function unknownAccount(
  { accounts }: Pick<OrderPorts, "accounts">,
  { account }: { account?: string | undefined },
): ApiError | null {
  if (account === undefined || accounts.includes(account)) return null;
  return badField("account", `there is no account ${account}`);
}

/** A key that is bound to an algo acts on that algo's orders and no others. */
export function ownFilter<T extends { algoId?: string | undefined }>(
  caller: Caller,
  filter: T,
): Result<T, ApiError> {
  if (!may(caller, "trade"))
    return err(apiError("FORBIDDEN", "this key may not trade; it needs the scope trade"));
  if (may(caller, "admin")) return ok(filter);
  if (caller.algoId === null || (filter.algoId ?? caller.algoId) !== caller.algoId)
    return err(apiError("FORBIDDEN", `this key may not trade for algo ${filter.algoId ?? "any"}`));
  return ok({ ...filter, algoId: caller.algoId });
}
