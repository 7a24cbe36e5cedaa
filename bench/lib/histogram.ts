/** Counts of whole milliseconds, so that figures of several processes can be added up exactly. */

/** Anything slower lands in the last bin. */
const BINS = 20_000;

export class Histogram {
  readonly #counts: number[];

  constructor(counts: number[] = Array.from({ length: BINS }, () => 0)) {
    this.#counts = counts;
  }

  /** A negative latency is a clock's rounding and counts as 0. */
  add(ms: number): void {
    const bin = Math.min(BINS - 1, Math.max(0, Math.round(ms)));
    this.#counts[bin] = (this.#counts[bin] ?? 0) + 1;
  }

  merge(counts: number[]): void {
    for (const [bin, count] of counts.entries())
      this.#counts[bin] = (this.#counts[bin] ?? 0) + count;
  }

  counts(): number[] {
    return this.#counts;
  }

  /** The smallest latency that `share` of all are not above; null without any. */
  percentile(share: number): number | null {
    const total = this.#counts.reduce((sum, count) => sum + count, 0);
    if (total === 0) return null;
    let seen = 0;
    for (const [bin, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= total * share) return bin;
    }
    return BINS - 1;
  }
}
