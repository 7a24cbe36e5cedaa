/**
 * What the algo wants of each instrument: what stands, and above that what calls without an answer want.
 * The newest is in force; a call that is refused takes back its own and nothing else.
 */
import type { CandleInterval } from "../../src/contract/market.ts";
import type { FeedMode } from "../../src/contract/stream.ts";

export interface Wish {
  interval: CandleInterval;
  /** Bars to fetch; null: candles start with the first live tick. */
  history: number | null;
  mode: FeedMode;
}

interface Claim {
  wish: Wish;
  /** The call that has no answer yet; null: it stands. */
  call: object | null;
}

export class Wishes {
  /** Oldest first, never empty. */
  readonly #claims = new Map<string, Claim[]>();

  get instruments(): string[] {
    return [...this.#claims.keys()];
  }

  has(instrument: string): boolean {
    return this.#claims.has(instrument);
  }

  /** The one in force. */
  of(instrument: string): Wish | undefined {
    return this.#claims.get(instrument)?.at(-1)?.wish;
  }

  /** The one that holds whatever is answered to the calls. */
  standing(instrument: string): Wish | undefined {
    return this.#claims.get(instrument)?.findLast(({ call }) => call === null)?.wish;
  }

  want(instruments: readonly string[], wish: Wish, call: object): void {
    for (const instrument of instruments)
      this.#claims.set(instrument, [...(this.#claims.get(instrument) ?? []), { wish, call }]);
  }

  /** What a call wants stands from now on; those before it are over. */
  settle(instruments: readonly string[], call: object): void {
    for (const instrument of instruments) {
      const claims = this.#claims.get(instrument) ?? [];
      const at = claims.findIndex((claim) => claim.call === call);
      const [own, ...later] = claims.slice(Math.max(0, at));
      if (at < 0 || own === undefined) continue;
      this.#claims.set(instrument, [{ ...own, call: null }, ...later]);
    }
  }

  /**
   * A call was refused. `gone` are wanted by nobody any more; `other` are wanted as before, in another mode
   * or interval than it asked for.
   */
  takeBack(instruments: readonly string[], call: object): { gone: string[]; other: string[] } {
    const gone: string[] = [];
    const other: string[] = [];
    for (const instrument of instruments) {
      const claims = this.#claims.get(instrument) ?? [];
      const own = claims.find((claim) => claim.call === call)?.wish;
      if (own === undefined) continue;
      const left = claims.filter((claim) => claim.call !== call);
      this.#claims.set(instrument, left);
      const now = left.at(-1)?.wish;
      if (now === undefined) gone.push(instrument);
      else if (now.mode !== own.mode || now.interval !== own.interval) other.push(instrument);
    }
    return { gone: this.remove(gone), other };
  }

  /** Whatever any call wants of them; answers those that were wanted. */
  remove(instruments: readonly string[]): string[] {
    return instruments.filter((instrument) => this.#claims.delete(instrument));
  }
}
