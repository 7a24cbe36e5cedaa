/**
 * Orders whose next step did not happen, because whoever carried them from the ledger to this gateway
 * died on the way. The ledger's list is compared with the gateway's records, and goes on from what is proven.
 */
import { ORDER_STEP_OVERDUE_MS } from "../../domain/limits.ts";
import type { Order } from "../../domain/order.ts";
import { readOrder, type GatewayContext } from "./context.ts";
import { refuseChanges } from "./look-up.ts";
import { cancel } from "./wishes.ts";

/** Throws when the ledger or the queue cannot be reached: the next sweep tries again. */
export async function sweep(context: GatewayContext): Promise<void> {
  const before = context.now() - ORDER_STEP_OVERDUE_MS;
  for (const order of await context.ledger.unsettled(context.account, before)) {
    const { clientOrderId, state } = order;
    if (context.inFlight.has(clientOrderId)) continue;
    if (state === "pending_new") await resend(context, order);
    else if (state === "pending_cancel") await cancelUnheard(context, clientOrderId);
    else if (state === "pending_replace") refuseUnheard(context, clientOrderId);
  }
}

/** Approved, and never heard of here: proven not sent. Its first attempt goes the way of a retry. */
async function resend(context: GatewayContext, order: Order): Promise<void> {
  const { clientOrderId, account, createdAt } = order;
  if (readOrder(context, clientOrderId)) return;
  const reason = "it was approved and did not reach the gateway";
  context.log("warn", "order_swept", { clientOrderId, reason });
  await context.retries.send({ clientOrderId, account, reason, firstAttemptAt: createdAt });
}

/** The wish to cancel never came here, or came before the order ended without a word. */
async function cancelUnheard(context: GatewayContext, clientOrderId: string): Promise<void> {
  const record = readOrder(context, clientOrderId);
  if (record && record.ended === null && record.cancel !== "none") return;
  await cancel(context, clientOrderId);
}

/** New terms that nobody sent any more are refused: whoever wants them still, asks again. */
function refuseUnheard(context: GatewayContext, clientOrderId: string): void {
  const record = readOrder(context, clientOrderId);
  if (!record || record.ended !== null || record.changes !== null) return;
  const changesAsked = record.changesAsked + 1;
  refuseChanges(context, { ...record, changesAsked }, "the new terms did not reach the gateway");
}
