/**
 * What a person at the desk does to a dead letter: executed by hand, or discarded. It never sends an
 * order, and never acts on one that the broker turns out to have after all.
 */
import { decimal, decimalText, ZERO } from "../../domain/decimal.ts";
import type { Execution, Order, OrderPost } from "../../domain/order.ts";
import {
  GIVEN_BACK_PREFIX,
  givenBackOrderId,
  HAND_PREFIX,
} from "../../domain/reconciliation/synthetic-id.ts";
import { err, ok, type Result } from "../../domain/result.ts";
import type { DeskProblem, HandExecution } from "../ports.ts";
import { bracketNote, wakeBracket } from "./bracket-notes.ts";
import { readOrder, save, type GatewayContext } from "./context.ts";
import { post } from "./evidence.ts";
import { claimExternal } from "./external-orders.ts";
import { countFill } from "./inferred-fills.ts";
import { findingOf, isListed, type BrokerPicture } from "./finding.ts";
import { absorbFinding, askBroker } from "./look-up.ts";
import { flush } from "./outbox.ts";
import { raise } from "./reconcile-notes.ts";
import { newRecord, termsOf, type GatewayOrder, type HandOrder } from "./record.ts";

interface OnDesk {
  order: Order;
  record: GatewayOrder;
}

/** A named person gives it up. The broker is asked first: what it has is not discarded. */
export async function discardByHand(
  context: GatewayContext,
  clientOrderId: string,
  by: string,
  reason: string,
): Promise<Result<Order, DeskProblem>> {
  const found = await onDesk(context, clientOrderId, null);
  if (!found.ok) return found;
  const { record } = found.value;
  const now = context.now();
  const event = { kind: "discarded", by, reason } as const;
  save(context, { order: closed(record), posts: [post(record, `discarded:${now}`, event, now)] });
  context.log("warn", "dead_letter_discarded", { clientOrderId, by });
  return posted(context, found.value.order);
}

/** Booked at once under an id of its own; the broker's executions of that order then cover it. */
export async function executeByHand(
  context: GatewayContext,
  clientOrderId: string,
  claim: HandExecution,
): Promise<Result<Order, DeskProblem>> {
  const { store } = context;
  const before = store.handOrder(claim.brokerOrderId);
  if (before) return repeated(context, before, clientOrderId, claim);
  const found = await onDesk(context, clientOrderId, claim.brokerOrderId);
  if (!found.ok) return found;
  const { order, record } = found.value;
  // Read after the last await: nothing moves between here and the store.
  if (store.handOrder(claim.brokerOrderId)) return err({ kind: "broker_order_taken" });
  const open = decimal(order.quantity).minus(decimal(order.filledQuantity));
  if (decimal(claim.quantity).gt(open)) return err({ kind: "too_much", open: decimalText(open) });
  const adopted = store.executionsOfBroker(claim.brokerOrderId);
  if (adopted.some((each) => isOurs(store.order(each.clientOrderId))))
    return err({ kind: "broker_order_taken" });
  const contrary = contradiction(order, claim, adopted);
  if (contrary) return err(contrary);

  const execution = handFill(order, claim, context.now());
  const posts = [
    ...adopted.map((each) => givenBack(each, context.now())),
    post(
      record,
      `hand:${claim.brokerOrderId}`,
      { kind: "filled", execution },
      execution.executedAt,
    ),
  ];
  if (decimal(claim.quantity).lt(open)) posts.push(restDiscarded(record, claim, context.now()));
  const covered = adopted.reduce((sum, each) => sum.plus(decimal(each.quantity)), ZERO);
  const hand = { clientOrderId, brokerOrderId: claim.brokerOrderId, claim };
  const filled = decimal(record.filledQuantity).plus(decimal(claim.quantity));
  const filledNow = { ...closed(record), filledQuantity: decimalText(filled) };
  const executed = besideItsOwn(filledNow, order, claim);
  store.saveHandOrder({ ...hand, covered: decimalText(covered) }, executed, posts);
  context.agreed.written(executed);
  claimExternal(context, claim);
  countFill(context);
  guardBracket(context, order, executed);
  context.log("warn", "order_executed_by_hand", { clientOrderId, by: claim.by });
  return posted(context, order);
}

/** Its own order of the broker may turn up after all: what a person executed by another one is beside it. */
function besideItsOwn(record: GatewayOrder, order: Order, claim: HandExecution): GatewayOrder {
  const isOwn = claim.brokerOrderId === record.brokerOrderId;
  const beside = decimal(record.byHand ?? "0").plus(isOwn ? ZERO : decimal(claim.quantity));
  const terms = record.terms ?? termsOf({ intent: order });
  return { ...record, terms, byHand: decimalText(beside) };
}

/** What a person executed counts for its bracket like any fill: the other exit has to go, or exits have to come. */
function guardBracket(context: GatewayContext, order: Order, record: GatewayOrder): void {
  // The ledger's order: of one that never came here, or was archived, the record does not say what it is.
  wakeBracket(context, order);
  const { clientOrderId, bracket } = order;
  if (!bracket || (record.approved && bracketNote(context, clientOrderId))) return;
  raise(context, {
    id: `bracket-${clientOrderId}`,
    severity: "critical",
    title: `No exits for ${clientOrderId}`,
    message: `${clientOrderId} was executed by hand and never left from here, so that nothing guards it. Place its stop at ${bracket.stopPrice} and its target at ${bracket.targetPrice} by hand.`,
  });
}

/** The order with its record, if the ledger still has it on the desk after a fresh look at the broker. */
async function onDesk(
  context: GatewayContext,
  clientOrderId: string,
  brokerOrderId: string | null,
): Promise<Result<OnDesk, DeskProblem>> {
  const known = await context.ledger.order(clientOrderId);
  if (!known) return err({ kind: "absent" });
  const picture = await askBroker(context, known.createdAt);
  // A broker that cannot be asked proves nothing; the person who acts has seen it by other means.
  if (picture.ok) absorbFor(context, picture.value, clientOrderId, brokerOrderId);
  await flush(context);
  const order = await context.ledger.order(clientOrderId);
  if (order?.state !== "dead_lettered") return err({ kind: "not_on_desk" });
  const record = readOrder(context, clientOrderId) ?? newRecord(clientOrderId, null, context.now());
  const moving = context.inFlight.has(clientOrderId) || context.store.hasPosts();
  if (moving) return err({ kind: "moving" });
  // Cleared up by its own evidence if there is any; what the broker has is not the desk's to book.
  if (picture.ok && isListed(findingOf(picture.value, record))) return err({ kind: "at_broker" });
  if (picture.ok && brokerOrderId !== null) {
    const contrary = disagreement(order, brokerOrderId, picture.value);
    if (contrary) return err(contrary);
  }
  const taken = brokerOrderId === null ? null : context.store.orderOfBroker(brokerOrderId);
  if (isOurs(taken) && taken?.clientOrderId !== clientOrderId)
    return err({ kind: "broker_order_taken" });
  return ok({ order, record });
}

/** One that left from here belongs to its own algo. */
const isOurs = (record: GatewayOrder | null): boolean =>
  record !== null && record.external === undefined;

function absorbFor(
  context: GatewayContext,
  picture: BrokerPicture,
  clientOrderId: string,
  brokerOrderId: string | null,
): void {
  const record = readOrder(context, clientOrderId);
  if (record) absorbFinding(context, findingOf(picture, record), picture.askedAt);
  const named = (each: { brokerOrderId: string }) => each.brokerOrderId === brokerOrderId;
  const executions = picture.executions.filter(named);
  absorbFinding(context, { orders: picture.orders.filter(named), executions }, picture.askedAt);
}

/** The broker shows the named order, and it is another trade. */
function disagreement(
  order: Order,
  brokerOrderId: string,
  picture: BrokerPicture,
): DeskProblem | null {
  const shown = picture.orders.findLast((each) => each.brokerOrderId === brokerOrderId);
  if (!shown || (shown.side === order.side && shown.instrument === order.instrument)) return null;
  const { side, quantity, instrument } = shown;
  return { kind: "other_trade", shown: `${side} ${quantity} ${instrument}` };
}

/** Executions that were adopted before the person spoke must be of this trade, and not of more. */
function contradiction(
  order: Order,
  claim: HandExecution,
  adopted: readonly Execution[],
): DeskProblem | null {
  const odd = adopted.find(
    (each) => each.side !== order.side || each.instrument !== order.instrument,
  );
  if (odd) {
    const { side, quantity, instrument } = odd;
    return { kind: "other_trade", shown: `${side} ${quantity} ${instrument}` };
  }
  const sum = adopted.reduce((total, each) => total.plus(decimal(each.quantity)), ZERO);
  return sum.gt(decimal(claim.quantity))
    ? { kind: "broker_has_more", executed: decimalText(sum) }
    : null;
}

const handFill = (order: Order, claim: HandExecution, now: number): Execution => ({
  executionId: `${HAND_PREFIX}${claim.brokerOrderId}`,
  clientOrderId: order.clientOrderId,
  brokerOrderId: claim.brokerOrderId,
  account: order.account,
  instrument: order.instrument,
  side: order.side,
  quantity: claim.quantity,
  price: claim.price,
  fee: "0",
  feeCurrency: claim.currency,
  executedAt: now,
});

/** Takes an adopted fill out of `external` again, by its mirror image at the same price. */
function givenBack(execution: Execution, at: number): OrderPost {
  const clientOrderId = givenBackOrderId(execution.account, execution.brokerOrderId);
  const executionId = `${GIVEN_BACK_PREFIX}${execution.executionId}`;
  const side = execution.side === "buy" ? "sell" : "buy";
  const mirrored: Execution = { ...execution, executionId, clientOrderId, side, fee: "0" };
  const event = { kind: "filled", execution: mirrored } as const;
  return { eventId: `${clientOrderId}:fill:${executionId}`, clientOrderId, event, at };
}

function restDiscarded(record: GatewayOrder, claim: HandExecution, at: number): OrderPost {
  const reason = `executed by hand in part by ${claim.by}, the rest is given up: ${claim.reason}`;
  return post(record, `hand-rest:${claim.brokerOrderId}`, { kind: "canceled", reason }, at);
}

/** No attempt goes any more and no look-up is due; evidence that comes all the same brings it back, to be canceled. */
const closed = (record: GatewayOrder): GatewayOrder => ({
  ...record,
  ended: record.ended ?? "dead_lettered",
  cancel: "none",
  changes: null,
  nextLookAt: null,
  unwanted: true,
});

/** The same claim again is the same answer. */
async function repeated(
  context: GatewayContext,
  hand: HandOrder,
  clientOrderId: string,
  { quantity, price }: HandExecution,
): Promise<Result<Order, DeskProblem>> {
  const { claim } = hand;
  if (hand.clientOrderId !== clientOrderId || claim.quantity !== quantity || claim.price !== price)
    return err({ kind: "broker_order_taken" });
  await flush(context);
  const order = await context.ledger.order(clientOrderId);
  return order ? ok(order) : err({ kind: "absent" });
}

async function posted(context: GatewayContext, before: Order): Promise<Result<Order, DeskProblem>> {
  await flush(context);
  return ok((await context.ledger.order(before.clientOrderId)) ?? before);
}
