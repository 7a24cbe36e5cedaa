/**
 * The stream as the algo sees it: subscribes, decodes, lets ticks through once and in order, and
 * repairs holes by subscribing again. It never hands on a tick twice or out of order.
 */
import type { CandleInterval } from "../../src/contract/market.ts";
import { Acks } from "./acks.ts";
import { Channels } from "./channels.ts";
import { Connection, stopped } from "./connection.ts";
import { decodeFrame, isAnswer, type OtherMessage, type Tick, withoutType } from "./decode.ts";
import { TrunklineError } from "./errors.ts";
import { GapRefresh } from "./gap-refresh.ts";
import type { Timing } from "./limits.ts";
import { judgeFrame, laterPosition, TickGate, type FramePosition } from "./sequence.ts";
import type { OpenSocket } from "./socket-like.ts";
import type { Channel, StreamEvent } from "./stream-events.ts";
import { type Again, Subscriptions } from "./subscriptions.ts";
import type { Wish } from "./wishes.ts";

interface StreamOptions {
  url: string;
  key: string;
  channels: readonly Channel[];
  open: OpenSocket;
  timing: Timing;
  random: () => number;
  probe(): Promise<void>;
  toldUntil?(instrument: string, interval: CandleInterval): number | null;
  onEvent(event: StreamEvent): void;
}

export class Stream {
  readonly #options: StreamOptions;
  readonly #connection: Connection;
  readonly #subscriptions: Subscriptions;
  readonly #gaps: GapRefresh;
  readonly #gate = new TickGate();
  /** Orders, risk, signals and candles. */
  readonly channels: Channels;
  #aliases = new Map<number, string>();
  #position: FramePosition | null = null;
  #lastTicksAt: number | null = null;
  #repairTimer: ReturnType<typeof setTimeout> | null = null;
  #repairedAt = 0;
  /** When the last part of a repair was answered. */
  #repairHeardAt = 0;
  // Behind requests that wait their turn it would come too late, and the platform would take us for slow.
  readonly #acks = new Acks((message) => this.#connection.sendAhead(message));

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#subscriptions = new Subscriptions(options.timing.subscribeTimeoutMs);
    this.#gaps = new GapRefresh(options.timing, (all) => this.#askAgain(all, "refresh"));
    this.channels = new Channels({
      ...options,
      send: (request) => void this.#connection.send(request),
      emit: (event) => options.onEvent(event),
    });
    this.#connection = new Connection({
      ...options,
      onText: (text) => this.#read(text),
      onDown: (reason, attempt) => this.#down(reason, attempt),
    });
  }

  /** Runs until `stop`; rejects only with what trying again cannot cure. */
  run(): Promise<void> {
    return this.#connection.run();
  }

  stop(): void {
    if (this.#repairTimer !== null) clearTimeout(this.#repairTimer);
    this.#gaps.stop();
    this.#subscriptions.close(stopped());
    this.channels.bars.close(stopped());
    this.#connection.stop();
  }

  get instruments(): string[] {
    return this.#subscriptions.instruments;
  }

  intervalOf(instrument: string): CandleInterval | undefined {
    return this.#subscriptions.intervalOf(instrument);
  }

  /** Resolves when the platform has listed the instruments and sent all history asked for. */
  async subscribe(instruments: readonly string[], wish: Wish): Promise<void> {
    const { messages, answered } = this.#subscriptions.add(instruments, wish);
    for (const message of messages) this.#connection.send(message);
    await answered;
  }

  unsubscribe(instruments: readonly string[]): void {
    this.#takeBack(this.#subscriptions.remove(instruments));
  }

  #takeBack(instruments: string[]): void {
    if (instruments.length === 0) return;
    this.#connection.send({ op: "unsubscribe", channel: "ticks", instruments });
  }

  #emit(event: StreamEvent): void {
    this.#options.onEvent(event);
  }

  #read(text: string): void {
    const decoded = decodeFrame(text, this.#aliases);
    switch (decoded.kind) {
      case "ticks":
        return this.#ticks(decoded);
      case "message":
        return this.#message(decoded.message);
      case "unreadable":
        this.#emit({ kind: "note", message: `unreadable frame: ${decoded.reason}` });
        if (decoded.ticksLost) this.#repair("a frame could not be read");
        return;
    }
  }

  #ticks(frame: FramePosition & { ticks: Tick[] }): void {
    const last = this.#position;
    const verdict = judgeFrame(last, frame);
    this.#position = laterPosition(last, frame);
    if (last !== null && verdict === "hole") {
      this.#repair(`frames ${last.seq + 1} to ${frame.seq - 1} of epoch ${frame.epoch} never came`);
    } else if (last !== null && verdict === "new_epoch") {
      this.#acks.reset();
      this.#rebuilt(last.epoch, frame.epoch);
    }
    this.#lastTicksAt = Date.now();
    const wanted = frame.ticks.filter((tick) => this.#subscriptions.wants(tick.instrument));
    const ticks = wanted.filter((tick) => this.#gate.passes(tick));
    const warning = ticks.length === 0 ? this.#gate.warning(wanted) : null;
    if (warning !== null) this.#emit({ kind: "note", message: warning });
    this.#emit({ kind: "ticks", ticks });
    this.#acks.read(frame.seq);
  }

  #message(message: OtherMessage): void {
    if (isAnswer(message)) this.#connection.answered();
    switch (message.type) {
      case "welcome":
        return this.#welcome(message.algoId);
      case "subscribed":
        return this.#subscribed(message);
      case "history":
        if (message.channel === "candles") return this.channels.bars.history(message);
        this.#emit({ kind: "history", ...message });
        return this.#subscriptions.historyCame(message.instrument);
      case "gap":
        return this.#gap(message);
      case "lagging":
        this.#rebase(message);
        // Everything before it has been read, and no frame comes by which that could be said later.
        if (message.on) this.#acks.say(message.seq);
        return this.#emit({ kind: "lagging", on: message.on });
      case "order":
      case "signal":
      case "candle":
        return this.channels.hear(message);
      case "draining":
        return this.#emit({ kind: "note", message: `${message.market}: ${message.message}` });
      case "risk":
        return this.#emit({ kind: "risk", risk: message.risk });
      case "status":
        return this.#emit({ kind: "status", status: withoutType(message) });
      case "error":
        return this.#refused(message);
      case "unsubscribed":
        return this.#rebase(message);
      case "published":
      case "pong":
        return;
    }
  }

  #welcome(algoId: string | null): void {
    this.#connection.welcomed();
    this.#position = null;
    this.#aliases = new Map();
    this.#acks.reset();
    this.#askForAll();
    this.#emit({ kind: "open", algoId });
    this.#status("connected", "connected to Trunkline");
    // Told before the first tick of the new line: what happened in between was not seen.
    if (this.#lastTicksAt !== null) this.#announce("the line to Trunkline was down");
  }

  #askForAll(): void {
    this.#gaps.stop();
    this.channels.ask();
    for (const message of this.#subscriptions.all()) this.#connection.send(message);
  }

  #subscribed(message: Extract<OtherMessage, { type: "subscribed" }>): void {
    this.channels.subscribed(message);
    for (const [instrument, alias] of Object.entries(message.aliases ?? {})) {
      this.#aliases.set(alias, instrument);
    }
    const before = this.#position;
    this.#rebase(message);
    const repaired = this.#subscriptions.subscribed(message.requestId);
    if (repaired) this.#repairHeardAt = Date.now();
    if (repaired || before === null || message.epoch <= before.epoch) return;
    this.#rebuilt(before.epoch, message.epoch);
  }

  /** Ticks are asked for again, and what the market may have missed to tell of all else. */
  #rebuilt(before: number, now: number): void {
    this.#repair(`the market was rebuilt: epoch ${before} became ${now}`);
    this.channels.ask();
  }

  /** The platform names the number that the next live frame follows. */
  #rebase({ epoch, seq }: FramePosition): void {
    this.#position = { epoch, seq };
    this.#acks.rebase(seq);
  }

  #gap(message: Extract<OtherMessage, { type: "gap" }>): void {
    this.#emit({ kind: "gap", gap: withoutType(message) });
    // Told again after the broker's history was asked: it was read then.
    if (message.filled === false) return;
    // Live ticks go on by themselves; only bars that were asked for are read once more.
    this.#gaps.add(this.#subscriptions.withHistory(message.instruments));
  }

  #refused(message: Extract<OtherMessage, { type: "error" }>): void {
    const { code, requestId, instruments } = message;
    const details = instruments === undefined ? null : { instruments };
    const error = new TrunklineError({ code, message: message.message, details });
    if (this.channels.bars.refused(requestId, error)) return;
    const outcome = requestId === undefined ? null : this.#subscriptions.refused(requestId, error);
    if (outcome?.repair === false) {
      this.#takeBack(outcome.takenBack);
      return this.#askAgain(outcome.asBefore, "refresh");
    }
    const what = requestId === undefined ? "" : ` (${requestId})`;
    const text = `Trunkline refused${what}: ${code}: ${message.message}`;
    this.#emit({
      kind: "status",
      status: {
        subject: "stream",
        instruments: outcome?.dropped ?? instruments ?? [],
        state: "alarm",
        message: text,
      },
    });
    // A frame that came too fast was not read, and nobody says which one it was: all is said again.
    if (code === "MESSAGE_RATE") this.#repairSoon(() => this.#askForAll());
    else if (outcome !== null) this.#repairSoon();
    else if (code === "UNAVAILABLE" && this.channels.owns(requestId))
      this.#repairSoon(() => this.channels.ask());
  }

  #down(reason: string, attempt: number): void {
    const tries = attempt === 0 ? "coming back at once" : `attempt ${attempt}`;
    this.#status("disconnected", `no line to Trunkline: ${reason} (${tries})`);
  }

  /** Says that ticks are missing, and subscribes everything again: a snapshot and history follow. */
  #repair(reason: string): void {
    this.#announce(reason);
    this.#repairSoon();
  }

  #announce(reason: string): void {
    const { instruments } = this;
    if (instruments.length === 0) return;
    const to = Date.now();
    const gap = { instruments, from: this.#lastTicksAt ?? to, to, provider: "stream", reason };
    this.#emit({ kind: "gap", gap });
  }

  #repairSoon(repair = (): void => this.#askAgain()): void {
    const { subscribeTimeoutMs } = this.#options.timing;
    const movedAt = Math.max(this.#repairedAt, this.#repairHeardAt);
    if (this.#subscriptions.repairing && Date.now() > movedAt + subscribeTimeoutMs) {
      return this.#connection.replace("a repair of the stream was not answered");
    }
    if (this.#repairTimer !== null || this.#subscriptions.repairing) return;
    const wait = this.#repairedAt + this.#options.timing.repairIntervalMs - Date.now();
    this.#repairTimer = setTimeout(
      () => {
        this.#repairTimer = null;
        this.#repairedAt = Date.now();
        repair();
      },
      Math.max(0, wait),
    );
  }

  #askAgain(instruments: readonly string[] = this.instruments, kind?: Again): void {
    for (const one of this.#subscriptions.refresh(instruments, kind)) this.#connection.send(one);
  }

  #status(state: "connected" | "disconnected", message: string): void {
    this.#emit({ kind: "status", status: { subject: "stream", instruments: [], state, message } });
  }
}
