/** What refuses an order by now that was reserved and never sent: what may have changed since is asked again. */
import { ZERO } from "../decimal.ts";
import { caseOf } from "./case.ts";
import { algoPaused } from "./checks/algo-paused.ts";
import { appliesTo, type RiskCheck } from "./checks/check.ts";
import { instrumentBlocked } from "./checks/instrument-blocked.ts";
import { dailyLoss, drawdown } from "./checks/loss.ts";
import { portfolioAsleep } from "./checks/portfolio-asleep.ts";
import { stalePrice } from "./checks/stale-price.ts";
import { tradingState } from "./checks/trading-state.ts";
import type { Refusal } from "./refusal.ts";
import type { LedgerOrder, LedgerState } from "./state.ts";

/** Its amounts stay reserved, so that no limit on them is asked twice; its hours are its sender's to ask. */
const ASKED_AGAIN: readonly RiskCheck[] = [
  tradingState,
  portfolioAsleep,
  algoPaused,
  instrumentBlocked,
  stalePrice,
  dailyLoss,
  drawdown,
];

const NO_FACTS = { instrument: null, marketOpen: true, brokerRefusal: null, mark: null };

export function refusalByNow(state: LedgerState, entry: LedgerOrder, now: number): Refusal | null {
  const asReplaced = caseOf(state, entry.order, NO_FACTS, now, entry);
  const onlyReduces = entry.order.reduceOnly || asReplaced.opening.eq(ZERO);
  const each = { ...asReplaced, onlyReduces, replaced: null };
  for (const check of ASKED_AGAIN) {
    const refusal = appliesTo(check, each) ? check.check(each) : null;
    if (refusal) return refusal;
  }
  return null;
}
