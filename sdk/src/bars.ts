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
import type { ClosedCandle } from "./candles.ts";
import { TrunklineError, TrunklineTimeoutError } from "./errors.ts";
import type { Timing } from "./limits.ts";
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

interface Request {
  instruments: string[];
  interval: CandleInterval;
  /** Null for a repair: nobody awaits it. */
  caller: { resolve(): void; reject(error: Error): void } | null;
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
    for (const instrument of instruments) this.#want(instrument, interval, history);
    const id = this.#nextId();
    const { subscribeTimeoutMs } = this.#options.timing;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const answered = new Promise<void>((resolve, reject) => {
      const text = `no answer to the subscribe of candles within ${subscribeTimeoutMs} ms; the wish stands`;
      timer = setTimeout(() => reject(new TrunklineTimeoutError(text)), subscribeTimeoutMs);
      this.#requests.set(id, { instruments, interval, caller: { resolve, reject } });
    });
    this.#send(id, instruments, interval, history);
    try {
      await answered;
    } finally {
      if (timer !== undefined) clearTimeout(timer);
      this.#requests.delete(id);
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
    for (const [id, { instruments, interval, caller }] of this.#requests) {
      const wanted = instruments.filter((name) => this.#entries.has(keyOf(name, interval)));
      if (caller === null) this.#requests.delete(id);
      else if (wanted.length === 0) caller.resolve();
      else {
        for (const name of wanted) covered.add(keyOf(name, interval));
        const history = wanted.map(
          (name) => this.#entries.get(keyOf(name, interval))?.history ?? 1,
        );
        this.#send(id, wanted, interval, Math.max(...history));
      }
    }
    const groups = new Map<CandleInterval, Entry[]>();
    for (const [key, entry] of this.#entries) {
      if (covered.has(key)) continue;
      const { interval } = entry.series;
      groups.set(interval, [...(groups.get(interval) ?? []), entry]);
    }
    for (const [interval, entries] of groups) {
      const id = this.#nextId();
      const instruments = entries.map(({ series }) => series.instrument);
      this.#requests.set(id, { instruments, interval, caller: null });
      // What is there already stays: only what was missed is asked for.
      const wishes = entries.map(({ series, history }) => (series.isStarted ? 1 : history));
      this.#send(id, instruments, interval, Math.max(...wishes));
    }
  }

  history({ instrument, interval, candles }: Message<"history">): void {
    const entry = this.#entries.get(keyOf(instrument, interval));
    if (entry === undefined) return;
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
    request.caller?.resolve();
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

  #send(requestId: string, instruments: string[], interval: CandleInterval, atLeast: number): void {
    let history = atLeast;
    for (const instrument of instruments) {
      const entry = this.#entries.get(keyOf(instrument, interval));
      if (entry?.series.isStarted !== true) continue;
      const missed = entry.series.await(Date.now());
      entry.isCut = missed > STREAM_HISTORY_BARS_MAX;
      history = Math.max(history, Math.min(missed, STREAM_HISTORY_BARS_MAX));
    }
    const channel = "candles";
    this.#options.send({ op: "subscribe", channel, instruments, interval, history, requestId });
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
