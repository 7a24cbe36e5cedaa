/**
 * One array of candles per instrument: the platform's history, then bars folded from live ticks, with
 * neither a hole nor a double at the seam. Pure bookkeeping: no clock, no I/O.
 */
import {
  addExactly,
  candleStart,
  foldCandle,
  type Candle,
  type CandleInterval,
} from "../../src/contract/market.ts";
import type { ClosedCandle } from "./closed-candle.ts";
import type { Tick } from "./decode.ts";
import { CANDLES_KEPT_MAX } from "./limits.ts";
import type { StreamEvent } from "./stream-events.ts";

interface Series {
  interval: CandleInterval;
  /** Oldest first; the last one may still grow. */
  candles: Candle[];
  /** Start of the newest bar known to be closed; null before the first. */
  closedTime: number | null;
  /** Session volume of the last tick folded: the next one's trade is the difference. */
  volume: number | null;
  /** Whose session that is. */
  provider: string | null;
  /** Until the next tick or history. `gap`: ticks may be missing. `joined`: the next is the latest of many. */
  since: "gap" | "joined" | null;
}

/** Bars closed by history and live ticks together, oldest first, each exactly once. */
export class CandleBook {
  readonly #series = new Map<string, Series>();

  /** Bars of another interval are dropped: one instrument has one series. */
  track(instrument: string, interval: CandleInterval): void {
    if (this.#series.get(instrument)?.interval === interval) return;
    const fresh = { candles: [], closedTime: null, volume: null, provider: null, since: null };
    this.#series.set(instrument, { interval, ...fresh });
  }

  /**
   * Tracks what is wanted of these, in the interval in which it is; the rest of them is dropped. Also after
   * a refusal, which leaves wanted what was wanted before.
   */
  follow(
    instruments: readonly string[],
    intervalOf: (instrument: string) => CandleInterval | undefined,
  ): void {
    for (const instrument of instruments) {
      const interval = intervalOf(instrument);
      if (interval === undefined) this.drop(instrument);
      else this.track(instrument, interval);
    }
  }

  drop(instrument: string): void {
    this.#series.delete(instrument);
  }

  /** Takes note of what else comes over the stream: ticks that are missing, and those that were joined. */
  hear(event: StreamEvent): void {
    if (event.kind === "lagging" && !event.on)
      for (const series of this.#series.values()) series.since ??= "joined";
    // Told again once it was filled: ticks have come since.
    if (event.kind !== "gap" || event.gap.filled !== undefined) return;
    for (const instrument of event.gap.instruments) {
      const series = this.#series.get(instrument);
      if (series !== undefined) series.since = "gap";
    }
  }

  /** Start of the newest bar that was told closed. */
  closedTime(instrument: string, interval: CandleInterval): number | null {
    const series = this.#series.get(instrument);
    return series?.interval === interval ? series.closedTime : null;
  }

  candles(instrument: string): readonly Candle[] {
    return this.#series.get(instrument)?.candles ?? [];
  }

  /** Folds a tick; answers the bars it closed. A tick that is older than the bar in progress changes nothing. */
  tick(tick: Tick): ClosedCandle[] {
    const series = this.#series.get(tick.instrument);
    if (series === undefined || tick.last === null || tick.late) return [];
    const time = tick.exchangeTime ?? tick.receivedTime;
    const last = series.candles.at(-1) ?? null;
    const isSameBar = last !== null && candleStart(time, series.interval) === last.time;
    const quantity = tradedQuantity(series, tick, isSameBar);
    // The last known tick opens no bar: its trade may lie long before the bar that history ends with.
    if (tick.snapshot && !isSameBar) return [];
    const { current } = foldCandle(last, series.interval, { time, price: tick.last, quantity });
    if (last === null || current.time !== last.time) series.candles.push(current);
    else series.candles[series.candles.length - 1] = current;
    return closedSince(tick.instrument, series, series.closedTime ?? -1);
  }

  /** Joins history, asked for at the start or after a gap, with what is there. */
  history(instrument: string, interval: CandleInterval, bars: readonly Candle[]): ClosedCandle[] {
    const series = this.#series.get(instrument);
    if (series === undefined || series.interval !== interval) return [];
    const first = series.candles.length === 0;
    // What was traded while ticks were missing is in it.
    if (series.since !== null) Object.assign(series, { since: null, volume: null });
    series.candles = joinCandles(series.candles, bars);
    // What the first history begins with had closed before the algo was there.
    return closedSince(instrument, series, first ? Infinity : (series.closedTime ?? -1));
  }
}

/** Every bar but the last is closed: answers those that start after `time`, and remembers the newest. */
function closedSince(instrument: string, series: Series, time: number): ClosedCandle[] {
  const { candles, interval } = series;
  if (candles.length > CANDLES_KEPT_MAX) candles.splice(0, candles.length - CANDLES_KEPT_MAX);
  const newest = candles.at(-2);
  if (newest === undefined || newest.time === series.closedTime) return [];
  series.closedTime = newest.time;
  return candles
    .slice(0, -1)
    .filter((candle) => candle.time > time)
    .map((candle) => ({ instrument, interval, ...candle }));
}

/**
 * Quantity of the trades between the last tick and this one, as far as they belong to this one's bar. The
 * session's volume tells it exactly, also when ticks were conflated; without it the tick's own quantity is
 * the best there is, and after another provider's ticks, or a gap since another bar.
 */
function tradedQuantity(series: Series, tick: Tick, isSameBar: boolean): number {
  const { since, provider } = series;
  const before = provider === tick.provider ? series.volume : null;
  if (tick.volume !== null) Object.assign(series, { volume: tick.volume, provider: tick.provider });
  series.since = null;
  // The last known tick is part of the history already, unless it stands for those that were not sent.
  if (tick.snapshot && since === null) return 0;
  const isOfThisBar = isSameBar || (since !== "gap" && !tick.snapshot);
  if (isOfThisBar && tick.volume !== null && before !== null && tick.volume >= before)
    return addExactly(tick.volume, -before);
  return tick.snapshot ? 0 : (tick.lastQuantity ?? 0);
}

/**
 * History wins for the bars it holds, except that the newest bar keeps what live ticks added: both saw
 * the same trades, so the wider range and the larger volume are the truth.
 */
export function joinCandles(own: readonly Candle[], history: readonly Candle[]): Candle[] {
  if (history.length === 0) return [...own];
  const bars = new Map(own.map((candle) => [candle.time, candle]));
  const live = own.at(-1);
  for (const bar of history) {
    bars.set(bar.time, live !== undefined && bar.time === live.time ? merge(bar, live) : bar);
  }
  return [...bars.values()].sort((a, b) => a.time - b.time);
}

const merge = (history: Candle, live: Candle): Candle => ({
  time: history.time,
  open: history.open,
  high: Math.max(history.high, live.high),
  low: Math.min(history.low, live.low),
  close: live.close,
  volume: Math.max(history.volume, live.volume),
});
