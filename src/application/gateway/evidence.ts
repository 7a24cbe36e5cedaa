/**
 * What the broker says of an order, folded into the gateway's record. Pure: the same evidence from
 * the answer, the stream and a look-up, in any order and any number of times, gives the same posts.
 */
import type { OrderStreamMessage } from "../../brokers/broker.ts";
import { decimal, decimalText, maxDecimal } from "../../domain/decimal.ts";
import type { OrderEvent, OrderPost } from "../../domain/order.ts";
import {
  changedTerms,
  DUE_NOW,
  sameTerms,
  stagesOf,
  type GatewayOrder,
  type RecordChange,
} from "./record.ts";

export type Evidence = Extract<OrderStreamMessage, { kind: "order_event" }>["event"];

/** Event ids come from what happened, not from who told it: told twice, it is posted once. */
export const post = (
  order: GatewayOrder,
  name: string,
  event: OrderEvent,
  at: number,
): OrderPost => ({
  eventId: `${order.clientOrderId}:${name}`,
  clientOrderId: order.clientOrderId,
  event,
  at,
});

/** An order that lives again may be accepted, refused and ended again: each life names its events anew. */
const postOfLife = (order: GatewayOrder, event: OrderEvent, at: number): OrderPost => {
  const { revivals = 0 } = order;
  return post(order, revivals === 0 ? event.kind : `${event.kind}:${revivals}`, event, at);
};

const unchanged = (order: GatewayOrder): RecordChange => ({ order, posts: [], executions: [] });

const joined = (first: RecordChange, second: RecordChange): RecordChange => ({
  order: second.order,
  posts: [...first.posts, ...second.posts],
  executions: [...first.executions, ...second.executions],
});

/** It had ended here, or it had been accepted before and was lost. */
const isAnotherLife = ({ ended, brokerOrderId }: GatewayOrder): boolean =>
  ended !== null || brokerOrderId !== null;

/** The broker has it, whatever was believed before. */
function accept(
  order: GatewayOrder,
  brokerOrderId: string,
  pendingTrigger: boolean,
  at: number,
): RecordChange {
  if (order.record === "accepted") return unchanged(order);
  const cancel = order.unwanted ? "wanted" : order.cancel;
  const accepted: GatewayOrder = {
    ...order,
    cancel,
    record: "accepted",
    brokerOrderId,
    pendingTrigger,
    reason: null,
    // What was thought to have ended lives: it has to be watched again.
    ended: null,
    nextLookAt: cancel === "none" ? null : DUE_NOW,
    looks: 0,
    ...(isAnotherLife(order) ? { revivals: (order.revivals ?? 0) + 1 } : {}),
  };
  const event = {
    kind: "accepted",
    brokerOrderId,
    pendingTrigger,
    ...stagesOf(order),
  } as const;
  return { order: accepted, posts: [postOfLife(accepted, event, at)], executions: [] };
}

/**
 * Folds one piece of evidence in. `brokerOrderId` is the one it came with; `executionKnown` says that
 * this execution was booked before.
 */
export function applyEvidence(
  order: GatewayOrder,
  evidence: Evidence,
  from: { brokerOrderId: string; at: number; executionKnown: boolean },
): RecordChange {
  const { brokerOrderId, at } = from;
  switch (evidence.kind) {
    case "accepted":
      return accept(order, evidence.brokerOrderId, evidence.pendingTrigger, at);
    case "rejected":
      return reject(order, evidence.reason, at);
    case "filled": {
      const accepted = accept(order, brokerOrderId, false, at);
      return from.executionKnown ? accepted : joined(accepted, fill(accepted.order, evidence, at));
    }
    case "triggered": {
      const accepted = accept(order, brokerOrderId, true, at);
      return joined(accepted, trigger(accepted.order, at));
    }
    case "canceled":
    case "expired": {
      const accepted = accept(order, brokerOrderId, false, at);
      return joined(accepted, end(accepted.order, evidence, at));
    }
    case "replaced": {
      const accepted = accept(order, brokerOrderId, false, at);
      return joined(accepted, replace(accepted.order, evidence.changes, at));
    }
  }
}

/** Nothing more is wished of an order that ended. */
const settled = { cancel: "none", changes: null, nextLookAt: null, looks: 0 } as const;

function reject(order: GatewayOrder, reason: string, at: number): RecordChange {
  if (order.ended !== null && order.ended !== "dead_lettered") return unchanged(order);
  return {
    order: { ...order, ...settled, record: "rejected", ended: "rejected", reason },
    posts: [postOfLife(order, { kind: "rejected", reason, ...stagesOf(order) }, at)],
    executions: [],
  };
}

function trigger(order: GatewayOrder, at: number): RecordChange {
  if (!order.pendingTrigger || order.ended !== null) return unchanged(order);
  return {
    order: { ...order, pendingTrigger: false },
    posts: [postOfLife(order, { kind: "triggered" }, at)],
    executions: [],
  };
}

function fill(
  order: GatewayOrder,
  evidence: Extract<Evidence, { kind: "filled" }>,
  at: number,
): RecordChange {
  // The broker's own record carries its words; who it belongs to is ours to say.
  const execution = { ...evidence.execution, clientOrderId: order.clientOrderId };
  const filled = decimal(order.filledQuantity).plus(decimal(execution.quantity));
  const base = { ...order, filledQuantity: decimalText(filled), pendingTrigger: false };
  return {
    // A fill after a cancel is booked, and the order stays canceled unless it is now whole.
    order: endIfWhole(base),
    posts: [post(order, `fill:${execution.executionId}`, { kind: "filled", execution }, at)],
    executions: [execution],
  };
}

/**
 * Ends an order that has all it can get. While new terms are not answered, the broker may have them
 * already: then only the larger quantity is all, or a live rest would be taken for filled.
 */
export function endIfWhole(order: GatewayOrder): GatewayOrder {
  const { terms, changes } = order;
  if (terms === null) return order;
  const wished = changes?.quantity ?? terms.quantity;
  const most = maxDecimal(decimal(terms.quantity), decimal(wished));
  return decimal(order.filledQuantity).gte(most)
    ? { ...order, ...settled, ended: "filled" }
    : order;
}

function end(
  order: GatewayOrder,
  evidence: Extract<Evidence, { kind: "canceled" | "expired" }>,
  at: number,
): RecordChange {
  if (order.ended !== null) return unchanged(order);
  return {
    order: { ...order, ...settled, ended: evidence.kind, reason: evidence.reason },
    posts: [postOfLife(order, evidence, at)],
    executions: [],
  };
}

function replace(
  order: GatewayOrder,
  changes: Extract<Evidence, { kind: "replaced" }>["changes"],
  at: number,
): RecordChange {
  if (order.ended !== null || order.terms === null) return unchanged(order);
  const terms = changedTerms(order.terms, changes);
  const wished = order.changes ? changedTerms(order.terms, order.changes) : null;
  // The same replacement told a second time, by the answer, the stream or a look-up.
  if (sameTerms(terms, order.terms) && wished === null) return unchanged(order);
  const done = wished !== null && sameTerms(terms, wished);
  const replacements = order.replacements + 1;
  return {
    order: endIfWhole({
      ...order,
      terms,
      replacements,
      ...(done ? { changes: null, nextLookAt: order.cancel === "none" ? null : DUE_NOW } : {}),
    }),
    posts: [post(order, `replaced:${replacements}`, { kind: "replaced", changes }, at)],
    executions: [],
  };
}
