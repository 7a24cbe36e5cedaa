/** Prices an order's risk at the marks and the collar that hold now. */
import { decimal } from "../decimal.ts";
import type { OrderIntent } from "../order.ts";
import { unitRisk, type PriceTerms, type UnitRisk } from "./money-at-risk.ts";
import { type LedgerState } from "./state.ts";
import { goodMark } from "./good-mark.ts";

/** Used when nobody has set a collar: a market order still needs a worst price. */
const COLLAR_WITHOUT_LIMIT = decimal("0.05");

/** Null when a price is needed and no good mark is there. */
export function unitRiskNow(
  state: LedgerState,
  terms: PriceTerms & Pick<OrderIntent, "algoId" | "instrument">,
): UnitRisk | null {
  const { algoId, instrument } = terms;
  const collar = state.limits.tightest("priceCollar", algoId, instrument)?.value;
  return unitRisk(terms, goodMark(state, instrument), collar ?? COLLAR_WITHOUT_LIMIT);
}
