/**
 * Which instruments are followed by who has no data socket: asked for lately, or subscribed on one that
 * broke. They move, as what is subscribed does: an exchange trades on, whoever is listening.
 */

/** An instrument that nobody asked for in this time stands still again: twice the longest period of a poll. */
const INTEREST_MS = 60_000;

export class PaperQuotes {
  readonly #askedAt = new Map<string, number>();
  asked = 0;
  /** Called when something is asked for that was not before. */
  onChange: () => void = () => {};

  note(instrument: string, now: number): void {
    const isNew = !this.#askedAt.has(instrument);
    this.#askedAt.set(instrument, now);
    if (isNew) this.onChange();
  }

  has(instrument: string): boolean {
    return this.#askedAt.has(instrument);
  }

  get isIdle(): boolean {
    return this.#askedAt.size === 0;
  }

  /** What was asked for lately; the rest is forgotten. */
  instruments(now: number): IterableIterator<string> {
    for (const [instrument, at] of this.#askedAt)
      if (now - at > INTEREST_MS) this.#askedAt.delete(instrument);
    return this.#askedAt.keys();
  }
}
