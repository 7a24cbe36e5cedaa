/** A clock that only moves when told: hours of faults pass in milliseconds, and always in the same order. */
interface Planned {
  time: number;
  act: () => void;
}

/** Lets every promise that can go on do so. */
const drain = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class Timeline {
  #now: number;
  /** By time. */
  readonly #planned: Planned[] = [];

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  /** Plans something; things planned for the same moment happen in the order of planning. Answers how to take it back. */
  after(delayMs: number, act: () => void): () => void {
    const planned = { time: this.#now + Math.max(0, delayMs), act };
    // Whatever was planned before for the same moment comes first.
    let place = this.#planned.length;
    while (place > 0 && (this.#planned[place - 1]?.time ?? 0) > planned.time) place -= 1;
    this.#planned.splice(place, 0, planned);
    return () => {
      const at = this.#planned.indexOf(planned);
      if (at >= 0) this.#planned.splice(at, 1);
    };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve));
  }

  /** Runs everything up to a moment. */
  async runUntil(time: number): Promise<void> {
    await drain();
    for (;;) {
      const next = this.#planned[0];
      if (!next || next.time > time) break;
      this.#planned.shift();
      this.#now = next.time;
      next.act();
      await drain();
    }
    this.#now = time;
  }
}
