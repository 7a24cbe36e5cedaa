/** The kill switch as a use case: latch first, then cancel what is open. Running it twice is harmless. */
import type { ApiError } from "../contract/errors.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { parseScope, type ScopeText, type TradingState } from "../domain/scope.ts";
import { may, type Caller } from "./caller.ts";
import { cancelAll } from "./cancel-all.ts";
import { closingOrders, flattenScope } from "./flatten.ts";
import { unknownAccountOf } from "./known-account.ts";
import { errorText } from "./log.ts";
import { callerName } from "./order-access.ts";
import { apiError, badField } from "./order-errors.ts";
import type { OrderPorts } from "./order-ports.ts";
import type { KillAnswer } from "./ports.ts";

export interface HaltAnswer {
  scope: ScopeText;
  state: TradingState;
  /** The ledger version at which it latched. */
  version: number;
  openOrders: number;
  /** Cancels that were handed to a gateway; each is retried there until the broker answers. */
  cancelsSent: number;
  since: number;
  /** Algos that it stopped; they stay so after the reset. */
  algosStopped: string[];
  /** Closing orders that left by the time of the answer, when a flatten was asked for; what is left over is tried again until flat. */
  flattened: number;
  /** From the call until the ledger had latched, and until every gateway held it, ms. */
  latchedInMs: number;
  enforcedInMs: number | null;
  /** When the last order left a gateway, against the latch: below 0 is before it. Null when none has left. */
  lastLeftAfterMs: number | null;
}

/** An algo's key may stop its own algo; everything else is an admin's. */
function mayHalt(caller: Caller, scope: ScopeText): boolean {
  const own = caller.algoId !== null && scope === `algo:${caller.algoId}`;
  return may(caller, "admin") || (own && may(caller, "trade"));
}

/** `now`, ms since 1970: a flatten asks for its markets' hours as of it, and not as of a halt that stood before. */
export async function haltTrading(
  ports: OrderPorts,
  caller: Caller,
  scope: ScopeText,
  reason: string,
  now: number,
  flatten = false,
): Promise<Result<HaltAnswer, ApiError>> {
  if (!parseScope(scope)) return err(badField("scope", "is not a scope"));
  if (!mayHalt(caller, scope))
    return err(apiError("FORBIDDEN", `this key may not halt ${scope}; it needs the scope admin`));
  const unknown = await unknownAccountOf(ports, scope);
  if (unknown) return err(unknown);
  // The ledger latches, stops the algos, tells every gateway, and records each wish to cancel before it answers.
  const options = { stopAlgos: true, flatten };
  const killed = await ports.ledger.trip(scope, reason, callerName(caller), options);
  const cancelsSent = await cancelAll(ports, killed.toCancel);
  const flattened = flatten ? await flattenNow(ports, killed, now) : 0;
  return ok(answerOf(killed, cancelsSent, flattened));
}

/** How many closing orders left: those of the ledger too, which may have flattened while the cancels were sent. */
async function flattenNow(
  ports: OrderPorts,
  { scope, since }: KillAnswer,
  now: number,
): Promise<number> {
  const { sent } = await flattenScope(ports, scope, now);
  try {
    return Math.max(sent, await closingOrders(ports, scope, Math.max(since, now)));
  } catch (error) {
    // The halt stands, and so does the flatten: only the count is less sure.
    ports.log("warn", "closing_orders_uncounted", { scope, error: errorText(error) });
    return sent;
  }
}

/**
 * Leaving `halted` needs an admin who is nobody's algo, and a reason. Algos stay as they are, and so do
 * positions: a flatten that is under way ends here, and what of it has not left is canceled.
 */
export async function resumeTrading(
  ports: OrderPorts,
  caller: Caller,
  scope: ScopeText,
  reason: string,
): Promise<Result<HaltAnswer, ApiError>> {
  if (!parseScope(scope)) return err(badField("scope", "is not a scope"));
  if (!may(caller, "admin") || caller.algoId !== null)
    return err(apiError("FORBIDDEN", "only an admin's key that is bound to no algo may resume"));
  const reset = await ports.ledger.resetTrip(scope, reason, callerName(caller));
  if (!reset.ok) return reset;
  const cancelsSent = await cancelAll(ports, reset.value.toCancel);
  return ok(answerOf(reset.value, cancelsSent, 0));
}

const answerOf = (killed: KillAnswer, cancelsSent: number, flattened: number): HaltAnswer => ({
  scope: killed.scope,
  state: killed.state,
  version: killed.version,
  openOrders: killed.openOrders,
  cancelsSent,
  since: killed.since,
  algosStopped: killed.algosStopped,
  flattened,
  latchedInMs: killed.latchedInMs,
  enforcedInMs: killed.enforcedInMs,
  lastLeftAfterMs: killed.lastLeftAt === null ? null : killed.lastLeftAt - killed.since,
});
