/** How far an intent stays from each limit: noted by the checks as they compare, and told only to whoever asked. */
import type { Decimal } from "../decimal.ts";

/**
 * What a margin is measured in. `base`: money in the portfolio's currency. `account`: money in the
 * instrument's. `fraction`: 0.05 is 5 %.
 */
export const MARGIN_UNITS = [
  "base",
  "account",
  "units",
  "price",
  "fraction",
  "orders",
  "ms",
  "epoch",
] as const;

export type MarginUnit = (typeof MARGIN_UNITS)[number];

export interface Margin {
  /** The scope whose rule it is. */
  scope: string;
  unit: MarginUnit;
  limit: Decimal | null;
  /** What the order asks for; null where the rule looks only at what is there. */
  asked?: Decimal | null;
  /** What is there without the order; null when that is not known or not looked at. */
  have?: Decimal | null;
  /** What is left of the limit with the order in it, below zero beyond it; null where there is no such distance. */
  room: Decimal | null;
}

export type Note = (margin: Margin) => void;

interface Compared extends Omit<Margin, "room" | "limit"> {
  limit: Decimal;
  /** What is held against the limit: with the order in it. */
  after: Decimal;
}

/** True when it is not above the limit. */
export function fits({ after, ...margin }: Compared, note: Note | undefined): boolean {
  note?.({ ...margin, room: margin.limit.minus(after) });
  return after.lte(margin.limit);
}
