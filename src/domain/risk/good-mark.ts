/** Which prices value what is held: a bad one is none, and an old one is not good enough. */
import { ALWAYS } from "../calendar.ts";
import type { InstrumentId } from "../instrument.ts";
import type { Mark } from "../tick.ts";
import type { LedgerState } from "./state.ts";

/** The provider of a mark that is only the price of a trade past us. */
export const LAST_RESORT = "execution";

/** The latest good mark: finite and above 0. Null when there is none. */
export function goodMark(state: LedgerState, instrument: InstrumentId): Mark | null {
  const mark = state.marks.get(instrument);
  return mark && isGoodPrice(mark.price) ? mark : null;
}

/** True when a good mark is too old to value what is held. */
export const isAged = (state: LedgerState, { time, calendar = ALWAYS }: Mark): boolean =>
  time < (state.valuedFrom.get(calendar) ?? -Infinity);

export const isGoodPrice = (price: number | null): boolean =>
  price !== null && Number.isFinite(price) && price > 0;
