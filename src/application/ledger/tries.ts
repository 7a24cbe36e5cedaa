/** When what keeps failing is tried again, each by its name: soon at first, then less and less often. Memory only: an eviction begins with the short waits again. */
export class Tries {
  readonly #delaysMs: readonly number[];
  readonly #last = new Map<string, { count: number; at: number }>();

  /** `delaysMs`: the wait after each try, ms; the last one stays. */
  constructor(delaysMs: readonly number[]) {
    this.#delaysMs = delaysMs;
  }

  /** A clock that was set back makes nothing wait. */
  isDue(name: string, now: number): boolean {
    const last = this.#last.get(name);
    return !last || now < last.at || now >= this.nextAt(name);
  }

  note(name: string, now: number): void {
    const count = (this.#last.get(name)?.count ?? 0) + 1;
    this.#last.set(name, { count, at: now });
  }

  forget(name: string): void {
    this.#last.delete(name);
  }

  keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.#last.keys()) if (!names.has(name)) this.#last.delete(name);
  }

  /** ms since 1970; long ago for what was never tried. */
  nextAt(name: string): number {
    const last = this.#last.get(name);
    if (!last) return -Infinity;
    return last.at + (this.#delaysMs[last.count - 1] ?? Math.max(...this.#delaysMs));
  }

  /** The soonest of all; never, when nothing was tried. */
  soonestAt(): number {
    return Math.min(Infinity, ...[...this.#last.keys()].map((name) => this.nextAt(name)));
  }
}
