/** States and codes of the platform as a person reads them, and the tone each is shown in. */
import type { ShardView } from "../../../src/contract/brokers.ts";
import type { StatusView } from "../../../src/contract/operations.ts";
import type { ExplainView, MarginView } from "../../../src/contract/explorer.ts";
import type { OrderState, OrderType } from "../../../src/contract/orders.ts";
import type { ProvidersView } from "../../../src/contract/providers.ts";
import type { QualityState } from "../../../src/contract/quality.ts";
import type { TripName } from "../../../src/contract/risk-controls.ts";
import type { LimitName, TradingState } from "../../../src/contract/risk.ts";

/** Colour only for meaning: `calm` has none. */
export type Tone = "calm" | "good" | "busy" | "warn" | "bad";

/** `pending_new` as `pending new`. */
export const plain = (word: string): string => word.replaceAll("_", " ");

export const ORDER_TYPE_WORDS: Record<OrderType, string> = {
  market: "Market",
  limit: "Limit",
  stop: "Stop",
  stop_limit: "Stop limit",
};

export const ORDER_STATE_TONES: Record<OrderState, Tone> = {
  denied: "bad",
  pending_new: "busy",
  new: "busy",
  pending_trigger: "busy",
  partially_filled: "busy",
  filled: "good",
  pending_cancel: "busy",
  canceled: "calm",
  pending_replace: "busy",
  replaced: "busy",
  rejected: "bad",
  expired: "calm",
  suspended: "warn",
  unknown: "warn",
  dead_lettered: "bad",
};

export const VERDICT_TONES: Record<ExplainView["checks"][number]["verdict"], Tone> = {
  passes: "good",
  refuses: "bad",
  skipped: "calm",
};

/** What a margin is measured in. */
export const MARGIN_WORDS: Record<MarginView["unit"], string> = {
  base: "money",
  account: "account money",
  units: "units",
  price: "price",
  fraction: "fraction",
  orders: "orders",
  ms: "ms",
  epoch: "epoch",
};

export const TRADING_STATE_TONES: Record<TradingState, Tone> = {
  active: "good",
  reducing: "warn",
  halted: "bad",
};

export const TRIP_WORDS: Record<TripName, string> = {
  dailyLoss: "Daily loss",
  drawdown: "Drawdown",
  rejectStorm: "Reject storm",
  orderChurn: "Order churn",
  denialStorm: "Denial storm",
  staleFeed: "Stale feed",
  reconcileFailure: "Failed reconciliation",
  clockSkew: "Clock skew",
  indexFall: "Fall of an index",
};

export const COMPONENT_TONES: Record<StatusView["components"][number]["state"], Tone> = {
  ok: "good",
  degraded: "warn",
  down: "bad",
  unknown: "warn",
};

export const SHARD_TONES: Record<ShardView["state"], Tone> = {
  connecting: "busy",
  live: "good",
  backoff: "warn",
  session_expired: "bad",
  draining: "calm",
  idle: "calm",
};

export const QUALITY_TONES: Record<QualityState, Tone> = {
  fresh: "good",
  stale: "bad",
  invalid_book: "warn",
  unknown: "calm",
  closed: "calm",
};

export const PROVIDER_TONES: Record<ProvidersView["providers"][number]["state"], Tone> = {
  fresh: "good",
  stale: "warn",
  disconnected: "bad",
  unknown: "calm",
};

export const LIMIT_WORDS: Record<LimitName, { label: string; unit: string }> = {
  orderNotional: { label: "Order notional", unit: "money" },
  priceCollar: { label: "Price collar", unit: "fraction of the mark" },
  markAgeMs: { label: "Oldest mark", unit: "ms" },
  openOrders: { label: "Open orders", unit: "orders" },
  ordersPerSecond: { label: "Orders per second", unit: "orders" },
  ordersPerDay: { label: "Orders per day", unit: "orders" },
  positionQuantity: { label: "Position quantity", unit: "units" },
  positionNotional: { label: "Position notional", unit: "money" },
  moneyAtRiskInstrument: { label: "Money at risk, instrument", unit: "money" },
  moneyAtRiskAlgo: { label: "Money at risk, algo", unit: "money" },
  moneyAtRiskPortfolio: { label: "Money at risk, portfolio", unit: "money" },
  grossExposure: { label: "Gross exposure with open orders", unit: "money" },
  netExposure: { label: "Net exposure with open orders", unit: "money" },
  dailyLossSoft: { label: "Daily loss, then only reducing", unit: "money" },
  dailyLoss: { label: "Daily loss", unit: "money" },
  drawdownSoft: { label: "Drawdown, then only reducing", unit: "money" },
  drawdown: { label: "Drawdown", unit: "money" },
};
