/** One side of an order book: its levels, best first. Pure; changes in place, for books change often. */
import type { BookLevel } from "./message.ts";

export class Levels {
  readonly #isBid: boolean;
  readonly #levelsMax: number;
  readonly all: BookLevel[] = [];

  constructor(side: "bid" | "ask", levelsMax: number) {
    this.#isBid = side === "bid";
    this.#levelsMax = levelsMax;
  }

  get best(): BookLevel | null {
    return this.all[0] ?? null;
  }

  /** Drops everything, then takes these. */
  replace(levels: readonly BookLevel[]): void {
    this.all.length = 0;
    this.apply(levels);
  }

  /** Sets, adds or takes away each level; what stands below the depth kept is forgotten, as the broker does. */
  apply(levels: readonly BookLevel[]): void {
    for (const level of levels) this.#set(level);
    if (this.all.length > this.#levelsMax) this.all.length = this.#levelsMax;
  }

  #set(level: BookLevel): void {
    const at = this.#placeOf(level.price);
    const isThere = this.all[at]?.price === level.price;
    if (level.quantity === 0) {
      if (isThere) this.all.splice(at, 1);
    } else this.all.splice(at, isThere ? 1 : 0, level);
  }

  /** Where a price stands or would stand. */
  #placeOf(price: number): number {
    let low = 0;
    let high = this.all.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.all[middle]?.price ?? 0;
      if (this.#isBid ? other > price : other < price) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
