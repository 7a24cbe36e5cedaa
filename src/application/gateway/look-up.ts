/**
 * Asks the broker what it knows: open orders, closed orders and executions, in that order, so that an
 * order which moves on between two questions is seen by the later one. A failed query proves nothing.
 */
import type { BrokerFailure, BrokerOrder } from "../../brokers/broker.ts";
import { decimal } from "../../domain/decimal.ts";
import { EXECUTIONS_OVERLAP_MS } from "../../domain/limits.ts";
import type { Execution, OrderChanges } from "../../domain/order.ts";
import { ok, type Result } from "../../domain/result.ts";
import { readOrder, save, type GatewayContext } from "./context.ts";
import { endIfWhole, post, type Evidence } from "./evidence.ts";
import { changedTerms, DUE_NOW, sameTerms, type GatewayOrder, type Terms } from "./record.ts";
import { sight } from "./sightings.ts";

/** What the broker said, all of it: three queries that all succeeded. */
export interface BrokerPicture {
  orders: BrokerOrder[];
  executions: Execution[];
  /** Our clock when the first query left: what changed here since is newer than the picture. */
  askedAt: number;
}

/** `since`, by our clock: closed orders and executions from then on; the overlap covers the broker's clock. */
export async function askBroker(
  context: GatewayContext,
  since: number,
): Promise<Result<BrokerPicture, BrokerFailure>> {
  const askedAt = context.now();
  const from = Math.max(0, since - EXECUTIONS_OVERLAP_MS);
  const open = await context.broker.openOrders();
  if (!open.ok) return open;
  const closed = await context.broker.closedOrders(from);
  if (!closed.ok) return closed;
  const executions = await context.broker.executions(from);
  if (!executions.ok) return executions;
  return ok({ orders: [...open.value, ...closed.value], executions: executions.value, askedAt });
}

/** What the picture holds of one order: all its states, the last one last, and its executions. */
export interface Finding {
  orders: BrokerOrder[];
  executions: Execution[];
}

export function findingOf(
  picture: BrokerPicture,
  order: Pick<GatewayOrder, "clientOrderId" | "brokerOrderId">,
): Finding {
  const ours = (each: { clientOrderId: string | null; brokerOrderId: string }) =>
    each.clientOrderId === order.clientOrderId ||
    (order.brokerOrderId !== null && each.brokerOrderId === order.brokerOrderId);
  return {
    orders: picture.orders.filter(ours),
    executions: picture.executions.filter(ours),
  };
}

export const isFound = (finding: Finding): boolean =>
  finding.orders.length > 0 || finding.executions.length > 0;

/** Books every execution of the picture, ours or not, then every order's state. */
export function absorb(context: GatewayContext, picture: BrokerPicture): void {
  for (const execution of picture.executions) absorbExecution(context, execution);
  for (const order of picture.orders) absorbOrder(context, order, picture.askedAt);
}

export function absorbFinding(context: GatewayContext, finding: Finding, askedAt: number): void {
  for (const execution of finding.executions) absorbExecution(context, execution);
  for (const order of finding.orders) absorbOrder(context, order, askedAt);
}

function absorbExecution(context: GatewayContext, execution: Execution): void {
  // Most of a poll is old news, and says nothing that the execution's id does not.
  if (context.store.hasExecution(execution.executionId)) return;
  sight(context, {
    clientOrderId: execution.clientOrderId || null,
    brokerOrderId: execution.brokerOrderId,
    evidence: { kind: "filled", execution },
    at: execution.executedAt,
  });
}

function absorbOrder(context: GatewayContext, seen: BrokerOrder, askedAt: number): void {
  const tell = (evidence: Evidence): void =>
    sight(context, {
      clientOrderId: seen.clientOrderId,
      brokerOrderId: seen.brokerOrderId,
      evidence,
      at: seen.updatedAt,
    });
  const known = knownOrder(context, seen);
  if (known?.ended && known.ended !== "dead_lettered" && known.record === "accepted") return;
  if (seen.state === "rejected") {
    tell({ kind: "rejected", reason: seen.reason ?? "rejected by the broker" });
    return;
  }
  const pendingTrigger = seen.state === "pending_trigger";
  tell({ kind: "accepted", brokerOrderId: seen.brokerOrderId, pendingTrigger });
  if (context.inFlight.has(known?.clientOrderId ?? "")) return;
  const order = knownOrder(context, seen);
  if (!order) return;
  if (seen.state === "new" && order.pendingTrigger) tell({ kind: "triggered" });
  absorbTerms(context, order, seen, askedAt, tell);
  absorbEnd(context, seen, tell);
}

function knownOrder(context: GatewayContext, seen: BrokerOrder): GatewayOrder | null {
  const byBroker = context.store.orderOfBroker(seen.brokerOrderId);
  const id = seen.clientOrderId ?? byBroker?.clientOrderId;
  return id === undefined ? null : readOrder(context, id);
}

const changesBetween = (from: Terms, to: Terms): OrderChanges => ({
  quantity: from.quantity === to.quantity ? null : to.quantity,
  limitPrice: from.limitPrice === to.limitPrice ? null : to.limitPrice,
  stopPrice: from.stopPrice === to.stopPrice ? null : to.stopPrice,
});

/** Other terms than ours are a replacement; ours, long after new ones were asked for, are a refusal. */
function absorbTerms(
  context: GatewayContext,
  order: GatewayOrder,
  seen: BrokerOrder,
  askedAt: number,
  tell: (evidence: Evidence) => void,
): void {
  // A picture from before our own latest news, or of records that lag, must not turn the terms back.
  const { settlingTimeMs } = context.broker.rules;
  if (!order.terms || askedAt - order.updatedAt < settlingTimeMs) return;
  const terms = { ...order.terms, quantity: seen.quantity };
  // A broker may drop a price that has done its work, e.g. a stop after its trigger: null is no change.
  terms.limitPrice = seen.limitPrice ?? terms.limitPrice;
  terms.stopPrice = seen.stopPrice ?? terms.stopPrice;
  if (!sameTerms(terms, order.terms)) {
    tell({ kind: "replaced", changes: changesBetween(order.terms, terms) });
    return;
  }
  if (!order.changes) return;
  if (sameTerms(changedTerms(order.terms, order.changes), order.terms)) {
    tell({ kind: "replaced", changes: order.changes });
    return;
  }
  if (askedAt - order.changesAt >= settlingTimeMs)
    refuseChanges(context, order, "the broker kept the old terms");
}

/** The wished terms will not be: the order stands on the old ones. */
export function refuseChanges(context: GatewayContext, order: GatewayOrder, reason: string): void {
  const event = { kind: "replace_rejected", reason } as const;
  const name = `replace_rejected:${order.changesAsked}`;
  const kept: GatewayOrder = {
    ...order,
    changes: null,
    nextLookAt: order.cancel === "none" ? null : DUE_NOW,
  };
  // The last fill may have come while the wish was open: now it was the last.
  save(context, { order: endIfWhole(kept), posts: [post(order, name, event, context.now())] });
}

/** An end is booked only with all its fills: what is still missing comes with a later picture. */
function absorbEnd(
  context: GatewayContext,
  seen: BrokerOrder,
  tell: (evidence: Evidence) => void,
): void {
  if (seen.state !== "canceled" && seen.state !== "expired") return;
  const order = knownOrder(context, seen);
  if (!order || order.ended) return;
  if (decimal(order.filledQuantity).lt(decimal(seen.filledQuantity))) {
    context.log("warn", "fills_missing", {
      clientOrderId: order.clientOrderId,
      filled: order.filledQuantity,
      brokerFilled: seen.filledQuantity,
    });
    return;
  }
  tell({ kind: seen.state, reason: seen.reason ?? `${seen.state} at the broker` });
}
