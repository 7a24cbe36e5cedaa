/** Counts against a limit per second of the clock. Pure: time comes in. */
export class PerSecond {
  readonly #most: number;
  #second = -1;
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Counts one; false when it is over the limit of the second that holds `now` (ms since 1970). */
  take(now: number): boolean {
    const second = Math.floor(now / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= this.#most;
  }
}
