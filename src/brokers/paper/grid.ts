/**
 * Whole ticks and lots of an instrument. The exchange counts in them, so that matching is exact and
 * cheap; decimals appear only where a price or a quantity is read or written.
 */
import { decimal, decimalText } from "../../domain/decimal.ts";
import type { Decimal, DecimalText } from "../../domain/decimal.ts";
import type { Instrument } from "../../domain/instrument.ts";
import { assert } from "../../domain/assert.ts";

export interface Grid {
  tick: Decimal;
  lot: Decimal;
  /** One tick is `tickUnits / priceScale`, both whole: one division gives the nearest number to a price. */
  tickUnits: number;
  priceScale: number;
  lotUnits: number;
  quantityScale: number;
}

export function gridOf(instrument: Pick<Instrument, "tickSize" | "lotSize">): Grid {
  const price = wholeUnits(instrument.tickSize);
  const quantity = wholeUnits(instrument.lotSize);
  return {
    tick: decimal(instrument.tickSize),
    lot: decimal(instrument.lotSize),
    tickUnits: price.units,
    priceScale: price.scale,
    lotUnits: quantity.units,
    quantityScale: quantity.scale,
  };
}

/** "0.05" is 5 / 100. */
function wholeUnits(step: DecimalText): { units: number; scale: number } {
  const point = step.indexOf(".");
  const scale = point < 0 ? 1 : 10 ** (step.length - point - 1);
  const units = Math.round(Number(step) * scale);
  assert(units > 0 && Number.isSafeInteger(units), `a grid step must be above 0, not ${step}`);
  return { units, scale };
}

/** The number nearest to the exact price of so many ticks. */
export const priceNumber = (grid: Grid, ticks: number): number =>
  (ticks * grid.tickUnits) / grid.priceScale;

export const quantityNumber = (grid: Grid, lots: number): number =>
  (lots * grid.lotUnits) / grid.quantityScale;

export const priceText = (grid: Grid, ticks: number): DecimalText =>
  decimalText(grid.tick.times(ticks));

export const quantityText = (grid: Grid, lots: number): DecimalText =>
  decimalText(grid.lot.times(lots));

/** Exact value of so many lots at so many ticks. */
export const notional = (grid: Grid, lots: number, ticks: number): Decimal =>
  grid.lot.times(lots).times(grid.tick.times(ticks));

/** Whole steps in a value; null when it is off the grid or too large to count exactly. */
function stepsOf(value: DecimalText | number, step: Decimal): number | null {
  const steps = decimal(value).div(step);
  const count = Number(steps.toFixed());
  return Number.isSafeInteger(count) && steps.eq(count) ? count : null;
}

export const ticksOf = (grid: Grid, price: DecimalText | number): number | null =>
  stepsOf(price, grid.tick);

export const lotsOf = (grid: Grid, quantity: DecimalText | number): number | null =>
  stepsOf(quantity, grid.lot);
