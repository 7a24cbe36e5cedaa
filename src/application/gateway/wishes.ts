/** Cancels and new terms. A cancel always passes, and is sent again until the broker's evidence settles it. */
import type { CancelOutcome } from "../../brokers/broker.ts";
import { decimal } from "../../domain/decimal.ts";
import { ORDER_CONFIRM_WAIT_MS } from "../../domain/limits.ts";
import type { ApprovedOrder, Order, OrderChanges, TermsApproval } from "../../domain/order.ts";
import { stopReason } from "../../domain/trading-gate.ts";
import { errorText } from "../log.ts";
import { latestEpoch, readOrder, save, type GatewayContext } from "./context.ts";
import { confirmWishes, lookAgain, lookAt, resolveUnknown, sweepNotSent } from "./doubt.ts";
import { entryRefusal, refusalAfterWait } from "./entry-gates.ts";
import { post } from "./evidence.ts";
import { askForExit } from "./ask-for-exit.ts";
import { isOpenNow } from "./finding.ts";
import { changesRefused, refuseChanges, type Asked } from "./look-up.ts";
import { ledgerOrder } from "./outbox.ts";
import { blockReason } from "./reconcile.ts";
import { DUE_NOW, instrumentOf, newRecord, type GatewayOrder } from "./record.ts";
import { withdraw } from "./stop.ts";

/** The order as it then stands; null when neither gateway nor ledger knows it. */
export async function cancel(
  context: GatewayContext,
  clientOrderId: string,
): Promise<Order | null> {
  const order = readOrder(context, clientOrderId);
  // Also for an order that has not come yet: when it comes, it is not sent.
  if (!order || isUnsent(order)) {
    const record = order ?? newRecord(clientOrderId, null, context.now());
    return ledgerOrder(context, withdraw(context, record));
  }
  if (order.ended !== null) return ledgerOrder(context, cancelTooLate(context, order));
  // It is being pursued: asked again, it goes no faster, and leaves the broker's rate to others.
  if (order.cancel !== "none" && (order.nextLookAt ?? DUE_NOW) > context.now())
    return ledgerOrder(context, order);
  if (order.cancel === "none") {
    // The looks for whatever was in doubt before have backed off; those for this begin anew.
    const wanted: GatewayOrder = { ...order, cancel: "wanted", nextLookAt: DUE_NOW, looks: 0 };
    save(context, { order: wanted, posts: [] });
  }
  await context.inFlight.get(clientOrderId)?.done;
  await pursue(context, clientOrderId);
  return ledgerOrder(context, readOrder(context, clientOrderId) ?? order);
}

/**
 * It filled first. The ledger cannot know that this was the whole order while it has reserved larger
 * terms for it, so it is told.
 */
function cancelTooLate(context: GatewayContext, order: GatewayOrder): GatewayOrder {
  if (order.ended !== "filled") return order;
  const cancelsRejected = order.cancelsRejected + 1;
  const event = { kind: "cancel_rejected", reason: "it has filled" } as const;
  const told: GatewayOrder = { ...order, cancelsRejected };
  const name = `cancel_rejected:${cancelsRejected}`;
  save(context, { order: told, posts: [post(order, name, event, context.now())] });
  return told;
}

/** Nothing of it is at the broker. What was stopped may be withdrawn again: the ledger takes it once. */
const isUnsent = (order: GatewayOrder): boolean =>
  order.record === "stopped" || (order.record === "not_sent" && order.ended === null);

/**
 * One step towards certainty about an order; another one under way is enough. `look` brings what the broker
 * says for several of them; left out, it is asked for this one.
 */
export async function pursue(
  context: GatewayContext,
  clientOrderId: string,
  look?: () => Promise<Asked>,
): Promise<void> {
  if (context.busy.has(clientOrderId)) return;
  context.busy.add(clientOrderId);
  try {
    await step(context, clientOrderId, look);
  } finally {
    context.busy.delete(clientOrderId);
  }
}

async function step(
  context: GatewayContext,
  clientOrderId: string,
  look?: () => Promise<Asked>,
): Promise<void> {
  const order = readOrder(context, clientOrderId);
  if (!order || order.ended !== null) return;
  const { approved } = order;
  if (order.record === "not_sent")
    return approved?.intent.exit
      ? askForExit(context, order, approved)
      : sweepNotSent(context, order);
  if (order.record === "unknown") await resolveUnknown(context, order, look);
  const now = readOrder(context, clientOrderId);
  if (now?.record !== "accepted" || now.ended !== null) return;
  if (now.cancel === "wanted") return sendCancel(context, now);
  await confirmWishes(context, now, look);
  if (now.cancel !== "none") return;
  // Whoever wanted it canceled during that look found it busy: it is next, and not the next look.
  const after = readOrder(context, clientOrderId);
  if (after?.cancel === "wanted" && after.ended === null) await sendCancel(context, after);
}

async function sendCancel(context: GatewayContext, order: GatewayOrder): Promise<void> {
  context.limiter.cancel(instrumentOf(order));
  const outcome = await ask(() => context.broker.cancel(atBroker(order)));
  const now = readOrder(context, order.clientOrderId);
  if (!now || now.ended !== null) return;
  switch (outcome.outcome) {
    case "accepted": {
      // Taken, not done: the order may still fill. The stream or a look-up says what became of it.
      const nextLookAt = context.now() + ORDER_CONFIRM_WAIT_MS;
      save(context, { order: { ...now, cancel: "sent", nextLookAt }, posts: [] });
      return;
    }
    case "rejected":
      return cancelRejected(context, now, outcome.reason);
    case "not_sent":
    case "unknown":
      // A second cancel of the same order does no harm.
      return lookAgain(context, now);
  }
}

/**
 * "Not found" may mean filled: only an order that the broker lists as open makes it a refusal. Of one that
 * nobody here counts with any more the cancel is not given up: it goes again, later and later.
 */
async function cancelRejected(
  context: GatewayContext,
  order: GatewayOrder,
  reason: string,
): Promise<void> {
  const finding = await lookAt(context, order);
  const now = readOrder(context, order.clientOrderId);
  if (!now || now.ended !== null) return;
  if (!finding || !isOpenNow(finding)) return lookAgain(context, now);
  const cancelsRejected = now.cancelsRejected + 1;
  const event = { kind: "cancel_rejected", reason } as const;
  const told = post(now, `cancel_rejected:${cancelsRejected}`, event, context.now());
  if (now.unwanted) {
    // The ledger hears of the first: it would be an event every few seconds.
    const posts = now.cancelsRejected === 0 ? [told] : [];
    save(context, { order: { ...now, cancelsRejected }, posts });
    return lookAgain(context, { ...now, cancelsRejected });
  }
  const nextLookAt = now.changes === null ? null : context.now() + ORDER_CONFIRM_WAIT_MS;
  const kept: GatewayOrder = { ...now, cancel: "none", cancelsRejected, nextLookAt, looks: 0 };
  save(context, { order: kept, posts: [told] });
}

/**
 * Sends new terms once. Their confirmation comes by the stream or a look-up. `approval` is their own, not
 * the order's: an order that stands from before a takeover is changed by whoever holds the lease.
 */
export async function modify(
  context: GatewayContext,
  clientOrderId: string,
  changes: OrderChanges,
  approval: TermsApproval,
): Promise<Order | null> {
  const known = readOrder(context, clientOrderId);
  if (!known) return context.ledger.order(clientOrderId);
  const terms: NewTerms = { changes, approval };
  const busy = known.approved && (await turnToModify(context, known, known.approved, terms));
  // While it waited for its turn, it may have moved on.
  const order = readOrder(context, clientOrderId) ?? known;
  // Brought here before, by a faster carrier: what came of them may have given up their reservation.
  if (approval.ledgerVersion <= (order.termsTaken ?? -1)) return ledgerOrder(context, order);
  const taken = { changesAsked: order.changesAsked + 1, termsTaken: approval.ledgerVersion };
  if (order.ended !== null) {
    // The new terms will never be, and the ledger has reserved for them: also for one that a person closed.
    const reason = order.ended === "filled" ? "it has filled" : `it has ended: ${order.ended}`;
    refuseChanges(context, { ...order, ...taken }, reason);
    return ledgerOrder(context, order);
  }
  const hindrance = whyNotModify(context, order, terms) ?? busy;
  if (hindrance) {
    if (order.changes === null) refuseChanges(context, { ...order, ...taken }, hindrance);
    return ledgerOrder(context, order);
  }
  const changesAt = context.now();
  const nextLookAt = changesAt + ORDER_CONFIRM_WAIT_MS;
  const wished: GatewayOrder = { ...order, ...taken, changes, changesAt, nextLookAt, looks: 0 };
  save(context, { order: wished, posts: [] });
  const outcome = await ask(() => context.broker.modify(atBroker(order), changes));
  await settleChanges(context, clientOrderId, outcome);
  return ledgerOrder(context, readOrder(context, clientOrderId) ?? wished);
}

interface NewTerms {
  changes: OrderChanges;
  approval: TermsApproval;
}

/** Only what would go takes a turn. What may raise exposure passes the gates of a new entry before. */
async function turnToModify(
  context: GatewayContext,
  order: GatewayOrder,
  { intent }: ApprovedOrder,
  terms: NewTerms,
): Promise<string | null> {
  if (order.ended !== null || whyNotModify(context, order, terms) !== null) return null;
  const isGated = isEntry(order, terms.changes);
  const shut = isGated ? await entryRefusal(context) : null;
  if (shut !== null) return shut;
  const asked = context.now();
  const late = await context.limiter.order("modify", intent.instrument);
  return late ?? (isGated ? refusalAfterWait(context, asked) : null);
}

function whyNotModify(
  context: GatewayContext,
  order: GatewayOrder,
  { changes, approval }: NewTerms,
): string | null {
  if (order.external) return "it was placed past the platform; change it where it was placed";
  if (order.record !== "accepted" || !order.approved) return "the broker has not accepted it yet";
  if (order.changes !== null) return "other new terms are under way";
  if (order.cancel !== "none") return "a cancel is under way";
  const blocked = isEntry(order, changes)
    ? blockReason(context, order.approved.intent.instrument)
    : null;
  if (blocked !== null) return blocked;
  // The fence holds back what a region approved that has lost the lease since. Less of an order is no
  // risk under any lease: a bracket's stop, when its target has filled in part.
  const latest = latestEpoch(context, approval.epoch);
  const fencedBy = onlyLowers(order, changes) ? 0 : latest;
  // A halt holds back what was approved before it, also once it is over, as it does with a new order.
  return stopReason({ ...order.approved, ...approval }, context.store.halts(), fencedBy);
}

/** New terms that may raise exposure. */
const isEntry = (order: GatewayOrder, changes: OrderChanges): boolean =>
  order.approved?.intent.reduceOnly !== true && !onlyLowers(order, changes);

/** The prices stay, and there is not more of it than the broker has. */
function onlyLowers({ terms }: GatewayOrder, changes: OrderChanges): boolean {
  const { quantity, limitPrice, stopPrice } = changes;
  if (!terms || quantity === null || limitPrice !== null || stopPrice !== null) return false;
  return decimal(quantity).lte(terms.quantity);
}

async function settleChanges(
  context: GatewayContext,
  clientOrderId: string,
  outcome: CancelOutcome,
): Promise<void> {
  const order = readOrder(context, clientOrderId);
  if (!order || order.ended !== null || order.changes === null) return;
  switch (outcome.outcome) {
    case "accepted":
      return;
    case "not_sent":
      return refuseChanges(context, order, `not sent: ${outcome.reason}`);
    case "unknown":
      return lookAgain(context, order);
    case "rejected": {
      // The refusal may come because it has just filled: the look brings that in first.
      const finding = await lookAt(context, order);
      const now = readOrder(context, clientOrderId);
      if (!now || now.ended !== null || now.changes === null) return;
      if (finding && isOpenNow(finding)) changesRefused(context, now, outcome.reason);
      else lookAgain(context, now);
    }
  }
}

const atBroker = (order: GatewayOrder): { clientOrderId: string; brokerOrderId: string } => ({
  clientOrderId: order.clientOrderId,
  brokerOrderId: order.brokerOrderId ?? "",
});

async function ask(call: () => Promise<CancelOutcome>): Promise<CancelOutcome> {
  try {
    return await call();
  } catch (error) {
    return { outcome: "unknown", reason: errorText(error) };
  }
}
