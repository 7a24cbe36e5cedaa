/**
 * The channel `candles`: which bars the algo wants, over every socket. Each new socket is asked for them
 * with as much history as was missed, so that what the algo hears has neither a hole nor a double.
 */
import type { Candle, CandleInterval } from "../../src/contract/market.ts";
import { STREAM_HISTORY_BARS_MAX } from "../../src/contract/stream-candles.ts";
import {
  streamRequest,
  type StreamMessage,
  type StreamRequest,
} from "../../src/contract/stream.ts";
import { BarSeries } from "./bar-series.ts";
import type { ClosedCandle } from "./closed-candle.ts";
import { TrunklineError, TrunklineTimeoutError } from "./errors.ts";
import type { Timing } from "./limits.ts";
import { partsOf } from "./parts.ts";
import type { StreamEvent } from "./stream-events.ts";

type Message<Type extends StreamMessage["type"]> = Extract<StreamMessage, { type: Type }>;

export interface CandleOptions {
  /** Default "1m". */
  interval?: CandleInterval | undefined;
  /** Bars to have before the live ones, 1 to 1,000; the newest alone when left out. */
  history?: number | undefined;
}

interface BarsOptions {
  timing: Timing;
  send(request: StreamRequest): void;
  emit(event: StreamEvent): void;
  /** Start of the newest bar that the algo was told closed, built of ticks. */
  toldUntil?(instrument: string, interval: CandleInterval): number | null;
}

interface Entry {
  series: BarSeries;
  history: number;
  /** More was missed than comes at once. */
  isCut: boolean;
}

/** Who awaits a subscribe: it is asked for in parts, and is there when all of them are. */
interface Caller {
  resolve(): void;
  reject(error: Error): void;
  /** Series that nobody wanted before. */
  fresh: string[];
  /** Ids of the parts without an answer. */
  open: Set<string>;
}

interface Request {
  instruments: string[];
  interval: CandleInterval;
  /** Null for a repair: nobody awaits it. */
  caller: Caller | null;
}

const keyOf = (instrument: string, interval: CandleInterval): string => `${interval} ${instrument}`;

export class Bars {
  readonly #options: BarsOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #requests = new Map<string, Request>();
  /** Of series that are no more: what was told is not told again from ticks. */
  readonly #told = new Map<string, number>();
  #retry: ReturnType<typeof setTimeout> | null = null;
  #lastId = 0;

  constructor(options: BarsOptions) {
    this.#options = options;
  }

  candles(instrument: string, interval: CandleInterval): readonly Candle[] {
    return this.#entries.get(keyOf(instrument, interval))?.series.candles ?? [];
  }

  /** True for a bar built of ticks that the platform tells, or told, itself. */
  tells({ instrument, interval, time }: ClosedCandle): boolean {
    const key = keyOf(instrument, interval);
    return this.#entries.has(key) || time <= (this.#told.get(key) ?? -Infinity);
  }

  /** Resolves when history is there, and live bars follow. */
  async subscribe(
    names: readonly string[],
    { interval = "1m", history = 1 }: CandleOptions = {},
  ): Promise<void> {
    const instruments = [...new Set(names)];
    check({ op: "subscribe", channel: "candles", instruments, interval, history });
    const fresh = instruments.filter((name) => !this.#entries.has(keyOf(name, interval)));
    for (const instrument of instruments) this.#want(instrument, interval, history);
    const open = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const answered = new Promise<void>((resolve, reject) => {
      const parts = this.#send(instruments, interval, history, { resolve, reject, fresh, open });
      const timeoutMs = this.#options.timing.subscribeTimeoutMs * parts;
      const text = `no answer to the subscribe of candles within ${timeoutMs} ms; the wish stands`;
      timer = setTimeout(() => reject(new TrunklineTimeoutError(text)), timeoutMs);
    });
    try {
      await answered;
    } finally {
      if (timer !== undefined) clearTimeout(timer);
      for (const id of open) this.#requests.delete(id);
    }
  }

  unsubscribe(
    instruments: readonly string[],
    { interval = "1m" }: Pick<CandleOptions, "interval"> = {},
  ): void {
    const gone = instruments.filter((instrument) => this.#forget(instrument, interval));
    if (gone.length === 0) return;
    this.#options.send({ op: "unsubscribe", channel: "candles", instruments: gone, interval });
  }

  /** Everything to be said on a new socket, or to one whose market was rebuilt. */
  ask(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    const covered = new Set<string>();
    for (const [caller, { interval, instruments }] of this.#takeOpen()) {
      const wanted = instruments.filter((name) => this.#entries.has(keyOf(name, interval)));
      if (wanted.length === 0) {
        caller.resolve();
        continue;
      }
      for (const name of wanted) covered.add(keyOf(name, interval));
      const history = wanted.map((name) => this.#entries.get(keyOf(name, interval))?.history ?? 1);
      this.#send(wanted, interval, Math.max(...history), caller);
    }
    const groups = new Map<CandleInterval, Entry[]>();
    for (const [key, entry] of this.#entries) {
      if (covered.has(key)) continue;
      const { interval } = entry.series;
      groups.set(interval, [...(groups.get(interval) ?? []), entry]);
    }
    for (const [interval, entries] of groups) {
      const instruments = entries.map(({ series }) => series.instrument);
      // What is there already stays: only what was missed is asked for.
      const wishes = entries.map(({ series, history }) => (series.isStarted ? 1 : history));
      this.#send(instruments, interval, Math.max(...wishes), null);
    }
  }

  /** Forgets all requests; answers what algos still await. */
  #takeOpen(): Map<Caller, Omit<Request, "caller">> {
    const open = new Map<Caller, Omit<Request, "caller">>();
    for (const { instruments, interval, caller } of this.#requests.values()) {
      if (caller === null) continue;
      caller.open.clear();
      const before = open.get(caller)?.instruments ?? [];
      open.set(caller, { interval, instruments: [...before, ...instruments] });
    }
    this.#requests.clear();
    return open;
  }

  history({ instrument, interval, candles, restarted }: Message<"history">): void {
    const entry = this.#entries.get(keyOf(instrument, interval));
    if (entry === undefined) return;
    if (restarted === true) return entry.series.restart();
    const { series, isCut } = entry;
    const from = series.candles.at(-1)?.time;
    const to = candles[0]?.time ?? Date.now();
    entry.isCut = false;
    if (isCut && from !== undefined && to > from) {
      const reason = `more bars of ${interval} were missed than come at once; client.candles has them`;
      const gap = { instruments: [instrument], from, to, provider: "stream", reason };
      this.#options.emit({ kind: "gap", gap });
    }
    this.#tell(series.history(candles, Date.now()));
  }

  hear({ instrument, interval, candle, closed }: Message<"candle">): void {
    const entry = this.#entries.get(keyOf(instrument, interval));
    if (entry !== undefined) this.#tell(entry.series.live(candle, closed, Date.now()));
  }

  subscribed(requestId: string | undefined): void {
    const request = this.#requests.get(requestId ?? "");
    if (request === undefined) return;
    this.#requests.delete(requestId ?? "");
    const { caller } = request;
    caller?.open.delete(requestId ?? "");
    if (caller?.open.size === 0) caller.resolve();
  }

  /** True when the algo awaits the answer, and has it. A refused repair is tried again, without what was named. */
  refused(requestId: string | undefined, error: TrunklineError): boolean {
    if (error.code === "MESSAGE_RATE") this.#askSoon();
    const request = this.#requests.get(requestId ?? "");
    if (request === undefined) return false;
    this.#requests.delete(requestId ?? "");
    const { instruments, interval, caller } = request;
    if (caller === null) {
      for (const instrument of error.details?.instruments ?? []) this.#forget(instrument, interval);
      this.#askSoon();
      return false;
    }
    for (const instrument of instruments) {
      const series = this.#entries.get(keyOf(instrument, interval))?.series;
      if (series?.isStarted === false) this.#forget(instrument, interval);
      // It waits for the history that was refused: the old wish is said again.
      else this.#askSoon();
    }
    // Of a subscribe in parts none stands: the platform may have the others by now.
    this.unsubscribe(caller.fresh, { interval });
    caller.reject(error);
    return true;
  }

  close(error: Error): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    for (const { caller } of this.#requests.values()) caller?.reject(error);
    this.#requests.clear();
  }

  #want(instrument: string, interval: CandleInterval, history: number): void {
    const key = keyOf(instrument, interval);
    const told = this.#options.toldUntil?.(instrument, interval);
    const series =
      this.#entries.get(key)?.series ??
      new BarSeries(instrument, interval, told ?? this.#told.get(key) ?? null);
    this.#entries.set(key, { series, history, isCut: false });
  }

  #forget(instrument: string, interval: CandleInterval): boolean {
    const key = keyOf(instrument, interval);
    const closedTime = this.#entries.get(key)?.series.closedTime ?? null;
    if (closedTime !== null) this.#told.set(key, closedTime);
    return this.#entries.delete(key);
  }

  /** In as many messages as it takes; answers how many. */
  #send(
    instruments: readonly string[],
    interval: CandleInterval,
    atLeast: number,
    caller: Caller | null,
  ): number {
    let history = atLeast;
    for (const instrument of instruments) {
      const entry = this.#entries.get(keyOf(instrument, interval));
      if (entry?.series.isStarted !== true) continue;
      const missed = entry.series.await(Date.now());
      entry.isCut = missed > STREAM_HISTORY_BARS_MAX;
      history = Math.max(history, Math.min(missed, STREAM_HISTORY_BARS_MAX));
    }
    const channel = "candles";
    const parts = partsOf(instruments, history);
    for (const part of parts) {
      const requestId = this.#nextId();
      caller?.open.add(requestId);
      this.#requests.set(requestId, { instruments: part, interval, caller });
      const request = { channel, instruments: part, interval, history, requestId } as const;
      this.#options.send({ op: "subscribe", ...request });
    }
    return parts.length;
  }

  #tell(candles: readonly ClosedCandle[]): void {
    for (const candle of candles) this.#options.emit({ kind: "candle", candle });
  }

  #askSoon(): void {
    this.#retry ??= setTimeout(() => this.ask(), this.#options.timing.repairIntervalMs);
  }

  #nextId(): string {
    this.#lastId += 1;
    return `candles-${this.#lastId}`;
  }
}

/** Finds bad input before it is sent. */
function check(message: StreamRequest): void {
  const parsed = streamRequest.safeParse(message);
  if (parsed.success) return;
  const text = `subscribeCandles: instruments like NSE:INFY, an interval, and history of 1 to ${STREAM_HISTORY_BARS_MAX} bars`;
  throw new TrunklineError({ code: "BAD_REQUEST", message: text });
}
