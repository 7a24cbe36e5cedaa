/** Last known quotes by instrument. Ticks are taken at any rate; readers are told at most ten times a second. */
import { useCallback, useSyncExternalStore } from "react";
import type { TickView } from "../../../src/contract/market.ts";
import { nextQuote, type Quote } from "./stream-state.ts";

/** Faster than this a number cannot be read, only seen flickering. */
const FLUSH_INTERVAL_MS = 100;

export class QuoteStore {
  readonly #quotes = new Map<string, Quote>();
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #changed = new Set<string>();
  #flushDue = false;
  /** Ticks taken since the page was opened. */
  taken = 0;

  get(instrument: string): Quote | undefined {
    return this.#quotes.get(instrument);
  }

  apply(ticks: readonly TickView[]): void {
    for (const tick of ticks) {
      this.taken += 1;
      // Told after a gap: it is the last of nothing.
      if (tick.late) continue;
      const before = this.#quotes.get(tick.instrument);
      const after = nextQuote(before, tick);
      if (after === before) continue;
      this.#quotes.set(tick.instrument, after);
      this.#changed.add(tick.instrument);
    }
    this.#scheduleFlush();
  }

  /** Readers of one instrument: told after a batch, in an animation frame. */
  subscribe(instrument: string, listener: () => void): () => void {
    return add(this.#listeners, instrument, listener);
  }

  #scheduleFlush(): void {
    if (this.#flushDue || this.#changed.size === 0) return;
    this.#flushDue = true;
    setTimeout(() => requestAnimationFrame(() => this.#flush()), FLUSH_INTERVAL_MS);
  }

  #flush(): void {
    this.#flushDue = false;
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const instrument of changed) {
      for (const listener of this.#listeners.get(instrument) ?? []) listener();
    }
  }
}

function add<T>(map: Map<string, Set<T>>, name: string, value: T): () => void {
  const set = map.get(name) ?? new Set<T>();
  map.set(name, set);
  set.add(value);
  return () => {
    set.delete(value);
    if (set.size === 0) map.delete(name);
  };
}

/** The quote of one instrument; only its reader renders again when it changes. */
export function useQuoteOf(store: QuoteStore, instrument: string): Quote | undefined {
  const subscribe = useCallback(
    (listener: () => void) => store.subscribe(instrument, listener),
    [store, instrument],
  );
  return useSyncExternalStore(subscribe, () => store.get(instrument));
}
