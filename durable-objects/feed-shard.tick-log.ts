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
  /** Filled in from the broker's history. Such a one is told and kept, but passes no log. */
  late: boolean;
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
  /** What was logged and not yet drained lies from here to `#size`. */
  #from = 0;
  #size = 0;

  add(update: MarketUpdate, receivedTime: number, epoch: number, count: number): void {
    if (this.#size >= SHARD_LOG_TICKS_MAX) this.#moveUp();
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

  /** Takes out what was added first, at most so many. */
  drain(take: (tick: LoggedTick) => void, ticksMax = Infinity): void {
    const end = Math.min(this.#size, this.#from + ticksMax);
    for (; this.#from < end; this.#from += 1) {
      const at = this.#from;
      const update = this.#updates[at];
      const epoch = this.#epochs[at] ?? 0;
      const count = this.#counts[at] ?? 0;
      if (update === undefined) continue;
      take({
        update,
        receivedTime: this.#receivedTimes[at] ?? 0,
        epoch,
        seq: tickSeqBase(epoch) + (count < 0 ? -1 - count : count),
        isLateTrade: count < 0,
        late: false,
      });
    }
    if (this.#from === this.#size) this.#from = this.#size = 0;
  }

  /** Makes room where ticks were taken out. */
  #moveUp(): void {
    if (this.#from === 0) return;
    for (const list of [this.#updates, this.#receivedTimes, this.#epochs, this.#counts])
      list.copyWithin(0, this.#from, this.#size);
    this.#size -= this.#from;
    this.#from = 0;
  }
}
