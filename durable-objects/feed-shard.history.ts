/** What a shard keeps of its ticks: bars and recordings. It works in slices between the ticks, never within the tick path. */
import type { Log } from "../src/application/log.ts";
import type { OwnCandles } from "../src/application/ports.ts";
import type { ShardView } from "../src/contract/brokers.ts";
import type { LinkGap } from "../src/contract/link.ts";
import type { CandlePart } from "../src/domain/candle-builder.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { HISTORY_SLICE_MS, HISTORY_SLICE_TICKS_MAX } from "../src/domain/limits.ts";
import { brokerManager } from "../src/platform/objects.ts";
import { BarFeed } from "./feed-shard.bars.ts";
import type { TickBook } from "./feed-shard.book.ts";
import { ShardCandles } from "./feed-shard.candles.ts";
import { GapFiller } from "./feed-shard.gaps.ts";
import { LastWork, type LastWorkHost } from "./feed-shard.last-work.ts";
import { Recorder } from "./feed-shard.recorder.ts";
import type { TickLog } from "./feed-shard.tick-log.ts";

/** Bars go to the shard's manager, recordings to the archive. */
export function shardHistory(
  env: Env,
  shard: string,
  book: TickBook,
  log: Log,
  links: () => { tellLate(gap: LinkGap): void },
): ShardHistory {
  const [broker = ""] = shard.split(":");
  const send = (batch: OwnCandles) => brokerManager(env, broker).keepCandles(batch);
  const candles = new ShardCandles(send, log, (instrument) => book.held.has(instrument));
  const put = (key: string, bytes: Uint8Array) => env.RECORDINGS.put(key, bytes);
  const recorder = new Recorder({ broker, shard, put, log });
  const gaps = new GapFiller({
    manager: () => brokerManager(env, broker),
    isHeld: (instrument) => book.held.has(instrument),
    tell: (gap) => links().tellLate(gap),
    pause: (ms) => scheduler.wait(ms),
    log,
  });
  return new ShardHistory(book.log, candles, recorder, gaps, {
    instrumentOf: instrumentsOf(book),
    isAtWork: () => book.held.size > 0,
    random: Math.random,
  });
}

/** What an alias stands for: it never stands for another instrument. */
function instrumentsOf(book: TickBook): (alias: number) => InstrumentId | null {
  const known = new Map<number, InstrumentId>();
  return (alias) => {
    if (!known.has(alias))
      for (const held of book.held.values()) known.set(held.alias, held.instrument);
    const instrument = known.get(alias);
    return instrument !== undefined && book.held.has(instrument) ? instrument : null;
  };
}

export interface HistoryHost extends Omit<LastWorkHost, "work"> {
  /** Null for one that the shard does not hold. */
  instrumentOf(alias: number): InstrumentId | null;
}

export class ShardHistory {
  readonly #log: TickLog;
  readonly #candles: ShardCandles;
  readonly #recorder: Recorder;
  readonly #gaps: GapFiller;
  readonly #bars: BarFeed;
  readonly #lastWork: LastWork;
  #slices: number | null = null;

  constructor(
    log: TickLog,
    candles: ShardCandles,
    recorder: Recorder,
    gaps: GapFiller,
    host: HistoryHost,
  ) {
    this.#log = log;
    this.#candles = candles;
    this.#recorder = recorder;
    this.#gaps = gaps;
    this.#lastWork = new LastWork({ ...host, work: (now) => this.#finish(now) });
    this.#bars = new BarFeed({
      built: (alias) => {
        const instrument = host.instrumentOf(alias);
        return instrument === null ? null : candles.built(instrument);
      },
      drain: () => this.#drain(),
    });
  }

  /** A market's link was opened: it may ask for bars over it. */
  listen(socket: WebSocket): void {
    this.#bars.listen(socket);
  }

  get view(): ShardView["recording"] {
    const { lostTicks, ...view } = this.#recorder.view;
    return { ...view, lostTicks: lostTicks + this.#log.lost };
  }

  /** Bars that could not be kept, by reason. */
  get dropped(): Record<string, number> {
    const { tooLate, lost } = this.#candles;
    return {
      ...(tooLate > 0 ? { trade_too_late_for_bar: tooLate } : {}),
      ...(lost > 0 ? { bar_not_kept: lost } : {}),
    };
  }

  /**
   * Once a second. Between two beats the log is worked off in slices: a second of a busy market at once
   * would hold up its ticks for tens of milliseconds.
   */
  beat(now: number): void {
    this.#slices ??= setInterval(() => this.#drain(HISTORY_SLICE_TICKS_MAX), HISTORY_SLICE_MS);
    this.#drain();
    this.#recorder.beat(now);
    this.#candles.beat(now);
  }

  /** Nothing more is coming: before long what there is goes out. */
  end(): void {
    this.#lastWork.soon();
  }

  #finish(now: number): void {
    if (this.#slices !== null) clearInterval(this.#slices);
    this.#slices = null;
    this.#drain();
    this.#bars.stop();
    this.#recorder.finish();
    this.#candles.beat(now, true);
  }

  /** Gaps that were just told: kept with the bars, and filled as far as the broker can. */
  gaps(gaps: readonly LinkGap[]): void {
    for (const { instruments, from, to } of gaps) this.#candles.gap(instruments, from, to);
    this.#gaps.fill(gaps);
  }

  parts(instrument: InstrumentId, interval: "1s" | "1m"): CandlePart[] {
    this.#drain();
    return this.#candles.parts(instrument, interval);
  }

  #drain(ticksMax?: number): void {
    this.#log.drain((tick) => {
      if (!tick.isLateTrade) this.#recorder.add(tick);
      this.#candles.add(tick);
    }, ticksMax);
  }
}
