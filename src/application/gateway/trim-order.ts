/** Makes an order smaller that may only reduce, of which less than it is for is left to be closed. */
import { decimalText, ZERO, type Decimal } from "../../domain/decimal.ts";
import { approvalOf } from "../../domain/order.ts";
import { tellOrderTrimmed } from "./bracket-news.ts";
import { readOrder, type GatewayContext } from "./context.ts";
import { filledAtBroker } from "./record.ts";
import { cancel, modify } from "./wishes.ts";

/** Who asks, in the ledger's history. */
const BY = "gateway:reduce-only";

/** New terms of it that were refused: after so many it is canceled, for each try counts as churn. */
const REFUSALS_MAX = 2;

/** `left`: what it may still close. Where its terms cannot be lowered it is canceled, which always passes. */
export async function trimOrder(
  context: GatewayContext,
  clientOrderId: string,
  left: Decimal,
): Promise<void> {
  const order = readOrder(context, clientOrderId);
  // Asked once more while an answer is on its way, it goes no faster.
  if (!order?.approved || order.changes !== null) return;
  const isSome = left.gt(ZERO);
  // New terms are only for what the broker has.
  if (isSome && order.record !== "accepted") return;
  tellOrderTrimmed(context, order.approved.intent, left);
  if (isSome && order.changesAsked - order.replacements < REFUSALS_MAX) {
    const quantity = decimalText(filledAtBroker(order).plus(left));
    const changes = { quantity, limitPrice: null, stopPrice: null };
    const facts = await context.facts(order.approved.intent);
    const reserved = await context.ledger.reserveReplace(clientOrderId, changes, facts, BY);
    if (reserved.ok) {
      await modify(context, clientOrderId, changes, approvalOf(reserved.value));
      return;
    }
    if (typeof reserved.error === "string") return;
  }
  await context.ledger.requestCancel(clientOrderId, BY);
  await cancel(context, clientOrderId);
}
