/**
 * The page's one socket on the stream: subscribes what is on screen, repairs holes with a new snapshot,
 * and reconnects by itself. It holds no React state; `live.ts` gives it to components.
 */
import {
  BEARER_SUBPROTOCOL_PREFIX,
  STREAM_SUBPROTOCOL,
  streamMessage,
  type StreamMessage,
  type StreamRequest,
} from "../../../src/contract/stream.ts";
import { CandleLine } from "./candle-line.ts";
import { QuoteStore } from "./quote-store.ts";
import { createStore } from "./store.ts";
import {
  feedTrouble,
  INITIAL_CONNECTION,
  nextConnection,
  nextPosition,
  reconnectDelayMs,
  subscriptionSteps,
  type Connection,
  type ConnectionEvent,
  type FrameKind,
  type FramePosition,
} from "./stream-state.ts";

/** Rows come and go in bursts while a page is laid out or scrolled: asked for together. */
const SYNC_DELAY_MS = 60;
/** What the platform could not take just now is asked for again after this. */
const ASK_AGAIN_MS = 2_000;
/** A quiet line is asked for a sign of life after this, and given up after the second. */
const PING_AFTER_MS = 12_000;
const GIVE_UP_AFTER_MS = 24_000;
const LIVENESS_CHECK_MS = 4_000;

type OtherMessage = Exclude<StreamMessage, { type: "ticks" }>;

export interface StreamOptions {
  url: () => string;
  key: () => string | null;
  onMessage: (message: OtherMessage) => void;
}

export class StreamClient {
  readonly connection = createStore<Connection>(INITIAL_CONNECTION);
  readonly quotes = new QuoteStore();
  readonly candles: CandleLine;
  readonly #options: StreamOptions;
  readonly #wanted = new Map<string, number>();
  /** Asked for on the present socket. */
  readonly #subscribed = new Set<string>();
  /** Instruments the platform does not know: asking for them again would only fail the others. */
  readonly #refused = new Set<string>();
  #socket: WebSocket | null = null;
  #position: FramePosition | null = null;
  #lastFrameAt = 0;
  #syncTimer: ReturnType<typeof setTimeout> | undefined;
  #askTimer: ReturnType<typeof setTimeout> | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #livenessTimer: ReturnType<typeof setInterval> | undefined;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.candles = new CandleLine({
      send: (request) => this.#send(request),
      later: (ask) => {
        this.#askTimer ??= setTimeout(() => {
          this.#askTimer = undefined;
          ask();
        }, ASK_AGAIN_MS);
      },
    });
  }

  start(): void {
    this.stop();
    this.#livenessTimer = setInterval(() => this.#checkLiveness(), LIVENESS_CHECK_MS);
    this.#dial();
  }

  stop(): void {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#syncTimer);
    clearTimeout(this.#askTimer);
    this.#askTimer = undefined;
    clearInterval(this.#livenessTimer);
    this.#syncTimer = undefined;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
    this.#happened({ kind: "stopped", at: Date.now() });
  }

  /** Dials at once when a reconnect is waiting: the network came back, or the page was opened again. */
  hurry(): void {
    if (this.connection.get().retryAt === null) return;
    clearTimeout(this.#retryTimer);
    this.#dial();
  }

  /** Keeps an instrument subscribed until the returned function is called. Counted: many may watch one. */
  watch(instrument: string): () => void {
    this.#wanted.set(instrument, (this.#wanted.get(instrument) ?? 0) + 1);
    this.#scheduleSync();
    let watching = true;
    return () => {
      if (!watching) return;
      watching = false;
      const left = (this.#wanted.get(instrument) ?? 1) - 1;
      if (left > 0) this.#wanted.set(instrument, left);
      else this.#wanted.delete(instrument);
      this.#scheduleSync();
    };
  }

  #happened(event: ConnectionEvent): void {
    this.connection.set(nextConnection(this.connection.get(), event));
  }

  #dial(): void {
    const key = this.#options.key();
    const bearer = key === null ? [] : [BEARER_SUBPROTOCOL_PREFIX + key];
    const socket = new WebSocket(this.#options.url(), [STREAM_SUBPROTOCOL, ...bearer]);
    this.#socket = socket;
    this.#position = null;
    this.#subscribed.clear();
    this.#lastFrameAt = Date.now();
    this.#happened({ kind: "dialled", at: Date.now() });
    socket.addEventListener("open", () => this.#opened(socket));
    socket.addEventListener("message", (event) => this.#received(socket, event.data));
    socket.addEventListener("close", () => this.#lost(socket));
  }

  #opened(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    for (const channel of ["orders", "risk", "status"] as const) {
      this.#send({ op: "subscribe", channel });
    }
    this.#sync();
    this.candles.askAll();
  }

  #lost(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.#socket = null;
    const delayMs = reconnectDelayMs(this.connection.get().attempt, Math.random());
    this.#happened({ kind: "lost", at: Date.now(), retryAt: Date.now() + delayMs });
    this.#retryTimer = setTimeout(() => this.#dial(), delayMs);
  }

  #received(socket: WebSocket, data: unknown): void {
    if (socket !== this.#socket || typeof data !== "string") return;
    this.#lastFrameAt = Date.now();
    const message = readFrame(data);
    if (message === null) return;
    const { type } = message;
    if (type === "ticks") return this.#takeTicks(message);
    if (type === "welcome") this.#happened({ kind: "welcomed", at: Date.now() });
    if (type === "subscribed" || type === "unsubscribed" || type === "lagging") {
      this.#count("base", message);
    }
    if (type === "lagging") this.#happened({ kind: "lagging", on: message.on });
    if (type === "status" && message.subject === "feed") {
      this.#happened({ kind: "feed", message: feedTrouble(message) });
    }
    this.candles.take(message);
    if (type === "error") this.#takeRefusal(message.code, message.instruments ?? []);
    this.#options.onMessage(message);
  }

  #takeTicks(frame: Extract<StreamMessage, { type: "ticks" }>): void {
    this.#count(frame.snapshot === true ? "snapshot" : "live", frame);
    this.quotes.apply(frame.ticks);
  }

  /** A hole in the numbers: everything is asked for again, and snapshots bring what was missed. */
  #count(kind: FrameKind, frame: FramePosition): void {
    const { position, hole } = nextPosition(this.#position, kind, frame);
    this.#position = position;
    if (!hole) return;
    this.candles.askAll();
    this.#subscribed.clear();
    this.#scheduleSync();
  }

  /** A subscribe with an unknown name in it is refused whole: the others are asked for again without it. */
  #takeRefusal(code: string, instruments: readonly string[]): void {
    if (code !== "UNKNOWN_INSTRUMENT") return;
    for (const instrument of instruments) this.#refused.add(instrument);
    this.#subscribed.clear();
    this.#scheduleSync();
  }

  #scheduleSync(): void {
    this.#syncTimer ??= setTimeout(() => {
      this.#syncTimer = undefined;
      this.#sync();
    }, SYNC_DELAY_MS);
  }

  #sync(): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    const wanted = new Set([...this.#wanted.keys()].filter((name) => !this.#refused.has(name)));
    const { subscribe, unsubscribe } = subscriptionSteps(wanted, this.#subscribed);
    if (unsubscribe.length > 0) {
      this.#send({ op: "unsubscribe", channel: "ticks", instruments: unsubscribe });
      for (const instrument of unsubscribe) this.#subscribed.delete(instrument);
    }
    if (subscribe.length > 0) {
      this.#send({ op: "subscribe", channel: "ticks", instruments: subscribe });
      for (const instrument of subscribe) this.#subscribed.add(instrument);
    }
  }

  #send(request: StreamRequest): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(request));
  }

  /** A socket can look open long after its network is gone: only frames prove the line. */
  #checkLiveness(): void {
    const quietMs = Date.now() - this.#lastFrameAt;
    const socket = this.#socket;
    if (socket === null || quietMs < PING_AFTER_MS) return;
    if (quietMs < GIVE_UP_AFTER_MS) return this.#send({ op: "ping" });
    this.#lost(socket);
    socket.close();
  }
}

/**
 * Null when a frame cannot be read. Tick frames come many times a second from our own Worker: their
 * envelope is checked, but not each number again; every other frame is parsed by the contract.
 */
function readFrame(data: string): StreamMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    // One broken frame is not worth the connection; a hole in `seq` brings what it held.
    return null;
  }
  if (typeof value !== "object" || value === null || !("type" in value)) return null;
  if (value.type === "ticks" && "ticks" in value && Array.isArray(value.ticks)) {
    return value as Extract<StreamMessage, { type: "ticks" }>;
  }
  const parsed = streamMessage.safeParse(value);
  return parsed.success ? parsed.data : null;
}
