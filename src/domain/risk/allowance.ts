/**
 * What an algo may still close of its position: what it holds, less its share of what was traded against
 * it past the platform. A broker's liquidation leaves the algo's own books as they were, and what it
 * believes to hold is no longer there to be sold.
 */
import { maxDecimal, minDecimal, ZERO, type Decimal } from "../decimal.ts";
import type { Side } from "../order.ts";
import { EXTERNAL_ALGO } from "./external.ts";
import { closable } from "./money-at-risk.ts";
import { holdingKey, type Holding, type LedgerState } from "./state.ts";

/** Units that an order of `side` can close. Several algos that hold the same way bear a cut by what each holds. */
export function closableNow(state: LedgerState, holding: Holding | null, side: Side): Decimal {
  if (!holding) return ZERO;
  const own = closable(holding.position.quantity, side);
  const { algoId, instrument, account } = holding;
  const external = state.holdings.get(holdingKey(EXTERNAL_ALGO, instrument, account));
  if (!external || algoId === EXTERNAL_ALGO || own.eq(ZERO)) return own;
  // What an order of the other side would close of it was traded on this side.
  const cut = closable(external.position.quantity, side === "sell" ? "buy" : "sell");
  if (cut.eq(ZERO)) return own;
  let held = ZERO;
  for (const each of state.holdingsOf.get(instrument) ?? [])
    if (each !== external && each.account === account)
      held = held.plus(closable(each.position.quantity, side));
  return maxDecimal(ZERO, own.minus(own.times(minDecimal(cut, held)).div(held)));
}
