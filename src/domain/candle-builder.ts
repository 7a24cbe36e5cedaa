/**
 * Builds the bars of one instrument from its trades, whatever order they come in. Bars are of one second;
 * every longer one is their fold, so that no two intervals disagree. A late trade within the grace amends
 * its bar, and one that is later still is told so and changes nothing.
 */
import { type Candle, CANDLE_INTERVAL_MS, type CandleInterval, candleStart } from "./candle.ts";
import { addExactly } from "./exact-sum.ts";
import { LATE_TRADES_AGE_MS_MAX } from "./feed-limits.ts";
import { CANDLE_GRACE_MS } from "./limits.ts";

/** A trade as bars are built from it. Trades of the same time stand in the order of `seq`. */
export interface CandleTrade {
  time: number;
  seq: number;
  price: number;
  quantity: number;
}

/**
 * What one broker connection (`epoch`) saw of a bar. Parts of the same bar are merged in any order, and a
 * part told again replaces itself: `time` and `epoch` are its key.
 */
export interface CandlePart extends Candle {
  epoch: number;
  /** Of the trades that made `open` and `close`. */
  firstTime: number;
  firstSeq: number;
  lastTime: number;
  lastSeq: number;
  /** How far the exchange's clock was when a trade last came late; 0 when none did. */
  amendedAt: number;
}

/** True when a trade came after the bar had closed. */
export const isAmended = (part: CandlePart, interval: CandleInterval): boolean =>
  part.amendedAt >= part.time + CANDLE_INTERVAL_MS[interval];

const isBefore = (time: number, seq: number, otherTime: number, otherSeq: number): boolean =>
  time < otherTime || (time === otherTime && seq < otherSeq);

/** Adds `part` to `bar`, in place. The order of adding matters to nothing. */
function add(bar: CandlePart, part: CandlePart): void {
  if (isBefore(part.firstTime, part.firstSeq, bar.firstTime, bar.firstSeq)) {
    bar.open = part.open;
    bar.firstTime = part.firstTime;
    bar.firstSeq = part.firstSeq;
  }
  if (!isBefore(part.lastTime, part.lastSeq, bar.lastTime, bar.lastSeq)) {
    bar.close = part.close;
    bar.lastTime = part.lastTime;
    bar.lastSeq = part.lastSeq;
  }
  bar.high = Math.max(bar.high, part.high);
  bar.low = Math.min(bar.low, part.low);
  bar.volume = addExactly(bar.volume, part.volume);
  bar.amendedAt = Math.max(bar.amendedAt, part.amendedAt);
}

/**
 * Bars of a longer interval out of shorter ones, oldest first. With `merge: "epoch"` each connection's
 * parts stay apart, to be stored; with `"all"` they are joined, to be shown.
 */
export function foldParts(
  parts: readonly CandlePart[],
  interval: CandleInterval,
  merge: "epoch" | "all",
): CandlePart[] {
  const bars = new Map<string, CandlePart>();
  for (const part of parts) {
    const time = candleStart(part.time, interval);
    const key = merge === "epoch" ? `${time},${part.epoch}` : String(time);
    const bar = bars.get(key);
    if (bar) add(bar, part);
    else bars.set(key, { ...part, time });
  }
  return [...bars.values()].sort((a, b) => a.time - b.time || a.epoch - b.epoch);
}

const partOf = (
  { time, seq, price, quantity }: CandleTrade,
  start: number,
  epoch: number,
  amendedAt: number,
): CandlePart => ({
  time: start,
  open: price,
  high: price,
  low: price,
  close: price,
  volume: quantity,
  epoch,
  firstTime: time,
  firstSeq: seq,
  lastTime: time,
  lastSeq: seq,
  amendedAt,
});

export class CandleBuilder {
  /** One-second bars, by time and epoch. */
  #bars: CandlePart[] = [];
  /** Time of the newest trade. */
  #newest = 0;
  /** Every bar that ends by then is closed. */
  #closedUntil = 0;
  /** Start of the first minute that changed since the last `takeClosed`. */
  #changedFrom = Infinity;
  /** Rises with each trade. */
  #version = 0;
  /** Of each second in memory, the version of its last trade. */
  readonly #versions = new Map<number, number>();
  /** Minutes whose seconds were let go before anybody took them. */
  #ended: CandlePart[] = [];
  readonly #from: number;
  /**
   * Trades from here on are still waited for, beyond the grace: a gap that began then is being filled in.
   * Infinity when there is none.
   */
  waitsSince = Infinity;

  /** Trades before `from` are too late: another builder has handed over the bars of that time. */
  constructor(from = 0) {
    this.#from = from;
  }

  /** Adds a trade; false when it came later than the grace, and changed nothing. */
  add(trade: CandleTrade, epoch: number): boolean {
    const { time } = trade;
    if (time < this.#from || time < this.#oldest) return false;
    const start = candleStart(time, "1s");
    this.#put(partOf(trade, start, epoch, start < this.#closedUntil ? this.#closedUntil : 0));
    this.#version += 1;
    this.#versions.set(start, this.#version);
    this.#changedFrom = Math.min(this.#changedFrom, candleStart(time, "1m"));
    if (time > this.#newest) {
      this.#newest = time;
      // The first trade of the next interval closes the one before.
      this.closeUntil(time);
      this.#letGo();
    }
    return true;
  }

  /** The timer's way of closing: `time` is the exchange's clock, as well as it is known. */
  closeUntil(time: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, candleStart(time, "1s"));
  }

  /**
   * Where the next builder of this instrument may begin, once this one can be let go: when all it had was
   * taken, and by `time` no trade can amend it any more. Null before.
   */
  endedBy(time: number): number | null {
    const isTaken = this.#changedFrom === Infinity && this.#ended.length === 0;
    if (!isTaken || this.#newest >= time - CANDLE_GRACE_MS) return null;
    return Math.max(this.#from, candleStart(this.#newest, "1m") + CANDLE_INTERVAL_MS["1m"]);
  }

  /** Time of the newest trade; 0 before the first. */
  get newest(): number {
    return this.#newest;
  }

  get closedUntil(): number {
    return this.#closedUntil;
  }

  /** Start of the first second in memory that changed since `version`; Infinity when none did. */
  changedSince(version: number): { from: number; version: number } {
    let from = Infinity;
    if (version !== this.#version)
      for (const [start, changed] of this.#versions)
        // A version of a builder before this one says nothing here.
        if ((changed > version || version > this.#version) && start < from) from = start;
    return { from, version: this.#version };
  }

  /** What is in memory, by seconds or by minutes. */
  parts(interval: "1s" | "1m"): CandlePart[] {
    if (interval === "1s") return this.#bars.map((bar) => ({ ...bar }));
    return foldParts([...this.#ended, ...this.#bars], "1m", "epoch");
  }

  /** The closed minutes that changed since the last time, each whole; all that changed with `until` infinite. */
  takeClosed(until = this.#closedUntil): CandlePart[] {
    const open = candleStart(until, "1m");
    const changed = this.#bars.filter(({ time }) => time >= this.#changedFrom && time < open);
    const closed = [...this.#ended, ...foldParts(changed, "1m", "epoch")];
    this.#ended = [];
    if (this.#changedFrom < open) {
      const isChangedAfter = this.#bars.some(({ time }) => time >= open);
      this.#changedFrom = isChangedAfter ? open : Infinity;
    }
    return closed;
  }

  #put(part: CandlePart): void {
    let index = this.#bars.length;
    for (; index > 0; index -= 1) {
      const bar = this.#bars[index - 1];
      if (bar === undefined || bar.time < part.time) break;
      if (bar.time > part.time) continue;
      if (bar.epoch === part.epoch) return add(bar, part);
      if (bar.epoch < part.epoch) break;
    }
    this.#bars.splice(index, 0, part);
  }

  /** Of the oldest trade that is still taken. */
  get #oldest(): number {
    const awaited = Math.max(this.waitsSince, this.#newest - LATE_TRADES_AGE_MS_MAX);
    return Math.min(this.#newest - CANDLE_GRACE_MS, awaited);
  }

  /** Whole minutes that no trade can amend any more leave memory; a minute is never cut. */
  #letGo(): void {
    const kept = candleStart(this.#oldest, "1m");
    const oldest = this.#bars[0];
    if (oldest === undefined || oldest.time >= kept) return;
    const gone = this.#bars.filter(({ time }) => time < kept && time >= this.#changedFrom);
    this.#ended.push(...foldParts(gone, "1m", "epoch"));
    this.#bars = this.#bars.filter(({ time }) => time >= kept);
    for (const start of this.#versions.keys()) if (start < kept) this.#versions.delete(start);
    if (this.#changedFrom < kept) this.#changedFrom = kept;
  }
}

/** Whether a part stands after another, by its time and then by the connection that brought it. */
export const isAfter = (part: CandlePart, other: CandlePart): boolean =>
  part.time > other.time || (part.time === other.time && part.epoch > other.epoch);

/** The one after all the others; null of none. */
export const newestOf = (parts: readonly CandlePart[]): CandlePart | null =>
  parts.reduce<CandlePart | null>(
    (last, part) => (!last || isAfter(part, last) ? part : last),
    null,
  );
