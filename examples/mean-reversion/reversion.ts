/** When to buy and when to leave: how far a price stands from its own recent mean. Pure. */

export interface ReversionRule {
  /** Prices that the mean and the deviation are taken over. */
  window: number;
  /** Buy this many deviations below the mean, leave this many above it. */
  enterBelow: number;
  leaveAbove: number;
}

/** The last prices of one instrument. */
export class PriceWindow {
  readonly #size: number;
  readonly #prices: number[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  add(price: number): void {
    this.#prices.push(price);
    if (this.#prices.length > this.#size) this.#prices.shift();
  }

  /** Deviations between the last price and the mean; null until the window is full or while nothing moves. */
  get score(): number | null {
    const last = this.#prices.at(-1);
    if (last === undefined || this.#prices.length < this.#size) return null;
    const mean = this.#prices.reduce((sum, price) => sum + price, 0) / this.#size;
    const squares = this.#prices.reduce((sum, price) => sum + (price - mean) ** 2, 0);
    const deviation = Math.sqrt(squares / this.#size);
    // What rounding leaves of a price that does not move is no deviation.
    return deviation > mean * 1e-9 ? (last - mean) / deviation : null;
  }
}

export type Action = "enter" | "leave" | "none";

export function actionOf(score: number | null, isHolding: boolean, rule: ReversionRule): Action {
  if (score === null) return "none";
  if (isHolding) return score >= rule.leaveAbove ? "leave" : "none";
  return score <= -rule.enterBelow ? "enter" : "none";
}

/** Between bid and ask where both are known: it does not jump with the side of the last trade. */
export function fairPrice(tick: {
  last: number | null;
  bid: number | null;
  ask: number | null;
}): number | null {
  return tick.bid !== null && tick.ask !== null ? (tick.bid + tick.ask) / 2 : tick.last;
}
