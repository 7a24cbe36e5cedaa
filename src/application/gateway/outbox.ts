/** Carries a gateway's events to the ledger, in order and at least once. What the ledger has not confirmed stays. */
import { OUTBOX_BATCH_MAX, OUTBOX_RETRY_MS } from "../../domain/limits.ts";
import type { ApprovedOrder, Order } from "../../domain/order.ts";
import { errorText } from "../log.ts";
import type { GatewayContext } from "./context.ts";
import type { GatewayOrder } from "./record.ts";

type Waiting = ReturnType<GatewayContext["store"]["outbox"]>[number];

/**
 * Posts everything there is now, and nobody waits for what comes later: one run carries it all, call after
 * call, and lets each go as soon as the ledger has theirs. What cannot be posted is tried again by the watch.
 */
export async function flush(context: GatewayContext): Promise<void> {
  await carried(context, null);
}

/** What the ledger answered of that order meanwhile; null when it said nothing of it. */
function carried(context: GatewayContext, clientOrderId: string | null): Promise<Order | null> {
  if (!context.store.hasPosts()) return Promise.resolve(null);
  const { promise, resolve, reject } = Promise.withResolvers<Order | null>();
  const upTo = context.store.lastPost();
  context.postWaiters.push({ upTo, clientOrderId, order: null, resolve, reject });
  if (!context.isPosting) void carry(context);
  return promise;
}

/** Never throws: who waits is told. */
async function carry(context: GatewayContext): Promise<void> {
  context.isPosting = true;
  try {
    for (;;) {
      const batch = context.store.outbox(OUTBOX_BATCH_MAX);
      if (batch.length === 0) break;
      const isThere = await carryBatch(context, batch);
      // The ledger is away: who came during that call is still owed a try.
      if (!isThere && context.postWaiters.length === 0) break;
    }
  } catch (error) {
    for (const { reject } of context.postWaiters.splice(0)) reject(error);
  } finally {
    // Nothing was awaited since the outbox was read: nobody came in between.
    context.isPosting = false;
  }
}

/** Whether the ledger took it. */
async function carryBatch(context: GatewayContext, batch: readonly Waiting[]): Promise<boolean> {
  const tried = context.postWaiters.length;
  let orders: Order[];
  try {
    orders = await context.ledger.post(batch.map(({ post }) => post));
  } catch (error) {
    context.flushAfter = context.now() + OUTBOX_RETRY_MS;
    context.log("error", "gateway_post_failed", { posts: batch.length, error: errorText(error) });
    for (const { resolve, order } of context.postWaiters.splice(0, tried)) resolve(order);
    return false;
  }
  const posted = batch.at(-1)?.seq ?? 0;
  context.store.posted(posted);
  letGo(context, posted, new Map(orders.map((order) => [order.clientOrderId, order])));
  return true;
}

function letGo(context: GatewayContext, posted: number, orders: ReadonlyMap<string, Order>): void {
  context.postWaiters = context.postWaiters.filter((waiter) => {
    waiter.order = orders.get(waiter.clientOrderId ?? "") ?? waiter.order;
    if (waiter.upTo > posted) return true;
    waiter.resolve(waiter.order);
    return false;
  });
}

/**
 * The order as the ledger has it after a flush; as this gateway knows it while the ledger is away,
 * which is null only for one that it never saw approved.
 */
export async function ledgerOrder(
  context: GatewayContext,
  record: GatewayOrder,
): Promise<Order | null> {
  const posted = await carried(context, record.clientOrderId);
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
