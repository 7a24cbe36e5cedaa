/**
 * Which market updates are not passed on, each rule by name. Runs on every update: it allocates nothing
 * and looks back at two updates only, the last good one and one that waits for its confirmation.
 */
import { CLOCK_SKEW_TICK_MS_MAX, SPIKE_BAND } from "./quality-limits.ts";
import type { MarketUpdate } from "./tick.ts";

export const CLEANING_RULES = [
  "bad_number",
  "clock_skew",
  "crossed_book",
  "out_of_order",
  "duplicate",
  "spike",
] as const;

export type CleaningRule = (typeof CLEANING_RULES)[number];

/** What an instrument's updates are judged by. */
export interface CleaningSettings {
  /** Rules that drop nothing. */
  off: readonly CleaningRule[];
  /** A last price further from the last good one than this fraction of it waits to be confirmed. */
  spikeBand: number;
  /** An exchange time further ahead of our clock than this is not believed, ms. */
  clockSkewMs: number;
}

export const CLEANING_DEFAULTS: CleaningSettings = {
  off: [],
  spikeBand: SPIKE_BAND,
  clockSkewMs: CLOCK_SKEW_TICK_MS_MAX,
};

/** Who is told what became of an update. */
export interface CleaningSink {
  /** Good: in the order of the exchange's clock, a confirmed spike before what confirmed it. */
  pass(update: MarketUpdate, receivedTime: number): void;
  drop(rule: CleaningRule, update: MarketUpdate, receivedTime: number): void;
}

type Switches = Record<CleaningRule, boolean>;

const switchesOf = (off: readonly CleaningRule[]): Switches => ({
  bad_number: !off.includes("bad_number"),
  clock_skew: !off.includes("clock_skew"),
  crossed_book: !off.includes("crossed_book"),
  out_of_order: !off.includes("out_of_order"),
  duplicate: !off.includes("duplicate"),
  spike: !off.includes("spike"),
});

const noneDropped = (): Record<CleaningRule, number> => ({
  bad_number: 0,
  clock_skew: 0,
  crossed_book: 0,
  out_of_order: 0,
  duplicate: 0,
  spike: 0,
});

/** The cleaning of one instrument's updates from one provider. */
export class Cleaner {
  /** What was not passed on, by rule. */
  readonly dropped = noneDropped();
  /** The last good update: what the next one is judged against. */
  seen: MarketUpdate | null = null;
  /** A spike that the next update confirms or refutes. */
  waiting: MarketUpdate | null = null;
  #waitingSince = 0;
  /** The last good `last`. */
  #price: number | null = null;
  #isOn = switchesOf(CLEANING_DEFAULTS.off);
  #settings = CLEANING_DEFAULTS;
  readonly #sink: CleaningSink;

  constructor(sink: CleaningSink) {
    this.#sink = sink;
  }

  get settings(): CleaningSettings {
    return this.#settings;
  }

  /** From now on; what was counted stays counted. */
  set settings(settings: CleaningSettings) {
    this.#settings = settings;
    this.#isOn = switchesOf(settings.off);
  }

  /** Its last price may be hours old by now: nothing is judged by it. */
  forget(): void {
    this.seen = null;
    this.waiting = null;
    this.#price = null;
  }

  take(update: MarketUpdate, receivedTime: number): void {
    const rule = this.#ruleAgainst(update, receivedTime);
    if (rule !== null) return this.#drop(rule, update, receivedTime);
    const { waiting } = this;
    if (waiting !== null && !isBefore(update, waiting)) {
      if (this.#isOn.duplicate && isDouble(waiting, update))
        return this.#drop("duplicate", update, receivedTime);
      this.waiting = null;
      if (this.#confirms(waiting, update)) this.#pass(waiting, this.#waitingSince);
      else this.#drop("spike", waiting, this.#waitingSince);
    }
    if (!this.#isSpike(update)) this.#pass(update, receivedTime);
    else if (this.waiting === null) {
      this.waiting = update;
      this.#waitingSince = receivedTime;
    } else this.#meetEarlierSpike(update, this.waiting, receivedTime);
  }

  /** A spike that by the exchange's clock came before the one that waits: each confirms the other, or this one goes. */
  #meetEarlierSpike(update: MarketUpdate, waiting: MarketUpdate, receivedTime: number): void {
    if (!this.#confirms(update, waiting)) return this.#drop("spike", update, receivedTime);
    this.waiting = null;
    this.#pass(update, receivedTime);
    this.#pass(waiting, this.#waitingSince);
  }

  #ruleAgainst(update: MarketUpdate, receivedTime: number): CleaningRule | null {
    const on = this.#isOn;
    if (on.bad_number && !hasGoodNumbers(update)) return "bad_number";
    const { exchangeTime, bid, ask } = update;
    if (
      on.clock_skew &&
      exchangeTime !== null &&
      exchangeTime - receivedTime > this.#settings.clockSkewMs
    )
      return "clock_skew";
    if (on.crossed_book && bid !== null && ask !== null && bid > ask) return "crossed_book";
    const last = this.seen;
    if (last === null) return null;
    if (on.out_of_order && isBefore(update, last)) return "out_of_order";
    return on.duplicate && isDouble(last, update) ? "duplicate" : null;
  }

  #isSpike(update: MarketUpdate): boolean {
    const good = this.#price;
    if (!this.#isOn.spike || good === null || update.last === null) return false;
    return isBeyond(update.last, good, this.#settings.spikeBand);
  }

  /** The next update is near the spike, and nearer than to the last good price: by its last, or where it has none, by the middle of its book. */
  #confirms(spike: MarketUpdate, next: MarketUpdate): boolean {
    if (!this.#isOn.spike) return true;
    const { last, bid, ask } = next;
    const price = last ?? (bid !== null && ask !== null ? (bid + ask) / 2 : null);
    if (price === null || spike.last === null) return false;
    if (isBeyond(price, spike.last, this.#settings.spikeBand)) return false;
    return Math.abs(price - spike.last) < Math.abs(price - (this.#price ?? Infinity));
  }

  #pass(update: MarketUpdate, receivedTime: number): void {
    this.seen = update;
    if (update.last !== null) this.#price = update.last;
    this.#sink.pass(update, receivedTime);
  }

  #drop(rule: CleaningRule, update: MarketUpdate, receivedTime: number): void {
    this.dropped[rule] += 1;
    this.#sink.drop(rule, update, receivedTime);
  }
}

const isBeyond = (price: number, good: number, band: number): boolean =>
  Math.abs(price - good) > band * good;

/** By the exchange's clock alone: without one, nothing is judged late. */
const isBefore = (a: MarketUpdate, b: MarketUpdate): boolean =>
  a.exchangeTime !== null && b.exchangeTime !== null && a.exchangeTime < b.exchangeTime;

/**
 * The same update twice. Two trades of the same price and quantity in the same millisecond are usual:
 * one order filled against two. Without the day's volume they cannot be told from one trade sent
 * twice, and a real trade is not dropped on doubt; nor is anything without the exchange's clock, nor
 * an update with levels of its own, which were changed or they would not have come.
 */
const isDouble = (a: MarketUpdate, b: MarketUpdate): boolean =>
  b.exchangeTime !== null &&
  (b.volume !== null || b.lastQuantity === null) &&
  a.depth === b.depth &&
  isSameUpdate(a, b);

/** The same observation of the same instrument: every field equal. Levels of the book are not compared. */
export function isSameUpdate(a: MarketUpdate, b: MarketUpdate): boolean {
  return (
    a.exchangeTime === b.exchangeTime &&
    a.last === b.last &&
    a.volume === b.volume &&
    a.openInterest === b.openInterest &&
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
    isQuantityOrNull(update.openInterest ?? null) &&
    isQuantityOrNull(update.exchangeTime)
  );
}

const isPriceOrNull = (value: number | null): boolean =>
  value === null || (value > 0 && value < Infinity);

const isQuantityOrNull = (value: number | null): boolean =>
  value === null || (value >= 0 && value < Infinity);
