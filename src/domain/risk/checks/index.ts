/** The risk checks in the order in which they run; the first refusal is the answer. A new check is one file and one line here. */
import type { RefusalCode } from "../refusal.ts";
import { algoPaused } from "./algo-paused.ts";
import { algoUnknown } from "./algo-unknown.ts";
import type { RiskCheck } from "./check.ts";
import { duplicateIntent } from "./duplicate-intent.ts";
import { grossExposure, netExposure } from "./exposure.ts";
import { funds } from "./funds.ts";
import { instrumentBlocked } from "./instrument-blocked.ts";
import { instrumentUnknown } from "./instrument-unknown.ts";
import { dailyLoss, drawdown } from "./loss.ts";
import { marketClosed } from "./market-closed.ts";
import { moneyAtRiskAlgo, moneyAtRiskInstrument, moneyAtRiskPortfolio } from "./money-at-risk.ts";
import { notPermittedByBroker } from "./not-permitted-by-broker.ts";
import { openOrders } from "./open-orders.ts";
import { orderNotional } from "./order-notional.ts";
import { orderRate } from "./order-rate.ts";
import { ordersPerDay } from "./orders-per-day.ts";
import { portfolioAsleep } from "./portfolio-asleep.ts";
import { positionLimit } from "./position-limit.ts";
import { priceCollar } from "./price-collar.ts";
import { priceGrid } from "./price-grid.ts";
import { quantityGrid } from "./quantity-grid.ts";
import { quantityLimits } from "./quantity-limits.ts";
import { reduceOnly } from "./reduce-only.ts";
import { selfCross } from "./self-cross.ts";
import { staleEpoch } from "./stale-epoch.ts";
import { stalePrice } from "./stale-price.ts";
import { tradingState } from "./trading-state.ts";

export const RISK_CHECKS: readonly (readonly [RefusalCode, RiskCheck])[] = [
  ["KILL_SWITCH", tradingState],
  ["STALE_EPOCH", staleEpoch],
  ["PORTFOLIO_ASLEEP", portfolioAsleep],
  ["ALGO_UNKNOWN", algoUnknown],
  ["ALGO_PAUSED", algoPaused],
  ["DUPLICATE_INTENT", duplicateIntent],
  ["INSTRUMENT_UNKNOWN", instrumentUnknown],
  ["INSTRUMENT_BLOCKED", instrumentBlocked],
  ["MARKET_CLOSED", marketClosed],
  ["NOT_PERMITTED_BY_BROKER", notPermittedByBroker],
  ["PRICE_OFF_GRID", priceGrid],
  ["QUANTITY_OFF_GRID", quantityGrid],
  ["QUANTITY_LIMITS", quantityLimits],
  ["STALE_PRICE", stalePrice],
  ["PRICE_COLLAR", priceCollar],
  ["ORDER_NOTIONAL", orderNotional],
  ["OPEN_ORDERS", openOrders],
  ["ORDER_RATE", orderRate],
  ["ORDERS_PER_DAY", ordersPerDay],
  ["POSITION_LIMIT", positionLimit],
  ["MONEY_AT_RISK_INSTRUMENT", moneyAtRiskInstrument],
  ["MONEY_AT_RISK_ALGO", moneyAtRiskAlgo],
  ["MONEY_AT_RISK_PORTFOLIO", moneyAtRiskPortfolio],
  ["GROSS_EXPOSURE", grossExposure],
  ["NET_EXPOSURE", netExposure],
  ["FUNDS", funds],
  ["DAILY_LOSS", dailyLoss],
  ["DRAWDOWN", drawdown],
  ["SELF_CROSS", selfCross],
  ["REDUCE_ONLY", reduceOnly],
];
