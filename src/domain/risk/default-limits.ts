/** What holds in a portfolio until somebody sets it: the base currency, reference rates and the default limits. */
import type { LimitName } from "./limit-names.ts";

/** Money of every limit and of every sum over instruments. */
export const BASE_CURRENCY = "USD";

/**
 * Base currency for one unit of each currency. These are reference rates for adding up risk, rounded
 * and set by hand, not market rates; a currency that is missing here refuses entries.
 */
export const REFERENCE_RATES: Readonly<Record<string, string>> = {
  USD: "1",
  USDT: "1",
  USDC: "1",
  INR: "0.0115",
  EUR: "1.15",
  GBP: "1.32",
};

/** What the portfolio's equity starts from, in the base currency: brokers disagree on what a balance's total holds. */
export const CAPITAL = "1000000";

/**
 * Portfolio limits, in the units of `LIMIT_NAMES`. Wide enough for a busy paper account; whoever
 * trades money sets their own. They can be changed, and taking one off brings it back.
 */
export const DEFAULT_LIMITS: Readonly<Partial<Record<LimitName, string>>> = {
  orderNotional: "100000",
  priceCollar: "0.05",
  markAgeMs: "10000",
  openOrders: "2000",
  ordersPerSecond: "1000",
  ordersPerDay: "100000",
  positionNotional: "1000000",
  moneyAtRiskInstrument: "250000",
  moneyAtRiskAlgo: "500000",
  moneyAtRiskPortfolio: "1000000",
  grossExposure: "5000000",
  netExposure: "5000000",
  dailyLoss: "50000",
  drawdown: "100000",
};
