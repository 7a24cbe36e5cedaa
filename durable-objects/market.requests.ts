/** What an algo may ask of a market, and the answers. Each request is done whole or refused whole. */
import type { BrokerManagerPort, MarketManagerPort } from "../src/application/ports.ts";
import { errorText, type Log } from "../src/application/log.ts";
import type { ApiError } from "../src/contract/errors.ts";
import { parseStreamRequest } from "../src/contract/stream-request.ts";
import type { StreamRequest } from "../src/contract/stream.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { STREAM_INSTRUMENTS_MAX, STREAM_MESSAGES_PER_SECOND_MAX } from "../src/domain/limits.ts";
import { STREAM_REQUESTS_PENDING_MAX } from "../src/domain/market-limits.ts";
import { err, ok, type Result } from "../src/domain/result.ts";
import {
  echo,
  KEY_TALKS_TOO_MUCH,
  refuse,
  TOO_MANY_PENDING,
  tooManyBars,
  tooManyInstruments,
  tooManyOfKey,
  unknownInstruments,
} from "./market.answers.ts";
import type { Board } from "./market.board.ts";
import { CandleFeed } from "./market.candles.ts";
import { fetchLast, historyFrames } from "./market.history.ts";
import type { Interest } from "./market.interest.ts";
import type { KeyUse } from "./market.keys.ts";
import type { LedgerFeed } from "./market.ledger.ts";
import { tellAlarms } from "./market.relay.ts";
import type { SignalFeed } from "./market.signals.ts";
import type { MarketProviders } from "./market.providers.ts";
import type { AlgoSocket } from "./market.socket.ts";
import type { MarketStorage } from "./market.storage.ts";
import { barsOfRequest, HistoryTurns } from "./market.turns.ts";

type TicksRequest = Extract<StreamRequest, { op: "subscribe"; channel: "ticks" }>;

/** What waits for those before it. */
type Answered = Exclude<StreamRequest, { op: "ping" | "ack" }>;

export interface RequestsHost {
  name: string;
  board: Board;
  interest: Interest;
  providers: MarketProviders;
  storage: MarketStorage;
  manager(broker: string): BrokerManagerPort;
  managers(): MarketManagerPort;
  keys: KeyUse;
  ledgerFeed: LedgerFeed;
  signalFeed: SignalFeed;
  /** What is wanted of the shards' bars has changed. */
  wantsChanged(): void;
  log: Log;
}

export class Requests {
  readonly candles: CandleFeed;
  readonly #host: RequestsHost;
  readonly #turns = new HistoryTurns();

  constructor(host: RequestsHost) {
    this.#host = host;
    const know = (instruments: readonly InstrumentId[]) => this.#know(instruments);
    this.candles = new CandleFeed({ ...host, turns: this.#turns, know });
  }

  /** Takes one message of an algo. */
  take(algo: AlgoSocket, text: string, now: number): void {
    if (!algo.mayTalk(now))
      return refuse(algo, {
        code: "MESSAGE_RATE",
        message: `at most ${STREAM_MESSAGES_PER_SECOND_MAX} messages a second; this one was not read`,
        details: null,
      });
    if (!this.#host.keys.mayTalk(algo.caller, now)) return refuse(algo, KEY_TALKS_TOO_MUCH);
    const parsed = parseStreamRequest(text);
    if (!parsed.ok) {
      const { message, requestId } = parsed.error;
      return refuse(algo, { code: "BAD_REQUEST", message, details: null }, requestId);
    }
    const request = parsed.value;
    if (request.op === "ping") return algo.send({ type: "pong", time: now, ...echo(request) });
    if (request.op === "ack") return algo.acknowledge(request.seq);
    const bars = tooManyBars(request);
    if (bars) return refuse(algo, bars, request.requestId);
    if (algo.pending >= STREAM_REQUESTS_PENDING_MAX)
      return refuse(algo, TOO_MANY_PENDING, request.requestId);
    algo.pending += 1;
    algo.queue = algo.queue
      .then(() => this.#turns.during(barsOfRequest(request), () => this.#serve(algo, request)))
      .catch((error: unknown) => {
        this.#host.log("error", "request_failed", { op: request.op, reason: errorText(error) });
        const message = "the request could not be carried out; try again";
        refuse(algo, { code: "UNAVAILABLE", message, details: null }, request.requestId);
      })
      .finally(() => {
        algo.pending -= 1;
      });
  }

  /** Instruments come from other providers than before. */
  providersChanged(): void {
    this.#host.interest.redeclare();
    this.#host.wantsChanged();
  }

  /** A socket is gone: nobody is left to want what it wanted. */
  drop(algo: AlgoSocket): void {
    algo.isClosed = true;
    algo.leave();
    this.#host.storage.forgetSocket(algo.id);
    this.#host.interest.release(algo.instruments);
    this.candles.drop(algo);
    const { ledgerFeed, signalFeed } = this.#host;
    if (algo.channels.has("orders") || algo.channels.has("risk")) ledgerFeed.unfollowIfLast();
    if (algo.channels.has("signals")) signalFeed.unfollowIfLast();
  }

  /** What a reader has not taken yet lies in this memory, too: its turn ends with that. */
  async #serve(algo: AlgoSocket, request: Answered): Promise<void> {
    if (algo.isClosed) return;
    await this.#answer(algo, request);
    if (barsOfRequest(request) > 0) await algo.untilTaken();
  }

  async #answer(algo: AlgoSocket, request: Answered): Promise<void> {
    const { ledgerFeed, signalFeed } = this.#host;
    if (request.op === "publish") return signalFeed.publish(algo, request);
    const isOn = request.op === "subscribe";
    switch (request.channel) {
      case "ticks":
        if (request.op === "subscribe") return this.#subscribeTicks(algo, request);
        return this.#unsubscribeTicks(algo, request.instruments, request.requestId);
      case "candles":
        if (request.op === "subscribe") {
          await this.candles.subscribe(algo, request);
          return tellAlarms(this.#host.board, algo, request.instruments);
        }
        return this.candles.unsubscribe(algo, request);
      case "signals":
        if (request.op === "subscribe") return signalFeed.subscribe(algo, request);
        return signalFeed.unsubscribe(algo, request);
      case "status":
        return this.#setStatus(algo, isOn, request);
      case "orders":
      case "risk": {
        const since = "since" in request ? (request.since ?? null) : null;
        if (isOn) return this.#subscribeLedger(algo, request.channel, since, request);
        ledgerFeed.unsubscribe(algo, request.channel);
        const { channel } = request;
        const answer = { channel, ...algo.position, instruments: [], ...echo(request) };
        return algo.send({ type: "unsubscribed", ...answer });
      }
    }
  }

  async #subscribeTicks(algo: AlgoSocket, request: TicksRequest): Promise<void> {
    const mode = request.mode ?? "quote";
    const fresh = request.instruments.filter((instrument) => !algo.instruments.has(instrument));
    const changed = request.instruments.filter(
      (instrument) => (algo.instruments.get(instrument) ?? mode) !== mode,
    );
    const asked = algo.instruments.size + fresh.length;
    if (asked > STREAM_INSTRUMENTS_MAX)
      return refuse(algo, tooManyInstruments(asked), request.requestId);
    const ofKey = this.#host.keys.tooMany(algo.caller, fresh.length);
    if (ofKey !== null) return refuse(algo, tooManyOfKey(ofKey), request.requestId);
    const known = await this.#know(fresh);
    if (!known.ok) return refuse(algo, known.error, request.requestId);
    const wanted = new Map([...fresh, ...changed].map((instrument) => [instrument, mode] as const));
    const acquired = wanted.size > 0 ? await this.#host.interest.acquire(wanted) : ok(new Map());
    if (!acquired.ok) return refuse(algo, acquired.error, request.requestId);
    const history = await historyFrames(request, this.#host).catch((error: unknown) => {
      this.#host.interest.release(wanted);
      throw error;
    });
    if (!history.ok) {
      this.#host.interest.release(wanted);
      return refuse(algo, history.error, request.requestId);
    }
    await fetchLast(request.instruments, changed, this.#host);
    // From here to the end nothing waits: the algo sees history, base, snapshot, and then every tick.
    if (algo.isClosed) return this.#host.interest.release(wanted);
    const before = new Map(changed.map((id) => [id, algo.instruments.get(id) ?? mode] as const));
    for (const instrument of wanted.keys()) algo.instruments.set(instrument, mode);
    if (wanted.size > 0) this.#host.storage.saveSocket(algo.id, algo.instruments);
    for (const frame of history.value) algo.send(frame);
    if (wanted.size > 0) algo.regroup();
    if (before.size > 0) this.#host.interest.release(before);
    algo.send({
      type: "subscribed",
      channel: "ticks",
      ...algo.position,
      instruments: request.instruments.map((instrument) => ({
        instrument,
        state: this.#state(instrument, acquired.value.get(instrument)),
      })),
      ...(algo.format === "compact" && { aliases: this.#aliases(request.instruments) }),
      ...echo(request),
    });
    algo.sendSnapshot(new Set(request.instruments));
    tellAlarms(this.#host.board, algo, request.instruments);
  }

  #unsubscribeTicks(
    algo: AlgoSocket,
    asked: readonly InstrumentId[],
    requestId: string | undefined,
  ): void {
    const held = asked.flatMap((instrument) => {
      const mode = algo.instruments.get(instrument);
      return mode && algo.instruments.delete(instrument) ? [[instrument, mode] as const] : [];
    });
    const instruments = held.map(([instrument]) => instrument);
    if (instruments.length > 0) {
      this.#host.storage.saveSocket(algo.id, algo.instruments);
      algo.regroup();
      this.#host.interest.release(new Map(held));
    }
    const channel = "ticks";
    algo.send({
      type: "unsubscribed",
      channel,
      ...algo.position,
      instruments,
      ...echo({ requestId }),
    });
  }

  async #subscribeLedger(
    algo: AlgoSocket,
    channel: "orders" | "risk",
    since: number | null,
    request: { requestId?: string | undefined },
  ): Promise<void> {
    const base = await this.#host.ledgerFeed.subscribe(algo, channel, since);
    if (!base) return;
    const { version, complete } = base;
    const ledger = channel === "orders" ? { version, complete } : {};
    const answer = { channel, ...algo.position, instruments: [], ...ledger, ...echo(request) };
    algo.send({ type: "subscribed", ...answer });
    if (channel === "orders") this.#host.ledgerFeed.release(algo);
  }

  #setStatus(algo: AlgoSocket, on: boolean, request: { requestId?: string | undefined }): void {
    if (on) algo.channels.add("status");
    else algo.channels.delete("status");
    algo.saveAttachment();
    const channel = "status" as const;
    const answer = { channel, ...algo.position, instruments: [], ...echo(request) };
    algo.send(on ? { type: "subscribed", ...answer } : { type: "unsubscribed", ...answer });
  }

  /** Gives new instruments their place on the board; refuses those that no broker knows, by name. */
  async #know(instruments: readonly InstrumentId[]): Promise<Result<null, ApiError>> {
    const strangers = instruments.filter((instrument) => !this.#host.providers.has(instrument));
    if (strangers.length === 0) return ok(null);
    const active = await this.#host.managers().activeProviders(strangers);
    const known = new Set(active.map(({ instrument }) => instrument));
    const unknown = strangers.filter((instrument) => !known.has(instrument));
    if (unknown.length > 0) return err(unknownInstruments(unknown));
    for (const one of active) this.#host.providers.know(one.instrument, one.provider, one);
    return ok(null);
  }

  #state(instrument: InstrumentId, declared: "pending" | "live" | undefined): "pending" | "live" {
    return this.#host.board.get(instrument)?.isLive ? "live" : (declared ?? "pending");
  }

  #aliases(instruments: readonly InstrumentId[]): Record<InstrumentId, number> {
    const { board } = this.#host;
    return Object.fromEntries(instruments.map((id) => [id, board.get(id)?.alias ?? 0]));
  }
}
