/** Carries a gateway's events to the ledger, in order and at least once. What the ledger has not confirmed stays. */
import { OUTBOX_BATCH_MAX, OUTBOX_RETRY_MS } from "../../domain/limits.ts";
import type { ApprovedOrder, Order } from "../../domain/order.ts";
import { errorText } from "../log.ts";
import type { GatewayContext } from "./context.ts";
import type { GatewayOrder } from "./record.ts";

/** Orders as the ledger answered them, by client order id. */
export type PostedOrders = Map<string, Order>;

/** Posts everything there is now. Never throws: what cannot be posted is tried again by the watch. */
export async function flush(context: GatewayContext): Promise<PostedOrders> {
  const posted: PostedOrders = new Map();
  const add = (orders: PostedOrders): void => orders.forEach((order, id) => posted.set(id, order));
  // Whoever comes while a flush is under way waits for it, then for one that surely holds their posts.
  while (context.flushing) add(await context.flushing);
  const run = flushOnce(context).finally(() => {
    context.flushing = null;
  });
  context.flushing = run;
  add(await run);
  return posted;
}

async function flushOnce(context: GatewayContext): Promise<PostedOrders> {
  const posted: PostedOrders = new Map();
  for (;;) {
    const batch = context.store.outbox(OUTBOX_BATCH_MAX);
    const last = batch.at(-1);
    if (!last) return posted;
    try {
      const orders = await context.ledger.post(batch.map(({ post }) => post));
      for (const order of orders) posted.set(order.clientOrderId, order);
    } catch (error) {
      context.flushAfter = context.now() + OUTBOX_RETRY_MS;
      context.log("error", "gateway_post_failed", { posts: batch.length, error: errorText(error) });
      return posted;
    }
    context.store.posted(last.seq);
  }
}

/**
 * The order as the ledger has it after a flush; as this gateway knows it while the ledger is away,
 * which is null only for one that it never saw approved.
 */
export async function ledgerOrder(
  context: GatewayContext,
  record: GatewayOrder,
): Promise<Order | null> {
  const posted = (await flush(context)).get(record.clientOrderId);
  if (posted) return posted;
  try {
    const order = await context.ledger.order(record.clientOrderId);
    if (order) return order;
  } catch (error) {
    context.log("error", "gateway_ledger_away", { error: errorText(error) });
  }
  return record.approved ? orderOf(record, record.approved) : null;
}

/** A gateway's own view of an order, for the answer only: the ledger's is the truth. */
function orderOf(record: GatewayOrder, approved: ApprovedOrder): Order {
  return {
    ...approved.intent,
    state: stateOf(record),
    filledQuantity: record.filledQuantity,
    averagePrice: null,
    brokerOrderId: record.brokerOrderId,
    refusal: null,
    reason: record.reason,
    ledgerVersion: approved.ledgerVersion,
    epoch: approved.epoch,
    createdAt: approved.approvedAt,
    updatedAt: record.updatedAt,
  };
}

function stateOf(record: GatewayOrder): Order["state"] {
  switch (record.ended) {
    case "filled":
    case "canceled":
    case "expired":
    case "rejected":
    case "dead_lettered":
      return record.ended;
    case "stopped":
      return "rejected";
    case null:
      if (record.record === "unknown" || record.record === "recorded") return "unknown";
      if (record.record !== "accepted") return "pending_new";
      if (record.cancel !== "none") return "pending_cancel";
      if (record.changes !== null) return "pending_replace";
      return record.pendingTrigger
        ? "pending_trigger"
        : record.filledQuantity === "0"
          ? "new"
          : "partially_filled";
  }
}
