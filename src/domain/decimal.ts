/**
 * Exact decimals for money, prices and quantities. Sums and products never lose a digit, and only
 * division rounds. Text (`DecimalText`) is the form that crosses a wire or is stored; a JavaScript number
 * never holds money.
 */
import Big from "big.js";

/** A decimal as plain text, e.g. "1500.05" or "-0.00027625": no exponent, no trailing zeros. */
export type DecimalText = string;

/** What an operation takes beside a decimal: text, or a number by its shortest text (1500.05 is "1500.05"). */
export type DecimalInput = Decimal | DecimalText | number;

/** Plain decimal text: an optional minus, digits, and an optional fraction. No exponent, no sign +. */
export const DECIMAL_PATTERN = /^-?(?:0|[1-9]\d{0,17})(?:\.\d{1,18})?$/;

// Division is only used for averages and ratios; 18 places is below any instrument's grid.
Big.DP = 18;
Big.RM = Big.roundHalfEven;
// Never print an exponent: the text form is what other programs read.
Big.NE = -40;
Big.PE = 40;

/** Half to even is the rule for money, and `down` (towards 0) for a quantity; `up` is away from 0. */
export type Rounding = "half-even" | "down" | "up";

const MODES = {
  "half-even": Big.roundHalfEven,
  down: Big.roundDown,
  up: Big.roundUp,
} as const;

const MOST_UNITS = Number.MAX_SAFE_INTEGER;
const POWERS = Array.from({ length: 16 }, (_, places) => 10 ** places);
const MOST_PLACES = POWERS.length - 1;
/** Any number of so many digits is a safe integer. */
const SAFE_DIGITS = 15;
const ZERO_CODE = 48;

const fits = (units: number): boolean => units <= MOST_UNITS && units >= -MOST_UNITS;

/**
 * A value of up to 2^53 units of up to fifteen places is whole units and a number of places, and calculated
 * with in whole numbers: what a ledger adds up at each order is nearly always of that kind. Whatever does
 * not fit is a `big.js` inside (decision 0078). A value has one form, so equal values are deeply equal.
 */
export class Decimal {
  /** Whole units of 10^-places; 0 where `wide` holds the value. */
  readonly units: number;
  /** The least that hold the value: no trailing zeros. */
  readonly places: number;
  readonly wide: Big | null;

  /** Of these very parts, which must be in their one form: `decimal` makes a decimal of anything. */
  constructor(units: number, places: number, wide: Big | null) {
    this.units = units;
    this.places = places;
    this.wide = wide;
  }

  /** `units` must be a safe integer, `places` at most fifteen. */
  static #of(units: number, places: number): Decimal {
    let least = units;
    let left = places;
    while (left > 0 && least % 10 === 0) {
      least /= 10;
      left -= 1;
    }
    // Adding 0 makes -0 a 0.
    return new Decimal(least + 0, left, null);
  }

  static #ofBig(value: Big): Decimal {
    const places = Math.max(0, value.c.length - 1 - value.e);
    // One digit more may still fit; whether it does is seen when it is there.
    if (value.e <= SAFE_DIGITS && places <= MOST_PLACES && value.c.length <= SAFE_DIGITS + 1) {
      let units = 0;
      for (const digit of value.c) units = units * 10 + digit;
      const zeros = Math.max(0, value.e + 1 - value.c.length);
      units *= POWERS[zeros] ?? Infinity;
      if (fits(units)) return Decimal.#of(value.s * units, places);
    }
    return new Decimal(0, 0, value);
  }

  static #ofText(text: string): Decimal {
    const isNegative = text.startsWith("-");
    const { length } = text;
    let units = 0;
    let point = -1;
    const first = isNegative ? 1 : 0;
    // One more for the point.
    if (length - first > SAFE_DIGITS + 1 || length === first) return Decimal.#ofBig(new Big(text));
    for (let at = first; at < length; at += 1) {
      const digit = text.charCodeAt(at) - ZERO_CODE;
      if (digit >= 0 && digit <= 9) units = units * 10 + digit;
      else if (text[at] === "." && point < 0 && at > first && at < length - 1) point = at;
      else return Decimal.#ofBig(new Big(text));
    }
    if (point < 0 && length - first > SAFE_DIGITS) return Decimal.#ofBig(new Big(text));
    return Decimal.#of(isNegative ? -units : units, point < 0 ? 0 : length - 1 - point);
  }

  /** Throws on what is no number. */
  static from(value: DecimalInput): Decimal {
    if (value instanceof Decimal) return value;
    if (typeof value === "string") return Decimal.#ofText(value);
    return Number.isSafeInteger(value)
      ? new Decimal(value + 0, 0, null)
      : Decimal.#ofText(String(value));
  }

  #big(): Big {
    if (this.wide !== null) return this.wide;
    const big = new Big(this.units);
    return this.places === 0 ? big : big.times(new Big(`1e-${this.places}`));
  }

  /** This value's units at more places; beyond what is safe where they do not fit. */
  #unitsAt(places: number): number {
    return places === this.places
      ? this.units
      : this.units * (POWERS[places - this.places] ?? Infinity);
  }

  plus(value: DecimalInput): Decimal {
    const other = Decimal.from(value);
    if (this.wide === null && other.wide === null) {
      const places = Math.max(this.places, other.places);
      const [a, b] = [this.#unitsAt(places), other.#unitsAt(places)];
      if (fits(a) && fits(b) && fits(a + b)) return Decimal.#of(a + b, places);
    }
    return Decimal.#ofBig(this.#big().plus(other.#big()));
  }

  minus(value: DecimalInput): Decimal {
    const other = Decimal.from(value);
    if (this.wide === null && other.wide === null) {
      const places = Math.max(this.places, other.places);
      const [a, b] = [this.#unitsAt(places), other.#unitsAt(places)];
      if (fits(a) && fits(b) && fits(a - b)) return Decimal.#of(a - b, places);
    }
    return Decimal.#ofBig(this.#big().minus(other.#big()));
  }

  times(value: DecimalInput): Decimal {
    const other = Decimal.from(value);
    if (this.wide === null && other.wide === null) {
      const places = this.places + other.places;
      const units = this.units * other.units;
      if (fits(units) && places <= MOST_PLACES) return Decimal.#of(units, places);
    }
    return Decimal.#ofBig(this.#big().times(other.#big()));
  }

  /** To 18 places, half to even. Throws where `value` is 0. */
  div(value: DecimalInput): Decimal {
    return Decimal.#ofBig(this.#big().div(Decimal.from(value).#big()));
  }

  /** What is left of a division, with this value's sign. Throws where `value` is 0. */
  mod(value: DecimalInput): Decimal {
    const other = Decimal.from(value);
    if (this.wide === null && other.wide === null && other.units !== 0) {
      const places = Math.max(this.places, other.places);
      const [a, b] = [this.#unitsAt(places), other.#unitsAt(places)];
      if (fits(a) && fits(b)) return Decimal.#of(a % b, places);
    }
    return Decimal.#ofBig(this.#big().mod(other.#big()));
  }

  /** To whole numbers, or to `places` behind the point. */
  round(places = 0, rounding: Rounding = "half-even"): Decimal {
    if (this.wide === null && places >= this.places) return this;
    return Decimal.#ofBig(this.#big().round(places, MODES[rounding]));
  }

  abs(): Decimal {
    if (this.wide !== null) return Decimal.#ofBig(this.wide.abs());
    return this.units < 0 ? new Decimal(-this.units, this.places, null) : this;
  }

  neg(): Decimal {
    if (this.wide !== null) return Decimal.#ofBig(this.wide.neg());
    return new Decimal(0 - this.units, this.places, null);
  }

  /** -1, 0 or 1, as this value is below, at or above the other. */
  cmp(value: DecimalInput): -1 | 0 | 1 {
    const other = Decimal.from(value);
    if (this.wide === null && other.wide === null) {
      const places = Math.max(this.places, other.places);
      const [a, b] = [this.#unitsAt(places), other.#unitsAt(places)];
      if (fits(a) && fits(b)) return a < b ? -1 : a > b ? 1 : 0;
    }
    return this.#big().cmp(other.#big());
  }

  eq(value: DecimalInput): boolean {
    return this.cmp(value) === 0;
  }

  lt(value: DecimalInput): boolean {
    return this.cmp(value) < 0;
  }

  lte(value: DecimalInput): boolean {
    return this.cmp(value) <= 0;
  }

  gt(value: DecimalInput): boolean {
    return this.cmp(value) > 0;
  }

  gte(value: DecimalInput): boolean {
    return this.cmp(value) >= 0;
  }

  /** -1, 0 or 1. */
  sign(): -1 | 0 | 1 {
    return this.cmp(ZERO);
  }

  /** Plain text of all its digits: no exponent, no trailing zeros, never "-0". */
  toFixed(): DecimalText {
    if (this.wide !== null) return this.wide.toFixed();
    if (this.places === 0) return String(this.units);
    const digits = String(Math.abs(this.units)).padStart(this.places + 1, "0");
    const point = digits.length - this.places;
    return `${this.units < 0 ? "-" : ""}${digits.slice(0, point)}.${digits.slice(point)}`;
  }

  toString(): DecimalText {
    return this.toFixed();
  }

  toJSON(): DecimalText {
    return this.toFixed();
  }
}

export const ZERO: Decimal = Decimal.from(0);

/** Makes a decimal from text, or from a number by its shortest text (1500.05 is "1500.05"). */
export const decimal = (value: DecimalInput): Decimal => Decimal.from(value);

/** The text form. */
export const decimalText = (value: Decimal): DecimalText => value.toFixed();

/** Places a mean price is shown with: a mean is not on the grid, and its further digits tell nobody anything. */
const MEAN_PLACES = 8;

/** Text of a quotient that is shown and not calculated with. */
export const meanText = (value: Decimal): DecimalText => decimalText(value.round(MEAN_PLACES));

export const isZero = (value: Decimal): boolean => value.eq(ZERO);

export const minDecimal = (a: Decimal, b: Decimal): Decimal => (a.lt(b) ? a : b);

export const maxDecimal = (a: Decimal, b: Decimal): Decimal => (a.gt(b) ? a : b);

/** True when `value` is a whole multiple of `step` (a tick or a lot). `step` must be positive. */
export function isMultipleOf(value: Decimal, step: Decimal): boolean {
  return isZero(value.mod(step));
}

/** Rounds to the nearest multiple of `step`, half to even. `step` must be positive. */
export function roundToStep(value: Decimal, step: Decimal): Decimal {
  return value.div(step).round().times(step);
}

/** Rounds towards zero to a multiple of `step`: a rounded quantity never grows. */
export function floorToStep(value: Decimal, step: Decimal): Decimal {
  return value.minus(value.mod(step));
}
