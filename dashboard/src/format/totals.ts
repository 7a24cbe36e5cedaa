/** Sums of money for tables, in exact decimals. A sum with an unknown part is unknown. */
import { decimal, decimalText, ZERO } from "../../../src/contract/primitives.ts";

export function sum(values: readonly (string | null)[]): string | null {
  let total = ZERO;
  for (const value of values) {
    if (value === null) return null;
    total = total.plus(decimal(value));
  }
  return decimalText(total);
}

/** `part` of `whole` in [0, …); null when either is unknown or the whole is not positive. */
export function share(
  part: string | null | undefined,
  whole: string | null | undefined,
): number | null {
  if (!part || !whole) return null;
  const bottom = Number(whole);
  return bottom > 0 ? Number(part) / bottom : null;
}

/** The order that closes a position: its side, and how much. Null when it is flat. */
export function closingOrder(quantity: string): { side: "buy" | "sell"; quantity: string } | null {
  const held = decimal(quantity);
  if (held.eq(ZERO)) return null;
  return { side: held.gt(ZERO) ? "sell" : "buy", quantity: decimalText(held.abs()) };
}

export function groupBy<T>(rows: readonly T[], nameOf: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const name = nameOf(row);
    const group = groups.get(name);
    if (group) group.push(row);
    else groups.set(name, [row]);
  }
  return groups;
}
