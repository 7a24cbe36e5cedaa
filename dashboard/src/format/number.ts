/** Numbers as a trader reads them. Money stays decimal text from the ledger to the screen: no float in between. */

/** Shown where a value is not known: unknown is not zero. */
export const UNKNOWN = "–";

/** A true minus is as wide as a plus and a digit, so signed columns line up. */
const trueMinus = (text: string): string => text.replace("-", "\u2212");

type Signs = "negative" | "exceptZero";

const formats = new Map<string, Intl.NumberFormat>();

/** Intl formats are dear to make and cheap to use. */
function format(options: Intl.NumberFormatOptions, locale?: string): Intl.NumberFormat {
  const name = `${locale}|${JSON.stringify(options)}`;
  const known = formats.get(name);
  if (known) return known;
  const made = new Intl.NumberFormat(locale, options);
  formats.set(name, made);
  return made;
}

/** `Intl` takes decimal text exactly, whatever its length; the type wants to be told so. */
const exact = (text: string): Intl.StringNumericLiteral => text as Intl.StringNumericLiteral;

export interface MoneyOptions {
  sign?: boolean;
  locale?: string;
  /** Digits after the point; `MONEY_DIGITS` unless said. */
  digits?: number;
}

/** Digits of an amount of money after the point, unless said. */
export const MONEY_DIGITS = 2;

/** `1234.5` as `1,234.50`; with `sign` as `+1,234.50`. Null is unknown. */
export function formatMoney(value: string | null | undefined, options: MoneyOptions = {}): string {
  if (value === null || value === undefined) return UNKNOWN;
  const digits = options.digits ?? MONEY_DIGITS;
  const signDisplay: Signs = options.sign ? "exceptZero" : "negative";
  const rules = { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay };
  return trueMinus(format(rules, options.locale).format(exact(value)));
}

/** Large amounts in short: `1.25M`. */
export function formatCompact(value: string | number | null | undefined, locale?: string): string {
  if (value === null || value === undefined) return UNKNOWN;
  const rules: Intl.NumberFormatOptions = { notation: "compact", maximumFractionDigits: 2 };
  const number = typeof value === "number" ? value : exact(value);
  return trueMinus(format(rules, locale).format(number));
}

/** Digits that any broker's lot can have. */
const QUANTITY_DIGITS_MAX = 12;

/** A quantity or any decimal with just the digits it has. */
export function formatQuantity(
  value: string | number | null | undefined,
  locale?: string,
  digitsMax = QUANTITY_DIGITS_MAX,
): string {
  if (value === null || value === undefined) return UNKNOWN;
  const rules: Intl.NumberFormatOptions = { maximumFractionDigits: digitsMax };
  const number = typeof value === "number" ? value : exact(value);
  return trueMinus(format(rules, locale).format(number));
}

/** Digits after the point of a grid: `0.05` has 2, `1` has 0. */
export function digitsOf(step: string): number {
  const point = step.indexOf(".");
  return point < 0 ? 0 : step.length - point - 1;
}

/** Digits for a price whose grid is not known, so that neither 0.00002731 nor 68,250.10 looks odd. */
export function guessDigits(price: number): number {
  const size = Math.abs(price);
  if (size === 0 || size >= 10) return 2;
  if (size >= 0.1) return 4;
  return 8;
}

/** A price on its grid; `digits` from `digitsOf(tickSize)`, or guessed when unknown. */
export function formatPrice(
  price: number | string | null | undefined,
  digits?: number,
  locale?: string,
): string {
  if (price === null || price === undefined) return UNKNOWN;
  const places = digits ?? guessDigits(Number(price));
  const rules = { minimumFractionDigits: places, maximumFractionDigits: places };
  return trueMinus(format(rules, locale).format(typeof price === "number" ? price : exact(price)));
}

/** A fraction as percent: 0.0125 is `+1.25%` with sign. */
export function formatPercent(
  fraction: number | null | undefined,
  options: { sign?: boolean; digits?: number; locale?: string } = {},
): string {
  if (fraction === null || fraction === undefined || !Number.isFinite(fraction)) return UNKNOWN;
  const digits = options.digits ?? 2;
  const signDisplay: Signs = options.sign ? "exceptZero" : "negative";
  const rules: Intl.NumberFormatOptions = {
    style: "percent",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay,
  };
  return trueMinus(format(rules, options.locale).format(fraction));
}

/** -1, 0 or 1 of a decimal text; 0 when unknown, and with `digits` also when it is shown as zero. */
export function signOf(value: string | number | null | undefined, digits?: number): -1 | 0 | 1 {
  if (value === null || value === undefined) return 0;
  const number = Number(value);
  if (digits !== undefined && Math.abs(number) < 0.5 * 10 ** -digits) return 0;
  if (number > 0) return 1;
  return number < 0 ? -1 : 0;
}
