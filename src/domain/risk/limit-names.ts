/** The names of the limits, each with its unit. */

/**
 * Money is in the portfolio's base currency. Unset at a scope means: what the scope above says; the
 * tightest of all that are set wins. `openOrders`, `ordersPerSecond`, `ordersPerDay`, `grossExposure`,
 * `netExposure` and the losses are measured over the whole scope that they are set on; the others over what they name,
 * and set on an instrument also over all that is held of it. Accounts are added up: a short at one broker closes no
 * long at another.
 */
export const LIMIT_NAMES = [
  /** Largest notional of one order. */
  "orderNotional",
  /** Largest distance of a price from the mark, as a fraction: 0.05 is 5 %. */
  "priceCollar",
  /** Oldest mark an entry may be checked against, ms. */
  "markAgeMs",
  /** Orders that may be open at once. */
  "openOrders",
  /** New orders in any second. */
  "ordersPerSecond",
  /** New orders in a trading day. */
  "ordersPerDay",
  /** Largest absolute position with its open orders, in units of the instrument, of one algo in one instrument. */
  "positionQuantity",
  /** The same in money. */
  "positionNotional",
  /** Of one algo in one instrument. */
  "moneyAtRiskInstrument",
  /** Of one algo. */
  "moneyAtRiskAlgo",
  "moneyAtRiskPortfolio",
  /** Positions and open orders at their worst, long and short added up. */
  "grossExposure",
  /** The same with long and short against each other. */
  "netExposure",
  /** Past it the scope may only reduce, until a person says otherwise. */
  "dailyLossSoft",
  /** Worst realised and unrealised loss since the day's start; past it entries are refused. */
  "dailyLoss",
  /** As for the daily loss. */
  "drawdownSoft",
  /** Loss from the peak of equity; past it entries are refused. */
  "drawdown",
] as const;

export type LimitName = (typeof LIMIT_NAMES)[number];
