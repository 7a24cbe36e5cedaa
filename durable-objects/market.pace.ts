/**
 * Decides when ticks that wait on a market's board leave: at once while the market has time, in turns of a
 * few sockets each while it is busy. How busy it is follows from what it sent last, not from a clock: the
 * platform's clock stands still while an object works.
 */
import { FAN_OUT_MS_PER_SEND } from "../src/domain/limits.ts";

export interface Turns {
  /** Sends some of what waits; answers how many frames that were. */
  turn(): number;
  /** Whether something is left for another turn. */
  readonly isWaiting: boolean;
}

export class FlushPace {
  readonly #turns: Turns;
  #freeAt = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /** Something waits. */
  soon(now: number): void {
    if (this.#timer !== null) return;
    const wait = this.#freeAt - now;
    if (wait <= 0) this.#take(now);
    else this.#later(wait);
  }

  #take(now: number): void {
    const pause = this.#turns.turn() * FAN_OUT_MS_PER_SEND;
    this.#freeAt = now + pause;
    if (this.#turns.isWaiting) this.#later(pause);
  }

  #later(wait: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#take(Date.now());
    }, wait);
  }
}
