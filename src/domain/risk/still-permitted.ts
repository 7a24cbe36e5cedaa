/** What refuses an order by now that was reserved and never sent: what may have changed since is asked again. */
import { ZERO, type Decimal } from "../decimal.ts";
import { closableNow } from "./allowance.ts";
import { caseOf, type IntentCase } from "./case.ts";
import { algoPaused } from "./checks/algo-paused.ts";
import { appliesTo, type RiskCheck } from "./checks/check.ts";
import { instrumentBlocked } from "./checks/instrument-blocked.ts";
import { dailyLoss, drawdown } from "./checks/loss.ts";
import { portfolioAsleep } from "./checks/portfolio-asleep.ts";
import { reduceOnly } from "./checks/reduce-only.ts";
import { stalePrice } from "./checks/stale-price.ts";
import { tradingState } from "./checks/trading-state.ts";
import type { Refusal } from "./refusal.ts";
import type { LedgerOrder, LedgerState } from "./state.ts";

/** Its amounts stay reserved, so that no limit on them is asked twice; its hours are its sender's to ask. What it would close is asked for below. */
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
  // It has not left: nothing of it stands that could be lowered.
  const each = { ...asReplaced, onlyReduces, lowers: false, replaced: null };
  for (const check of ASKED_AGAIN) {
    const refusal = appliesTo(check, each) ? check.check(each) : null;
    if (refusal) return refusal;
  }
  return reduceOnly.check({ ...each, onlyReduces: false, opening: openedBy(asReplaced) });
}

/**
 * What an order that may only reduce would open by now, where another one, or a fill past the platform, has closed
 * what it was for. A bracket's exit goes as long as anything is left: where it stands it is made smaller.
 */
function openedBy({ state, intent, holding, remaining, opening }: IntentCase): Decimal {
  if (!intent.exit) return opening;
  return closableNow(state, holding, intent.side).eq(ZERO) ? remaining : ZERO;
}
