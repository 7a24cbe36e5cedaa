/**
 * Runs one algo: wires stream, candles, orders and mailbox together. State is kept up as frames arrive;
 * handlers hear of it through the mailbox, so that a slow one holds up nothing but itself.
 */
import { TERMINAL_STATES, type OrderView, type PositionView } from "../../src/contract/orders.ts";
import type { Candle, CandleInterval } from "../../src/contract/market.ts";
import type { RiskStatusView } from "../../src/contract/risk.ts";
import type { SignalView } from "../../src/contract/signals.ts";
import type { CandleOptions } from "./bars.ts";
import { CandleBook } from "./candles.ts";
import type { ClosedCandle } from "./closed-candle.ts";
import { TrunklineClient } from "./client.ts";
import { checkAlgoId, resolveConfig } from "./config.ts";
import type { AlgoContext, AlgoHandlers, AlgoOptions, SubscribeOptions } from "./context.ts";
import type { Tick } from "./decode.ts";
import { dispatch, type AlgoEvent } from "./dispatch.ts";
import { AlgoHandlerError, isHopeless, TrunklineConfigError } from "./errors.ts";
import { QUEUED_TICKS_MAX, TIMING, WAIT_FOR_TIMEOUT_MS, type Timing } from "./limits.ts";
import { printLine } from "./log.ts";
import { Mailbox } from "./mailbox.ts";
import { OrderDesk, type NewOrder, type OrderChanges, type OrderCondition } from "./order-desk.ts";
import type { OrderOutcome } from "./outcome.ts";
import { onSignals } from "./signals.ts";
import { openSocket } from "./socket.ts";
import { Stream } from "./stream.ts";
import type { Channel, StreamEvent } from "./stream-events.ts";
import { within } from "./within.ts";

export class Engine implements AlgoContext {
  readonly algoId: string;
  readonly client: TrunklineClient;
  readonly quotes = new Map<string, Tick>();
  readonly #handlers: AlgoHandlers;
  readonly #options: AlgoOptions;
  readonly #timing: Timing;
  readonly #stream: Stream;
  readonly #desk: OrderDesk;
  readonly #book = new CandleBook();
  readonly #mailbox: Mailbox<AlgoEvent>;
  #phase: "new" | "connecting" | "running" | "ended" = "new";
  /** Rises with each connection: what an older one was doing is given up. */
  #opened = 0;
  #end: { resolve(): void; reject(error: unknown): void } | null = null;

  constructor(options: AlgoOptions, handlers: AlgoHandlers) {
    const config = resolveConfig(options);
    this.algoId = checkAlgoId(options.algoId);
    this.#options = options;
    this.#handlers = handlers;
    this.#timing = { ...TIMING, ...options.timing };
    this.client = new TrunklineClient(options);
    this.#desk = new OrderDesk({
      client: this.client,
      algoId: this.algoId,
      timing: this.#timing,
      randomId: () => crypto.randomUUID(),
      onOrder: (order) => {
        if (this.#phase === "running") this.#push({ kind: "order", order });
      },
    });
    const channels: Channel[] = handlers.onRisk === undefined ? ["orders"] : ["orders", "risk"];
    this.#stream = new Stream({
      url: config.streamUrl,
      key: config.key,
      channels,
      open: options.openSocket ?? openSocket,
      timing: this.#timing,
      random: Math.random,
      probe: async () => {
        await this.client.risk();
      },
      toldUntil: (instrument, interval) => this.#book.closedTime(instrument, interval),
      onEvent: (event) => this.#hear(event),
    });
    this.#mailbox = new Mailbox({
      handle: (event) => dispatch(event, handlers),
      conflate: options.conflate ?? false,
      queuedMax: options.queuedTicksMax ?? QUEUED_TICKS_MAX,
      onLagging: (on, queued) => {
        if (on) this.log("handlers are behind: ticks are joined to the latest", { queued });
        this.#push({ kind: "lagging", lagging: { on, by: "handler" } });
      },
      onFailure: (error) => this.#end?.reject(error),
    });
  }

  get instruments(): readonly string[] {
    return this.#stream.instruments;
  }

  get openOrders(): readonly OrderView[] {
    return this.#desk.open;
  }

  /** Resolves when the algo was stopped; rejects with the error that ended it. */
  async run(): Promise<void> {
    if (this.#phase !== "new") throw new TrunklineConfigError("an algo runs once: make a new one");
    this.#phase = "connecting";
    const { signal, stopOnSignals = true } = this.#options;
    const ended = new Promise<void>((resolve, reject) => (this.#end = { resolve, reject }));
    const stopListening = stopOnSignals ? onSignals((name) => this.stop(name)) : () => {};
    const onAbort = (): void => this.stop("aborted");
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted) onAbort();
    this.#stream.run().catch((error: unknown) => this.#end?.reject(error));
    const check = setInterval(() => this.#checkOrders(), this.#timing.orderCheckIntervalMs);
    try {
      await ended;
    } finally {
      await this.#finish();
      clearInterval(check);
      stopListening();
      signal?.removeEventListener("abort", onAbort);
    }
  }

  stop(reason = "asked to"): void {
    if (this.#phase === "ended" || this.#phase === "new") return;
    this.log(`stopping: ${reason}`);
    this.#end?.resolve();
  }

  async subscribe(
    instruments: readonly string[],
    { history, interval = "1m", mode = "quote" }: SubscribeOptions = {},
  ): Promise<void> {
    const follow = () => this.#book.follow(instruments, (one) => this.#stream.intervalOf(one));
    const done = this.#stream.subscribe(instruments, { history: history ?? null, interval, mode });
    follow();
    await done.finally(follow);
  }

  unsubscribe(instruments: readonly string[]): void {
    this.#stream.unsubscribe(instruments);
    this.#book.follow(instruments, (one) => this.#stream.intervalOf(one));
    for (const instrument of instruments) this.quotes.delete(instrument);
  }

  subscribeCandles(instruments: readonly string[], options?: CandleOptions): Promise<void> {
    return this.#stream.channels.bars.subscribe(instruments, options);
  }

  unsubscribeCandles(instruments: readonly string[], options?: CandleOptions): void {
    this.#stream.channels.bars.unsubscribe(instruments, options);
  }

  candles(instrument: string, interval?: CandleInterval): readonly Candle[] {
    if (interval === undefined) return this.#book.candles(instrument);
    return this.#stream.channels.bars.candles(instrument, interval);
  }

  submit(order: NewOrder): Promise<OrderOutcome> {
    return this.#desk.submit(order);
  }

  cancel(clientOrderId: string): Promise<OrderOutcome> {
    return this.#desk.cancel(clientOrderId);
  }

  modify(clientOrderId: string, changes: OrderChanges): Promise<OrderOutcome> {
    return this.#desk.modify(clientOrderId, changes);
  }

  order(clientOrderId: string): Promise<OrderView | null> {
    return this.#desk.order(clientOrderId);
  }

  async positions(): Promise<PositionView[]> {
    const positions = await this.client.positions();
    return positions.filter((position) => position.algoId === this.algoId);
  }

  publish(topic: string, value: unknown): Promise<SignalView> {
    return this.client.publish(topic, value);
  }

  subscribeSignals(topics: readonly string[]): void {
    this.#stream.channels.subscribeSignals(topics);
  }

  unsubscribeSignals(topics: readonly string[]): void {
    this.#stream.channels.unsubscribeSignals(topics);
  }

  risk(): Promise<RiskStatusView> {
    return this.client.risk();
  }

  waitFor(
    clientOrderId: string,
    condition: OrderCondition = TERMINAL_STATES,
    timeoutMs = WAIT_FOR_TIMEOUT_MS,
  ): Promise<OrderView> {
    return this.#desk.waitFor(clientOrderId, condition, timeoutMs);
  }

  log(message: string, facts?: Record<string, unknown>): void {
    const line = { time: new Date(), algoId: this.algoId, message, facts: facts ?? null };
    (this.#options.logger ?? printLine)(line);
  }

  #hear(event: StreamEvent): void {
    this.#book.hear(event);
    switch (event.kind) {
      case "open":
        return this.#open(event.algoId);
      case "ticks":
        return this.#ticks(event.ticks);
      case "history":
        return this.#closed(this.#book.history(event.instrument, event.interval, event.candles));
      case "orders_caught_up":
        // What came over the stream is told event by event; the list then says what it could not.
        return void this.#resync(this.#opened);
      case "order":
        return this.#desk.hear(event.order, event.version);
      case "lagging":
        return this.#push({ kind: "lagging", lagging: { on: event.on, by: "platform" } });
      case "note":
        return this.log(event.message);
      case "status":
        if (event.status.subject === "stream") this.log(event.status.message);
        return this.#push(event);
      case "gap":
      case "signal":
      case "candle":
        return this.#push(event);
      case "risk":
        return this.#push(event, "risk");
    }
  }

  #open(boundTo: string | null): void {
    if (boundTo !== null && boundTo !== this.algoId) {
      const message = `this key belongs to the algo "${boundTo}", not to "${this.algoId}": pass that id, or a key made for this algo`;
      return this.#end?.reject(new TrunklineConfigError(message));
    }
    this.#opened += 1;
  }

  /** Reads what happened to the orders while no line stood; the algo starts when that is known. */
  async #resync(opened: number): Promise<void> {
    while (this.#opened === opened && this.#phase !== "ended") {
      try {
        await this.#desk.resync();
        if (this.#phase !== "connecting") return;
        this.#phase = "running";
        return this.#push({ kind: "start" });
      } catch (error) {
        if (isHopeless(error)) return this.#end?.reject(error);
        this.log(`orders could not be read: ${String(error)}`);
        await new Promise((resolve) => setTimeout(resolve, this.#timing.repairIntervalMs));
      }
    }
  }

  /** An update may be lost on its way without a trace: as long as orders are open they are also read. */
  #checkOrders(): void {
    if (this.#phase !== "running" || !this.#desk.isWaiting) return;
    this.#desk.resync().catch((error: unknown) => {
      this.log(`orders could not be read: ${String(error)}`);
    });
  }

  #ticks(ticks: readonly Tick[]): void {
    for (const tick of ticks) {
      if (!tick.late) this.quotes.set(tick.instrument, tick);
      this.#closed(this.#book.tick(tick));
      this.#push({ kind: "tick", tick }, `${tick.late ? "late" : "tick"} ${tick.instrument}`);
    }
  }

  #closed(candles: readonly ClosedCandle[]): void {
    if (this.#handlers.onCandle === undefined) return;
    for (const candle of candles) {
      if (this.#stream.channels.bars.tells(candle)) continue;
      this.#push({ kind: "candle", candle }, `candle ${candle.instrument}`);
    }
  }

  #push(event: AlgoEvent, key: string | null = null): void {
    this.#mailbox.push({ event, key });
  }

  /** The handler in progress, then `onStop`, each within its time; then the line is closed. */
  async #finish(): Promise<void> {
    const limitMs = this.#timing.stopTimeoutMs;
    const began = this.#phase === "running";
    this.#phase = "ended";
    try {
      await within(this, "the handler in progress", this.#mailbox.close(), limitMs);
      if (began) await within(this, "onStop", Promise.resolve(this.#handlers.onStop?.()), limitMs);
    } catch (error) {
      throw new AlgoHandlerError("onStop", "", error);
    } finally {
      this.#desk.close();
      this.#stream.stop();
    }
  }
}
