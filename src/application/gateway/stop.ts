/** The ends of an order that never left: stopped at the door, or withdrawn. No later attempt of it goes. */
import { save, type GatewayContext } from "./context.ts";
import { post } from "./evidence.ts";
import type { GatewayOrder } from "./record.ts";

/** Stopped at the door: it never left and never will. */
export function stop(context: GatewayContext, order: GatewayOrder, reason: string): GatewayOrder {
  const stopped: GatewayOrder = {
    ...order,
    record: "stopped",
    ended: "stopped",
    reason,
    cancel: "none",
    nextLookAt: null,
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
  };
  const event = { kind: "canceled", reason } as const;
  save(context, { order: withdrawn, posts: [post(order, "withdrawn", event, context.now())] });
  return withdrawn;
}
