/** Bars built from the ticks that were really sent: minutes for a day, seconds for a quarter of an hour. Pure. */
import type { Grid } from "../grid.ts";
import { priceNumber, quantityNumber } from "../grid.ts";
import type { Candle } from "../../../domain/candle.ts";

/** A bar in whole ticks and lots. */
export interface Bar {
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

/** Bars kept per instrument: older minutes and seconds are read off the path again. */
export const OWN_MINUTES_MAX = 1_440;
export const OWN_SECONDS_MAX = 900;

interface InstrumentBars {
  minutes: Map<number, Bar>;
  seconds: Map<number, Bar>;
}

/** The minutes that ended since they were last taken, to be stored. */
export type EndedMinutes = [instrument: string, bar: Bar][];

export class OwnBars {
  readonly #bars = new Map<string, InstrumentBars>();

  /**
   * Adds one trade. `before` is what the path tells of a minute that was under way when its first own
   * trade came: the bar starts from that, so that the seam shows neither a hole nor a jump.
   */
  add(
    instrument: string,
    time: number,
    ticks: number,
    lots: number,
    before: (minute: number) => Bar,
  ): void {
    let bars = this.#bars.get(instrument);
    if (!bars) this.#bars.set(instrument, (bars = { minutes: new Map(), seconds: new Map() }));
    const minute = Math.floor(time / 60_000);
    const isSeam = !bars.minutes.has(minute) && !bars.minutes.has(minute - 1);
    if (isSeam) bars.minutes.set(minute, before(minute));
    fold(bars.minutes, minute, ticks, lots, OWN_MINUTES_MAX);
    fold(bars.seconds, Math.floor(time / 1_000), ticks, lots, OWN_SECONDS_MAX);
  }

  minute(instrument: string, minute: number): Bar | null {
    return this.#bars.get(instrument)?.minutes.get(minute) ?? null;
  }

  second(instrument: string, second: number): Bar | null {
    return this.#bars.get(instrument)?.seconds.get(second) ?? null;
  }

  /** All bars of one minute. */
  ofMinute(minute: number): EndedMinutes {
    const ended: EndedMinutes = [];
    for (const [instrument, { minutes }] of this.#bars) {
      const bar = minutes.get(minute);
      if (bar) ended.push([instrument, bar]);
    }
    return ended;
  }

  /** Takes back what was stored; what is in memory is newer and stays. */
  restore(minute: number, ended: EndedMinutes): void {
    for (const [instrument, bar] of ended) {
      let bars = this.#bars.get(instrument);
      if (!bars) this.#bars.set(instrument, (bars = { minutes: new Map(), seconds: new Map() }));
      if (!bars.minutes.has(minute)) bars.minutes.set(minute, bar);
    }
  }
}

function fold(
  bars: Map<number, Bar>,
  key: number,
  ticks: number,
  lots: number,
  most: number,
): void {
  const bar = bars.get(key);
  if (bar) {
    bar.high = Math.max(bar.high, ticks);
    bar.low = Math.min(bar.low, ticks);
    bar.close = ticks;
    bar.volume += lots;
    return;
  }
  bars.set(key, { open: ticks, high: ticks, low: ticks, close: ticks, volume: lots });
  for (const old of bars.keys()) {
    if (bars.size <= most) break;
    bars.delete(old);
  }
}

/** Adds a later bar to a longer one; null starts it. */
export function joinBars(bar: Bar | null, next: Bar): Bar {
  if (!bar) return { ...next };
  bar.high = Math.max(bar.high, next.high);
  bar.low = Math.min(bar.low, next.low);
  bar.close = next.close;
  bar.volume += next.volume;
  return bar;
}

export const candleOf = (grid: Grid, time: number, bar: Bar): Candle => ({
  time,
  open: priceNumber(grid, bar.open),
  high: priceNumber(grid, bar.high),
  low: priceNumber(grid, bar.low),
  close: priceNumber(grid, bar.close),
  volume: quantityNumber(grid, bar.volume),
});
