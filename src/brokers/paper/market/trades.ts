/**
 * The trades that the exchange made lately, of all instruments together: a bounded ring, so that a busy
 * market looks back for a shorter time and never takes more memory. Pure.
 */

/** A trade as its tick told it: ms since 1970, price, quantity. */
export type PaperTrade = [time: number, price: number, quantity: number];

/** Two minutes of 800 trades a second, in three megabytes. */
export const PAPER_TRADES_MAX = 100_000;

export class RecentTrades {
  readonly #most: number;
  readonly #numbers = new Map<string, number>();
  readonly #instruments: Uint32Array;
  readonly #values: Float64Array;
  /** Trades noted so far; the ring holds the last of them. */
  #count = 0;
  /** Every trade from then on is held. */
  #from: number;

  /** Nothing is known of what was before `now`. */
  constructor(now: number, most = PAPER_TRADES_MAX) {
    this.#most = most;
    this.#instruments = new Uint32Array(most);
    this.#values = new Float64Array(most * 3);
    this.#from = now;
  }

  note(instrument: string, time: number, price: number, quantity: number): void {
    let number = this.#numbers.get(instrument);
    if (number === undefined) this.#numbers.set(instrument, (number = this.#numbers.size));
    const at = this.#count % this.#most;
    if (this.#count >= this.#most) this.#from = (this.#values[at * 3] ?? 0) + 1;
    this.#instruments[at] = number;
    this.#values[at * 3] = time;
    this.#values[at * 3 + 1] = price;
    this.#values[at * 3 + 2] = quantity;
    this.#count += 1;
  }

  /** Another market, whose trades begin at `from`: nothing of the one before is known. */
  clear(from: number): void {
    this.#count = 0;
    this.#from = from;
  }

  /** The trades of an instrument from `since` on, oldest first and at most `max`, and since when it has them all. */
  since(
    instrument: string,
    since: number,
    max: number,
  ): { items: PaperTrade[]; from: number; isCut: boolean } {
    const number = this.#numbers.get(instrument);
    const items: PaperTrade[] = [];
    const first = Math.max(0, this.#count - this.#most);
    for (let place = first; place < this.#count && items.length <= max; place += 1) {
      const at = place % this.#most;
      if (this.#instruments[at] !== number) continue;
      const time = this.#values[at * 3] ?? 0;
      if (time < since) continue;
      items.push([time, this.#values[at * 3 + 1] ?? 0, this.#values[at * 3 + 2] ?? 0]);
    }
    return { items: items.slice(0, max), from: this.#from, isCut: items.length > max };
  }
}
