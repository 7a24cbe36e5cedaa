/** What the exchange charges for a fill, and what a fill comes to. */
import { decimal, type Decimal } from "../../../src/domain/decimal.ts";
import type { Execution } from "../../../src/domain/order.ts";
import { signedQuantity } from "../../../src/domain/reconciliation/compare.ts";
import { REFERENCE_RATES } from "../../../src/domain/risk/default-limits.ts";
import type { Random } from "./random.ts";

/** Of a fill: none, a fee in either currency, or what the exchange pays for a resting order. */
const FEES: readonly [[fee: string, currency: string], ...[string, string][]] = [
  ["0", "USD"],
  ["0.05", "USD"],
  ["0.13", "EUR"],
  ["-0.02", "USD"],
];

export const drawFee = (random: Random): Pick<Execution, "fee" | "feeCurrency"> => {
  const [fee, feeCurrency] = random.pick(FEES);
  return { fee, feeCurrency };
};

/** What a fill brings into the account, in its own currency: a purchase and a fee take away. */
export const broughtBy = (fill: Execution): Decimal =>
  decimal(fill.fee)
    .times(REFERENCE_RATES[fill.feeCurrency] ?? "0")
    .plus(decimal(fill.price).times(signedQuantity(fill)))
    .neg();
