/**
 * The last work of a shard that was emptied: once, at a time of its own, and not at all when it got work
 * again first. A resize empties several shards in one moment, and that moment belongs to the ticks.
 */
import { HISTORY_END_MS_MAX } from "../src/domain/limits.ts";

export interface LastWorkHost {
  /** The shard holds something. */
  isAtWork(): boolean;
  /** As `Math.random`. */
  random(): number;
  work(now: number): void;
}

export class LastWork {
  readonly #host: LastWorkHost;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(host: LastWorkHost) {
    this.#host = host;
  }

  /** Within `HISTORY_END_MS_MAX`; said again meanwhile, it is neither put off nor done twice. */
  soon(): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (!this.#host.isAtWork()) this.#host.work(Date.now());
    }, HISTORY_END_MS_MAX * this.#host.random());
  }
}
