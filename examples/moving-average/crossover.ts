/** When to hold: the crossover of two moving averages. Pure: prices in, an order out. */
import { decimal, type Decimal } from "../../sdk/index.ts";

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

/** Up: hold one position. Down: hold none. Unclear: leave it as it is. Null: nothing to do. */
export function wantedOrder(trend: Trend, held: Decimal, unit: Decimal): WantedOrder | null {
  if (trend === "up" && held.lte(0)) {
    return { side: "buy", quantity: unit.minus(held), reduceOnly: false };
  }
  if (trend === "down" && held.gt(0)) return { side: "sell", quantity: held, reduceOnly: true };
  // A short position is none of this algo's making; what is over is closed whatever the trend.
  if (held.lt(0)) return { side: "buy", quantity: decimal(0).minus(held), reduceOnly: true };
  return null;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
