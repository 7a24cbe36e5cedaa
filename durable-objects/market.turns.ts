/**
 * Serves history in turns: all sockets of a market together never hold more bars than it has memory for.
 * Who waits holds nothing but the request. Short wishes have a part of their own, so that they never
 * wait for long ones, which may take as long as a broker does.
 */
import type { StreamRequest } from "../src/contract/stream.ts";
import { CANDLE_INTERVAL_MS, type CandleKey } from "../src/domain/candle.ts";
import type { CandleGap } from "../src/domain/candle-join.ts";
import { partUnit } from "../src/domain/candle-series.ts";
import { STREAM_HISTORY_BARS_MAX } from "../src/domain/limits.ts";
import {
  LIVE_BARS_OF_SERIES,
  MARKET_HISTORY_BARS_MAX,
  SMALL_HISTORY_BARS_MAX,
  STREAM_REQUEST_BARS_MAX,
} from "../src/domain/market-limits.ts";

interface Waiting {
  bars: number;
  begin(): void;
}

/** So many bars at the same time, in the order in which they were asked for. */
class Lane {
  readonly #size: number;
  #free: number;
  readonly #waiting: Waiting[] = [];

  constructor(size: number) {
    this.#size = size;
    this.#free = size;
  }

  async during<Answer>(asked: number, work: () => Promise<Answer>): Promise<Answer> {
    // What is more than the whole goes alone.
    const bars = Math.min(asked, this.#size);
    if (this.#waiting.length === 0 && bars <= this.#free) this.#free -= bars;
    else await new Promise<void>((begin) => this.#waiting.push({ bars, begin }));
    try {
      return await work();
    } finally {
      this.#free += bars;
      this.#next();
    }
  }

  #next(): void {
    for (let [first] = this.#waiting; first && first.bars <= this.#free; [first] = this.#waiting) {
      this.#waiting.shift();
      this.#free -= first.bars;
      first.begin();
    }
  }
}

export class HistoryTurns {
  readonly #long = new Lane(STREAM_REQUEST_BARS_MAX);
  readonly #short = new Lane(MARKET_HISTORY_BARS_MAX - STREAM_REQUEST_BARS_MAX);

  /** Does the work once there is room for so many bars, and keeps that until the work is done. */
  during<Answer>(bars: number, work: () => Promise<Answer>): Promise<Answer> {
    if (bars === 0) return work();
    const lane = bars <= SMALL_HISTORY_BARS_MAX ? this.#short : this.#long;
    return lane.during(bars, work);
  }
}

/** Bars that are read for a request; 0 for one that reads none. */
export function barsOfRequest(request: StreamRequest): number {
  if (request.op !== "subscribe") return 0;
  if (request.channel === "ticks") return request.instruments.length * (request.history ?? 0);
  if (request.channel !== "candles") return 0;
  const { instruments, interval, history = 0 } = request;
  return instruments.length * (history + LIVE_BARS_OF_SERIES[partUnit(interval)]);
}

/** Bars that are read to begin a series again, or for the time of a gap. */
export function barsOfRead({ interval }: CandleKey, gap: CandleGap | undefined): number {
  const missing = gap ? Math.ceil((gap.to - gap.from) / CANDLE_INTERVAL_MS[interval]) : 0;
  return LIVE_BARS_OF_SERIES[partUnit(interval)] + Math.min(missing, STREAM_HISTORY_BARS_MAX);
}
