/** The one alarm of a Durable Object, as the platform keeps it: stored, so that it outlives a run, and late now and then. */
export interface AlarmWorld {
  now(): number;
  after(ms: number, act: () => void): () => void;
  /** By how much the platform is late this time, ms. */
  lateMs(): number;
  ring(): void;
}

export class SimulatedAlarm {
  readonly #world: AlarmWorld;
  #at: number | null = null;
  #takeBack: (() => void) | null = null;

  constructor(world: AlarmWorld) {
    this.#world = world;
  }

  /** When it is set for, ms since 1970 by our clock; null while none is set, as in its own run. */
  get at(): number | null {
    return this.#at;
  }

  set(at: number): void {
    this.#takeBack?.();
    this.#at = at;
    this.#wait(this.#world.lateMs());
  }

  #wait(lateMs: number): void {
    const delayMs = Math.max(0, (this.#at ?? 0) - this.#world.now());
    this.#takeBack = this.#world.after(delayMs + lateMs, () => this.#due());
  }

  #due(): void {
    // The clock was set back meanwhile.
    if (this.#at !== null && this.#at > this.#world.now()) return this.#wait(0);
    this.#at = null;
    this.#world.ring();
  }
}
