/** What a gateway does by the clock: recover, post, clear up doubts, poll, read funds. Every part may run again at any time. */
import {
  BALANCES_AFTER_FILL_MS,
  BALANCES_POLL_MS,
  BALANCES_RETRY_MS,
  IDLE_POLL_MS,
  OPEN_ORDERS_POLL_MS,
} from "../../domain/limits.ts";
import { ok, type Result } from "../../domain/result.ts";
import { errorText } from "../log.ts";
import { readOrder, type GatewayContext } from "./context.ts";
import { lookAt } from "./doubt.ts";
import { absorb, askBroker, findingOf, isFound } from "./look-up.ts";
import { flush } from "./outbox.ts";
import { pursue } from "./wishes.ts";

/** Orders that are pursued at once: a broker's look-ups have their own rate. */
const PURSUED_AT_ONCE = 4;

export async function watch(context: GatewayContext): Promise<void> {
  recover(context);
  const now = context.now();
  const due = context.store.due(now);
  for (let start = 0; start < due.length; start += PURSUED_AT_ONCE) {
    const some = due.slice(start, start + PURSUED_AT_ONCE);
    await Promise.all(some.map(({ clientOrderId }) => guarded(context, clientOrderId)));
  }
  if (pollDueAt(context) <= now) await readMissed(context);
  if (balancesDueAt(context) <= now) await readBalances(context);
  if (outboxDueAt(context) <= now) await flush(context);
}

/** When the next part is due, ms since 1970. */
export function nextDueAt(context: GatewayContext): number {
  return Math.min(
    context.store.nextLookAt() ?? Infinity,
    pollDueAt(context),
    balancesDueAt(context),
    outboxDueAt(context),
  );
}

/** Sends that a dead run left without an outcome become unknown. */
function recover(context: GatewayContext): void {
  for (const { clientOrderId } of context.store.recorded()) readOrder(context, clientOrderId);
}

/** One order's trouble never keeps the others from their turn. */
async function guarded(context: GatewayContext, clientOrderId: string): Promise<void> {
  try {
    await pursue(context, clientOrderId);
  } catch (error) {
    context.log("error", "order_pursuit_failed", { clientOrderId, error: errorText(error) });
  }
}

const pollDueAt = (context: GatewayContext): number =>
  context.store.number("polled_at") +
  (context.store.hasLive() ? OPEN_ORDERS_POLL_MS : IDLE_POLL_MS);

const outboxDueAt = (context: GatewayContext): number =>
  context.store.outbox(1).length > 0 ? context.flushAfter : Infinity;

function balancesDueAt(context: GatewayContext): number {
  const { store } = context;
  const readAt = store.number("balances_read_at");
  const filledAt = store.number("filled_at");
  const due = filledAt > readAt ? filledAt + BALANCES_AFTER_FILL_MS : readAt + BALANCES_POLL_MS;
  // After a failure soon, but not at once: entries wait for it.
  return Math.max(due, store.number("balances_tried_at") + BALANCES_RETRY_MS);
}

/**
 * Reads in what the stream may have lost: everything since the last such reading that was complete. A
 * failed query changes nothing, and the next reading starts where this one did.
 */
export async function readMissed(context: GatewayContext): Promise<Result<null, string>> {
  const { store } = context;
  store.setNumber("polled_at", context.now());
  // Nothing from before this gateway's first look can be its own.
  if (store.number("read_until") === 0) store.setNumber("read_until", context.now());
  const live = store.live().filter(({ record }) => record === "accepted");
  const picture = await askBroker(context, store.number("read_until"));
  if (!picture.ok) {
    const { kind, reason } = picture.error;
    context.log("warn", "order_poll_failed", { account: context.account, kind, reason });
    return { ok: false, error: `${kind}: ${reason}` };
  }
  absorb(context, picture.value);
  for (const order of live) {
    if (isFound(findingOf(picture.value, order))) continue;
    // Neither open nor closed lately: it may have ended before this reading began.
    const finding = await lookAt(context, order);
    if (!finding) return { ok: false, error: "a look-up failed" };
    if (!isFound(finding))
      context.log("error", "order_absent_at_broker", { clientOrderId: order.clientOrderId });
  }
  store.setNumber("read_until", picture.value.askedAt);
  return ok(null);
}

/** Funds, for the ledger's checks. They count as read when the ledger has them. */
async function readBalances(context: GatewayContext): Promise<void> {
  const { account, store, log } = context;
  const now = context.now();
  store.setNumber("balances_tried_at", now);
  const balances = await context.broker.balances();
  if (!balances.ok) {
    const { kind, reason } = balances.error;
    log("warn", "balances_failed", { account, kind, reason });
    return;
  }
  try {
    await context.ledger.recordBalances(account, balances.value, now);
    store.setNumber("balances_read_at", now);
  } catch (error) {
    log("error", "gateway_ledger_away", { error: errorText(error) });
  }
}
