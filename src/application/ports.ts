/**
 * What the use cases need, said in our own words. Durable Objects and stores fill these; every
 * argument and answer is plain data, so that it can cross RPC. Expected failures are `Result`s.
 */
import type { BrokerBalance } from "../brokers/broker.ts";
import type { ApiError } from "../contract/errors.ts";
import type { OperatorSettings } from "../contract/operations.ts";
import type { OrdersQuery, OrderView, PositionView } from "../contract/orders.ts";
import type { Page, PageQuery } from "../contract/primitives.ts";
import type { ExposureView, LimitsRequest, LimitView, RiskStatusView } from "../contract/risk.ts";
import type { ControlCommand, RiskControlsView } from "../contract/risk-controls.ts";
import type { InstrumentId } from "../domain/instrument.ts";
import type { IntentFacts, ReserveAnswer, ReserveAsk, ReservedOne } from "./reserve-port.ts";
import type { CatchUp, CatchUpAsk } from "./market-ports.ts";
import type { Order, OrderChanges, OrderIntent, OrderPost } from "../domain/order.ts";
import type { Result } from "../domain/result.ts";
import type { Lots } from "../domain/lots.ts";
import type { StandingApproval } from "../domain/risk/decide.ts";
import type { Explanation, QuestionFacts } from "../domain/risk/explain.ts";
import type { HistoryEntry } from "../domain/risk/history.ts";
import type { Reducing } from "../domain/risk/reducing.ts";
import type { Refusal } from "../domain/risk/refusal.ts";
import type { ScopeText, TradingState } from "../domain/scope.ts";
import type { ProviderFollower } from "./provider-ports.ts";

export type { DeskProblem, HandExecution } from "./desk-port.ts";
export type * from "./feed-ports.ts";
export type * from "./provider-ports.ts";
export type {
  GatewayOutcome,
  HaltConfirmed,
  OrderEvidence,
  OrderGatewayPort,
  Placed,
} from "./gateway-port.ts";
export type * from "./market-ports.ts";
export type * from "./reserve-port.ts";
export type { TradebookPort, TradebookRow } from "./tradebook-port.ts";

/** `ended`: it can trade no more. `absent`: there is no such order for this caller. */
export type OrderProblem = "absent" | "ended" | "not_permitted";

/** Which open orders are meant; what is left out is not asked about. */
export interface OpenOrderFilter {
  account?: string | undefined;
  algoId?: string | undefined;
  instrument?: InstrumentId | undefined;
  side?: Order["side"] | undefined;
}

export interface KillAnswer {
  scope: ScopeText;
  state: TradingState;
  version: number;
  openOrders: number;
  since: number;
  /** What the gateways are to cancel. */
  toCancel: Order[];
  /** Algos that were stopped by it. */
  algosStopped: string[];
  /** From the call to its latch and to the last gateway's word that it holds, ms; null while one has not answered. */
  latchedInMs: number;
  enforcedInMs: number | null;
  /** When the last order left a gateway of the scope, before or after; null when none did since it started. */
  lastLeftAt: number | null;
}

export interface KillOptions {
  /** Pauses the algos under the scope: they stay so after the reset. */
  stopAlgos?: boolean;
  /** Has what is open under the scope closed, as often as it takes. */
  flatten?: boolean;
}

export interface RiskLedgerPort extends ProviderFollower {
  reserve(intent: OrderIntent, facts: IntentFacts): Promise<ReserveAnswer>;
  /** The same for several, each decided and stored by itself, in order: one that fails leaves the others as they are. */
  reserveAll(asks: ReserveAsk[]): Promise<ReservedOne[]>;
  /** Applies events in order; the same `eventId` twice is once. Answers each order as it then stands. */
  post(posts: OrderPost[]): Promise<Order[]>;
  /** New terms: raises the reservation first, or refuses. Answers the order in `pending_replace`. */
  reserveReplace(
    clientOrderId: string,
    changes: OrderChanges,
    facts: IntentFacts,
    by: string,
  ): Promise<Result<Order, Refusal | OrderProblem>>;
  requestCancel(clientOrderId: string, by: string): Promise<Result<Order, OrderProblem>>;
  /** The wish to cancel every open order under the filter, in one step. An order that cannot be canceled is only counted. */
  requestCancels(
    filter: OpenOrderFilter,
    by: string,
  ): Promise<{ openOrders: number; toCancel: Order[] }>;
  order(clientOrderId: string): Promise<Order | null>;
  /** Which of these have ended here for good and reserve nothing: what their gateway need not keep whole. */
  endedOf(clientOrderIds: string[]): Promise<string[]>;
  /** What stands at the account to reduce positions, and what is there to be reduced. */
  reducing(account: string): Promise<Reducing[]>;
  /** The approval again, for a retry; null when the order is not wanted any more: not `pending_new`, halted, or of an older epoch. A bracket's exit is approved under the epoch of now, and with `lots` for no more than is left to close. */
  approved(clientOrderId: string, lots?: Lots | null): Promise<StandingApproval | null>;
  orders(query: OrdersQuery): Promise<Page<OrderView>>;
  /** Events of one order, oldest first; the cursor is a version. Empty for an order that is not there. */
  history(clientOrderId: string, query: PageQuery): Promise<Page<HistoryEntry>>;
  /** What each check would say to the intent now. Writes nothing and keeps nothing. */
  explain(intent: OrderIntent, facts: QuestionFacts): Promise<Explanation>;
  positions(): Promise<PositionView[]>;
  exposure(): Promise<ExposureView[]>;
  limits(): Promise<LimitView[]>;
  setLimits(
    request: LimitsRequest,
    by: string,
  ): Promise<{
    limits: LimitView[];
    above: { scope: string; name: string; limit: string; have: string }[];
  }>;
  status(): Promise<RiskStatusView>;
  trip(scope: ScopeText, reason: string, by: string, options?: KillOptions): Promise<KillAnswer>;
  resetTrip(scope: ScopeText, reason: string, by: string): Promise<Result<KillAnswer, ApiError>>;
  /** Restrictions, registered algos, how the trips are set, and the lease. */
  controls(): Promise<RiskControlsView>;
  /** Lays one of them down, or tells what a trip watches. Twice is as once. */
  control(command: ControlCommand, by: string): Promise<Result<RiskControlsView, ApiError>>;
  /** Balances as the gateway read them from the broker. */
  recordBalances(account: string, balances: BrokerBalance[], at: number): Promise<void>;
  /** A market with `orders` or `risk` sockets asks for notices; answers the version they start after, and what it missed. */
  follow(market: string, ask?: CatchUpAsk): Promise<CatchUp>;
  unfollow(market: string): Promise<void>;
  /** Watchdog: outbox to D1, sweep of orders whose next step did not happen, day roll. */
  ensure(): Promise<void>;
}

/** Retries ride on a queue; a first attempt never does. */
export interface RetryQueuePort {
  send(message: {
    clientOrderId: string;
    account: string;
    reason: string;
    firstAttemptAt: number;
  }): Promise<void>;
}

/** One person's profile. Nothing on an order's path ever reads it. */
export interface AlertChannelPort {
  /** Has people told what is due by this channel, soon and apart from whoever asks. */
  tell(): Promise<void>;
}

export interface OperatorProfilePort {
  read(): Promise<OperatorSettings>;
  write(settings: OperatorSettings): Promise<OperatorSettings>;
}
