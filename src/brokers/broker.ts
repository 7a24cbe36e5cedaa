/**
 * The ports every broker fills, in the same shape: pure `parse`, `format`, `errors` and `rules`, and
 * a `client` that does I/O through what it is given. Nothing outside `src/brokers` knows a broker's wire.
 */
import type { BrokerLimit } from "../domain/broker-limits.ts";
import type { Candle, CandleInterval } from "../domain/candle.ts";
import type { DecimalText } from "../domain/decimal.ts";
import type { StatedTime } from "../domain/exchange-clock.ts";
import type { FrameFault } from "../domain/frame-faults.ts";
import type { Instrument, InstrumentId } from "../domain/instrument.ts";
import type {
  ApprovedOrder,
  Execution,
  Order,
  OrderChanges,
  OrderEvent,
  OrderType,
  TimeInForce,
} from "../domain/order.ts";
import type { PollCosts } from "../domain/polling.ts";
import type { BucketRate, Meter } from "../domain/rate-limit.ts";
import type { BookChecksum, BookMessage } from "../domain/order-book/message.ts";
import type { Result } from "../domain/result.ts";
import type { FeedMode, MarketUpdate } from "../domain/tick.ts";
import type { PastTrade } from "../domain/trade-seam.ts";

/** What a broker permits and how it behaves: data, never code. Each figure has its source in the broker's `rules.ts`. */
export interface BrokerRules {
  broker: string;
  /** Data connections one account may hold. */
  connectionsMax: number;
  instrumentsPerConnectionMax: number;
  /** Instruments in one subscribe message. */
  subscribeBatchMax: number;
  subscribeMessagesPerSecond: number;
  /** Data connections that one account may open in a minute. */
  connectsPerMinute: number;
  /**
   * Sockets of the session before live on beside those of the next one for so long, ms: time to change
   * over without a gap. 0 where the next sign-in ends them, or one connection is all there may be.
   */
  changeOverMs: number;
  /** A data socket silent for this long while the market is open is replaced. */
  silenceBoundMs: number;
  reconnect: { baseDelayMs: number; factor: number; maxDelayMs: number };
  orderTypes: readonly OrderType[];
  timesInForce: readonly TimeInForce[];
  ordersPerSecond: number;
  /** Every scope that the broker meters; left out, new and changed orders by account at `ordersPerSecond`. */
  meters?: readonly Meter[];
  /** True when the broker refuses a second order with the same client order id: only then a resend is harmless. */
  honoursClientOrderId: boolean;
  /** A new order may be missing from look-ups for this long: "not found" sooner proves nothing. */
  settlingTimeMs: number;
  calendarAlwaysOpen: boolean;
}

/** What a call carries to prove who calls. An older generation's token is worth nothing. */
export interface BrokerToken {
  /** Ours; rises with each sign-in. */
  generation: number;
  token: string;
  /** ms since 1970; null when it does not end by the clock. */
  expiresAt: number | null;
}

/** Where a broker's client takes its token from, for every socket and call. Asking it asks no broker. */
export interface TokenSource {
  /** `session_expired` when there is none to be had: then nothing may be sent. */
  current(): Promise<Result<BrokerToken, BrokerFailure>>;
  /** The broker refused this token, whatever its expiry says. */
  refused(generation: number, reason: string): void;
}

/**
 * How a session is signed in. `automatic`: with the stored credential alone. `person`: somebody must
 * bring a request token each time.
 */
export type SignInKind = "automatic" | "person";

/** `rejected`: trying the same again is no use. `unavailable`: nothing was said about the credential. */
export interface SignInFailure {
  kind: "rejected" | "unavailable";
  reason: string;
}

/** A broker's sign-in. It is asked by the one owner of the account's session, and by nobody else. */
export interface BrokerSessions {
  signIn: SignInKind;
  open(proof: {
    credential: string | null;
    requestToken: string | null;
  }): Promise<Result<Pick<BrokerToken, "token" | "expiresAt">, SignInFailure>>;
}

/** One parsed frame of a data socket. */
export type FeedMessage =
  | { kind: "updates"; updates: MarketUpdate[] }
  /** Order books of mode `depth`, in the order of the frame. */
  | { kind: "books"; books: BookMessage[] }
  | { kind: "subscribed"; instruments: InstrumentId[] }
  | { kind: "unsubscribed"; instruments: InstrumentId[] }
  /** `limit` when the broker says that this is why: what it takes then is learned from the refusal. */
  | { kind: "refused"; instruments: InstrumentId[]; reason: string; limit?: BrokerLimit }
  /** With the broker's clock, where it states one. */
  | ({ kind: "heartbeat" } & Partial<StatedTime>)
  | { kind: "session_expired"; reason: string };

/** Something about a frame or an answer that could not be read. Counted and logged, never fatal. */
export interface ParseFailure {
  /** Under which it is counted. */
  kind: FrameFault;
  reason: string;
  /** The start of what arrived, cut, with no secret in it. */
  sample: string;
}

/** A broker's market data as a shard uses it. */
export interface BrokerFeed {
  rules: BrokerRules;
  /** Opens the data socket; throws when it cannot be opened. The caller accepts it. */
  open(): Promise<WebSocketLike>;
  /** Messages that subscribe these instruments, at most `subscribeBatchMax` in each. */
  /** Sent again for what is subscribed, they bring its last price again: a quiet line is asked so whether it lives. */
  formatSubscribe(instruments: readonly InstrumentId[], mode: FeedMode): string[];
  formatUnsubscribe(instruments: readonly InstrumentId[]): string[];
  /** Messages that make the broker send these order books afresh; left out where it gives no book. */
  formatBookResync?(instruments: readonly InstrumentId[]): string[];
  /** The broker's checksum of a book; left out where it gives none. */
  bookChecksum?: BookChecksum;
  /** Where it has no data socket: prices are asked for, and nothing is ever opened. */
  polling?: QuotePolling;
  parse(data: string | ArrayBuffer): Result<FeedMessage, ParseFailure>;
}

/** Quotes by request. How often each is asked for is worked out in `domain/polling.ts`. */
export interface QuotePolling {
  /** One request for one instrument; the text of its answer is read by `parse`, as a frame of a socket is. */
  poll(instrument: InstrumentId): Promise<Result<string, BrokerFailure>>;
  /** Requests that the broker takes of one account. */
  rate: BucketRate;
  costs: PollCosts;
}

/** The part of a WebSocket the ports name, so that pure code needs no platform types. */
export interface WebSocketLike {
  accept?(): void;
  send(data: string | ArrayBuffer): void;
  close(code?: number, reason?: string): void;
}

/** Trades of the past, oldest first. */
export interface PastTrades {
  trades: PastTrade[];
  /** False when there may have been more of that time: it does not look back so far, or there were too many. */
  isWhole: boolean;
}

/** Reference data and history. */
export interface BrokerReference {
  instruments(): Promise<Result<Instrument[], BrokerFailure>>;
  candles(request: {
    instrument: InstrumentId;
    interval: CandleInterval;
    from: number;
    to: number;
  }): Promise<Result<Candle[], BrokerFailure>>;
  /**
   * Every trade from `since` on (the exchange's clock, ms since 1970) up to now, at most so many; left out
   * where the broker gives none. Each has the time, price and quantity that its tick had.
   */
  trades?(request: {
    instrument: InstrumentId;
    since: number;
    max: number;
  }): Promise<Result<PastTrades, BrokerFailure>>;
  /** Whether it keeps no hours at all just now. Only of a broker where that can change while it runs. */
  alwaysOpen?(): Promise<Result<boolean, BrokerFailure>>;
}

/** A query that did not succeed: never to be read as "nothing there". */
export interface BrokerFailure {
  /** `rate_limited`: not asked, because the turn would have come too late, or refused for going too fast. */
  kind: "network" | "timeout" | "refused" | "unreadable" | "session_expired" | "rate_limited";
  reason: string;
}

/**
 * What is known after sending. `rejected` needs proof from the broker; `not_sent` needs proof that no
 * byte left or a documented "not accepted, try again"; everything else is `unknown`.
 */
export type SubmitOutcome = SubmitResult & {
  /** How long the broker says that it worked on it; left out when it does not say. */
  brokerMs?: number;
};

type SubmitResult =
  | { outcome: "accepted"; brokerOrderId: string; pendingTrigger: boolean }
  | { outcome: "rejected"; reason: string }
  | { outcome: "not_sent"; reason: string }
  | { outcome: "unknown"; reason: string };

export type CancelOutcome =
  | { outcome: "accepted" }
  /** "Not found" may mean filled: the caller looks. */
  | { outcome: "rejected"; reason: string }
  | { outcome: "not_sent"; reason: string }
  | { outcome: "unknown"; reason: string };

/** An order as the broker tells it. */
export interface BrokerOrder {
  brokerOrderId: string;
  clientOrderId: string | null;
  instrument: InstrumentId;
  side: Order["side"];
  type: OrderType;
  quantity: DecimalText;
  filledQuantity: DecimalText;
  limitPrice: DecimalText | null;
  stopPrice: DecimalText | null;
  timeInForce: TimeInForce;
  state:
    | "new"
    | "pending_trigger"
    | "partially_filled"
    | "filled"
    | "canceled"
    | "rejected"
    | "expired";
  reason: string | null;
  /**
   * When it was placed, by the broker's clock, ms since 1970; where new terms make a new order there, the
   * first of them. Null where the broker does not tell: a halt then takes it for older than itself.
   */
  createdAt: number | null;
  updatedAt: number;
}

export interface BrokerPosition {
  instrument: InstrumentId;
  /** Signed. */
  quantity: DecimalText;
  averagePrice: DecimalText | null;
}

export interface BrokerBalance {
  currency: string;
  total: DecimalText;
  available: DecimalText;
}

/** One parsed frame of the order-update socket. `event` is already in our words. */
export type OrderStreamMessage =
  | {
      kind: "order_event";
      clientOrderId: string | null;
      brokerOrderId: string;
      /** Deterministic from the broker's own ids, so that posting twice is once. */
      eventId: string;
      event: Extract<
        OrderEvent,
        {
          kind:
            | "accepted"
            | "triggered"
            | "rejected"
            | "filled"
            | "canceled"
            | "expired"
            | "replaced";
        }
      >;
      at: number;
    }
  | { kind: "ready" }
  /** `time`: the broker's clock, ms since 1970; left out where it gives none. */
  | { kind: "heartbeat"; time?: number }
  | { kind: "session_expired"; reason: string };

/** A broker account's trading side as a gateway uses it. Every call has a deadline inside. */
export interface BrokerTrading {
  rules: BrokerRules;
  submit(order: ApprovedOrder): Promise<SubmitOutcome>;
  cancel(order: { clientOrderId: string; brokerOrderId: string }): Promise<CancelOutcome>;
  modify(
    order: { clientOrderId: string; brokerOrderId: string },
    changes: OrderChanges,
  ): Promise<CancelOutcome>;
  openOrders(): Promise<Result<BrokerOrder[], BrokerFailure>>;
  /** Orders no longer open, changed since `since` (ms since 1970). */
  closedOrders(since: number): Promise<Result<BrokerOrder[], BrokerFailure>>;
  executions(since: number): Promise<Result<Execution[], BrokerFailure>>;
  positions(): Promise<Result<BrokerPosition[], BrokerFailure>>;
  balances(): Promise<Result<BrokerBalance[], BrokerFailure>>;
  openOrderStream(): Promise<WebSocketLike>;
  parseOrderStream(data: string | ArrayBuffer): Result<OrderStreamMessage, ParseFailure>;
}
