/** What of a quantity an order can be of. */
import { decimal, floorToStep, ZERO, type Decimal } from "./decimal.ts";
import type { Instrument } from "./instrument.ts";

export type Lots = Pick<Instrument, "lotSize" | "minQuantity">;

/** Whole lots, and nothing where they are less than the smallest order; without a lot size any part will do. */
export function wholeLots(quantity: Decimal, { lotSize, minQuantity }: Lots): Decimal {
  const lot = decimal(lotSize);
  const whole = lot.gt(ZERO) ? floorToStep(quantity, lot) : quantity;
  return whole.lt(minQuantity) ? ZERO : whole;
}
