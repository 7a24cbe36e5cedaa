/**
 * A gateway's order-update socket: opens it, watches that it lives, and says when what was missed has
 * been read in. With a new session a second one is opened beside it, where the broker permits it, and
 * takes over. It holds no truth: whatever it loses, a look-up at the broker brings back.
 */
import type { Log } from "../src/application/log.ts";
import { errorText } from "../src/application/log.ts";
import type { BrokerTrading, OrderStreamMessage } from "../src/brokers/broker.ts";
import { ConnectionRefused } from "../src/brokers/connection-refused.ts";
import { SessionExpired } from "../src/brokers/session-expired.ts";
import { backoffDelay } from "../src/domain/backoff.ts";
import { ORDER_ANSWER_TIMEOUT_MS } from "../src/domain/limits.ts";
import type { Result } from "../src/domain/result.ts";
import { closeQuietly, type Link, within } from "./order-gateway.link.ts";

export interface OrderStreamPorts {
  broker: BrokerTrading;
  onEvent(message: Extract<OrderStreamMessage, { kind: "order_event" }>): Promise<void>;
  /** Reads in what was missed; the stream is ready when this is ok. */
  catchUp(): Promise<Result<null, string>>;
  /** The broker's clock, and ours when it told it. */
  heard(brokerTime: number, now: number): void;
  /** Whether there is a session; asks no broker. */
  hasSession(): Promise<boolean>;
  /** Of the session that is held now; null while there is none. */
  generation(): number | null;
  /** The broker said on a socket that the session of this generation is over. */
  sessionExpired(generation: number, reason: string): void;
  /** The state changed: the alarm may have to come sooner. */
  changed(): void;
  log: Log;
}

type State = "down" | "connecting" | "ready" | "session_expired";

export class OrderStream {
  readonly #ports: OrderStreamPorts;
  #state: State = "down";
  #link: Link | null = null;
  /** Of a newer session: what happens comes on both until it takes over. Events are booked once by their id. */
  #next: Link | null = null;
  /** The newest generation that was heard of; 0 before the first. */
  #newest = 0;
  #lastMessageAt = 0;
  #failures = 0;
  #nextTryAt = 0;
  #connecting: Promise<void> | null = null;
  #renewing: Promise<void> | null = null;
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
    if (!this.#link) return this.#nextTryAt;
    return this.#isToRenew ? Math.min(this.#silentAt, this.#nextTryAt) : this.#silentAt;
  }

  /** From when on it counts as silent. */
  get #silentAt(): number {
    return this.#lastMessageAt + this.#ports.broker.rules.silenceBoundMs;
  }

  /** Connects when there is no socket and the backoff is over; replaces one that has gone silent. */
  async ensure(now: number): Promise<void> {
    if (this.#link && now >= this.#silentAt) this.#drop("silent");
    if (this.#link) {
      if (this.#isToRenew && now >= this.#nextTryAt) await this.renewSession(now);
      return;
    }
    // Until there is another session, the broker is left alone.
    if (this.#state === "session_expired" && !(await this.#ports.hasSession())) return;
    if (now < this.#nextTryAt) return;
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = null;
    });
    await this.#connecting;
  }

  /** There is a new session: its socket takes over from the one before, or is opened in its place. */
  async renewSession(now: number): Promise<void> {
    this.#newest = this.#ports.generation() ?? this.#newest;
    if (this.#state === "down" && this.#failures === 0) return;
    if (this.#state === "ready" && this.#ports.broker.rules.changeOverMs > 0)
      return (this.#renewing ??= this.#openNext().finally(() => {
        this.#renewing = null;
      }));
    if (this.#link) this.#drop("a new session takes the place of the old one");
    this.#nextTryAt = now;
    await this.ensure(now);
  }

  /** There is no session: nothing is tried before there is one. The socket of an older one lives while the broker lets it. */
  endSession(reason: string): void {
    if (this.#state === "session_expired") return;
    if (this.#link && this.#isOld(this.#link)) return this.#dropNext(reason);
    this.#drop(`session expired: ${reason}`);
    this.#state = "session_expired";
  }

  /** True once ready; false when that takes longer than `waitMsMax`. Starts connecting if it must. */
  async ready(now: number, waitMsMax: number): Promise<boolean> {
    // Every order asks: one that need not wait leaves no timer behind.
    if (this.#state === "ready" && now < this.#silentAt) return true;
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
      this.#link = await this.#open();
      this.#lastMessageAt = Date.now();
      this.#listen(this.#link);
    } catch (error) {
      if (error instanceof SessionExpired) this.endSession(error.message);
      else this.#failed(errorText(error));
    }
  }

  /** Beside the one that is ready. A broker that takes no second one gets the new one in its place. */
  async #openNext(): Promise<void> {
    if (this.#next) this.#dropNext("a newer session takes its place");
    const before = this.#link;
    try {
      const next = await this.#open();
      if (this.#link !== before || this.#next) return closeQuietly(next.socket);
      this.#next = next;
      this.#listen(next);
    } catch (error) {
      if (this.#link !== before) return;
      if (!(error instanceof ConnectionRefused)) return this.#dropNext(errorText(error));
      this.#drop("no second connection for the new session");
      this.#nextTryAt = Date.now();
      await this.ensure(this.#nextTryAt);
    }
  }

  async #open(): Promise<Link> {
    const asked = this.#ports.generation();
    // The port's type names no platform; what opens is the platform's own socket.
    const opening = this.#ports.broker.openOrderStream() as Promise<WebSocket>;
    const socket = await within(ORDER_ANSWER_TIMEOUT_MS, opening);
    const generation = asked ?? this.#ports.generation();
    this.#newest = Math.max(this.#newest, generation ?? 0);
    return { socket, generation };
  }

  #listen(link: Link): void {
    const { socket } = link;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => {
      if (this.#isOurs(link)) this.#onMessage(link, data as string | ArrayBuffer);
    });
    socket.addEventListener("close", () => this.#lost(link, "closed"));
    socket.addEventListener("error", () => this.#lost(link, "broken"));
    socket.accept();
    this.#ports.changed();
  }

  #isOurs(link: Link): boolean {
    return link === this.#link || link === this.#next;
  }

  /** It stands on an older session than the one held, and no newer socket is on its way. */
  get #isToRenew(): boolean {
    const newest = this.#next ?? this.#link;
    return newest !== null && this.#isOld(newest) && this.#ports.generation() !== null;
  }

  #isOld({ generation }: Link): boolean {
    return generation !== null && generation < this.#newest;
  }

  #lost(link: Link, reason: string): void {
    if (link === this.#link) this.#drop(reason);
    else if (link === this.#next) this.#dropNext(reason);
  }

  #onMessage(link: Link, data: string | ArrayBuffer): void {
    const now = Date.now();
    if (link === this.#link) this.#lastMessageAt = now;
    const parsed = this.#ports.broker.parseOrderStream(data);
    if (!parsed.ok) return this.#ports.log("error", "order_stream_unreadable", { ...parsed.error });
    const message = parsed.value;
    switch (message.kind) {
      case "ready":
        void this.#catchUp(link);
        return;
      case "heartbeat":
        if (message.time !== undefined) this.#ports.heard(message.time, now);
        return;
      case "session_expired":
        this.#sessionExpired(link, message.reason);
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

  #sessionExpired(link: Link, reason: string): void {
    if (this.#isOld(link)) return this.#lost(link, `its session expired: ${reason}`);
    this.endSession(reason);
    if (link.generation !== null) this.#ports.sessionExpired(link.generation, reason);
  }

  /** Ready only when everything missed is in; a failed reading drops the socket and starts over. */
  async #catchUp(link: Link): Promise<void> {
    let failure: string | null = null;
    try {
      const read = await this.#ports.catchUp();
      if (!read.ok) failure = read.error;
    } catch (error) {
      failure = errorText(error);
    }
    if (!this.#isOurs(link)) return;
    if (failure !== null) return this.#lost(link, `catch-up failed: ${failure}`);
    if (link === this.#next) this.#takeOver(link);
    this.#state = "ready";
    this.#failures = 0;
    for (const resolve of this.#waiting.splice(0)) resolve(true);
    this.#ports.log("info", "order_stream_ready");
    this.#ports.changed();
  }

  #takeOver(link: Link): void {
    const before = this.#link;
    this.#link = link;
    this.#next = null;
    this.#lastMessageAt = Date.now();
    if (before) closeQuietly(before.socket);
  }

  #drop(reason: string): void {
    const next = this.#next;
    if (this.#link) closeQuietly(this.#link.socket);
    this.#link = null;
    this.#failed(reason);
    if (next === null) return;
    // It is on its way to be ready: nothing else has to be opened.
    this.#takeOver(next);
    this.#state = "connecting";
  }

  #dropNext(reason: string): void {
    const next = this.#next;
    this.#next = null;
    if (next) closeQuietly(next.socket);
    this.#backOff("order_stream_not_renewed", reason);
  }

  #failed(reason: string): void {
    this.#state = "down";
    this.#backOff("order_stream_down", reason);
  }

  #backOff(event: string, reason: string): void {
    const { reconnect } = this.#ports.broker.rules;
    const delayMs = backoffDelay(reconnect, this.#failures, Math.random());
    this.#failures += 1;
    this.#nextTryAt = Date.now() + delayMs;
    this.#ports.log("warn", event, { reason, delayMs });
    this.#ports.changed();
  }
}
