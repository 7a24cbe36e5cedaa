/**
 * Candles of the seeded market: own bars where ticks were sent, and the path everywhere else. Every
 * longer bar is made of the same minutes, so that no two intervals ever disagree. Pure.
 */
import { CANDLE_INTERVAL_MS, candleStart } from "../../../domain/candle.ts";
import type { Candle, CandleInterval } from "../../../domain/candle.ts";
import { candleOf, joinBars } from "./bars.ts";
import type { Bar, OwnBars } from "./bars.ts";
import { minutePrice, MINUTE_MS, minuteVolume, pathPrice } from "./path.ts";
import type { PathTerms } from "./path.ts";
import { mix, unit } from "./random.ts";

/** How far back history goes, ms: enough for a year of days, and a bound on what one request computes. */
export const HISTORY_MS = 400 * 86_400_000;

/** How far a minute reaches beyond its open and close at most, as a fraction of the price. */
const WICK = 0.0003;

const SECONDS_PER_MINUTE = 60;

export interface HistoryRequest {
  terms: PathTerms;
  own: OwnBars;
  interval: CandleInterval;
  /** First and last moment (left-closed, right-open) that a bar may start in, ms since 1970. */
  from: number;
  to: number;
  now: number;
  /** Whether the exchange trades in the minute that starts then. */
  isOpen: (time: number) => boolean;
}

/** The bars that start in the range asked for, oldest first, up to the one in progress. */
export function seededCandles(request: HistoryRequest): Candle[] {
  const { terms, interval, now } = request;
  const lengthMs = CANDLE_INTERVAL_MS[interval];
  const earliest = candleStart(now - HISTORY_MS, "1d");
  const first = Math.ceil(Math.max(request.from, earliest) / lengthMs) * lengthMs;
  const end = Math.min(request.to, now + 1);
  const candles: Candle[] = [];
  if (interval === "1s") {
    for (let time = first; time < end; time += 1_000) {
      const bar = secondBar(request, time);
      if (bar) candles.push(candleOf(terms.grid, time, bar));
    }
    return candles;
  }
  for (let time = first; time < end; time += lengthMs) {
    let joined: Bar | null = null;
    const last = Math.min(time + lengthMs, now + 1);
    for (let start = time; start < last; start += MINUTE_MS) {
      const bar = minuteBar(request, start / MINUTE_MS);
      if (bar) joined = joinBars(joined, bar);
    }
    if (joined) candles.push(candleOf(terms.grid, time, joined));
  }
  return candles;
}

type Source = Pick<HistoryRequest, "terms" | "own" | "now" | "isOpen">;

/** The minute as its ticks made it or, when there were none, as the path tells it; null while shut. */
function minuteBar({ terms, own, now, isOpen }: Source, minute: number): Bar | null {
  const made = own.minute(terms.id, minute);
  if (made) return made;
  const start = minute * MINUTE_MS;
  if (!isOpen(start)) return null;
  return start + MINUTE_MS <= now ? pathMinute(terms, minute) : pathMinuteUntil(terms, minute, now);
}

/** A whole minute of the path: it opens where the one before closed. */
export function pathMinute(terms: PathTerms, minute: number): Bar {
  const open = Math.round(minutePrice(terms, minute));
  const close = Math.round(minutePrice(terms, minute + 1));
  const wick = (salt: number) =>
    Math.floor(unit(mix(terms.seed ^ salt, minute)) * terms.startTicks * WICK);
  return {
    open,
    high: Math.max(open, close) + wick(0x68),
    low: Math.max(1, Math.min(open, close) - wick(0x6c)),
    close,
    volume: minuteVolume(terms, minute),
  };
}

/** The part of a minute that is over at `now`. */
export function pathMinuteUntil(terms: PathTerms, minute: number, now: number): Bar {
  const open = Math.round(minutePrice(terms, minute));
  const close = Math.round(pathPrice(terms, now));
  const part = Math.min(1, Math.max(0, now / MINUTE_MS - minute));
  return {
    open,
    high: Math.max(open, close),
    low: Math.min(open, close),
    close,
    volume: Math.floor(minuteVolume(terms, minute) * part),
  };
}

/** One second: as its ticks made it, or its share of its minute. */
function secondBar(source: Source, time: number): Bar | null {
  const made = source.own.second(source.terms.id, time / 1_000);
  if (made) return made;
  const minute = Math.floor(time / MINUTE_MS);
  if ((minute + 1) * MINUTE_MS > source.now) return secondUnderWay(source, minute, time);
  const bar = minuteBar(source, minute);
  return bar && secondOfMinute(source.terms, minute, bar, (time % MINUTE_MS) / 1_000);
}

/** A second of the minute in progress: told by ticks alone once there are any. */
function secondUnderWay(source: Source, minute: number, time: number): Bar | null {
  const { terms, own, now, isOpen } = source;
  if (own.minute(terms.id, minute) || !isOpen(minute * MINUTE_MS)) return null;
  const open = Math.round(pathPrice(terms, time));
  const close = Math.round(pathPrice(terms, Math.min(time + 1_000, now)));
  const volume = Math.floor(minuteVolume(terms, minute) / SECONDS_PER_MINUTE);
  return { open, high: Math.max(open, close), low: Math.min(open, close), close, volume };
}

/** Cuts a minute into seconds that join to exactly that minute again. */
export function secondOfMinute(terms: PathTerms, minute: number, bar: Bar, second: number): Bar {
  const priceAt = (at: number) =>
    Math.round(bar.open + ((bar.close - bar.open) * at) / SECONDS_PER_MINUTE);
  const open = priceAt(second);
  const close = priceAt(second + 1);
  const touches = (salt: number) => mix(terms.seed ^ salt, minute) % SECONDS_PER_MINUTE === second;
  const share = Math.floor(bar.volume / SECONDS_PER_MINUTE);
  return {
    open,
    high: touches(0x5348) ? bar.high : Math.max(open, close),
    low: touches(0x534c) ? bar.low : Math.min(open, close),
    close,
    volume: share + (second < bar.volume % SECONDS_PER_MINUTE ? 1 : 0),
  };
}
