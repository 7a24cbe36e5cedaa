/**
 * Clears up orders that are in doubt: an unknown outcome, a cancel or new terms that nobody confirmed, a
 * retry whose message was lost. It looks and backs off; it never sends an order.
 */
import { NOT_SENT_SWEEP_MS, ORDER_RETRIES_MAX, UNKNOWN_DEADLINE_MS } from "../../domain/limits.ts";
import { lookDelayMs, readOrder, save, type GatewayContext } from "./context.ts";
import { post } from "./evidence.ts";
import { findingOf, isOpenNow, type Finding } from "./finding.ts";
import { absorbFinding, askOnce, type Asked } from "./look-up.ts";
import type { GatewayOrder } from "./record.ts";
import { giveUp, stop } from "./stop.ts";

/** Null when the broker could not be asked, which is never the same as "not found". */
export async function lookAt(
  context: GatewayContext,
  order: GatewayOrder,
  look: () => Promise<Asked> = askOnce(context, order.recordedAt),
): Promise<Finding | null> {
  const picture = await look();
  if (!picture.ok) {
    const { kind, reason } = picture.error;
    const { clientOrderId } = order;
    context.log("warn", "order_look_up_failed", { clientOrderId, kind, reason });
    return null;
  }
  const finding = findingOf(picture.value, order);
  absorbFinding(context, finding, picture.value.askedAt);
  return finding;
}

/** The next look comes later than the one before. */
export function lookAgain(context: GatewayContext, order: GatewayOrder): void {
  const nextLookAt = context.now() + lookDelayMs(order.looks);
  save(context, { order: { ...order, looks: order.looks + 1, nextLookAt }, posts: [] });
}

/** Any evidence ends it. Without any, people are told at the deadline, and the order stays unknown. */
export async function resolveUnknown(
  context: GatewayContext,
  order: GatewayOrder,
  look?: () => Promise<Asked>,
): Promise<void> {
  const finding = await lookAt(context, order, look);
  const now = readOrder(context, order.clientOrderId);
  if (now?.record !== "unknown" || now.ended !== null) return;
  if (context.now() - now.recordedAt < UNKNOWN_DEADLINE_MS) {
    lookAgain(context, now);
    return;
  }
  const reason = finding
    ? `${now.reason ?? "no answer"}; look-ups did not find it, which is no proof that it is not there`
    : `${now.reason ?? "no answer"}; the broker could not be asked`;
  tellPeople(context, now, reason);
}

/** An unknown order stays live here: evidence that comes later is still taken. */
function tellPeople(context: GatewayContext, order: GatewayOrder, reason: string): void {
  const { clientOrderId, attempt } = order;
  const label = "unknown";
  const event = { kind: "dead_lettered", label, reason } as const;
  const deskedAt = context.now();
  save(context, {
    order: { ...order, deskedAt, nextLookAt: null },
    posts: [post(order, `dead_lettered:${label}:${attempt}`, event, deskedAt)],
  });
  context.log("error", "order_dead_lettered", { clientOrderId, label, reason });
}

/**
 * The broker had it, and a complete reading of its lists does not show it: neither a cancel nor a fill, so
 * nothing is known. Long enough unseen, people are told, and evidence that comes later is still taken.
 */
export function noteAbsent(context: GatewayContext, order: GatewayOrder): void {
  const { clientOrderId, revivals = 0 } = order;
  const now = context.now();
  const absentSince = order.absentSince ?? now;
  context.log("error", "order_absent_at_broker", { clientOrderId, absentSince });
  if (now - absentSince < UNKNOWN_DEADLINE_MS) {
    if (absentSince !== order.absentSince)
      save(context, { order: { ...order, absentSince }, posts: [] });
    return;
  }
  const label = "unknown";
  const reason =
    "the broker accepted it and its lists show it no more, neither as open nor as closed";
  const lost = { record: "unknown", reason, deskedAt: now, nextLookAt: null } as const;
  const event = { kind: "dead_lettered", label, reason } as const;
  save(context, {
    order: { ...order, ...lost, absentSince: null },
    posts: [post(order, `absent:${revivals}`, event, now)],
  });
  context.log("error", "order_dead_lettered", { clientOrderId, label, reason });
}

/** A complete reading shows it again. */
export function notePresent(context: GatewayContext, clientOrderId: string): void {
  const order = context.store.order(clientOrderId);
  if (order?.absentSince) save(context, { order: { ...order, absentSince: null }, posts: [] });
}

/**
 * A cancel or new terms that the stream has not confirmed: a look at the broker settles them, and a
 * cancel of an order that still stands goes out again.
 */
export async function confirmWishes(
  context: GatewayContext,
  order: GatewayOrder,
  look?: () => Promise<Asked>,
): Promise<void> {
  const finding = await lookAt(context, order, look);
  const now = readOrder(context, order.clientOrderId);
  if (!now || now.ended !== null) return;
  if (now.cancel === "none" && now.changes === null) {
    save(context, { order: { ...now, nextLookAt: null, looks: 0 }, posts: [] });
    return;
  }
  const stillOpen = finding !== null && isOpenNow(finding);
  lookAgain(context, now.cancel === "sent" && stillOpen ? { ...now, cancel: "wanted" } : now);
}

/** No retry came for an order that was not sent: its message is made again, or its tries are used up. */
export async function sweepNotSent(context: GatewayContext, order: GatewayOrder): Promise<void> {
  const { clientOrderId } = order;
  // Before the ledger is asked: while it is away this is not due again at once.
  save(context, {
    order: { ...order, nextLookAt: context.now() + NOT_SENT_SWEEP_MS },
    posts: [],
  });
  const standing = await context.ledger.approved(clientOrderId);
  const now = readOrder(context, clientOrderId);
  if (now?.record !== "not_sent" || now.ended !== null || context.inFlight.has(clientOrderId))
    return;
  if (!standing) {
    // Canceled or halted: it must not go any more. The ledger takes the word of it as
    // far as it still waits for one.
    stop(context, now, "not sent, and no longer wanted");
    return;
  }
  const reason = now.reason ?? "not sent";
  if (now.attempt > ORDER_RETRIES_MAX) {
    giveUp(context, now, reason);
    return;
  }
  const { account } = context;
  const firstAttemptAt = standing.approvedAt;
  await context.retries.send({ clientOrderId, account, reason, firstAttemptAt });
}
