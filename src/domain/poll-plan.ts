/** Whose turn it is to be asked at a provider without a stream: what was learned of each instrument, and when it is due. Pure. */
import type { InstrumentId } from "./instrument.ts";
import {
  type ChangeRate,
  learnChange,
  type PollCosts,
  pollPeriodMs,
  UNKNOWN_RATE,
  withinRate,
} from "./polling.ts";

export interface Turn {
  instrument: InstrumentId;
  /** ms since 1970. */
  dueAt: number;
}

export class PollPlan {
  readonly #costs: PollCosts;
  readonly #requestsPerSecond: number;
  /** When each was last asked for, ms since 1970; null before the first time. */
  readonly #asked = new Map<InstrumentId, number | null>();
  readonly #rates = new Map<InstrumentId, ChangeRate>();
  #periods: ReadonlyMap<InstrumentId, number> = new Map();

  constructor(costs: PollCosts, requestsPerSecond: number) {
    this.#costs = costs;
    this.#requestsPerSecond = requestsPerSecond;
  }

  /** Nothing is asked for any more; what was learned is kept for when it is again. */
  restart(): void {
    this.#asked.clear();
    this.#workOut();
  }

  ask(instruments: readonly InstrumentId[]): void {
    for (const instrument of instruments)
      if (!this.#asked.has(instrument)) this.#asked.set(instrument, null);
    this.#workOut();
  }

  leave(instruments: readonly InstrumentId[]): void {
    for (const instrument of instruments) {
      this.#asked.delete(instrument);
      this.#rates.delete(instrument);
    }
    this.#workOut();
  }

  isAsked(instrument: InstrumentId): boolean {
    return this.#asked.has(instrument);
  }

  /** To be asked for, and not asked for yet. */
  isWaiting(instrument: InstrumentId): boolean {
    return this.#asked.get(instrument) === null;
  }

  /** How often it is asked for now, ms; 0 when it is not. */
  periodMs(instrument: InstrumentId): number {
    return this.#periods.get(instrument) ?? 0;
  }

  /** The first one due that is not under way: one that was never asked for before all others. */
  next(isUnderWay: (instrument: InstrumentId) => boolean): Turn | null {
    let first: Turn | null = null;
    for (const [instrument, at] of this.#asked) {
      if (isUnderWay(instrument)) continue;
      const dueAt = at === null ? 0 : at + this.periodMs(instrument);
      if (first === null || dueAt < first.dueAt) first = { instrument, dueAt };
    }
    return first;
  }

  /** It is asked for now: answered or not, its next turn comes a period later. */
  polled(instrument: InstrumentId, now: number): void {
    if (this.#asked.has(instrument)) this.#asked.set(instrument, now);
  }

  /** What an answer showed: whether it differs from the one before, which was asked for `sinceMs` earlier. */
  learn(instrument: InstrumentId, hasChanged: boolean, sinceMs: number): void {
    if (!this.#asked.has(instrument) || sinceMs <= 0) return;
    const known = this.#rates.get(instrument) ?? UNKNOWN_RATE;
    this.#rates.set(instrument, learnChange(known, hasChanged, sinceMs));
    this.#workOut();
  }

  #workOut(): void {
    const instruments = [...this.#asked.keys()];
    const best = instruments.map((instrument) =>
      pollPeriodMs(this.#rates.get(instrument) ?? UNKNOWN_RATE, this.#costs),
    );
    const kept = withinRate(best, this.#requestsPerSecond);
    this.#periods = new Map(instruments.map((instrument, index) => [instrument, kept[index] ?? 0]));
  }
}
