/** What an algo can do and what it is told: the same for the class and the functional style. */
import type { Candle, CandleInterval } from "../../src/contract/market.ts";
import type { FeedMode } from "../../src/contract/stream.ts";
import type { OrderView, PositionView } from "../../src/contract/orders.ts";
import type { RiskChannelView } from "../../src/contract/risk-channel.ts";
import type { RiskStatusView } from "../../src/contract/risk.ts";
import type { SignalView } from "../../src/contract/signals.ts";
import type { CandleOptions } from "./bars.ts";
import type { ClosedCandle } from "./closed-candle.ts";
import type { TrunklineClient } from "./client.ts";
import type { ConnectionOptions } from "./config.ts";
import type { Tick } from "./decode.ts";
import type { AlgoHandlerError } from "./errors.ts";
import type { Timing } from "./limits.ts";
import type { NewOrder, OrderChanges, OrderCondition } from "./order-desk.ts";
import type { OrderOutcome } from "./outcome.ts";
import type { OpenSocket } from "./socket-like.ts";
import type { Gap, StreamStatus } from "./stream-events.ts";

export interface SubscribeOptions {
  /** Bars to have before the first live tick, 1 to 1,000; none when left out. */
  history?: number | undefined;
  /** Of history and of `candles`; default "1m". */
  interval?: CandleInterval | undefined;
  /**
   * How much of each instrument: `ltp` the last trade alone, `quote` (the default) best bid and ask
   * too, `depth` levels of the book too, where the broker gives them. Subscribing again changes it.
   */
  mode?: FeedMode | undefined;
}

/** Ticks are joined to the latest per instrument (`on`), or complete again. */
export interface Lagging {
  on: boolean;
  /** `platform`: the line or this algo reads too slowly. `handler`: a handler of this algo is too slow. */
  by: "platform" | "handler";
}

export interface AlgoContext {
  readonly algoId: string;
  /** The latest tick of each subscribed instrument, also while handlers are behind; never a late one. */
  readonly quotes: ReadonlyMap<string, Tick>;
  readonly instruments: readonly string[];
  /** Orders of this algo that can still trade, as far as is known here. */
  readonly openOrders: readonly OrderView[];
  /** The whole API, for what has no shortcut here. */
  readonly client: TrunklineClient;
  /** Resolves when the platform has listed the instruments and all history is in `candles`. */
  subscribe(instruments: readonly string[], options?: SubscribeOptions): Promise<void>;
  unsubscribe(instruments: readonly string[]): void;
  /** Bars built by the platform: `onCandle` is told each that closes. Resolves when history is in `candles`. */
  subscribeCandles(instruments: readonly string[], options?: CandleOptions): Promise<void>;
  unsubscribeCandles(
    instruments: readonly string[],
    options?: Pick<CandleOptions, "interval">,
  ): void;
  /**
   * Oldest first; the last bar still grows. History and live bars are one array: those of `subscribe`, or
   * with `interval` those of `subscribeCandles`.
   */
  candles(instrument: string, interval?: CandleInterval): readonly Candle[];
  /** Never throws for a refusal: look at `outcome`. */
  submit(order: NewOrder): Promise<OrderOutcome>;
  cancel(clientOrderId: string): Promise<OrderOutcome>;
  modify(clientOrderId: string, changes: OrderChanges): Promise<OrderOutcome>;
  /** Asks the platform; null when it knows no such order. */
  order(clientOrderId: string): Promise<OrderView | null>;
  /** Tells every algo that subscribed the topic; the last value of each topic is kept. Needs the scope `trade`. */
  publish(topic: string, value: unknown): Promise<SignalView>;
  /** `onSignal` is called with the last value of each topic, and with every new one. */
  subscribeSignals(topics: readonly string[]): void;
  unsubscribeSignals(topics: readonly string[]): void;
  /** This algo's own positions. */
  positions(): Promise<PositionView[]>;
  /** The whole portfolio's risk. */
  risk(): Promise<RiskStatusView>;
  /** Default: until the order has ended, for 30 s. Rejects with `TrunklineTimeoutError`. */
  waitFor(
    clientOrderId: string,
    condition?: OrderCondition,
    timeoutMs?: number,
  ): Promise<OrderView>;
  log(message: string, facts?: Record<string, unknown>): void;
  /** Ends the algo: the handler in progress returns, `onStop` runs, `run` resolves. */
  stop(reason?: string): void;
}

type Done = void | Promise<void>;

/** Called one at a time and in order; each may be async, and the next waits for it. */
export interface AlgoHandlers {
  onStart?(): Done;
  onTick?(tick: Tick): Done;
  /**
   * A bar closed, by the first tick of the next one; of `subscribeCandles`, as the platform closes it, and
   * again as `corrected` when it changed.
   */
  onCandle?(candle: ClosedCandle): Done;
  /** Once for each change of an order of this algo. */
  onOrder?(order: OrderView): Done;
  /** Ticks may be missing; the candles are filled from history by themselves. */
  onGap?(gap: Gap): Done;
  /** The portfolio's risk now, and whenever it moves: what each algo holds and has lost, and what may trade. */
  onRisk?(risk: RiskChannelView): Done;
  /** A value of a subscribed topic; `seq` rises strictly for each topic. */
  onSignal?(signal: SignalView): Done;
  onStatus?(status: StreamStatus): Done;
  onLagging?(lagging: Lagging): Done;
  /** Without it, an error in a handler stops the algo. What it throws stops it too. */
  onError?(error: AlgoHandlerError): Done;
  /** Before the line is closed: orders can still be canceled and placed. */
  onStop?(): Done;
}

export interface LogLine {
  time: Date;
  algoId: string;
  message: string;
  facts: Record<string, unknown> | null;
}

export interface AlgoOptions extends ConnectionOptions {
  /** Orders, positions and limits are kept under this name. */
  algoId: string;
  /**
   * True: while a handler is busy only the latest tick per instrument is kept. Default false: every
   * tick is handed over, up to `queuedTicksMax`; past it they are joined and `onLagging` tells so.
   */
  conflate?: boolean | undefined;
  queuedTicksMax?: number | undefined;
  /** SIGINT and SIGTERM stop the algo cleanly (Node). Default true. */
  stopOnSignals?: boolean | undefined;
  /** Stops the algo when it is aborted. */
  signal?: AbortSignal | undefined;
  /** Where log lines go; default: the console. */
  logger?: ((line: LogLine) => void) | undefined;
  /** For tests. */
  timing?: Partial<Timing> | undefined;
  openSocket?: OpenSocket | undefined;
}
