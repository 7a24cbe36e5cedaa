/** An object's one alarm for many reasons to wake: it only ever moves to sooner, evicted in between or not. */

interface Sleeper {
  storage: { getAlarm(): Promise<number | null>; setAlarm(time: number): Promise<void> };
  waitUntil(work: Promise<void>): void;
}

export class SoonestAlarm {
  readonly #ctx: Sleeper;
  /** No later than the alarm that is set; null when this run has not asked for one yet. */
  #at: number | null = null;

  constructor(ctx: Sleeper) {
    this.#ctx = ctx;
  }

  /** Wakes the object at `time` (ms since 1970) or before. */
  by(time: number): void {
    if (this.#at !== null && this.#at <= time) return;
    this.#at = time;
    this.#ctx.waitUntil(this.#move(time));
  }

  /** The alarm has come: the next one starts anew. */
  rang(): void {
    this.#at = null;
  }

  /** What was set before an eviction may be due sooner: it is asked for, never overwritten blindly. */
  async #move(time: number): Promise<void> {
    const { storage } = this.#ctx;
    const set = await storage.getAlarm();
    if (set === null || set > time) await storage.setAlarm(time);
  }
}
