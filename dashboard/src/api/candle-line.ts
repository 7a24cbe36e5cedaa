/**
 * The bars on screen, over the page's one socket: history first, then each bar as it grows, closes or is
 * amended. Every new socket is asked again, and its history replaces what was there. It knows no socket.
 */
import type { CandleInterval } from "../../../src/contract/market.ts";
import type { StreamMessage, StreamRequest } from "../../../src/contract/stream.ts";

type Message<Type extends StreamMessage["type"]> = Extract<StreamMessage, { type: Type }>;

/** With its mark. */
export type MarkedBar = Message<"candle">["candle"];

export interface CandleListener {
  /** Oldest first; it replaces whatever was told before. */
  onHistory(candles: readonly MarkedBar[]): void;
  /** The bar under way, or one that closed or changed: it replaces the one of the same time. */
  onBar(candle: MarkedBar): void;
  /** Trades of it may be missing; told again when it was filled, or could not be. */
  onGap(gap: Message<"gap">): void;
  /** It was refused: asking again is the reader's choice. */
  onRefused(refusal: Pick<Message<"error">, "code" | "message">): void;
}

interface Series {
  instrument: string;
  interval: CandleInterval;
  history: number;
  listener: CandleListener;
}

export interface CandleLineOptions {
  send(request: StreamRequest): void;
  /** Calls `ask` after a while: the platform was asked too much, or could not answer. */
  later(ask: () => void): void;
}

/** What passes by itself: it is asked for again, and nobody is told. */
const PASSING: ReadonlySet<string> = new Set(["MESSAGE_RATE", "REQUEST_LIMIT", "UNAVAILABLE"]);

export class CandleLine {
  readonly #options: CandleLineOptions;
  readonly #series = new Map<string, Series>();
  #lastId = 0;

  constructor(options: CandleLineOptions) {
    this.#options = options;
  }

  /** Follows a series until the returned function is called. */
  watch(series: Series): () => void {
    this.#lastId += 1;
    const id = `candles-${this.#lastId}`;
    this.#series.set(id, series);
    this.#ask(id, series);
    return () => {
      if (!this.#series.delete(id) || this.#isWatched(series)) return;
      const { instrument, interval } = series;
      const channel = "candles";
      this.#options.send({ op: "unsubscribe", channel, instruments: [instrument], interval });
    };
  }

  /** All again: the socket is new, or what it told may be incomplete. */
  askAll(): void {
    for (const [id, series] of this.#series) this.#ask(id, series);
  }

  take(message: StreamMessage): void {
    const { type } = message;
    if (type === "history" && message.channel === "candles")
      this.#tell(message, (listener) => listener.onHistory(message.candles));
    if (type === "candle") this.#tell(message, (listener) => listener.onBar(message.candle));
    if (type === "error") this.#refused(message);
    if (type !== "gap") return;
    for (const { instrument, listener } of this.#series.values())
      if (message.instruments.includes(instrument)) listener.onGap(message);
  }

  #refused({ code, message, requestId }: Message<"error">): void {
    const series = this.#series.get(requestId ?? "");
    if (PASSING.has(code)) {
      // A frame that was not read is answered without its id: which one it was, nobody knows.
      if (series || requestId === undefined) this.#options.later(() => this.askAll());
    } else series?.listener.onRefused({ code, message });
  }

  #tell(
    { instrument, interval }: Pick<Series, "instrument" | "interval">,
    tell: (listener: CandleListener) => void,
  ): void {
    for (const series of this.#series.values())
      if (series.instrument === instrument && series.interval === interval) tell(series.listener);
  }

  #isWatched({ instrument, interval }: Series): boolean {
    return [...this.#series.values()].some(
      (other) => other.instrument === instrument && other.interval === interval,
    );
  }

  #ask(requestId: string, { instrument, interval, history }: Series): void {
    const channel = "candles";
    this.#options.send({
      op: "subscribe",
      channel,
      instruments: [instrument],
      interval,
      history,
      requestId,
    });
  }
}
