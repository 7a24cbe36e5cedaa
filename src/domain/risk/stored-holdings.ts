/** Which holdings are stored as they stand: an order without a fill changes nothing of them, and is most of what comes. */
import type { Holding } from "./state.ts";

/** All that `packHolding` writes and that can change. Decimals are never changed in place. */
function storedPartsOf({ currency, position, filled, ended }: Holding): readonly unknown[] {
  const { quantity, cost, moneyAtRisk, realisedProfit } = position;
  const traded = [filled.buy, filled.sell, ended.buy, ended.sell];
  return [currency, quantity, cost, moneyAtRisk, realisedProfit, ...traded];
}

export class StoredHoldings {
  readonly #parts = new Map<Holding, readonly unknown[]>();

  /** Whether storage holds it as it stands. */
  has(holding: Holding): boolean {
    const stored = this.#parts.get(holding);
    return stored !== undefined && storedPartsOf(holding).every((part, n) => part === stored[n]);
  }

  add(holding: Holding): void {
    this.#parts.set(holding, storedPartsOf(holding));
  }

  /** Memory was built anew from what is stored. */
  reset(holdings: Iterable<Holding>): void {
    this.#parts.clear();
    for (const holding of holdings) this.add(holding);
  }
}
