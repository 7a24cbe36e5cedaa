/**
 * One algo's socket: what it subscribed, and its flow control. Ticks for a slow reader are conflated to
 * the latest per instrument, and it is told; everything else reaches it complete and in order.
 */
import type { Caller } from "../src/application/caller.ts";
import type { StreamChannel, StreamMessage } from "../src/contract/stream.ts";
import { CANDLE_INTERVALS, type CandleKey, candleKeyText } from "../src/domain/candle.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import {
  CLOSE_SLOW_CONSUMER,
  LAGGING_CHECK_MS,
  LAGGING_MS_MAX,
  STREAM_BUFFERED_BYTES_CLOSE,
  STREAM_BUFFERED_BYTES_CONFLATE,
  STREAM_MESSAGES_PER_SECOND_MAX,
} from "../src/domain/limits.ts";
import type { FeedMode } from "../src/domain/tick.ts";
import type { Board, FrameGroup, FrameReceiver, StreamFormat } from "./market.board.ts";

/** What a hibernating socket keeps; its list of instruments may be too long for that and is stored apart. */
export interface AlgoAttachment {
  kind: "algo";
  id: string;
  format: StreamFormat;
  caller: Caller;
  channels: StreamChannel[];
  /** Of the channel `signals`. */
  topics?: string[];
}

/** The part of a hibernatable WebSocket that is used here. */
export interface StreamSocket {
  /** Bytes not yet taken by the other side; runtimes before November 2026 do not tell. */
  readonly bufferedAmount?: number;
  send(text: string): void;
  close(code: number, reason: string): void;
  serializeAttachment(attachment: unknown): void;
}

interface Lag {
  /** Since when it took nothing, ms since 1970. */
  since: number;
  /** The board's frame from which on it missed ticks. */
  frame: number;
  bufferedBytes: number;
  acknowledged: number;
  /** Number of the last frame it was sent. */
  sentSeq: number;
  /** What it has to acknowledge before it is sent ticks again; for one that never does, no matter. */
  enoughSeq: number;
}

export interface AlgoSocketHost {
  /** It gets the latest of its ticks only, until it has caught up. */
  lagging(): void;
  /** It has caught up, and was sent the latest of its ticks. */
  caughtUp(algo: AlgoSocket): void;
  /** It was closed for what it did not read: its peer may never answer that. Told in the midst of sending. */
  closed(algo: AlgoSocket): void;
}

const NOTHING_READ = `nothing was read for ${LAGGING_MS_MAX / 1_000} s`;

export class AlgoSocket implements FrameReceiver {
  readonly id: string;
  readonly format: StreamFormat;
  readonly caller: Caller;
  readonly channels: Set<StreamChannel>;
  readonly instruments = new Map<InstrumentId, FeedMode>();
  /** Of the channel `candles`, by interval and instrument. */
  readonly candles = new Map<string, CandleKey>();
  readonly topics: Set<string>;
  /** Requests are answered one after the other, in the order they came. */
  queue: Promise<void> = Promise.resolve();
  /** How many of them are not answered yet. */
  pending = 0;
  isClosed = false;
  readonly #socket: StreamSocket;
  readonly #board: Board;
  readonly #host: AlgoSocketHost;
  #group: FrameGroup | null = null;
  #lag: Lag | null = null;
  /** Highest frame the algo said it has worked through; null for one that never says. */
  #acknowledged: number | null = null;
  /** The number it was last told to count from: what it says below that was meant of the numbers before. */
  #base = 0;
  #second = 0;
  #messages = 0;

  constructor(
    socket: StreamSocket,
    attachment: AlgoAttachment,
    board: Board,
    host: AlgoSocketHost,
  ) {
    this.#socket = socket;
    this.#board = board;
    this.#host = host;
    this.id = attachment.id;
    this.format = attachment.format;
    this.caller = attachment.caller;
    this.channels = new Set(attachment.channels);
    this.topics = new Set(attachment.topics);
  }

  /** Whether it has ticks or bars of an instrument. */
  holds(instrument: InstrumentId): boolean {
    if (this.instruments.has(instrument)) return true;
    if (this.candles.size === 0) return false;
    return CANDLE_INTERVALS.some((interval) =>
      this.candles.has(candleKeyText({ instrument, interval })),
    );
  }

  /** Where this socket's numbers stand: the next live frame is one more. */
  get position(): { epoch: number; seq: number } {
    return { epoch: this.#board.epoch, seq: this.#group?.seq ?? 0 };
  }

  /** True when it may send one more message in this second. */
  mayTalk(now: number): boolean {
    const second = Math.floor(now / 1_000);
    if (second !== this.#second) this.#messages = 0;
    this.#second = second;
    this.#messages += 1;
    return this.#messages <= STREAM_MESSAGES_PER_SECOND_MAX;
  }

  send(message: StreamMessage): void {
    this.#sendText(JSON.stringify(message));
  }

  /** Joins the group of its present list. Its numbers start anew there: say so by `position`. */
  regroup(): void {
    this.leave();
    this.#group = this.#board.join(this, this.format, this.instruments);
    this.#expectFromHere();
    if (this.#lag) this.#lag = { ...this.#lag, frame: 0, sentSeq: 0, enoughSeq: 0 };
  }

  leave(): void {
    if (this.#group) this.#board.leave(this, this.#group);
    this.#group = null;
  }

  /** Sends the last known ticks of these instruments. */
  sendSnapshot(only: ReadonlySet<InstrumentId>): void {
    if (!this.#group || this.#lag) return;
    const frame = this.#board.snapshot(this.#group, only, 0);
    if (frame !== null) this.#sendText(frame);
  }

  receive(frame: string, group: FrameGroup): void {
    if (this.#lag) return;
    if (this.bufferedBytes <= STREAM_BUFFERED_BYTES_CONFLATE && !this.#owesTooMuch(group))
      return this.#sendText(frame);
    const sentSeq = group.seq - 1;
    this.#lag = {
      since: Date.now(),
      frame: group.since,
      bufferedBytes: this.bufferedBytes,
      acknowledged: this.#acknowledged ?? 0,
      sentSeq,
      enoughSeq: group.owed.halfOf(sentSeq),
    };
    this.#tellLagging(true);
    this.#host.lagging();
  }

  acknowledge(seq: number): void {
    // On its way since before the new base, and of one that never said anything yet: it would owe all since.
    if (seq < this.#base) return;
    // Never more than was sent: a number from before a new base would be credit for nothing.
    const sent = this.#lag?.sentSeq ?? this.position.seq;
    this.#acknowledged = Math.max(this.#acknowledged ?? 0, Math.min(seq, sent));
  }

  get isLagging(): boolean {
    return this.#lag !== null;
  }

  /** Looks whether a lagging socket has caught up, and closes one that takes nothing any more. */
  checkLag(now: number): void {
    if (!this.#lag || this.isClosed) return;
    const bufferedBytes = this.bufferedBytes;
    const acknowledged = this.#acknowledged ?? 0;
    const isMoving =
      bufferedBytes < this.#lag.bufferedBytes || acknowledged > this.#lag.acknowledged;
    if (isMoving) this.#lag = { ...this.#lag, since: now, bufferedBytes, acknowledged };
    const isDrained = bufferedBytes <= STREAM_BUFFERED_BYTES_CONFLATE / 2;
    const hasSaidSo = this.#acknowledged === null || this.#acknowledged >= this.#lag.enoughSeq;
    if (isDrained && hasSaidSo) this.#catchUp();
    else if (now - this.#lag.since > LAGGING_MS_MAX) this.#giveUp(NOTHING_READ);
  }

  /**
   * Until the other side has taken what it was sent, as far as the runtime tells. One that takes nothing at
   * all is closed: what it leaves is memory that others wait for.
   */
  async untilTaken(): Promise<void> {
    let left = Infinity;
    let since = Date.now();
    while (!this.isClosed && this.bufferedBytes > STREAM_BUFFERED_BYTES_CONFLATE) {
      if (this.bufferedBytes < left) since = Date.now();
      else if (Date.now() - since > LAGGING_MS_MAX) return this.#giveUp(NOTHING_READ);
      left = this.bufferedBytes;
      await new Promise((resolve) => setTimeout(resolve, LAGGING_CHECK_MS));
    }
  }

  close(code: number, reason: string): void {
    this.isClosed = true;
    try {
      this.#socket.close(code, reason);
    } catch {
      // Closed by the other side in the meantime: nothing is left to say.
    }
  }

  saveAttachment(): void {
    const { id, format, caller, channels, topics } = this;
    const attachment: AlgoAttachment = {
      kind: "algo",
      id,
      format,
      caller,
      channels: [...channels],
      topics: [...topics],
    };
    this.#socket.serializeAttachment(attachment);
  }

  #catchUp(): void {
    const since = this.#lag?.frame ?? 0;
    this.#lag = null;
    this.#expectFromHere();
    this.#tellLagging(false);
    const frame = this.#group ? this.#board.snapshot(this.#group, null, since) : null;
    if (frame !== null) this.#sendText(frame);
    this.#host.caughtUp(this);
  }

  #tellLagging(on: boolean): void {
    const bufferedBytes = this.bufferedBytes;
    this.send({ type: "lagging", ...this.position, on, bufferedBytes });
  }

  /** One that acknowledges is held to it: from a new base on it owes what comes after that. */
  #expectFromHere(): void {
    this.#base = this.position.seq;
    if (this.#acknowledged !== null) this.#acknowledged = this.#base;
  }

  #owesTooMuch({ owed }: FrameGroup): boolean {
    return this.#acknowledged !== null && owed.isTooMuchSince(this.#acknowledged);
  }

  /** Not yet taken by the other side, as far as the runtime tells. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount ?? 0;
  }

  #giveUp(reason: string): void {
    this.close(CLOSE_SLOW_CONSUMER, reason);
    this.#host.closed(this);
  }

  #sendText(text: string): void {
    if (this.isClosed) return;
    if (this.bufferedBytes > STREAM_BUFFERED_BYTES_CLOSE) {
      return this.#giveUp(`${STREAM_BUFFERED_BYTES_CLOSE} bytes were not read`);
    }
    try {
      this.#socket.send(text);
    } catch {
      // The socket closed under us; its close event does the rest.
      this.isClosed = true;
    }
  }
}
