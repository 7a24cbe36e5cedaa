/**
 * Brings the trades of several recordings into one order of time, minute by minute, as a replay wants
 * them. Shards and clocks differ by seconds: what came last is held back until nothing earlier can follow.
 */
import type { InstrumentId } from "./instrument.ts";
import { RECORDED_TRADES_HOLD_MS } from "./limits.ts";
import type { Tick } from "./tick.ts";

export interface RecordedTrade {
  instrument: InstrumentId;
  /** The exchange's clock, or ours where it gives none; whole ms since 1970. */
  time: number;
  price: number;
  quantity: number;
  /** Left out where its provider gave none. */
  openInterest?: number;
}

export class TradeMerger {
  /** Trades that came too late to be put in order; they are left out. */
  leftOut = 0;
  #held: RecordedTrade[] = [];
  #newest = 0;
  #givenUntil = 0;

  /** Adds ticks of any shard; of each instrument in the order in which they were delivered. */
  add(ticks: readonly Tick[]): void {
    for (const tick of ticks) {
      const { instrument, last, lastQuantity, openInterest, exchangeTime, receivedTime } = tick;
      if (last === null || lastQuantity === null || lastQuantity === 0) continue;
      const time = Math.floor(exchangeTime ?? receivedTime);
      if (time < this.#givenUntil) {
        this.leftOut += 1;
        continue;
      }
      this.#newest = Math.max(this.#newest, time);
      const trade = { instrument, time, price: last, quantity: lastQuantity };
      this.#held.push(openInterest === undefined ? trade : { ...trade, openInterest });
    }
  }

  /** Everything that is in order by now; with `isEnd` all that is left. */
  take(isEnd = false): RecordedTrade[] {
    const until = isEnd ? Infinity : this.#newest - RECORDED_TRADES_HOLD_MS;
    const given: RecordedTrade[] = [];
    const held: RecordedTrade[] = [];
    for (const trade of this.#held) (trade.time < until ? given : held).push(trade);
    this.#held = held;
    this.#givenUntil = Math.max(this.#givenUntil, isEnd ? this.#newest : until);
    // The sort is stable: trades of one instrument at the same time stay as they were.
    return given.sort((a, b) => a.time - b.time);
  }
}
