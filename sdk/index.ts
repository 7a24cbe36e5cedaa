/** The SDK's public face: everything an algo needs, and nothing that it should not lean on. */
export { Algo } from "./src/algo.ts";
export { runAlgo, type AlgoDefinition } from "./src/run-algo.ts";
export { TrunklineClient, type QuotesView, type TradeView } from "./src/client.ts";
export type {
  AlgoContext,
  AlgoHandlers,
  AlgoOptions,
  Lagging,
  LogLine,
  SubscribeOptions,
} from "./src/context.ts";
export type { CandleOptions } from "./src/bars.ts";
export type { ClosedCandle } from "./src/closed-candle.ts";
export type { ConnectionOptions } from "./src/config.ts";
export type { Tick } from "./src/decode.ts";
export type { Gap, StreamStatus } from "./src/stream-events.ts";
export type { NewOrder, OrderChanges, OrderCondition } from "./src/order-desk.ts";
export type { OrderOutcome, RefusalFacts } from "./src/outcome.ts";
export {
  AlgoHandlerError,
  AlgoStoppedError,
  TrunklineConfigError,
  TrunklineConnectionError,
  TrunklineError,
  TrunklineTimeoutError,
} from "./src/errors.ts";
export type { ErrorCode } from "../src/contract/errors.ts";
export type { ExplainView, OrderEventView } from "../src/contract/explorer.ts";
export type { Candle, CandleInterval, InstrumentView } from "../src/contract/market.ts";
export {
  isTerminal,
  type OrderState,
  type OrderView,
  type PositionView,
} from "../src/contract/orders.ts";
export type {
  CleaningRequest,
  CleaningView,
  QualityState,
  QualityView,
} from "../src/contract/quality.ts";
export type { AlgoRiskView, RiskChannelView } from "../src/contract/risk-channel.ts";
export type { RiskStatusView } from "../src/contract/risk.ts";
export type { SignalView } from "../src/contract/signals.ts";
export {
  decimal,
  decimalText,
  type Decimal,
  type DecimalText,
} from "../src/contract/primitives.ts";
