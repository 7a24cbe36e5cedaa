/** Which orders a halt is against: those from before it. What was approved after it closes what is under it. */
import type { OrderIntent } from "../order.ts";
import { killScopes } from "./checks/scopes.ts";
import { EXTERNAL_ALGO } from "./external.ts";
import type { LedgerOrder, LedgerState, TradingStateRecord } from "./state.ts";

/**
 * An order placed past us may have rested for long when it is adopted: the time at which it was placed counts,
 * too, and not the one at which it was last changed or filled. Where nobody knows it, it may be from before.
 */
export const isFromBefore = (
  { version, since }: Pick<TradingStateRecord, "version" | "since">,
  { order: { algoId, ledgerVersion }, placedAt }: LedgerOrder,
): boolean =>
  ledgerVersion < version || (algoId === EXTERNAL_ALGO && (placedAt === null || placedAt < since));

/** Whether a halted scope that the order stands under is still to be closed. A reset of that scope ends it. */
export const isToBeClosed = (
  { controls, tradingStates }: Pick<LedgerState, "controls" | "tradingStates">,
  order: OrderIntent,
): boolean =>
  killScopes(order).some(
    (scope) => controls.flattening.has(scope) && tradingStates.get(scope)?.state === "halted",
  );
