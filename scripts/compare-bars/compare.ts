/** Compares our bars with the exchange's, bar by bar. Pure. */
import { CANDLE_INTERVAL_MS, type CandleInterval } from "../../src/domain/candle.ts";
import type { TheirBar } from "./bars-file.ts";
import type { CountedBar } from "./build.ts";

/** Sums of the same numbers in another order differ by less than this part of them. */
const VOLUME_TOLERANCE = 1e-9;

const PRICES = ["open", "high", "low", "close"] as const;

export interface BarDifference {
  time: number;
  field: (typeof PRICES)[number] | "volume" | "count" | "bar";
  /** Null where one side has no bar. */
  ours: number | null;
  theirs: number | null;
}

export interface BarVerdict {
  time: number;
  /**
   * `partial`: at an edge, where one side is known not to have all of its trades: not compared.
   * `empty`: neither side has a trade in it.
   */
  kind: "same" | "different" | "partial" | "empty";
}

export interface Comparison {
  verdicts: BarVerdict[];
  differences: BarDifference[];
  /** Bars of theirs before and after what was recorded. */
  outside: number;
}

/**
 * The first and the last bar of a recording are partial: it began and ended somewhere within them. So is
 * the exchange's bar under way.
 */
export function compareBars(
  ours: readonly CountedBar[],
  theirs: readonly TheirBar[],
  interval: CandleInterval,
): Comparison {
  const step = CANDLE_INTERVAL_MS[interval];
  const own = new Map(ours.map((bar) => [bar.time, bar]));
  const told = new Map(theirs.map((bar) => [bar.time, bar]));
  const first = Math.max(ours[0]?.time ?? Infinity, theirs[0]?.time ?? Infinity);
  const last = Math.min(ours.at(-1)?.time ?? 0, theirs.at(-1)?.time ?? 0);
  const isPartial = (time: number): boolean =>
    time === ours[0]?.time || time === ours.at(-1)?.time || (told.get(time)?.isUnderWay ?? false);
  const verdicts: BarVerdict[] = [];
  const differences: BarDifference[] = [];
  for (let time = first; time <= last; time += step) {
    if (isPartial(time)) {
      verdicts.push({ time, kind: "partial" });
      continue;
    }
    const [a, b] = [own.get(time) ?? null, told.get(time) ?? null];
    if (a === null && (b === null || b.volume === 0)) {
      if (b !== null) verdicts.push({ time, kind: "empty" });
      continue;
    }
    const found = differencesOf(time, a, b);
    differences.push(...found);
    verdicts.push({ time, kind: found.length === 0 ? "same" : "different" });
  }
  const outside = theirs.filter(({ time }) => time < first || time > last).length;
  return { verdicts, differences, outside };
}

function differencesOf(
  time: number,
  ours: CountedBar | null,
  theirs: TheirBar | null,
): BarDifference[] {
  if (ours === null || theirs === null)
    return [{ time, field: "bar", ours: ours?.close ?? null, theirs: theirs?.close ?? null }];
  const found: BarDifference[] = [];
  for (const field of PRICES)
    if (ours[field] !== theirs[field])
      found.push({ time, field, ours: ours[field], theirs: theirs[field] });
  const off = Math.abs(ours.volume - theirs.volume);
  if (off > VOLUME_TOLERANCE * Math.max(ours.volume, theirs.volume))
    found.push({ time, field: "volume", ours: ours.volume, theirs: theirs.volume });
  if (theirs.count !== null && theirs.count !== ours.count)
    found.push({ time, field: "count", ours: ours.count, theirs: theirs.count });
  return found;
}
