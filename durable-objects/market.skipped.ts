/** Bars that grew while their reader was too slow to be told: it gets the latest of each once it has caught up. */
import type { CandleKey } from "../src/domain/candle.ts";
import type { CandleChange } from "../src/domain/candle-series.ts";
import type { Entry } from "./market.series.ts";
import type { AlgoSocket } from "./market.socket.ts";

export class SkippedBars {
  readonly #series = new WeakMap<AlgoSocket, Set<Entry>>();

  add(algo: AlgoSocket, entry: Entry): void {
    const skipped = this.#series.get(algo) ?? new Set();
    this.#series.set(algo, skipped.add(entry));
  }

  /** A bar that has closed meanwhile was told then. */
  tell(algo: AlgoSocket): void {
    const skipped = this.#series.get(algo) ?? [];
    this.#series.delete(algo);
    for (const entry of skipped) {
      const newest = entry.sockets.has(algo) ? entry.series.newest() : undefined;
      if (newest?.isClosed === false) tell(algo, entry, newest);
    }
  }
}

export function tell(
  algo: AlgoSocket,
  { instrument, interval }: CandleKey,
  { candle, isClosed, provider }: CandleChange,
): void {
  algo.send({ type: "candle", instrument, interval, closed: isClosed, provider, candle });
}
