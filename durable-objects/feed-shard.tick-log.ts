/** What a shard delivered since it was last drained. Adding is all that the tick path pays for bars and recordings. */
import { SHARD_LOG_TICKS_MAX } from "../src/domain/limits.ts";
import { type MarketUpdate, tickSeqBase } from "../src/domain/tick.ts";

export interface LoggedTick {
  update: MarketUpdate;
  receivedTime: number;
  epoch: number;
  seq: number;
  /** A trade that came out of order: no consumer saw it, but its bar is amended. */
  isLateTrade: boolean;
}

export class TickLog {
  /** Ticks that found the log full. */
  lost = 0;
  /** One list for each field: nothing is allocated for a tick. */
  readonly #updates: MarketUpdate[] = [];
  readonly #receivedTimes: number[] = [];
  readonly #epochs: number[] = [];
  /** Count within the epoch; negative for a late trade. */
  readonly #counts: number[] = [];
  #size = 0;

  add(update: MarketUpdate, receivedTime: number, epoch: number, count: number): void {
    const at = this.#size;
    if (at >= SHARD_LOG_TICKS_MAX) {
      this.lost += 1;
      return;
    }
    this.#updates[at] = update;
    this.#receivedTimes[at] = receivedTime;
    this.#epochs[at] = epoch;
    this.#counts[at] = count;
    this.#size = at + 1;
  }

  /** `count` is that of the tick delivered last: the late one is told after it. */
  addLate(update: MarketUpdate, receivedTime: number, epoch: number, count: number): void {
    this.add(update, receivedTime, epoch, -1 - count);
  }

  drain(take: (tick: LoggedTick) => void): void {
    for (let at = 0; at < this.#size; at += 1) {
      const update = this.#updates[at];
      const epoch = this.#epochs[at] ?? 0;
      const count = this.#counts[at] ?? 0;
      if (update === undefined) break;
      take({
        update,
        receivedTime: this.#receivedTimes[at] ?? 0,
        epoch,
        seq: tickSeqBase(epoch) + (count < 0 ? -1 - count : count),
        isLateTrade: count < 0,
      });
    }
    this.#size = 0;
  }
}
