/**
 * Decides when ticks that wait on a market's board leave: at once while the market has time, in turns of a
 * few sockets each while it is busy. How long it pauses after a turn follows from how many frames that sent,
 * and from what a frame was seen to cost: by when the runtime came to a timer that was due at once. The
 * clock alone does not tell, for the platform's stands still while an object works.
 */
import {
  FAN_OUT_MS_PER_SEND_MAX,
  FAN_OUT_MS_PER_SEND_MIN,
  FAN_OUT_PAUSE_RATIO,
  FAN_OUT_PROBE_SENDS_MIN,
  FAN_OUT_TURNS_PER_PROBE,
} from "../src/domain/market-limits.ts";

/** Weight of one more probe: a busy second is believed, and one collection of the runtime is not. */
const PROBE_WEIGHT = 0.1;

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
  /** What sending a frame was seen to cost on average, with all that comes between: ms. */
  #msPerSend = FAN_OUT_MS_PER_SEND_MIN;
  #turnsSinceProbe = 0;

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
    const sends = this.#turns.turn();
    const msPerSend = Math.max(FAN_OUT_MS_PER_SEND_MIN, this.#msPerSend);
    const pause = sends * msPerSend * FAN_OUT_PAUSE_RATIO;
    this.#freeAt = now + pause;
    if (sends >= FAN_OUT_PROBE_SENDS_MIN) this.#probe(now, sends);
    if (this.#turns.isWaiting) this.#later(pause);
  }

  /** Some turns are watched: the runtime comes to the timer once it has handed on all that the turn sent. */
  #probe(from: number, sends: number): void {
    this.#turnsSinceProbe += 1;
    if (this.#turnsSinceProbe < FAN_OUT_TURNS_PER_PROBE) return;
    this.#turnsSinceProbe = 0;
    setTimeout(() => this.#learn((Date.now() - from) / sends), 0);
  }

  #learn(msPerSend: number): void {
    // The least is not set here: a clock of whole milliseconds often says none of a small turn, and right on average.
    const seen = Math.min(FAN_OUT_MS_PER_SEND_MAX, msPerSend);
    this.#msPerSend += (seen - this.#msPerSend) * PROBE_WEIGHT;
  }

  #later(wait: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#take(Date.now());
    }, wait);
  }
}
