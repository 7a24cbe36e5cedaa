/** Which orders a halt is against: those from before it. What was approved after it closes what is under it. */
import { ZERO } from "../decimal.ts";
import type { OrderIntent } from "../order.ts";
import { killScopes } from "./checks/scopes.ts";
import { EXTERNAL_ALGO } from "./external.ts";
import { closable } from "./money-at-risk.ts";
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

/**
 * What a halt cancels. Of an order that was heard of only after it, and of which nobody knows when it was placed,
 * it is a person's way out as far as anybody can say, for as long as it can only close what its account has: that
 * one is left alone, unless the halt closes the same by itself.
 */
export const isCanceledBy = (
  state: LedgerState,
  halt: Pick<TradingStateRecord, "version" | "since">,
  entry: LedgerOrder,
): boolean => {
  if (!isFromBefore(halt, entry)) return false;
  const isDoubtful = entry.order.ledgerVersion >= halt.version && entry.placedAt === null;
  return !isDoubtful || isToBeClosed(state, entry.order) || !onlyCloses(state, entry);
};

/** True where all that is open on its side, whoever placed it, closes no more together than the account has. */
function onlyCloses(state: LedgerState, { order: { account, instrument, side } }: LedgerOrder) {
  let held = ZERO;
  let open = ZERO;
  for (const holding of state.holdingsOf.get(instrument) ?? []) {
    if (holding.account !== account) continue;
    held = held.plus(holding.position.quantity);
    open = open.plus(holding.sides[side].quantity);
  }
  return open.lte(closable(held, side));
}

/** Whether a halted scope that the order stands under is still to be closed. A reset of that scope ends it. */
export const isToBeClosed = (
  { controls, tradingStates }: Pick<LedgerState, "controls" | "tradingStates">,
  order: OrderIntent,
): boolean =>
  killScopes(order).some(
    (scope) => controls.flattening.has(scope) && tradingStates.get(scope)?.state === "halted",
  );
