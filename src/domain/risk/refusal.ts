/** Why the ledger denied an intent. Each refusal carries its facts: what the limit is, what was asked, what is there. */
import type { DecimalText } from "../decimal.ts";

/** In the order in which the checks run. */
export const REFUSAL_CODES = [
  "KILL_SWITCH",
  "STALE_EPOCH",
  "PORTFOLIO_ASLEEP",
  "ALGO_UNKNOWN",
  "ALGO_PAUSED",
  "DUPLICATE_INTENT",
  "INSTRUMENT_UNKNOWN",
  "INSTRUMENT_BLOCKED",
  "MARKET_CLOSED",
  "NOT_PERMITTED_BY_BROKER",
  "PRICE_OFF_GRID",
  "QUANTITY_OFF_GRID",
  "QUANTITY_LIMITS",
  "STALE_PRICE",
  "PRICE_COLLAR",
  "ORDER_NOTIONAL",
  "OPEN_ORDERS",
  "ORDER_RATE",
  "ORDERS_PER_DAY",
  "POSITION_LIMIT",
  "MONEY_AT_RISK_INSTRUMENT",
  "MONEY_AT_RISK_ALGO",
  "MONEY_AT_RISK_PORTFOLIO",
  "GROSS_EXPOSURE",
  "NET_EXPOSURE",
  "FUNDS",
  "DAILY_LOSS",
  "DRAWDOWN",
  "SELF_CROSS",
  "REDUCE_ONLY",
] as const;

export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** What refuses an exit now and passes, by itself or by a person: asked again later, the same exit is approved. */
const PASSING: ReadonlySet<RefusalCode> = new Set([
  "KILL_SWITCH",
  "PORTFOLIO_ASLEEP",
  "INSTRUMENT_UNKNOWN",
  "MARKET_CLOSED",
  "ORDER_RATE",
  "REDUCE_ONLY",
]);

export const passesByItself = ({ code }: Pick<Refusal, "code">): boolean => PASSING.has(code);

export interface Refusal {
  code: RefusalCode;
  /** One sentence for a person: what, where, and what to do. */
  message: string;
  /** The scope whose rule refused, e.g. `algo:momentum`. */
  scope: string;
  limit: DecimalText | null;
  asked: DecimalText | null;
  have: DecimalText | null;
}
