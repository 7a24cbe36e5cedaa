/**
 * The channels beside ticks: asks for them on every new socket, orders from the version seen last, and
 * lets each order event and each signal through once and in order, over every line.
 */
import type { CandleInterval } from "../../src/contract/market.ts";
import type { SignalView } from "../../src/contract/signals.ts";
import type { StreamMessage, StreamRequest } from "../../src/contract/stream.ts";
import { Bars } from "./bars.ts";
import type { Timing } from "./limits.ts";
import type { Channel, StreamEvent } from "./stream-events.ts";
import { Topics } from "./topics.ts";

type Message<Type extends StreamMessage["type"]> = Extract<StreamMessage, { type: Type }>;

interface ChannelsOptions {
  channels: readonly Channel[];
  timing: Timing;
  toldUntil?(instrument: string, interval: CandleInterval): number | null;
  send(request: StreamRequest): void;
  emit(event: StreamEvent): void;
}

/** Names the request of all topics. */
const SIGNALS = "signals";

export class Channels {
  readonly #options: ChannelsOptions;
  readonly bars: Bars;
  readonly #topics = new Topics();
  /** The ledger's version up to which every order event was told; null before the first. */
  #orders: number | null = null;

  constructor(options: ChannelsOptions) {
    this.#options = options;
    this.bars = new Bars(options);
  }

  /** Everything to be said on a new socket, or to one whose market was rebuilt. */
  ask(): void {
    const options = this.#options;
    for (const channel of options.channels) {
      if (channel === "risk") options.send({ op: "subscribe", channel, requestId: channel });
      else {
        const since = this.#orders === null ? {} : { since: this.#orders };
        options.send({ op: "subscribe", channel, ...since, requestId: channel });
      }
    }
    const topics = this.#topics.all;
    if (topics.length > 0) this.#subscribe(topics);
    this.bars.ask();
  }

  /** True when `requestId` names a request of these channels. */
  owns(requestId: string | undefined): boolean {
    return requestId === SIGNALS || this.#options.channels.some((name) => name === requestId);
  }

  /** Throws for what is no topic, and for too many. */
  subscribeSignals(topics: readonly string[]): void {
    const fresh = this.#topics.add(topics);
    if (fresh.length > 0) this.#subscribe(fresh);
  }

  unsubscribeSignals(topics: readonly string[]): void {
    const gone = this.#topics.remove(topics);
    if (gone.length > 0)
      this.#options.send({ op: "unsubscribe", channel: "signals", topics: gone });
  }

  hear(message: Message<"order"> | Message<"signal"> | Message<"candle">): void {
    if (message.type === "order") this.#order(message);
    else if (message.type === "candle") this.bars.hear(message);
    else {
      const { type: _type, ...signal } = message;
      this.#signal(signal);
    }
  }

  /** What was told before comes again when the market or the line was replaced. */
  #order({ version, order }: Message<"order">): void {
    if (this.#orders !== null && version <= this.#orders) return;
    this.#orders = version;
    this.#options.emit({ kind: "order", version, order });
  }

  #signal(signal: SignalView): void {
    if (this.#topics.passes(signal)) this.#options.emit({ kind: "signal", signal });
  }

  /** Its catch-up came before it. A lower version than before is that of a platform that was started afresh. */
  subscribed({ channel, version, complete = true, requestId }: Message<"subscribed">): void {
    if (channel === "candles") this.bars.subscribed(requestId);
    if (channel !== "orders") return;
    this.#orders = version ?? this.#orders;
    this.#options.emit({ kind: "orders_caught_up", complete });
  }

  #subscribe(topics: string[]): void {
    this.#options.send({ op: "subscribe", channel: "signals", topics, requestId: SIGNALS });
  }
}
