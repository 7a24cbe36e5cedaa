/**
 * How far a broker's clock is behind ours, from times it states and when they arrived. The smallest delay
 * of a window is taken: the network only ever adds. Pure.
 */
import { CLOCK_OFFSET_MS_MAX, CLOCK_OFFSET_WINDOW_MS } from "./quality-limits.ts";

export class ClockOffset {
  #startedAt = 0;
  /** Smallest delay of this window and of the one before; null without any. */
  #present: number | null = null;
  #before: number | null = null;

  /** One time that the broker stated, and ours when it came. */
  add(brokerTime: number, receivedTime: number): void {
    const elapsed = receivedTime - this.#startedAt;
    if (elapsed >= CLOCK_OFFSET_WINDOW_MS || elapsed < 0) {
      this.#before = elapsed < 2 * CLOCK_OFFSET_WINDOW_MS && elapsed >= 0 ? this.#present : null;
      this.#present = null;
      this.#startedAt = receivedTime;
    }
    const delay = receivedTime - brokerTime;
    if (this.#present === null || delay < this.#present) this.#present = delay;
  }

  /** Our clock less the broker's, ms, the quickest way there included; null while nothing is known. */
  get offsetMs(): number | null {
    if (this.#present === null || this.#before === null) return this.#present ?? this.#before;
    return Math.min(this.#present, this.#before);
  }
}

/** True when nothing may be signed by this clock. What was never measured is no drift. */
export const isClockSkewed = (
  offsetMs: number | null,
  offsetMsMax: number = CLOCK_OFFSET_MS_MAX,
): boolean => offsetMs !== null && Math.abs(offsetMs) > offsetMsMax;
