/**
 * How late ticks are: a histogram in steps of a fifth, so that noting one costs an addition and a
 * percentile is at most a fifth too high. Pure but for its own counts.
 */

/** Each step is this much above the one before. */
const STEP = 1.2;

/** 1.2^80 ms is half an hour: later is as late. */
const STEPS = 80;

const PER_LOG = 1 / Math.log(STEP);

export interface LagFigures {
  /** ms, rounded up to the step; null when nothing was noted. */
  p50: number | null;
  p99: number | null;
}

export class LagMeter {
  #now = new Uint32Array(STEPS + 1);
  #before = new Uint32Array(STEPS + 1);

  /** A clock that is ahead of ours makes a lag below 0: it counts as none. */
  note(ms: number): void {
    const step = ms < 1 ? 0 : Math.min(STEPS, 1 + Math.floor(Math.log(ms) * PER_LOG));
    this.#now[step] = (this.#now[step] ?? 0) + 1;
  }

  /** Begins the next half of the window; what is older than two halves is forgotten. */
  turn(): void {
    [this.#before, this.#now] = [this.#now, this.#before];
    this.#now.fill(0);
  }

  get figures(): LagFigures {
    let count = 0;
    for (let step = 0; step <= STEPS; step += 1) count += this.#at(step);
    return { p50: this.#percentile(count, 0.5), p99: this.#percentile(count, 0.99) };
  }

  #percentile(count: number, part: number): number | null {
    let left = Math.ceil(count * part);
    if (left === 0) return null;
    for (let step = 0; step <= STEPS; step += 1) {
      left -= this.#at(step);
      if (left <= 0) return step === 0 ? 0 : Math.round(10 * STEP ** step) / 10;
    }
    return null;
  }

  #at(step: number): number {
    return (this.#now[step] ?? 0) + (this.#before[step] ?? 0);
  }
}
