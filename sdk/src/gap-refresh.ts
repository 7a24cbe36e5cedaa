/** Asks for the history of gaps again: what many gaps ask for within a moment is one request. */
import type { Timing } from "./limits.ts";

export class GapRefresh {
  readonly #waitMs: number;
  readonly #ask: (instruments: readonly string[]) => void;
  readonly #waiting = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor({ repairIntervalMs }: Timing, ask: (instruments: readonly string[]) => void) {
    this.#waitMs = repairIntervalMs;
    this.#ask = ask;
  }

  add(instruments: readonly string[]): void {
    for (const instrument of instruments) this.#waiting.add(instrument);
    if (this.#waiting.size === 0) return;
    this.#timer ??= setTimeout(() => {
      const all = [...this.#waiting];
      this.stop();
      this.#ask(all);
    }, this.#waitMs);
  }

  /** What waits is asked for by other means, or by nobody any more. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#waiting.clear();
  }
}
