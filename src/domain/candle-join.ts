/** Joins the broker's history with the bars built from our own ticks: one list, no hole and no double at the seam. */
import { type Candle, CANDLE_INTERVAL_MS, type CandleInterval } from "./candle.ts";
import { type CandlePart, foldParts, isAmended } from "./candle-builder.ts";

/**
 * `amended`: built from our ticks, and changed by a late one after it had closed. `late`: our ticks had
 * a gap there, and the bar was filled in from the broker's history: it is the broker's bar, or has the
 * broker's trades of that time in it. `partial`: our ticks have a gap there, and the broker gave neither.
 */
export const CANDLE_MARKS = ["amended", "late", "partial"] as const;

export type CandleMark = (typeof CANDLE_MARKS)[number];

export interface MarkedCandle extends Candle {
  /** Null for a bar about which there is nothing to say. */
  mark: CandleMark | null;
}

/** A time in which ticks may be missing, ms since 1970. */
export interface CandleGap {
  from: number;
  to: number;
  /** Its trades were told late: our bars of it are whole. */
  isFilled?: boolean;
}

export interface CandleSources {
  interval: CandleInterval;
  /** Bars that start in `[from, to)` are asked for, ms since 1970. */
  from: number;
  to: number;
  now: number;
  broker: readonly Candle[];
  /** Of any shorter interval, in any order, none twice. */
  own: readonly CandlePart[];
  gaps: readonly CandleGap[];
}

/**
 * Oldest first. A closed bar of the broker stands as it is; our own fills in where the broker has none.
 * The bar under way is the widest of what both saw.
 */
export function joinCandles(sources: CandleSources): MarkedCandle[] {
  const { interval, from, to, now, gaps } = sources;
  const lengthMs = CANDLE_INTERVAL_MS[interval];
  const isAsked = ({ time }: Candle): boolean => time >= from && time < to;
  const gapsIn = ({ time }: Candle): CandleGap[] =>
    gaps.filter((gap) => gap.from < time + lengthMs && gap.to > time);
  const bars = new Map<number, MarkedCandle>();
  for (const bar of sources.broker)
    if (isAsked(bar)) bars.set(bar.time, { ...bar, mark: gapsIn(bar).length > 0 ? "late" : null });
  for (const own of foldParts(sources.own, interval, "all").filter(isAsked)) {
    const told = bars.get(own.time);
    if (told && own.time + lengthMs <= now) continue;
    if (told) bars.set(own.time, underWay(told, own));
    else bars.set(own.time, { ...candleOf(own), mark: markOf(own, interval, gapsIn(own)) });
  }
  return [...bars.values()].sort((a, b) => a.time - b.time);
}

function markOf(
  own: CandlePart,
  interval: CandleInterval,
  gaps: readonly CandleGap[],
): CandleMark | null {
  if (gaps.some(({ isFilled }) => isFilled !== true)) return "partial";
  if (gaps.length > 0) return "late";
  return isAmended(own, interval) ? "amended" : null;
}

/** Both saw some of the same trades: extremes are joined, volumes are not added. */
const underWay = (told: MarkedCandle, own: CandlePart): MarkedCandle => ({
  time: told.time,
  open: told.open,
  high: Math.max(told.high, own.high),
  low: Math.min(told.low, own.low),
  close: own.close,
  volume: Math.max(told.volume, own.volume),
  mark: told.mark,
});

const candleOf = ({ time, open, high, low, close, volume }: CandlePart): Candle => ({
  time,
  open,
  high,
  low,
  close,
  volume,
});
