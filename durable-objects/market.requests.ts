/** What an algo may ask of a market, and the answers. Each request is done whole or refused whole. */
import type {
  BrokerManagerPort,
  MarketManagerPort,
  RiskLedgerPort,
} from "../src/application/ports.ts";
import { errorText, type Log } from "../src/application/log.ts";
import type { ApiError } from "../src/contract/errors.ts";
import { depthText, fieldsOfTick } from "../src/contract/link.ts";
import { parseStreamRequest } from "../src/contract/stream-request.ts";
import type { StreamChannel, StreamMessage, StreamRequest } from "../src/contract/stream.ts";
import { CANDLE_INTERVAL_MS } from "../src/domain/candle.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { STREAM_INSTRUMENTS_MAX, STREAM_MESSAGES_PER_SECOND_MAX } from "../src/domain/limits.ts";
import { err, ok, type Result } from "../src/domain/result.ts";
import { echo, refuse, tooManyInstruments, unknownInstruments } from "./market.answers.ts";
import type { Board } from "./market.board.ts";
import type { Interest } from "./market.interest.ts";
import type { AlgoSocket } from "./market.socket.ts";
import type { MarketStorage } from "./market.storage.ts";

type TicksRequest = Extract<StreamRequest, { op: "subscribe"; channel: "ticks" }>;
type HistoryFrame = Extract<StreamMessage, { type: "history" }>;

export interface RequestsHost {
  name: string;
  board: Board;
  interest: Interest;
  storage: MarketStorage;
  manager(broker: string): BrokerManagerPort;
  managers(): MarketManagerPort;
  ledger(): RiskLedgerPort;
  /** Sockets there are, to know the first and the last of a channel. */
  sockets(): Iterable<AlgoSocket>;
  log: Log;
}

/** History calls of one subscribe under way at the same time. */
const HISTORY_CALLS_MAX = 8;

export class Requests {
  readonly #host: RequestsHost;
  readonly #providers = new Map<InstrumentId, string>();

  constructor(host: RequestsHost) {
    this.#host = host;
    for (const { instrument, provider } of host.storage.instruments())
      this.#providers.set(instrument, provider);
  }

  providerOf(instrument: InstrumentId): string {
    return this.#providers.get(instrument) ?? "";
  }

  /** Takes one message of an algo. */
  take(algo: AlgoSocket, text: string, now: number): void {
    if (!algo.mayTalk(now))
      return refuse(algo, {
        code: "MESSAGE_RATE",
        message: `at most ${STREAM_MESSAGES_PER_SECOND_MAX} messages a second; this one was not read`,
        details: null,
      });
    const parsed = parseStreamRequest(text);
    if (!parsed.ok) {
      const { message, requestId } = parsed.error;
      return refuse(algo, { code: "BAD_REQUEST", message, details: null }, requestId);
    }
    const request = parsed.value;
    if (request.op === "ping") return algo.send({ type: "pong", time: now, ...echo(request) });
    if (request.op === "ack") return algo.acknowledge(request.seq);
    algo.queue = algo.queue
      .then(() => (algo.isClosed ? undefined : this.#answer(algo, request)))
      .catch((error: unknown) => {
        this.#host.log("error", "request_failed", { op: request.op, reason: errorText(error) });
        const message = "the request could not be carried out; try again";
        refuse(algo, { code: "UNAVAILABLE", message, details: null }, request.requestId);
      });
  }

  /** A socket is gone: nobody is left to want what it wanted. */
  drop(algo: AlgoSocket): void {
    algo.isClosed = true;
    algo.leave();
    this.#host.storage.forgetSocket(algo.id);
    this.#host.interest.release(algo.instruments);
    if (hasLedgerChannel(algo)) this.#unfollowIfLast();
  }

  async #answer(
    algo: AlgoSocket,
    request: Exclude<StreamRequest, { op: "ping" | "ack" }>,
  ): Promise<void> {
    if (request.op === "subscribe") {
      if (request.channel === "ticks") await this.#subscribeTicks(algo, request);
      else await this.#subscribeChannel(algo, request.channel, request.requestId);
    } else if (request.channel === "ticks") {
      this.#unsubscribeTicks(algo, request.instruments, request.requestId);
    } else {
      this.#unsubscribeChannel(algo, request.channel, request.requestId);
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
    const known = await this.#know(fresh);
    if (!known.ok) return refuse(algo, known.error, request.requestId);
    const wanted = new Map([...fresh, ...changed].map((instrument) => [instrument, mode] as const));
    const acquired = wanted.size > 0 ? await this.#host.interest.acquire(wanted) : ok(new Map());
    if (!acquired.ok) return refuse(algo, acquired.error, request.requestId);
    const history = await this.#history(request).catch((error: unknown) => {
      this.#host.interest.release(wanted);
      throw error;
    });
    if (!history.ok) {
      this.#host.interest.release(wanted);
      return refuse(algo, history.error, request.requestId);
    }
    await this.#fetchLast(request.instruments, changed);
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

  async #subscribeChannel(
    algo: AlgoSocket,
    channel: Exclude<StreamChannel, "ticks">,
    requestId: string | undefined,
  ): Promise<void> {
    if (channel !== "status") await this.#host.ledger().follow(this.#host.name);
    if (algo.isClosed) return;
    algo.channels.add(channel);
    algo.saveAttachment();
    algo.send({
      type: "subscribed",
      channel,
      ...algo.position,
      instruments: [],
      ...echo({ requestId }),
    });
  }

  #unsubscribeChannel(
    algo: AlgoSocket,
    channel: Exclude<StreamChannel, "ticks">,
    requestId: string | undefined,
  ): void {
    algo.channels.delete(channel);
    algo.saveAttachment();
    if (channel !== "status") this.#unfollowIfLast();
    algo.send({
      type: "unsubscribed",
      channel,
      ...algo.position,
      instruments: [],
      ...echo({ requestId }),
    });
  }

  #unfollowIfLast(): void {
    for (const algo of this.#host.sockets()) if (!algo.isClosed && hasLedgerChannel(algo)) return;
    this.#host
      .ledger()
      .unfollow(this.#host.name)
      .catch((error: unknown) => {
        // The ledger goes on telling a market that nobody asks any more: idle talk, no harm.
        this.#host.log("warn", "unfollow_failed", { reason: errorText(error) });
      });
  }

  /** Gives new instruments their place on the board; refuses those that no broker knows, by name. */
  async #know(instruments: readonly InstrumentId[]): Promise<Result<null, ApiError>> {
    const strangers = instruments.filter((instrument) => !this.#providers.has(instrument));
    if (strangers.length === 0) return ok(null);
    const providers = await this.#host.managers().providerOf(strangers);
    const unknown = strangers.filter((instrument) => providers[instrument] === undefined);
    if (unknown.length > 0) return err(unknownInstruments(unknown));
    for (const instrument of strangers) {
      const provider = providers[instrument] ?? "";
      const { alias } = this.#host.storage.know(instrument, provider);
      this.#providers.set(instrument, provider);
      this.#host.board.admit(instrument, alias);
    }
    return ok(null);
  }

  async #history(request: TicksRequest): Promise<Result<HistoryFrame[], ApiError>> {
    const { history, interval = "1m" } = request;
    if (history === undefined) return ok([]);
    const to = Date.now();
    const from = to - history * CANDLE_INTERVAL_MS[interval];
    const frames: HistoryFrame[] = [];
    for (let at = 0; at < request.instruments.length; at += HISTORY_CALLS_MAX) {
      const part = request.instruments.slice(at, at + HISTORY_CALLS_MAX);
      const answers = await Promise.all(
        part.map(async (instrument) => {
          const manager = this.#host.manager(this.providerOf(instrument));
          return { instrument, answer: await manager.candles({ instrument, interval, from, to }) };
        }),
      );
      for (const { instrument, answer } of answers) {
        if (!answer.ok) return answer;
        frames.push({
          type: "history",
          instrument,
          interval,
          candles: answer.value.slice(-history),
        });
      }
    }
    return ok(frames);
  }

  /** Asks the shards for last ticks that this market has not seen, or not in the mode now wanted. */
  async #fetchLast(
    instruments: readonly InstrumentId[],
    changed: readonly InstrumentId[],
  ): Promise<void> {
    const { board, log } = this.#host;
    const missing = instruments.filter(
      (one) => board.get(one)?.fields === null || changed.includes(one),
    );
    for (const [provider, ids] of Map.groupBy(missing, (id) => this.providerOf(id))) {
      try {
        const ticks = await this.#host.manager(provider).quotes(ids);
        board.settle();
        for (const tick of ticks) {
          const one = board.get(tick.instrument);
          const { depth } = tick;
          if (one) board.take(one, fieldsOfTick(tick), depth ? depthText(depth) : null);
        }
        board.flush(true);
      } catch (error) {
        // Without a snapshot the first live tick is the first one seen: late, but never wrong.
        log("warn", "quotes_failed", { provider, reason: errorText(error) });
      }
    }
  }

  #state(instrument: InstrumentId, declared: "pending" | "live" | undefined): "pending" | "live" {
    return this.#host.board.get(instrument)?.isLive ? "live" : (declared ?? "pending");
  }

  #aliases(instruments: readonly InstrumentId[]): Record<InstrumentId, number> {
    const { board } = this.#host;
    return Object.fromEntries(instruments.map((id) => [id, board.get(id)?.alias ?? 0]));
  }
}

export const hasLedgerChannel = (algo: AlgoSocket): boolean =>
  algo.channels.has("orders") || algo.channels.has("risk");
