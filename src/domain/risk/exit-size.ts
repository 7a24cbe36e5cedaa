/**
 * How large a bracket's exit may go that had to wait: a part of what it was for may have been closed meanwhile,
 * and after an outage its price may be behind, so that all of it fills at once and turns the position over.
 */
import { decimalText, isZero, type DecimalText } from "../decimal.ts";
import { wholeLots, type Lots } from "../lots.ts";
import { closableNow } from "./allowance.ts";
import { holdingKey, type LedgerState } from "./state.ts";

/**
 * What is left to close, in whole lots; null where that is all of it. Where less than the smallest order is
 * left it goes as it is, and is made smaller or canceled where it stands.
 */
export function exitSize(
  state: LedgerState,
  clientOrderId: string,
  lots: Lots,
): DecimalText | null {
  const entry = state.orders.get(clientOrderId);
  if (!entry?.order.exit) return null;
  const { algoId, instrument, account, side } = entry.order;
  const holding = state.holdings.get(holdingKey(algoId, instrument, account)) ?? null;
  const left = wholeLots(closableNow(state, holding, side), lots);
  return isZero(left) || left.gte(entry.quantity) ? null : decimalText(left);
}
