/** The money that an order needs at its account. */
import { maxDecimal, ZERO, type Decimal } from "../decimal.ts";
import type { IntentCase } from "./case.ts";

/**
 * The opening part at the highest price it can be filled at, in the instrument's currency, for both
 * sides: a short position needs its margin, and the full price is the safe measure of it. A modify
 * needs only what it adds to what the order opened before. Null when a price is missing.
 */
export function fundsNeeded({ opening, opened, unit, replaced }: IntentCase): Decimal | null {
  if (opening.eq(ZERO)) return ZERO;
  if (!unit) return null;
  const whole = opening.times(unit.price);
  return replaced ? maxDecimal(ZERO, whole.minus(opened.times(replaced.unit.price))) : whole;
}
