/** A clock that only moves when told: hours of faults pass in milliseconds, and always in the same order. */
interface Planned {
  time: number;
  order: number;
  act: () => void;
}

/** Lets every promise that can go on do so. */
const drain = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class Timeline {
  #now: number;
  #planned: Planned[] = [];
  #order = 0;

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  /** Plans something; things planned for the same moment happen in the order of planning. Answers how to take it back. */
  after(delayMs: number, act: () => void): () => void {
    this.#order += 1;
    const planned = { time: this.#now + Math.max(0, delayMs), order: this.#order, act };
    const later = (other: Planned): boolean =>
      other.time > planned.time || (other.time === planned.time && other.order > planned.order);
    const place = this.#planned.findIndex(later);
    this.#planned.splice(place < 0 ? this.#planned.length : place, 0, planned);
    return () => {
      this.#planned = this.#planned.filter((each) => each !== planned);
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
