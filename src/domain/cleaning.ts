/** Which market updates are not passed on, each rule by name. Runs on every update: it allocates nothing. */
import type { MarketUpdate } from "./tick.ts";

export const CLEANING_RULES = ["bad_number", "crossed_book", "out_of_order", "duplicate"] as const;

export type CleaningRule = (typeof CLEANING_RULES)[number];

/**
 * The rule that drops `update`, or null when it is good. `last` is the last good update of the same
 * instrument. Order and doubles are judged by the exchange's clock alone: without one, nothing is.
 */
export function cleaningRule(last: MarketUpdate | null, update: MarketUpdate): CleaningRule | null {
  if (!hasGoodNumbers(update)) return "bad_number";
  if (update.bid !== null && update.ask !== null && update.bid > update.ask) return "crossed_book";
  if (last === null || last.exchangeTime === null || update.exchangeTime === null) return null;
  if (update.exchangeTime < last.exchangeTime) return "out_of_order";
  return isSameUpdate(last, update) && provesDouble(update) ? "duplicate" : null;
}

/**
 * Two trades of the same price and quantity in the same millisecond are usual: one order filled
 * against two. Without the day's volume they cannot be told from one trade sent twice, and a real
 * trade is not dropped on doubt.
 */
const provesDouble = (update: MarketUpdate): boolean =>
  update.volume !== null || update.lastQuantity === null;

/** The same observation of the same instrument: every field equal. */
export function isSameUpdate(a: MarketUpdate, b: MarketUpdate): boolean {
  return (
    a.exchangeTime === b.exchangeTime &&
    a.last === b.last &&
    a.volume === b.volume &&
    a.bid === b.bid &&
    a.ask === b.ask &&
    a.lastQuantity === b.lastQuantity &&
    a.bidQuantity === b.bidQuantity &&
    a.askQuantity === b.askQuantity
  );
}

/** Prices above 0, quantities not below, and no infinity anywhere; a missing field is fine. */
function hasGoodNumbers(update: MarketUpdate): boolean {
  return (
    isPriceOrNull(update.last) &&
    isPriceOrNull(update.bid) &&
    isPriceOrNull(update.ask) &&
    isQuantityOrNull(update.lastQuantity) &&
    isQuantityOrNull(update.bidQuantity) &&
    isQuantityOrNull(update.askQuantity) &&
    isQuantityOrNull(update.volume) &&
    isQuantityOrNull(update.exchangeTime)
  );
}

const isPriceOrNull = (value: number | null): boolean =>
  value === null || (value > 0 && value < Infinity);

const isQuantityOrNull = (value: number | null): boolean =>
  value === null || (value >= 0 && value < Infinity);
