/**
 * A gateway's order-update socket: opens it, watches that it lives, and says when what was missed has
 * been read in. It holds no truth: whatever it loses, a look-up at the broker brings back.
 */
import type { Log } from "../src/application/log.ts";
import { errorText } from "../src/application/log.ts";
import type { BrokerTrading, OrderStreamMessage } from "../src/brokers/broker.ts";
import { SessionExpired } from "../src/brokers/session-expired.ts";
import { backoffDelay } from "../src/domain/backoff.ts";
import { ORDER_ANSWER_TIMEOUT_MS } from "../src/domain/limits.ts";
import type { Result } from "../src/domain/result.ts";

export interface OrderStreamPorts {
  broker: BrokerTrading;
  onEvent(message: Extract<OrderStreamMessage, { kind: "order_event" }>): Promise<void>;
  /** Reads in what was missed; the stream is ready when this is ok. */
  catchUp(): Promise<Result<null, string>>;
  /** The broker's clock, and ours when it told it. */
  heard(brokerTime: number, now: number): void;
  /** Whether there is a session; asks no broker. */
  hasSession(): Promise<boolean>;
  /** The broker said on the socket that the session is over. */
  sessionExpired(reason: string): void;
  /** The state changed: the alarm may have to come sooner. */
  changed(): void;
  log: Log;
}

type State = "down" | "connecting" | "ready" | "session_expired";

/** A connection that does not come up in time is given up: the watch must not hang on it. */
async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  const late = scheduler.wait(timeoutMs).then((): never => {
    throw new Error(`not open within ${timeoutMs} ms`);
  });
  return Promise.race([promise, late]);
}

export class OrderStream {
  readonly #ports: OrderStreamPorts;
  #state: State = "down";
  #socket: WebSocket | null = null;
  #lastMessageAt = 0;
  #failures = 0;
  #nextTryAt = 0;
  #connecting: Promise<void> | null = null;
  #waiting: ((ready: boolean) => void)[] = [];

  constructor(ports: OrderStreamPorts) {
    this.#ports = ports;
  }

  get state(): "ready" | "connecting" | "down" {
    return this.#state === "session_expired" ? "down" : this.#state;
  }

  /** When the next check is due, ms since 1970. */
  nextDueAt(): number {
    if (this.#state === "session_expired") return Infinity;
    if (this.#socket) return this.#lastMessageAt + this.#ports.broker.rules.silenceBoundMs;
    return this.#nextTryAt;
  }

  /** Connects when there is no socket and the backoff is over; replaces one that has gone silent. */
  async ensure(now: number): Promise<void> {
    const { silenceBoundMs } = this.#ports.broker.rules;
    if (this.#socket && now - this.#lastMessageAt >= silenceBoundMs) this.#drop("silent");
    if (this.#socket) return;
    // Until there is another session, the broker is left alone.
    if (this.#state === "session_expired" && !(await this.#ports.hasSession())) return;
    if (now < this.#nextTryAt) return;
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = null;
    });
    await this.#connecting;
  }

  /** There is a new session: the socket of the one before is replaced at once. */
  async renewSession(now: number): Promise<void> {
    if (this.#state === "down" && this.#failures === 0) return;
    if (this.#socket) this.#drop("a new session takes the place of the old one");
    this.#nextTryAt = now;
    await this.ensure(now);
  }

  /** There is no session: nothing is tried before there is one. */
  endSession(reason: string): void {
    if (this.#state === "session_expired") return;
    this.#drop(`session expired: ${reason}`);
    this.#state = "session_expired";
  }

  /** True once ready; false when that takes longer than `waitMsMax`. Starts connecting if it must. */
  async ready(now: number, waitMsMax: number): Promise<boolean> {
    // Every order asks: one that need not wait leaves no timer behind.
    if (this.#state === "ready" && now < this.nextDueAt()) return true;
    await Promise.race([this.ensure(now), scheduler.wait(waitMsMax)]);
    if (this.#state === "ready") return true;
    return Promise.race([
      new Promise<boolean>((resolve) => this.#waiting.push(resolve)),
      scheduler.wait(waitMsMax).then(() => false),
    ]);
  }

  async #connect(): Promise<void> {
    this.#state = "connecting";
    try {
      // The port's type names no platform; what opens is the platform's own socket.
      const opening = this.#ports.broker.openOrderStream() as Promise<WebSocket>;
      const socket = await within(ORDER_ANSWER_TIMEOUT_MS, opening);
      this.#listen(socket);
    } catch (error) {
      if (error instanceof SessionExpired) this.endSession(error.message);
      else this.#failed(errorText(error));
    }
  }

  #listen(socket: WebSocket): void {
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#lastMessageAt = Date.now();
    socket.addEventListener("message", ({ data }) => {
      if (socket === this.#socket) this.#onMessage(data as string | ArrayBuffer);
    });
    socket.addEventListener("close", () => {
      if (socket === this.#socket) this.#drop("closed");
    });
    socket.addEventListener("error", () => {
      if (socket === this.#socket) this.#drop("broken");
    });
    socket.accept();
    this.#ports.changed();
  }

  #onMessage(data: string | ArrayBuffer): void {
    this.#lastMessageAt = Date.now();
    const parsed = this.#ports.broker.parseOrderStream(data);
    if (!parsed.ok) {
      this.#ports.log("error", "order_stream_unreadable", { ...parsed.error });
      return;
    }
    const message = parsed.value;
    switch (message.kind) {
      case "ready":
        void this.#catchUp();
        return;
      case "heartbeat":
        if (message.time !== undefined) this.#ports.heard(message.time, this.#lastMessageAt);
        return;
      case "session_expired":
        this.endSession(message.reason);
        this.#ports.sessionExpired(message.reason);
        return;
      case "order_event":
        void this.#onEvent(message);
    }
  }

  async #onEvent(message: Extract<OrderStreamMessage, { kind: "order_event" }>): Promise<void> {
    try {
      await this.#ports.onEvent(message);
    } catch (error) {
      // What could not be booked is still at the broker: the next poll brings it again.
      this.#ports.log("error", "order_event_failed", {
        brokerOrderId: message.brokerOrderId,
        error: errorText(error),
      });
    }
    this.#ports.changed();
  }

  /** Ready only when everything missed is in; a failed reading drops the socket and starts over. */
  async #catchUp(): Promise<void> {
    const socket = this.#socket;
    let failure: string | null = null;
    try {
      const read = await this.#ports.catchUp();
      if (!read.ok) failure = read.error;
    } catch (error) {
      failure = errorText(error);
    }
    if (socket === null || socket !== this.#socket) return;
    if (failure !== null) {
      this.#drop(`catch-up failed: ${failure}`);
      return;
    }
    this.#state = "ready";
    this.#failures = 0;
    this.#settle();
    this.#ports.log("info", "order_stream_ready");
    this.#ports.changed();
  }

  #drop(reason: string): void {
    const socket = this.#socket;
    this.#socket = null;
    try {
      socket?.close(1000, "replaced");
    } catch {
      // It may be closed already, which is all that is wanted.
    }
    this.#failed(reason);
  }

  #failed(reason: string): void {
    this.#state = "down";
    const { reconnect } = this.#ports.broker.rules;
    const delayMs = backoffDelay(reconnect, this.#failures, Math.random());
    this.#failures += 1;
    this.#nextTryAt = Date.now() + delayMs;
    this.#ports.log("warn", "order_stream_down", { reason, delayMs });
    this.#ports.changed();
  }

  #settle(): void {
    for (const resolve of this.#waiting.splice(0)) resolve(true);
  }
}
