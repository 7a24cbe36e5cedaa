/** When to hold: the crossover of two moving averages. Pure: prices in, an order out. */
import type { Decimal } from "../../sdk/index.ts";

export interface CrossoverRule {
  /** Bars of the fast and of the slow average. */
  fast: number;
  slow: number;
  /** The averages must be this far apart (a fraction of the price), or the trend is unclear: it damps flicker. */
  band: number;
}

export type Trend = "up" | "down" | "unclear";

/** `closes`: oldest first. Unclear until there are enough of them. */
export function trendOf(closes: readonly number[], { fast, slow, band }: CrossoverRule): Trend {
  if (closes.length < slow) return "unclear";
  const slowMean = mean(closes.slice(-slow));
  const distance = mean(closes.slice(-fast)) / slowMean - 1;
  if (Math.abs(distance) < band) return "unclear";
  return distance > 0 ? "up" : "down";
}

export interface WantedOrder {
  side: "buy" | "sell";
  quantity: Decimal;
  /** It only closes what is held. */
  reduceOnly: boolean;
}

/**
 * Up: hold one position, bought. Down: hold one, sold short. Unclear: leave it as it is. What stands the
 * wrong way is closed first; the next look opens the other side. Null: nothing to do.
 */
export function wantedOrder(trend: Trend, held: Decimal, unit: Decimal): WantedOrder | null {
  if (trend === "unclear") return null;
  const side = trend === "up" ? "buy" : "sell";
  if (held.eq(0)) return { side, quantity: unit, reduceOnly: false };
  const isRight = trend === "up" ? held.gt(0) : held.lt(0);
  return isRight ? null : { side, quantity: held.abs(), reduceOnly: true };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
