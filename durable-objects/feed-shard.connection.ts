/**
 * The one outbound socket of a shard: dials, backs off, watches for silence and garbage, and ends the
 * work of an old connection before a new one starts. It knows nothing of ticks or consumers.
 */
import { errorText, type Log } from "../src/application/log.ts";
import type { BrokerFeed, FeedMessage, ParseFailure } from "../src/brokers/broker.ts";
import { ConnectionRefused } from "../src/brokers/connection-refused.ts";
import { SessionExpired } from "../src/brokers/session-expired.ts";
import type { ShardView } from "../src/contract/brokers.ts";
import { backoffDelay } from "../src/domain/backoff.ts";
import { isSilent, learnGap } from "../src/domain/freshness.ts";
import {
  CLOSE_WAIT_MS,
  FEED_FRAME_BYTES_MAX,
  FRAME_FAULTS_MAX,
  STABLE_CONNECTION_MS,
} from "../src/domain/feed-limits.ts";
import { FrameFaults } from "../src/domain/frame-faults.ts";
import { WATCHDOG_INTERVAL_MS } from "../src/domain/limits.ts";
import { closed, pause } from "./feed-shard.waiting.ts";

export interface ConnectionEvents {
  /** Leave to open a connection: its number, and how long to wait for its turn. */
  grant(): Promise<{ epoch: number; waitMs: number }>;
  opened(epoch: number): void;
  message(message: FeedMessage, now: number): void;
  lost(reason: string, now: number): void;
  /** Since when data is due, ms since 1970; null while all markets are shut: silence is no fault then. */
  dueSince(now: number): number | null;
  /** The broker takes no further connection now; it was told as lost before. */
  turnedAway(reason: string): void;
  /** The broker said on this socket that its session is over. */
  expired(reason: string): void;
}

/** How often an open socket's silence is looked at: recovery takes seconds, not a watchdog's period. */
const SILENCE_CHECK_MS = 500;

/** A handshake that takes longer than this hangs. */
const CONNECT_BOUND_MS = 15_000;

export class BrokerConnection {
  state: ShardView["state"] = "idle";
  epoch = 0;
  connectedAt: number | null = null;
  dataAt: number | null = null;
  reconnects = 0;
  readonly faults = new FrameFaults();
  readonly #feed: BrokerFeed;
  readonly #events: ConnectionEvents;
  readonly #log: Log;
  /** Rises with each dial: whatever belongs to an older one stops when it notices. */
  #generation = 0;
  #socket: WebSocket | null = null;
  /** Settles when the socket before has closed: the broker may take one for each credential. */
  #before: Promise<unknown> = Promise.resolve();
  #dialledAt = 0;
  #attempt = 0;
  #barren = 0;
  #typicalGapMs: number | null = null;
  /** Of this socket only. */
  #socketDataAt: number | null = null;
  #retry: number | null = null;
  #silenceCheck: number | null = null;

  constructor(feed: BrokerFeed, events: ConnectionEvents, log: Log) {
    this.#feed = feed;
    this.#events = events;
    this.#log = log;
  }

  /** Opens unless open, opening or waiting its turn; replaces a socket that is not open any more, or silent. */
  ensure(now: number): void {
    if (this.state === "session_expired") return;
    if (this.state === "live") return this.#checkHealth(now);
    if (this.state === "connecting" && now - this.#dialledAt > CONNECT_BOUND_MS)
      return this.#lose("no answer to the connect");
    if (this.state === "idle") this.#dial();
  }

  /** There is a new session: the socket of the one before is replaced at once, wherever it stands. */
  renewSession(): void {
    if (this.state === "idle") return;
    if (this.state === "live") {
      this.#abandon();
      this.#events.lost("a new session takes the place of the old one", Date.now());
    }
    this.#attempt = 0;
    this.#dial();
  }

  /** There is no session: nothing is tried before there is one. */
  endSession(reason: string): void {
    if (this.state !== "idle" && this.state !== "session_expired") this.#expire(reason);
  }

  /** Takes the place of the one before: what was counted and learned there goes on here. */
  succeed(before: BrokerConnection): void {
    this.reconnects += before.reconnects;
    this.dataAt ??= before.dataAt;
    this.#typicalGapMs ??= before.#typicalGapMs;
    this.faults.add(before.faults);
    // Should it have to dial anew, the broker may still count the one before.
    this.#before = Promise.all([this.#before, before.#before]);
  }

  /** Whether this very socket has brought data. */
  get hasData(): boolean {
    return this.#socketDataAt !== null;
  }

  /** It is open, and worth nothing: another one takes its place. One that is lost already is seen to. */
  replace(reason: string): void {
    if (this.state === "live") this.#lose(reason);
  }

  /** Nothing is wanted any more. */
  stop(): void {
    this.#abandon();
    this.state = "idle";
    this.#attempt = 0;
  }

  send(text: string): void {
    this.#socket?.send(text);
  }

  #dial(): void {
    this.#abandon();
    const generation = this.#generation;
    this.state = "connecting";
    this.#dialledAt = Date.now();
    this.#open(generation).catch((error: unknown) => {
      if (generation !== this.#generation) return;
      if (error instanceof SessionExpired) return this.#expire(error.message);
      this.#lose(`cannot connect: ${errorText(error)}`);
      if (error instanceof ConnectionRefused) this.#events.turnedAway(error.message);
    });
  }

  async #open(generation: number): Promise<void> {
    await Promise.race([this.#before, pause(CLOSE_WAIT_MS)]);
    if (generation !== this.#generation) return;
    const { epoch, waitMs } = await this.#events.grant();
    this.#dialledAt = Date.now() + waitMs;
    if (waitMs > 0) await pause(waitMs);
    if (generation !== this.#generation) return;
    const opening = this.#feed.open() as Promise<WebSocket>;
    this.#before = opening.then(closed, () => {});
    const socket = await opening;
    if (generation !== this.#generation) {
      socket.accept();
      socket.close(1000, "superseded");
      return;
    }
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", (event) => {
      if (generation === this.#generation) this.#receive(event.data as string | ArrayBuffer);
    });
    const ended = (reason: string) => {
      if (generation === this.#generation) this.#lose(reason);
    };
    socket.addEventListener("close", ({ code }) => ended(`closed by the broker with ${code}`));
    socket.addEventListener("error", () => ended("the socket failed"));
    socket.accept();
    this.#socket = socket;
    this.epoch = epoch;
    this.state = "live";
    this.connectedAt = Date.now();
    this.#socketDataAt = null;
    this.faults.reset();
    this.#silenceCheck = setInterval(() => this.#checkHealth(Date.now()), SILENCE_CHECK_MS);
    this.#events.opened(epoch);
  }

  #receive(data: string | ArrayBuffer): void {
    const now = Date.now();
    const size = typeof data === "string" ? data.length : data.byteLength;
    if (size > FEED_FRAME_BYTES_MAX)
      return this.fault({ kind: "oversized", reason: `${size} bytes`, sample: "" }, now);
    const parsed = this.#feed.parse(data);
    if (!parsed.ok) return this.fault(parsed.error, now);
    if (parsed.value.kind === "updates") this.#noteData(now);
    if (parsed.value.kind === "session_expired") {
      this.#expire(parsed.value.reason);
      this.#events.expired(parsed.value.reason);
    } else this.#events.message(parsed.value, now);
  }

  /** Something that cannot be made sense of: counted, logged now and then, and no reason to stop until it repeats. */
  fault({ kind, reason, sample }: ParseFailure, now: number): void {
    const { isToLog, isTooMany } = this.faults.note(kind, now);
    if (isToLog) this.#log("warn", "frame_unreadable", { kind, reason, sample });
    if (isTooMany) this.#lose(`${FRAME_FAULTS_MAX} frames of it could not be read in a minute`);
  }

  #noteData(now: number): void {
    if (this.dataAt !== null) {
      const gapMaxMs = 2 * WATCHDOG_INTERVAL_MS;
      this.#typicalGapMs = learnGap(this.#typicalGapMs, now - this.dataAt, gapMaxMs);
    }
    this.dataAt = now;
    this.#socketDataAt = now;
    this.#barren = 0;
  }

  #checkHealth(now: number): void {
    const socket = this.#socket;
    if (!socket || socket.readyState !== WebSocket.OPEN)
      return this.#lose("the socket is not open");
    const dueSince = this.#events.dueSince(now);
    if (dueSince === null) return;
    const health = {
      openedAt: this.connectedAt ?? now,
      dueSince,
      dataAt: this.#socketDataAt,
      barren: this.#barren,
      typicalGapMs: this.#typicalGapMs,
    };
    if (!isSilent(this.#feed.rules.silenceBoundMs, health, now)) return;
    if (this.#socketDataAt === null) this.#barren += 1;
    this.#lose("the socket brought no data");
  }

  /** An expired session is never hammered: its owner says when there is another. */
  #expire(reason: string): void {
    this.#lose(`session expired: ${reason}`);
    clearTimeout(this.#retry);
    this.state = "session_expired";
  }

  #lose(reason: string): void {
    const now = Date.now();
    // Only one that brought data and held was good: what opens and closes again must not reset the backoff.
    const heldMs = now - (this.connectedAt ?? now);
    if (this.#socketDataAt !== null && heldMs >= STABLE_CONNECTION_MS) this.#attempt = 0;
    this.#abandon();
    const delay = backoffDelay(this.#feed.rules.reconnect, this.#attempt, Math.random());
    this.#log("warn", "broker_connection_lost", { reason, attempt: this.#attempt, delay });
    this.#attempt += 1;
    this.reconnects += 1;
    this.state = "backoff";
    this.#retry = setTimeout(() => this.#dial(), delay);
    this.#events.lost(reason, now);
  }

  /** Cancels everything of the present connection, whatever it was doing. */
  #abandon(): void {
    this.#generation += 1;
    clearTimeout(this.#retry);
    clearInterval(this.#silenceCheck);
    const socket = this.#socket;
    this.#socket = null;
    this.connectedAt = null;
    this.#socketDataAt = null;
    try {
      socket?.close(1000, "replaced");
    } catch {
      // A socket that is closed already cannot be closed again; that is what was wanted.
    }
  }
}
