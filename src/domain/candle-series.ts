/**
 * The bars of one instrument and interval as they are told: what history knew when they were first asked
 * for, and what the shards built since. Each trade is in them once. It calls nothing and knows no clock.
 */
import { CANDLE_INTERVAL_MS, type CandleInterval, candleStart } from "./candle.ts";
import {
  type Bar,
  candleOf,
  emptyBar,
  isSame,
  keyOf,
  settledPart,
  type Told,
} from "./candle-bar.ts";
import { type CandlePart, foldParts, isAfter, isAmended, newestOf } from "./candle-builder.ts";
import type { CandleGap, MarkedCandle } from "./candle-join.ts";
import { CANDLE_GRACE_MS } from "./limits.ts";

/** The length of the parts that bars of an interval are folded from. */
export const partUnit = (interval: CandleInterval): "1s" | "1m" =>
  interval === "1s" ? "1s" : "1m";

/** A bar to be told. */
export interface CandleChange {
  candle: MarkedCandle;
  /** False while trades can still come to it in time. */
  isClosed: boolean;
  provider: string;
}

/** What history knew of an instrument's newest bars, and which of its parts can still change. */
export interface CandleBase {
  /** Oldest first, the one under way included. */
  bars: readonly MarkedCandle[];
  /** What the shard had in memory: contained in `bars`. */
  live: readonly CandlePart[];
}

export class CandleSeries {
  readonly #interval: CandleInterval;
  readonly #bars = new Map<number, Bar>();
  /** Parts that came before the base did, each as it was told last: a base may be long in coming. */
  #early = new Map<string, Told>();
  #isStarted = false;
  #provider = "";
  /** Every bar that ends by then is closed. */
  #until = 0;
  /** Bars before this are history: nothing here changes them. */
  #floor = 0;
  /** Parts before this can not change any more. */
  #settledUntil = 0;
  /** From this part on the present provider's count; those before are of the one before it. */
  #providerFrom = 0;

  constructor(interval: CandleInterval) {
    this.#interval = interval;
  }

  /** False until a base is there: what comes meanwhile is kept for it. */
  get isStarted(): boolean {
    return this.#isStarted;
  }

  /**
   * Begins, or begins again, with what history knows. What the base contains is not added again; what
   * came after it is.
   */
  start({ bars, live }: CandleBase, provider: string, now: number): void {
    const told = [...this.#bars.values()].flatMap(({ parts }) => [...parts.values()]);
    const before = this.#sorted().filter((bar) => bar.isToldClosed);
    const early = this.#early;
    this.#early = new Map();
    this.#isStarted = true;
    this.#provider = provider;
    const last = bars.at(-1)?.time ?? 0;
    const newest = newestOf(live);
    // An exchange that plays a recording is years behind our clock: what is known says where it stands.
    const known = Math.min(now, Math.max(last, newest?.time ?? 0));
    this.#floor = candleStart(Math.max(0, known - CANDLE_GRACE_MS), this.#interval);
    this.#bars.clear();
    for (const candle of bars)
      if (candle.time >= this.#floor) this.#put(candle, live, candle.time < last);
    for (const { time, isToldClosed, isCorrected } of before)
      Object.assign(this.#bars.get(time) ?? {}, { isToldClosed, isCorrected });
    const contained = new Set(live.map(keyOf));
    for (const one of [...told, ...early.values()])
      if (!newest || contained.has(keyOf(one.part)) || isAfter(one.part, newest)) this.#add(one);
  }

  /** The exchange's clock was set back, as when it plays a recording: what was before is of another time. */
  setBack(provider: string): void {
    this.#bars.clear();
    this.#early.clear();
    // History that is still awaited is of before, too.
    this.#isStarted = true;
    this.#provider = provider;
    this.#until = 0;
    this.#floor = 0;
    this.#settledUntil = 0;
    this.#providerFrom = 0;
  }

  /** Parts that a shard built, each whole, and how far its bars are closed (the exchange's clock). */
  take(provider: string, parts: readonly CandlePart[], until: number): void {
    this.#until = Math.max(this.#until, until);
    if (this.#isStarted && provider !== this.#provider) this.#switch(provider);
    for (const part of parts)
      if (this.#isStarted) this.#add({ part, provider });
      else this.#early.set(`${keyOf(part)},${provider}`, { part, provider });
  }

  /** Trades may be missing from the bars of this time. */
  gap({ from, to }: CandleGap): void {
    const lengthMs = CANDLE_INTERVAL_MS[this.#interval];
    for (const bar of this.#bars.values()) {
      if (bar.time >= to || bar.time + lengthMs <= from || bar.mark === "partial") continue;
      bar.mark = "partial";
      bar.isChanged = true;
    }
  }

  /** What is to be told since it was asked last, oldest first: closed bars once, and again when they changed. */
  changes(): CandleChange[] {
    const changes: CandleChange[] = [];
    for (const bar of this.#sorted()) {
      const isClosed = this.#isClosed(bar);
      if (!bar.isChanged && (!isClosed || bar.isToldClosed)) continue;
      const candle = this.#candle(bar);
      bar.isChanged = false;
      if (isClosed) bar.isToldClosed = true;
      if (candle) changes.push({ candle, isClosed, provider: this.#provider });
    }
    this.#letGo();
    return changes;
  }

  /** The bars as they stand, oldest first: for one who joins now. Those closed by now count as told. */
  bars(): MarkedCandle[] {
    return this.#sorted().flatMap((bar) => this.#candle(bar) ?? []);
  }

  /** The newest bar as it stands. */
  newest(): CandleChange | undefined {
    const bar = this.#sorted().at(-1);
    const candle = bar && this.#candle(bar);
    return candle ? { candle, isClosed: this.#isClosed(bar), provider: this.#provider } : undefined;
  }

  /**
   * Begins again. Answers the closed bars that are to be told for it, oldest first: those that touch the
   * gap, or without one whatever may have closed while nobody was here. The rest follows by `changes`.
   */
  restart(base: CandleBase, provider: string, now: number, gap?: CandleGap): CandleChange[] {
    const lengthMs = CANDLE_INTERVAL_MS[this.#interval];
    this.start(base, provider, now);
    const isConcerned = (time: number): boolean =>
      gap === undefined || (time < gap.to && time + lengthMs > gap.from);
    for (const bar of this.#bars.values()) {
      if (!isConcerned(bar.time)) continue;
      bar.isChanged = true;
      if (gap === undefined) bar.isToldClosed = false;
    }
    // Those that are here are told by `changes`; what is over for good is told as history has it.
    return base.bars.flatMap((candle) =>
      this.#bars.has(candle.time) || !isConcerned(candle.time)
        ? []
        : { candle, isClosed: true, provider },
    );
  }

  #put(candle: MarkedCandle, live: readonly CandlePart[], isToldClosed: boolean): void {
    const { time, mark } = candle;
    const end = time + CANDLE_INTERVAL_MS[this.#interval];
    const own = live.filter((part) => part.time >= time && part.time < end);
    const [folded] = foldParts(own, this.#interval, "all");
    const settled = folded && isSame(folded, candle) ? null : settledPart(candle, folded);
    const parts = new Map(own.map((part) => [keyOf(part), { part, provider: this.#provider }]));
    this.#bars.set(time, {
      time,
      settled,
      parts,
      mark,
      isChanged: false,
      isToldClosed,
      isCorrected: false,
    });
  }

  #add(told: Told): void {
    const { part, provider } = told;
    const time = candleStart(part.time, this.#interval);
    if (time < this.#floor || part.time < this.#settledUntil) return;
    if (provider === this.#provider && part.time < this.#providerFrom) return;
    const bar = this.#bars.get(time) ?? emptyBar(time);
    this.#bars.set(time, bar);
    for (const [key, other] of bar.parts)
      if (other.part.time === part.time && other.provider !== provider) bar.parts.delete(key);
    const known = bar.parts.get(keyOf(part))?.part;
    // Trades are only ever added to a part: of two tellings the one with more is the newer.
    if (known && known.volume >= part.volume) return;
    bar.parts.set(keyOf(part), told);
    bar.isChanged = true;
    bar.isCorrected ||= bar.isToldClosed;
    // A trade of the next bar closes the ones before, whatever the shard's clock says.
    this.#until = Math.max(this.#until, time);
  }

  /**
   * Both providers saw the trades around the switch: of each part one of them counts, from the newest
   * one on the provider that is taken now. Whether it saw all of that bar is not known.
   */
  #switch(provider: string): void {
    const parts = [...this.#bars.values()].flatMap((bar) => [...bar.parts.values()]);
    this.#providerFrom = newestOf(parts.map(({ part }) => part))?.time ?? 0;
    this.#provider = provider;
    this.gap({ from: this.#providerFrom, to: this.#providerFrom + 1 });
  }

  #isClosed({ time }: Bar): boolean {
    return time + CANDLE_INTERVAL_MS[this.#interval] <= this.#until;
  }

  #candle(bar: Bar): MarkedCandle | null {
    const parts = [...bar.parts.values()].map(({ part }) => part);
    const all = bar.settled ? [bar.settled, ...parts] : parts;
    const [folded] = foldParts(all, this.#interval, "all");
    if (folded === undefined) return null;
    const isLate = bar.isCorrected || isAmended(folded, this.#interval);
    return { ...candleOf(folded), mark: bar.mark ?? (isLate ? "amended" : null) };
  }

  #sorted(): Bar[] {
    return [...this.#bars.values()].sort((a, b) => a.time - b.time);
  }

  /** A bar that no trade can amend any more leaves memory, and so do the parts of one under way. */
  #letGo(): void {
    const kept = candleStart(this.#until - CANDLE_GRACE_MS, "1m") - 60_000;
    this.#settledUntil = Math.max(this.#settledUntil, kept);
    for (const bar of this.#bars.values()) {
      if (bar.time + CANDLE_INTERVAL_MS[this.#interval] <= kept) {
        this.#bars.delete(bar.time);
        this.#floor = Math.max(this.#floor, bar.time + CANDLE_INTERVAL_MS[this.#interval]);
      } else this.#settle(bar, kept);
    }
  }

  #settle(bar: Bar, kept: number): void {
    const parts = [...bar.parts.values()].map(({ part }) => part);
    const gone = parts.filter(({ time }) => time < kept);
    if (gone.length === 0) return;
    const all = bar.settled ? [bar.settled, ...gone] : gone;
    bar.settled = foldParts(all, this.#interval, "all")[0] ?? null;
    for (const part of gone) bar.parts.delete(keyOf(part));
  }
}
