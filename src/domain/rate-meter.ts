/** How fast a counter rises, whenever somebody looks: over the time since the last look that was long enough ago. */

/** Two looks nearer than this get the same answer: a rate over an instant is noise. */
const WINDOW_MS_MIN = 1_000;

export class RateMeter {
  #count: number;
  #at: number;
  #perSecond = 0;

  constructor(now: number, count = 0) {
    this.#at = now;
    this.#count = count;
  }

  read(count: number, now: number): number {
    const elapsedMs = now - this.#at;
    if (elapsedMs < WINDOW_MS_MIN) return this.#perSecond;
    this.#perSecond = Math.round(((count - this.#count) * 1_000) / elapsedMs);
    this.#count = count;
    this.#at = now;
    return this.#perSecond;
  }
}
