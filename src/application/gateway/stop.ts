/** The ends of an order that never left: stopped at the door, withdrawn, or given up to the desk. No later attempt of it goes. */
import type { BracketExit } from "../../domain/bracket.ts";
import { bracketNote } from "./bracket-notes.ts";
import { whyClosed } from "./closed-pairs.ts";
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
 * is too late. True when it lies on the desk as not sent, or will as soon as the ledger can be told. False also
 * for a bracket's exit that its gateway can still place.
 */
export async function giveUpUnsent(
  context: GatewayContext,
  clientOrderId: string,
  reason: string,
): Promise<boolean> {
  const exit = await exitOf(context, clientOrderId);
  const order = readOrder(context, clientOrderId) ?? newRecord(clientOrderId, null, context.now());
  if (order.record !== "not_sent") return false;
  if (exit && order.ended === null && (order.approved || bracketNote(context, exit.entry))) {
    // It is asked for from here, also where it has not come yet, as long as there is something to close.
    const closed = whyClosed(context, { intent: { exit } });
    if (closed !== null) stop(context, order, closed);
    await flush(context);
    return false;
  }
  // An attempt that waits for its turn looks at the record again before it sends.
  if (order.ended === null) giveUp(context, order, reason);
  else if (order.ended !== "dead_lettered") return false;
  await flush(context);
  return true;
}

/** What it is an exit of, by the ledger where it has not come here; null of any other order. */
async function exitOf(context: GatewayContext, clientOrderId: string): Promise<BracketExit | null> {
  const known = readOrder(context, clientOrderId)?.approved?.intent;
  return (known ?? (await context.ledger.order(clientOrderId)))?.exit ?? null;
}
