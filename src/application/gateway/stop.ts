/** The ends of an order that never left: stopped at the door, withdrawn, or given up to the desk. No later attempt of it goes. */
import { readOrder, save, type GatewayContext } from "./context.ts";
import { post } from "./evidence.ts";
import { flush } from "./outbox.ts";
import { newRecord, type GatewayOrder } from "./record.ts";

/** Stopped at the door: it never left and never will. */
export function stop(context: GatewayContext, order: GatewayOrder, reason: string): GatewayOrder {
  const stopped: GatewayOrder = {
    ...order,
    record: "stopped",
    ended: "stopped",
    reason,
    cancel: "none",
    nextLookAt: null,
    unwanted: true,
  };
  const event = { kind: "rejected", reason } as const;
  save(context, { order: stopped, posts: [post(order, "stopped", event, context.now())] });
  context.log("warn", "order_stopped", { clientOrderId: order.clientOrderId, reason });
  return stopped;
}

/** A cancel of what is not at the broker: it ends here, and no later attempt goes. */
export function withdraw(context: GatewayContext, order: GatewayOrder): GatewayOrder {
  const reason = "canceled before it was sent";
  const withdrawn: GatewayOrder = {
    ...order,
    record: "stopped",
    ended: "canceled",
    reason,
    cancel: "none",
    changes: null,
    nextLookAt: null,
    unwanted: true,
  };
  const event = { kind: "canceled", reason } as const;
  save(context, { order: withdrawn, posts: [post(order, "withdrawn", event, context.now())] });
  return withdrawn;
}

/** To the desk as not sent. The record stays the proof of it; only a person goes on, with another order. */
export function giveUp(context: GatewayContext, order: GatewayOrder, reason: string): void {
  const { clientOrderId, attempt } = order;
  const label = "not_sent";
  const event = { kind: "dead_lettered", label, reason } as const;
  save(context, {
    order: { ...order, ended: "dead_lettered", nextLookAt: null },
    posts: [post(order, `dead_lettered:${label}:${attempt}`, event, context.now())],
  });
  context.log("error", "order_dead_lettered", { clientOrderId, label, reason });
}

/**
 * Gives an order up that nothing ever left of, also one that has not come yet: whoever brings it later
 * is too late. True when it lies on the desk as not sent, or will as soon as the ledger can be told.
 */
export async function giveUpUnsent(
  context: GatewayContext,
  clientOrderId: string,
  reason: string,
): Promise<boolean> {
  const order = readOrder(context, clientOrderId) ?? newRecord(clientOrderId, null, context.now());
  // One that only waits for its turn is its gateway's to send.
  if (order.record !== "not_sent" || order.turn) return false;
  // An attempt that waits for its turn looks at the record again before it sends.
  if (order.ended === null) giveUp(context, order, reason);
  else if (order.ended !== "dead_lettered") return false;
  await flush(context);
  return true;
}
