/**
 * From when on a mark still values what is held. Time alone makes a position unvalued: no event tells
 * of marks that stopped coming, so whoever keeps a ledger calls `ageMarks` now and then.
 */
import { ALWAYS, lastCloseBefore, sessionAt } from "../calendar.ts";
import { ZERO } from "../decimal.ts";
import type { InstrumentId } from "../instrument.ts";
import { VALUE_MARK_AGE_MS_MAX } from "../ledger-limits.ts";
import { refreshHoldings } from "./exposure.ts";
import { type Holding, type LedgerState } from "./state.ts";
import { goodMark, isAged } from "./good-mark.ts";

/**
 * The oldest time (ms since 1970) of a mark that values at `now`: one of at most `ageMs`. While a market
 * is shut, its last mark stands, if it came within the bound before the close; it stands into the next
 * session as long as any other would. A calendar that nobody knows is taken for one that never shuts.
 */
export function valuedFrom(calendar: string, now: number, ageMs = VALUE_MARK_AGE_MS_MAX): number {
  const opensAt = sessionAt(calendar, now)?.opensAt ?? now;
  const isShutOrJustOpen = now - opensAt < ageMs;
  const until = (isShutOrJustOpen ? lastCloseBefore(calendar, opensAt) : null) ?? now;
  return until - ageMs;
}

/** Brings what is held in line with the age of its marks. Answers the instruments that it changed. */
export function ageMarks(state: LedgerState, now: number): InstrumentId[] {
  state.valuedFrom = new Map();
  for (const { calendar = ALWAYS } of state.marks.values())
    if (!state.valuedFrom.has(calendar)) state.valuedFrom.set(calendar, valuedFrom(calendar, now));
  const moved: Holding[] = [];
  for (const [instrument, holdings] of state.holdingsOf) {
    const mark = goodMark(state, instrument);
    const aged = mark !== null && isAged(state, mark);
    for (const holding of holdings)
      if (!holding.position.quantity.eq(ZERO) && holding.isAged !== aged) moved.push(holding);
  }
  refreshHoldings(state, moved);
  return [...new Set(moved.map(({ instrument }) => instrument))];
}
