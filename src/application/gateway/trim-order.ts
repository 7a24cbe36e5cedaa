/** Makes an order smaller that may only reduce, of which less than it is for is left to be closed. */
import { decimalText, ZERO, type Decimal } from "../../domain/decimal.ts";
import { approvalOf } from "../../domain/order.ts";
import { tellOrderTrimmed } from "./bracket-news.ts";
import { readOrder, type GatewayContext } from "./context.ts";
import { filledAtBroker } from "./record.ts";
import { cancel, modify } from "./wishes.ts";

/** Who asks, in the ledger's history. */
const BY = "gateway:reduce-only";

/** New terms of it that the broker refused: after so many it is canceled, for each try counts as churn. */
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
  if (isSome) return lower(context, clientOrderId, filledAtBroker(order).plus(left), BY);
  await takeBack(context, clientOrderId, BY);
}

/**
 * Asks for less of an order at the broker: `quantity` counts what it has filled. What the ledger does not let it
 * become, a halt's order say, or the broker has refused twice, is canceled: larger than what there is to close it
 * would turn the position over. What did not reach the broker is asked for again by whoever looks next.
 */
export async function lower(
  context: GatewayContext,
  clientOrderId: string,
  quantity: Decimal,
  by: string,
): Promise<void> {
  const order = readOrder(context, clientOrderId);
  if (!order?.approved || order.record !== "accepted" || order.changes !== null) return;
  const refusals = order.changesRefused ?? 0;
  const facts = await context.facts(order.approved.intent);
  // A broker that takes no new terms out of hours fills nothing then, either: it is asked again when it opens.
  if (refusals > 0 && !facts.marketOpen) return;
  if (refusals < REFUSALS_MAX) {
    const changes = { quantity: decimalText(quantity), limitPrice: null, stopPrice: null };
    const reserved = await context.ledger.reserveReplace(clientOrderId, changes, facts, by);
    if (reserved.ok) {
      await modify(context, clientOrderId, changes, approvalOf(reserved.value));
      return;
    }
    if (typeof reserved.error === "string") return;
  }
  await takeBack(context, clientOrderId, by);
}

async function takeBack(context: GatewayContext, clientOrderId: string, by: string): Promise<void> {
  await context.ledger.requestCancel(clientOrderId, by);
  await cancel(context, clientOrderId);
}
