/**
 * The bars of one instrument and interval as the platform tells them: history and live frames in, each
 * closed bar out once and in order, and one that changed after that as corrected. No clock, no I/O.
 */
import { CANDLE_INTERVAL_MS, type Candle, type CandleInterval } from "../../src/contract/market.ts";
import type { ClosedCandle } from "./closed-candle.ts";
import { CANDLES_KEPT_MAX, LATE_TRADE_MS } from "./limits.ts";

export type Bar = Candle & Pick<ClosedCandle, "mark">;

export class BarSeries {
  readonly instrument: string;
  readonly interval: CandleInterval;
  #candles: Bar[] = [];
  /** Nothing is told of bars before this one: null until the first history. */
  #first: number | null = null;
  /** Start of the newest bar that was told closed, or had closed before the algo was there. */
  #closedTime: number | null;
  /** Since when bars may be missing, and history is awaited; null: none are. */
  #lostAt: number | null = null;
  #heardAt = 0;

  /** `closedTime`: up to here the algo was told bars built of ticks. */
  constructor(instrument: string, interval: CandleInterval, closedTime: number | null) {
    this.instrument = instrument;
    this.interval = interval;
    this.#closedTime = closedTime;
  }

  get candles(): readonly Bar[] {
    return this.#candles;
  }

  get closedTime(): number | null {
    return this.#closedTime;
  }

  get isStarted(): boolean {
    return this.#first !== null;
  }

  /** Until history comes new bars wait for it; answers how many must come to leave no hole. */
  await(now: number): number {
    this.#lostAt ??= this.#heardAt;
    const missedMs = Math.max(0, now - this.#lostAt) + LATE_TRADE_MS;
    return Math.ceil(missedMs / CANDLE_INTERVAL_MS[this.interval]) + 2;
  }

  /** The exchange's clock was set back: the bars that are here are of another time, and others begin. */
  restart(): void {
    this.#candles = [];
    this.#first = 0;
    this.#closedTime = null;
    this.#lostAt = null;
  }

  history(bars: readonly Bar[], now: number): ClosedCandle[] {
    const changed = this.isStarted ? bars.filter((bar) => this.#isCorrection(bar)) : [];
    const merged = new Map([...this.#candles, ...bars].map((bar) => [bar.time, bar]));
    this.#candles = [...merged.values()].sort((a, b) => a.time - b.time);
    const oldest = this.#candles[0]?.time ?? -Infinity;
    if (this.#first === null) this.#closedTime ??= this.#candles.at(-2)?.time ?? null;
    this.#first = Math.min(this.#first ?? Infinity, oldest);
    this.#lostAt = null;
    this.#heardAt = now;
    const closed = this.#closeUpTo(this.#candles.at(-2)?.time ?? -Infinity);
    this.#trim();
    return [...changed.map((bar) => this.#told(bar, true)), ...closed];
  }

  live(bar: Bar, isClosed: boolean, now: number): ClosedCandle[] {
    if (this.#first === null || bar.time < this.#first) return [];
    if (bar.time <= (this.#closedTime ?? -Infinity)) {
      if (!isClosed || !this.#isCorrection(bar)) return [];
      this.#put(bar);
      return [this.#told(bar, true)];
    }
    // The history that is awaited has it, and those before it.
    if (this.#lostAt !== null) return [];
    this.#heardAt = now;
    this.#put(bar);
    return isClosed ? this.#closeUpTo(bar.time) : [];
  }

  /** Of a time whose bars were told, and not the bar that was told. */
  #isCorrection(bar: Bar): boolean {
    if (bar.time > (this.#closedTime ?? -Infinity) || bar.time < (this.#first ?? Infinity))
      return false;
    const before = this.#candles.find(({ time }) => time === bar.time);
    return before === undefined || !isSame(before, bar);
  }

  #put(bar: Bar): void {
    const at = this.#candles.findLastIndex(({ time }) => time <= bar.time);
    if (this.#candles[at]?.time === bar.time) this.#candles[at] = bar;
    else this.#candles.splice(at + 1, 0, bar);
    this.#trim();
  }

  #trim(): void {
    const over = this.#candles.length - CANDLES_KEPT_MAX;
    if (over > 0) this.#candles.splice(0, over);
  }

  #closeUpTo(time: number): ClosedCandle[] {
    const before = this.#closedTime ?? -Infinity;
    const closed = this.#candles.filter((bar) => bar.time > before && bar.time <= time);
    this.#closedTime = closed.at(-1)?.time ?? this.#closedTime;
    return closed.map((bar) => this.#told(bar, false));
  }

  #told(bar: Bar, corrected: boolean): ClosedCandle {
    const { instrument, interval } = this;
    return { instrument, interval, ...bar, ...(corrected && { corrected }) };
  }
}

const isSame = (a: Bar, b: Bar): boolean =>
  a.open === b.open &&
  a.high === b.high &&
  a.low === b.low &&
  a.close === b.close &&
  a.volume === b.volume &&
  (a.mark ?? null) === (b.mark ?? null);
