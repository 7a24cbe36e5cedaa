/**
 * What the broker says of an order, folded into the gateway's record. Pure: the same evidence from
 * the answer, the stream and a look-up, in any order and any number of times, gives the same posts.
 */
import type { OrderStreamMessage } from "../../brokers/broker.ts";
import { decimal, decimalText, maxDecimal, ZERO, type DecimalText } from "../../domain/decimal.ts";
import type { OrderChanges, OrderEvent, OrderPost } from "../../domain/order.ts";
import {
  changedTerms,
  DUE_NOW,
  filledAtBroker,
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

/** Where a piece of evidence came from, and what is known of it here. */
export interface From {
  brokerOrderId: string;
  at: number;
  /** This execution was booked before. */
  executionKnown: boolean;
  /** A person has named this very order of the broker as the execution, of so much; null when nobody has. */
  claimed?: DecimalText | null;
}

/** The broker has it, whatever was believed before. */
function accept(
  known: GatewayOrder,
  { brokerOrderId, at, claimed = null }: From,
  pendingTrigger: boolean,
): RecordChange {
  if (known.record === "accepted") return unchanged(known);
  const order = claimed === null ? known : ownExecution(known, claimed);
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
    ...besideHand(accepted),
  } as const;
  const after = claimed === null ? accepted : endIfWhole(accepted);
  return { order: after, posts: [postOfLife(accepted, event, at)], executions: [] };
}

/** What a person executed was this order: it has that quantity filled itself. */
function ownExecution(order: GatewayOrder, claimed: DecimalText): GatewayOrder {
  const beside = decimal(order.byHand ?? "0").minus(decimal(claimed));
  return { ...order, byHand: decimalText(maxDecimal(ZERO, beside)) };
}

/** It lives beside what a person executed in its place: together they are more than was wanted. */
function besideHand({ terms, byHand = "0" }: GatewayOrder): { quantity?: DecimalText } {
  const beside = decimal(byHand);
  if (terms === null || beside.eq(ZERO)) return {};
  return { quantity: decimalText(decimal(terms.quantity).plus(beside)) };
}

/**
 * Ended by the broker's own word, and in its list of open orders all the same: nobody counts with it, so it has
 * to go. Only what was placed past us and filled whole lives on: whoever made it larger there wants the rest.
 * `quantity` is what the broker lists.
 */
export function revive(order: GatewayOrder, quantity: DecimalText, at: number): RecordChange {
  const isWanted = order.external !== undefined && order.ended === "filled";
  const alive: GatewayOrder = {
    ...order,
    terms: order.terms && { ...order.terms, quantity },
    ended: null,
    reason: null,
    revivals: (order.revivals ?? 0) + 1,
    ...(isWanted ? {} : { unwanted: true as const }),
    cancel: isWanted ? "none" : "wanted",
    nextLookAt: isWanted ? null : DUE_NOW,
    looks: 0,
  };
  const { brokerOrderId, pendingTrigger, terms } = order;
  const event = {
    kind: "accepted",
    brokerOrderId: brokerOrderId ?? "",
    pendingTrigger,
    ...(terms?.quantity === quantity ? {} : { quantity }),
    ...besideHand(alive),
  } as const;
  return { order: alive, posts: [postOfLife(alive, event, at)], executions: [] };
}

/** Folds one piece of evidence in. */
export function applyEvidence(order: GatewayOrder, evidence: Evidence, from: From): RecordChange {
  const { at } = from;
  switch (evidence.kind) {
    case "accepted":
      return accept(
        order,
        { ...from, brokerOrderId: evidence.brokerOrderId },
        evidence.pendingTrigger,
      );
    case "rejected":
      return reject(order, evidence.reason, from);
    case "filled": {
      const accepted = accept(order, from, false);
      return from.executionKnown ? accepted : joined(accepted, fill(accepted.order, evidence, at));
    }
    case "triggered": {
      const accepted = accept(order, from, true);
      return joined(accepted, trigger(accepted.order, at));
    }
    case "canceled":
    case "expired": {
      const accepted = accept(order, from, false);
      return joined(accepted, end(accepted.order, evidence, at));
    }
    case "replaced": {
      const accepted = accept(order, from, false);
      return joined(accepted, replace(accepted.order, evidence.changes, at));
    }
  }
}

/**
 * What the stream says late of the very order that the broker has refused since: its acceptance, its trigger;
 * or of terms that newer ones have replaced since, which would be taken for the newest. A fill is true whenever
 * it comes, and a look at the broker's lists says whether it lives after all, and on what terms.
 */
export const isFromBefore = (
  { ended, brokerOrderId, termsAt = -Infinity }: GatewayOrder,
  told: { evidence: Evidence; brokerOrderId: string; at: number },
): boolean =>
  brokerOrderId === told.brokerOrderId &&
  ((ended === "rejected" && told.evidence.kind !== "filled") ||
    (told.evidence.kind === "replaced" && told.at < termsAt));

/** Nothing more is wished of an order that ended. */
const settled = { cancel: "none", changes: null, nextLookAt: null, looks: 0 } as const;

function reject(
  order: GatewayOrder,
  reason: string,
  { brokerOrderId, at }: { brokerOrderId: string; at: number },
): RecordChange {
  if (order.ended !== null && order.ended !== "dead_lettered") return unchanged(order);
  return {
    order: {
      ...order,
      ...settled,
      record: "rejected",
      ended: "rejected",
      reason,
      // An answer that refuses names none.
      brokerOrderId: order.brokerOrderId ?? (brokerOrderId || null),
    },
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
  return filledAtBroker(order).gte(most) ? { ...order, ...settled, ended: "filled" } : order;
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
  const done = wished !== null && sameTerms(terms, wished);
  // The same replacement told a second time, by the answer, the stream or a look-up: no answer to newer terms.
  if (sameTerms(terms, order.terms) && !done) return unchanged(order);
  const replacements = order.replacements + 1;
  return {
    order: endIfWhole({
      ...order,
      terms,
      termsAt: Math.max(at, order.termsAt ?? at),
      replacements,
      ...(done
        ? { changes: null, changesRefused: 0, nextLookAt: order.cancel === "none" ? null : DUE_NOW }
        : {}),
    }),
    posts: [post(order, `replaced:${replacements}`, forLedger(order, changes), at)],
    executions: [],
  };
}

/** The ledger counts what a person executed as part of the order. */
function forLedger(
  { byHand = "0" }: GatewayOrder,
  changes: OrderChanges,
): Extract<OrderEvent, { kind: "replaced" }> {
  const { quantity } = changes;
  if (quantity === null) return { kind: "replaced", changes };
  const whole = decimalText(decimal(quantity).plus(decimal(byHand)));
  return { kind: "replaced", changes: { ...changes, quantity: whole } };
}
