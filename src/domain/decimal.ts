/**
 * Exact decimals for money, prices and quantities. Sums and products never lose a digit: `big.js`
 * keeps every one of them, and only division rounds. Text (`DecimalText`) is the form that crosses
 * a wire or is stored; a JavaScript number never holds money.
 */
import Big from "big.js";

export type Decimal = Big;

/** A decimal as plain text, e.g. "1500.05" or "-0.00027625": no exponent, no trailing zeros. */
export type DecimalText = string;

/** Plain decimal text: an optional minus, digits, and an optional fraction. No exponent, no sign +. */
export const DECIMAL_PATTERN = /^-?(?:0|[1-9]\d{0,17})(?:\.\d{1,18})?$/;

// Division is only used for averages and ratios; 18 places is below any instrument's grid.
Big.DP = 18;
Big.RM = Big.roundHalfEven;
// Never print an exponent: the text form is what other programs read.
Big.NE = -40;
Big.PE = 40;

export const ZERO: Decimal = new Big(0);

/** Makes a decimal from text, or from a number by its shortest text (1500.05 is "1500.05"). */
export function decimal(value: DecimalText | number | Decimal): Decimal {
  return new Big(value);
}

/** The text form: no exponent, no trailing zeros, never "-0". */
export function decimalText(value: Decimal): DecimalText {
  const text = value.toFixed();
  return text === "-0" ? "0" : text;
}

/** Places a mean price is shown with: a mean is not on the grid, and its further digits tell nobody anything. */
const MEAN_PLACES = 8;

/** Text of a quotient that is shown and not calculated with. */
export const meanText = (value: Decimal): DecimalText => decimalText(value.round(MEAN_PLACES));

export const isZero = (value: Decimal): boolean => value.eq(ZERO);

export const minDecimal = (a: Decimal, b: Decimal): Decimal => (a.lt(b) ? a : b);

export const maxDecimal = (a: Decimal, b: Decimal): Decimal => (a.gt(b) ? a : b);

/** True when `value` is a whole multiple of `step` (a tick or a lot). `step` must be positive. */
export function isMultipleOf(value: Decimal, step: Decimal): boolean {
  return value.mod(step).eq(ZERO);
}

/** Rounds to the nearest multiple of `step`, half to even. `step` must be positive. */
export function roundToStep(value: Decimal, step: Decimal): Decimal {
  return value.div(step).round(0, Big.roundHalfEven).times(step);
}

/** Rounds towards zero to a multiple of `step`: a rounded quantity never grows. */
export function floorToStep(value: Decimal, step: Decimal): Decimal {
  return value.div(step).round(0, Big.roundDown).times(step);
}
