/**
 * Asks the broker what it knows: open orders, closed orders and executions, in that order, so that an
 * order which moves on between two questions is seen by the later one. A failed query proves nothing.
 */
import type { BrokerFailure, BrokerOrder } from "../../brokers/broker.ts";
import { decimal } from "../../domain/decimal.ts";
import { EXECUTIONS_OVERLAP_MS } from "../../domain/limits.ts";
import type { Execution, OrderChanges } from "../../domain/order.ts";
import { isOpenThere } from "../../domain/reconciliation/orders.ts";
import { ok, type Result } from "../../domain/result.ts";
import { wakeBracket } from "./bracket-notes.ts";
import { readOrder, save, type GatewayContext } from "./context.ts";
import { endIfWhole, post, revive, type Evidence } from "./evidence.ts";
import type { BrokerPicture, Finding } from "./finding.ts";
import { adoptOrder, isClaimed, sinceAdopted } from "./external-orders.ts";
import {
  changedTerms,
  DUE_NOW,
  filledAtBroker,
  sameTerms,
  type GatewayOrder,
  type Terms,
} from "./record.ts";
import { tellRevival } from "./revivals.ts";
import { mayBeInFlight, sight } from "./sightings.ts";

/** Orders of a picture that are looked at in one go: some ten milliseconds at the most. */
const ABSORBED_AT_ONCE = 100;

/** `since`, by our clock: closed orders and executions from then on; the overlap covers the broker's clock. */
export async function askBroker(context: GatewayContext, since: number): Promise<Asked> {
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

export type Asked = Result<BrokerPicture, BrokerFailure>;

/** What the broker says, for several orders by one question: asked when the first of them needs it. */
export function askOnce(context: GatewayContext, since: number): () => Promise<Asked> {
  let asked: Promise<Asked> | null = null;
  return () => (asked ??= askBroker(context, since));
}

/**
 * Books every execution of the picture, ours or not, then every order's state. Between some orders and
 * the next it lets the object's other work go on: a busy account has thousands open. Answers the broker's
 * ids of those that stand just as they stood.
 */
export async function absorb(
  context: GatewayContext,
  picture: BrokerPicture,
): Promise<ReadonlySet<string>> {
  for (const execution of picture.executions) absorbExecution(context, execution);
  const standing = new Set<string>();
  let looked = 0;
  for (const order of picture.orders) {
    if (context.agreed.has(order)) {
      standing.add(order.brokerOrderId);
      continue;
    }
    looked += 1;
    if (looked % ABSORBED_AT_ONCE === 0) await context.turn?.();
    absorbOrder(context, order, picture.askedAt);
  }
  return standing;
}

export function absorbFinding(context: GatewayContext, finding: Finding, askedAt: number): void {
  for (const execution of finding.executions) absorbExecution(context, execution);
  for (const order of finding.orders) absorbOrder(context, order, askedAt);
}

function absorbExecution(context: GatewayContext, execution: Execution): void {
  // Most of a poll is old news, and says nothing that the execution's id does not.
  if (context.store.hasExecution(execution.executionId)) return;
  if (isForgotten(context, execution.executedAt)) return;
  sight(context, {
    clientOrderId: execution.clientOrderId || null,
    brokerOrderId: execution.brokerOrderId,
    evidence: { kind: "filled", execution },
    at: execution.executedAt,
  });
}

/** From before what this gateway remembers the ids of: it was booked then, and would be taken for another's now. */
const isForgotten = ({ store }: GatewayContext, at: number): boolean =>
  at < store.number("forgotten_until");

function absorbOrder(context: GatewayContext, seen: BrokerOrder, askedAt: number): void {
  const tell = (evidence: Evidence): void =>
    sight(context, {
      clientOrderId: seen.clientOrderId,
      brokerOrderId: seen.brokerOrderId,
      evidence,
      at: seen.updatedAt,
    });
  const known = knownOrder(context, seen);
  // Without our id it may be the very order whose answer is awaited.
  const mayBeOurs = seen.clientOrderId === null && mayBeInFlight(context, seen.brokerOrderId);
  if (!known && !mayBeOurs) {
    if (isOpenThere(seen) || !isForgotten(context, seen.updatedAt)) adoptOrder(context, seen);
    return;
  }
  if (known?.ended && known.ended !== "dead_lettered" && known.record === "accepted") {
    const shown = sinceAdopted(context, known, seen, askedAt);
    if (standsAfterItsEnd(context, known, shown, askedAt)) reviveEnded(context, known, shown);
    return;
  }
  // The broker was asked before it refused: a picture from then shows what has ended since.
  if (known?.ended === "rejected" && askedAt <= known.updatedAt) return;
  if (seen.state === "rejected") {
    tell({ kind: "rejected", reason: seen.reason ?? "rejected by the broker" });
    return;
  }
  const pendingTrigger = seen.state === "pending_trigger";
  const isNews = known?.record !== "accepted";
  if (isNews) tell({ kind: "accepted", brokerOrderId: seen.brokerOrderId, pendingTrigger });
  if (context.inFlight.has(known?.clientOrderId ?? "")) return;
  const order = isNews ? knownOrder(context, seen) : known;
  if (!order) return;
  if (seen.state === "new" && order.pendingTrigger) tell({ kind: "triggered" });
  const shown = sinceAdopted(context, order, seen, askedAt);
  absorbTerms(context, knownOrder(context, seen) ?? order, shown, askedAt, tell);
  absorbEnd(context, shown, tell);
  const after = knownOrder(context, seen);
  if (after) context.agreed.note(after, seen);
}

/**
 * Ended by the broker's own word, and in its list of open orders when that has had its time; one that was filled
 * whole, only if it is larger there than what it filled: somebody has changed it, and the news was lost.
 */
const standsAfterItsEnd = (
  context: GatewayContext,
  order: GatewayOrder,
  seen: BrokerOrder,
  askedAt: number,
): boolean =>
  isOpenThere(seen) &&
  (order.ended !== "filled" || decimal(seen.quantity).gt(filledAtBroker(order))) &&
  askedAt - order.updatedAt >= context.broker.rules.settlingTimeMs &&
  !isClaimed(context, order);

/** It is reserved again, and canceled there unless it is a stranger's: whoever wanted it has heard that it is no more. */
function reviveEnded(context: GatewayContext, order: GatewayOrder, seen: BrokerOrder): void {
  const { order: alive, posts } = revive(order, seen.quantity, seen.updatedAt);
  const listed = `it lists it as ${seen.state}, ${seen.filledQuantity} of ${seen.quantity} filled`;
  const { unwanted } = alive;
  tellRevival(context, unwanted ? { ...order, unwanted } : order, listed);
  save(context, { order: alive, posts });
  wakeBracket(context, order.approved?.intent);
  const { clientOrderId, ended } = order;
  context.log("error", "evidence_against_end", { clientOrderId, ended, listed: seen.state });
}

function knownOrder(context: GatewayContext, seen: BrokerOrder): GatewayOrder | null {
  const { clientOrderId, brokerOrderId } = seen;
  const ours = clientOrderId === null ? null : readOrder(context, clientOrderId);
  const byBroker = ours ? null : context.store.orderOfBroker(brokerOrderId);
  return ours ?? (byBroker && readOrder(context, byBroker.clientOrderId));
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
  if (isClaimed(context, order)) return;
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
    changesRefused(context, order, "the broker kept the old terms");
}

/** By the broker: it may go on to refuse them. */
export const changesRefused = (
  context: GatewayContext,
  order: GatewayOrder,
  reason: string,
): void =>
  refuseChanges(context, { ...order, changesRefused: (order.changesRefused ?? 0) + 1 }, reason);

/** The wished terms will not be: the order stands on the old ones. */
export function refuseChanges(context: GatewayContext, order: GatewayOrder, reason: string): void {
  const event = { kind: "replace_rejected", reason } as const;
  const name = `replace_rejected:${order.changesAsked}`;
  const kept: GatewayOrder = { ...order, changes: null };
  // What has ended is only told of.
  if (order.ended !== null) {
    save(context, { order: kept, posts: [post(order, name, event, context.now())] });
    return;
  }
  kept.nextLookAt = order.cancel === "none" ? null : DUE_NOW;
  // The last fill may have come while the wish was open: now it was the last.
  save(context, { order: endIfWhole(kept), posts: [post(order, name, event, context.now())] });
}

/** An end is booked only with all its fills: what is still missing comes with a later picture. */
function absorbEnd(
  context: GatewayContext,
  seen: BrokerOrder,
  tell: (evidence: Evidence) => void,
): void {
  const order = knownOrder(context, seen);
  if (!order || order.ended) return;
  if (isClaimed(context, order)) {
    // Its fills are covered by the person's figure, or booked beside it.
    if (!isOpenThere(seen)) tell({ kind: "canceled", reason: `${seen.state} at the broker` });
    return;
  }
  if (seen.state !== "canceled" && seen.state !== "expired") return;
  if (filledAtBroker(order).lt(decimal(seen.filledQuantity))) {
    context.log("warn", "fills_missing", {
      clientOrderId: order.clientOrderId,
      filled: order.filledQuantity,
      brokerFilled: seen.filledQuantity,
    });
    return;
  }
  tell({ kind: seen.state, reason: seen.reason ?? `${seen.state} at the broker` });
}
