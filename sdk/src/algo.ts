/** The class style: extend `Algo`, fill the handlers you need, `await new MyAlgo({ algoId }).run()`. */
import type { Candle, CandleInterval } from "../../src/contract/market.ts";
import type { OrderView, PositionView } from "../../src/contract/orders.ts";
import type { RiskChannelView } from "../../src/contract/risk-channel.ts";
import type { RiskStatusView } from "../../src/contract/risk.ts";
import type { SignalView } from "../../src/contract/signals.ts";
import type { CandleOptions } from "./bars.ts";
import type { ClosedCandle } from "./closed-candle.ts";
import type { TrunklineClient } from "./client.ts";
import type {
  AlgoContext,
  AlgoHandlers,
  AlgoOptions,
  Lagging,
  SubscribeOptions,
} from "./context.ts";
import type { Tick } from "./decode.ts";
import { Engine } from "./engine.ts";
import type { AlgoHandlerError } from "./errors.ts";
import type { NewOrder, OrderChanges, OrderCondition } from "./order-desk.ts";
import type { OrderOutcome } from "./outcome.ts";
import type { Gap, StreamStatus } from "./stream-events.ts";

/** Each member is described at `AlgoContext` and `AlgoHandlers`. */
export abstract class Algo implements AlgoContext, AlgoHandlers {
  readonly #engine: Engine;

  constructor(options: AlgoOptions) {
    this.#engine = new Engine(options, this);
  }

  onStart?(): void | Promise<void>;
  onTick?(tick: Tick): void | Promise<void>;
  onCandle?(candle: ClosedCandle): void | Promise<void>;
  onOrder?(order: OrderView): void | Promise<void>;
  onGap?(gap: Gap): void | Promise<void>;
  onRisk?(risk: RiskChannelView): void | Promise<void>;
  onSignal?(signal: SignalView): void | Promise<void>;
  onStatus?(status: StreamStatus): void | Promise<void>;
  onLagging?(lagging: Lagging): void | Promise<void>;
  onError?(error: AlgoHandlerError): void | Promise<void>;
  onStop?(): void | Promise<void>;

  /** Runs until it is stopped; rejects with the error that ended it. */
  run(): Promise<void> {
    return this.#engine.run();
  }

  stop(reason?: string): void {
    this.#engine.stop(reason);
  }

  get algoId(): string {
    return this.#engine.algoId;
  }

  get client(): TrunklineClient {
    return this.#engine.client;
  }

  get quotes(): ReadonlyMap<string, Tick> {
    return this.#engine.quotes;
  }

  get instruments(): readonly string[] {
    return this.#engine.instruments;
  }

  get openOrders(): readonly OrderView[] {
    return this.#engine.openOrders;
  }

  subscribe(instruments: readonly string[], options?: SubscribeOptions): Promise<void> {
    return this.#engine.subscribe(instruments, options);
  }

  unsubscribe(instruments: readonly string[]): void {
    this.#engine.unsubscribe(instruments);
  }

  subscribeCandles(instruments: readonly string[], options?: CandleOptions): Promise<void> {
    return this.#engine.subscribeCandles(instruments, options);
  }

  unsubscribeCandles(
    instruments: readonly string[],
    options?: Pick<CandleOptions, "interval">,
  ): void {
    this.#engine.unsubscribeCandles(instruments, options);
  }

  candles(instrument: string, interval?: CandleInterval): readonly Candle[] {
    return this.#engine.candles(instrument, interval);
  }

  submit(order: NewOrder): Promise<OrderOutcome> {
    return this.#engine.submit(order);
  }

  cancel(clientOrderId: string): Promise<OrderOutcome> {
    return this.#engine.cancel(clientOrderId);
  }

  modify(clientOrderId: string, changes: OrderChanges): Promise<OrderOutcome> {
    return this.#engine.modify(clientOrderId, changes);
  }

  order(clientOrderId: string): Promise<OrderView | null> {
    return this.#engine.order(clientOrderId);
  }

  positions(): Promise<PositionView[]> {
    return this.#engine.positions();
  }

  publish(topic: string, value: unknown): Promise<SignalView> {
    return this.#engine.publish(topic, value);
  }

  subscribeSignals(topics: readonly string[]): void {
    this.#engine.subscribeSignals(topics);
  }

  unsubscribeSignals(topics: readonly string[]): void {
    this.#engine.unsubscribeSignals(topics);
  }

  risk(): Promise<RiskStatusView> {
    return this.#engine.risk();
  }

  waitFor(
    clientOrderId: string,
    condition?: OrderCondition,
    timeoutMs?: number,
  ): Promise<OrderView> {
    return this.#engine.waitFor(clientOrderId, condition, timeoutMs);
  }

  log(message: string, facts?: Record<string, unknown>): void {
    this.#engine.log(message, facts);
  }
}
