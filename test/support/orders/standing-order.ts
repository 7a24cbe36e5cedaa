/** An order as the ledger has it while new terms for it are on their way. */
import { assert } from "../../../src/domain/assert.ts";
import type { ApprovedOrder, Order } from "../../../src/domain/order.ts";
import { START } from "./scripted.ts";

export function orderOf(approved: ApprovedOrder | null | undefined): Order {
  assert(approved, "it stands");
  const { intent, ledgerVersion, epoch } = approved;
  return {
    ...intent,
    state: "pending_replace",
    filledQuantity: "0",
    averagePrice: null,
    brokerOrderId: null,
    refusal: null,
    reason: null,
    ledgerVersion,
    epoch,
    createdAt: START,
    updatedAt: START,
  };
}
