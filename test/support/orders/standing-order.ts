/** An approved order as the ledger has it: new terms for it are on their way, or what else is said of it. */
import { assert } from "../../../src/domain/assert.ts";
import type { ApprovedOrder, Order } from "../../../src/domain/order.ts";
import { START } from "./scripted.ts";

export function orderOf(
  approved: ApprovedOrder | null | undefined,
  state: Order["state"] = "pending_replace",
): Order {
  assert(approved, "it stands");
  const { intent, ledgerVersion, epoch } = approved;
  return {
    ...intent,
    state,
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
