/** Candles: left-closed, right-open intervals stamped at their open. */
import { addExactly } from "./exact-sum.ts";
import type { InstrumentId } from "./instrument.ts";

export const CANDLE_INTERVALS = ["1s", "1m", "5m", "15m", "1h", "1d"] as const;

export type CandleInterval = (typeof CANDLE_INTERVALS)[number];

export const CANDLE_INTERVAL_MS: Record<CandleInterval, number> = {
  "1s": 1_000,
  "1m": 60_000,
  "5m": 300_000,
  "15m": 900_000,
  "1h": 3_600_000,
  "1d": 86_400_000,
};

/** The bars of an instrument in one interval. */
export interface CandleKey {
  instrument: InstrumentId;
  interval: CandleInterval;
}

export const candleKeyText = ({ instrument, interval }: CandleKey): string =>
  `${interval} ${instrument}`;

export interface Candle {
  /** Start of the interval, ms since 1970. */
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

/** Start of the interval that holds `time`. Days are UTC days until exchange sessions name their own. */
export function candleStart(time: number, interval: CandleInterval): number {
  return Math.floor(time / CANDLE_INTERVAL_MS[interval]) * CANDLE_INTERVAL_MS[interval];
}

/**
 * Folds a trade into the bar in progress. Returns the bar that it closed (null while it is the same
 * interval) and the bar in progress. A trade older than the bar in progress changes nothing here.
 */
export function foldCandle(
  current: Candle | null,
  interval: CandleInterval,
  trade: { time: number; price: number; quantity: number },
): { closed: Candle | null; current: Candle } {
  const time = candleStart(trade.time, interval);
  if (current && time < current.time) return { closed: null, current };
  if (!current || time > current.time) {
    const { price, quantity } = trade;
    const opened = { time, open: price, high: price, low: price, close: price, volume: quantity };
    return { closed: current, current: opened };
  }
  return {
    closed: null,
    current: {
      ...current,
      high: Math.max(current.high, trade.price),
      low: Math.min(current.low, trade.price),
      close: trade.price,
      volume: addExactly(current.volume, trade.quantity),
    },
  };
}
