/** Turns at telling one broker's manager: one is under way at a time, and what comes meanwhile shares the next. */

export interface Round<Outcome> {
  outcome: Promise<Outcome>;
  /** How many asked for it: a refusal may then be another's fault. */
  askers: number;
}

export class Rounds<Outcome> {
  readonly #tell: () => Promise<Outcome>;
  #running: Promise<unknown> | null = null;
  #next: Round<Outcome> | null = null;
  /** Those whose shared round was refused try again one after the other: the last of them. */
  alone: Promise<unknown> = Promise.resolve();

  constructor(tell: () => Promise<Outcome>) {
    this.#tell = tell;
  }

  get isIdle(): boolean {
    return this.#next === null && this.#running === null;
  }

  /** The round that begins next, with all that is wanted by then. */
  join(): Round<Outcome> {
    this.#next ??= { outcome: this.#after(this.#running), askers: 0 };
    this.#next.askers += 1;
    return this.#next;
  }

  async #after(before: Promise<unknown> | null): Promise<Outcome> {
    // Also lets everyone of this turn add what they want.
    await before;
    this.#running = this.#next?.outcome ?? null;
    this.#next = null;
    try {
      return await this.#tell();
    } finally {
      this.#running = null;
    }
  }
}
