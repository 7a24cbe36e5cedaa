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
import { type FillTrades, GapFiller } from "./feed-shard.gaps.ts";
import { endGap, type HeldInstrument, isDelivered } from "./feed-shard.held.ts";
import { LateTrades, tellLateTicks } from "./feed-shard.late.ts";
import { LastWork, type LastWorkHost } from "./feed-shard.last-work.ts";
import { Recorder } from "./feed-shard.recorder.ts";
import { TradeSeams } from "./feed-shard.seams.ts";
import type { LoggedTick, TickLog } from "./feed-shard.tick-log.ts";

const pause = (ms: number): Promise<unknown> => scheduler.wait(ms);

/** Bars go to the shard's manager, recordings to the archive. */
export function shardHistory(
  env: Env,
  shard: string,
  book: TickBook,
  log: Log,
  links: () => {
    tellGaps: HistoryHost["tellGaps"];
    tellLate(gap: LinkGap): void;
    flushSoon(now: number): void;
  },
): ShardHistory {
  const [broker = ""] = shard.split(":");
  const send = (batch: OwnCandles) => brokerManager(env, broker).keepCandles(batch);
  const isHeld = (instrument: InstrumentId) => book.held.has(instrument);
  const candles = new ShardCandles(send, log, isHeld);
  const put = (key: string, bytes: Uint8Array) => env.RECORDINGS.put(key, bytes);
  const recorder = new Recorder({ broker, shard, put, log });
  const late = new LateTrades({
    manager: () => brokerManager(env, broker),
    drain: () => history.drain(),
    tell: (instrument, trades) => {
      const held = book.held.get(instrument);
      if (held?.phase !== "active") return false;
      const now = Date.now();
      // What was told before them is kept before them.
      history.drain();
      history.keep(tellLateTicks(held, trades, { provider: broker, now }));
      links().flushSoon(now);
      return true;
    },
    pause,
    now: Date.now,
  });
  const gaps = new GapFiller({
    manager: () => brokerManager(env, broker),
    isHeld,
    trades: (instrument, gap) => history.watch(instrument, gap, late),
    filled: (instrument, gap) => candles.gap([instrument], gap),
    tell: (gap) => links().tellLate(gap),
    pause,
    log,
  });
  const history = new ShardHistory(book.log, candles, recorder, gaps, {
    instrumentOf: instrumentsOf(book),
    isHeld,
    tellGaps: (held, to, reason) => links().tellGaps(held, to, reason),
    isAtWork: () => book.held.size > 0,
    random: Math.random,
  });
  return history;
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
  isHeld(instrument: InstrumentId): boolean;
  /** Tells the gaps of these, in order with their ticks. */
  tellGaps(held: readonly HeldInstrument[], to: number, reason: string): LinkGap[];
}

export class ShardHistory {
  readonly #log: TickLog;
  readonly #candles: ShardCandles;
  readonly #recorder: Recorder;
  readonly #gaps: GapFiller;
  readonly #bars: BarFeed;
  readonly #lastWork: LastWork;
  readonly #seams: TradeSeams;
  readonly #isHeld: HistoryHost["isHeld"];
  readonly #instrumentOf: HistoryHost["instrumentOf"];
  readonly #tellGaps: HistoryHost["tellGaps"];
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
    this.#isHeld = (instrument) => host.isHeld(instrument);
    this.#instrumentOf = (alias) => host.instrumentOf(alias);
    this.#tellGaps = (held, to, reason) => host.tellGaps(held, to, reason);
    this.#seams = new TradeSeams((instrument, since) => candles.waitFor(instrument, since));
    this.#lastWork = new LastWork({ ...host, work: (now) => this.#finish(now) });
    this.#bars = new BarFeed({
      built: (alias) => {
        const instrument = this.#instrumentOf(alias);
        return instrument === null ? null : candles.built(instrument);
      },
      drain: () => this.drain(),
      setBacks: () => candles.setBacks,
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
    this.#slices ??= setInterval(() => this.drain(HISTORY_SLICE_TICKS_MAX), HISTORY_SLICE_MS);
    this.drain();
    this.#recorder.beat(now);
    this.#candles.beat(now);
    this.#seams.keepOnly(this.#isHeld, now);
  }

  /** The exchange's clock was set: bars and edges of later than `exchangeTime` are of what it said before. */
  forgetLaterThan(exchangeTime: number): void {
    this.drain();
    this.#candles.forgetLaterThan(exchangeTime);
    this.#seams.forgetLaterThan(exchangeTime);
  }

  /** Nothing more is coming: before long what there is goes out. */
  end(): void {
    this.#lastWork.soon();
  }

  #finish(now: number): void {
    if (this.#slices !== null) clearInterval(this.#slices);
    this.#slices = null;
    this.drain();
    this.#bars.stop();
    this.#recorder.finish();
    this.#candles.beat(now, true);
  }

  /** Data of these comes again: where some was missing, that is told, kept with the bars, and filled as far as the broker can. */
  tellLost(held: readonly HeldInstrument[], now: number, reason: string): void {
    const told = held.filter(isDelivered);
    const gaps = this.#tellGaps(told, now, reason);
    // What was told before the gap is known before its edges are looked at.
    this.drain();
    for (const { instruments, from, to } of gaps) this.#candles.gap(instruments, { from, to });
    this.#gaps.fill(gaps);
    for (const one of held) endGap(one);
  }

  /** Another shard delivers these from now on: before it does, their bars are told, and what waits for their gaps. */
  release(instruments: readonly InstrumentId[]): void {
    const released = new Set(instruments);
    this.#bars.release(Date.now(), (alias) => {
      const instrument = this.#instrumentOf(alias);
      return instrument !== null && released.has(instrument);
    });
    this.#gaps.release(instruments);
  }

  /** Watches what is told at the edges of a gap, from now on until its trades were asked for. */
  watch(instrument: InstrumentId, gap: LinkGap, late: LateTrades): FillTrades {
    const watch = this.#seams.open(instrument, gap);
    return async (progress) => {
      try {
        return await late.fill(instrument, gap, watch, progress);
      } finally {
        if (watch) this.#seams.close(instrument, watch);
      }
    };
  }

  /** Late ticks that were told: they pass no log. */
  keep(ticks: readonly LoggedTick[]): void {
    for (const tick of ticks) {
      this.#recorder.add(tick);
      this.#take(tick);
    }
  }

  parts(instrument: InstrumentId, interval: "1s" | "1m"): CandlePart[] {
    this.drain();
    return this.#candles.parts(instrument, interval);
  }

  /** Works off what was delivered, all of it or so many. */
  drain(ticksMax?: number): void {
    this.#log.drain((tick) => {
      if (!tick.isLateTrade) this.#recorder.add(tick);
      this.#take(tick);
    }, ticksMax);
  }

  #take(tick: LoggedTick): void {
    this.#candles.add(tick);
    this.#seams.note(tick);
  }
}
