/** Which prices the ledger keeps: of each contract that ever had one they would grow without a bound. */
import type { InstrumentId } from "../instrument.ts";
import { MARK_KEPT_MS } from "../ledger-limits.ts";
import type { Mark } from "../tick.ts";
import { isZero } from "../decimal.ts";
import type { LedgerState } from "./state.ts";

/** Held, with open orders, or watched by a trip. */
function isNeeded({ holdingsOf, controls }: LedgerState, instrument: InstrumentId): boolean {
  for (const { position, orders } of holdingsOf.get(instrument) ?? [])
    if (orders.size > 0 || !isZero(position.quantity)) return true;
  for (const { bounds } of controls.trips.values())
    if (bounds.instrument === instrument) return true;
  return false;
}

/**
 * What outlives an eviction: a mark that was stored values what is held, and prices no entry. `brought` is of
 * the order that is decided on now, and may be held next.
 */
export const marksToStore = (state: LedgerState, brought: InstrumentId | null = null): Mark[] =>
  [...state.marks.values()].filter(
    ({ instrument }) => instrument === brought || isNeeded(state, instrument),
  );

/** Lets go of the prices that nobody has needed for long; an entry brings its own. */
export function forgetMarks(state: LedgerState, now: number): void {
  for (const { instrument, time } of state.marks.values())
    if (now - time > MARK_KEPT_MS && !isNeeded(state, instrument)) state.marks.delete(instrument);
}
