/**
 * Tells a denial that says something new from one of a flood: of one algo and one reason the first of
 * each second is news, the rest are counted. In memory; a restart only makes one more of them news.
 */
import { DENIAL_REPEAT_WINDOW_MS } from "../ledger-limits.ts";
import type { Order } from "../order.ts";

/** What was counted beside a denial that was news. */
interface RepeatedDenials {
  algoId: string;
  code: string;
  /** When the one that was news came, ms since 1970. */
  since: number;
  repeats: number;
}

export class DenialCounts {
  readonly #windows = new Map<string, RepeatedDenials>();

  /** True when it is only to be counted, which it then is. */
  isRepeat({ algoId, refusal }: Order, at: number): boolean {
    const code = refusal?.code ?? "";
    const key = `${algoId}|${code}`;
    const known = this.#windows.get(key);
    if (known && isWithin(known, at)) {
      known.repeats += 1;
      return true;
    }
    // What was counted until now waits for `ended`.
    if (known) this.#windows.set(`${key}|${known.since}`, known);
    this.#windows.set(key, { algoId, code, since: at, repeats: 0 });
    return false;
  }

  /** A transaction was rolled back: what it stored is not there, so nothing counts as told. */
  forget(): void {
    this.#windows.clear();
  }

  /** What was counted in windows that are over: each is answered once. */
  ended(at: number): RepeatedDenials[] {
    const over = [...this.#windows].filter(([, each]) => !isWithin(each, at));
    for (const [key] of over) this.#windows.delete(key);
    return over.map(([, each]) => each).filter(({ repeats }) => repeats > 0);
  }
}

/** A clock that went back begins a new window. */
const isWithin = ({ since }: RepeatedDenials, at: number): boolean =>
  at >= since && at < since + DENIAL_REPEAT_WINDOW_MS;
