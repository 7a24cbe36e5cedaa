/** What a gateway does by the clock: recover, post, clear up doubts, poll, read funds. Every part may run again at any time. */
import {
  BALANCES_AFTER_FILL_MS,
  BALANCES_POLL_MS,
  BALANCES_RETRY_MS,
  IDLE_POLL_MS,
  OPEN_ORDERS_POLL_MS,
  POSITIONS_POLL_MS,
  POSITIONS_RECHECK_MS,
} from "../../domain/limits.ts";
import { INCIDENT_RETRY_MS } from "../../domain/gateway-limits.ts";
import {
  RECONCILE_KINDS,
  type AccountReconciliation,
  type ReconcileKind,
} from "../../contract/reconciliation.ts";
import { decimal, ZERO } from "../../domain/decimal.ts";
import { errorText } from "../log.ts";
import { archiveSlice } from "./archive.ts";
import { bracketsDueAt } from "./brackets.ts";
import { readOrder, type GatewayContext } from "./context.ts";
import { guardPositions } from "./guard-positions.ts";
import { describeDueAt, describeExternals, externalLookDueAt } from "./external-orders.ts";
import { inFlightDueAt, inFlightRun, lookInFlight } from "./in-flight.ts";
import { askOnce, type Asked } from "./look-up.ts";
import { flush } from "./outbox.ts";
import { readMissed } from "./read-missed.ts";
import {
  checkRun,
  doubts,
  endIncident,
  frozenInstruments,
  incidents,
  incidentsDueAt,
  type Hold,
  saveCheck,
} from "./reconcile-notes.ts";
import { reconcilePositions, tellLedgerOfFrozen } from "./reconcile.ts";
import { trimsDueAt } from "./trims.ts";
import { pursue } from "./wishes.ts";

/** Orders that are pursued at once: a broker's look-ups have their own rate. */
const PURSUED_AT_ONCE = 4;

const TELLING = "telling";

export async function watch(context: GatewayContext): Promise<void> {
  recover(context);
  // A broker that does not answer holds up neither what people have to hear nor a position's exits.
  const ended = await Promise.allSettled([lookAround(context), tend(context)]);
  // What the looks have brought.
  await tend(context);
  await archiveSlice(context);
  for (const part of ended) if (part.status === "rejected") throw part.reason;
}

/** Everything that asks the broker. */
async function lookAround(context: GatewayContext): Promise<void> {
  const now = context.now();
  await pursueDue(context, now);
  if (inFlightDueAt(context) <= now) await lookInFlight(context);
  if (pollDueAt(context) <= now) {
    if (externalLookDueAt(context) <= now) context.polledEarlyAt = now;
    await readMissed(context);
  }
  if (balancesDueAt(context) <= now) await readBalances(context);
  if (describeDueAt(context) <= now) await describeExternals(context);
  if (outboxDueAt(context) <= now) await flush(context);
  if (positionsDueAt(context) <= now) await reconcilePositions(context);
}

/** One question to the broker answers for all that are to be looked for. */
async function pursueDue(context: GatewayContext, now: number): Promise<void> {
  const due = context.store.due(now);
  const look = askOnce(context, Math.min(...due.map(({ recordedAt }) => recordedAt)));
  for (let start = 0; start < due.length; start += PURSUED_AT_ONCE) {
    const some = due.slice(start, start + PURSUED_AT_ONCE);
    await Promise.all(some.map(({ clientOrderId }) => guarded(context, clientOrderId, look)));
  }
}

/** What people have to hear of and what guards a position: where the one cannot be done, the other is. */
async function tend(context: GatewayContext): Promise<void> {
  const ended = await Promise.allSettled([tellIncidents(context), guard(context)]);
  // What guarding has brought.
  await tellIncidents(context);
  for (const part of ended) if (part.status === "rejected") throw part.reason;
}

async function guard(context: GatewayContext): Promise<void> {
  await guardPositions(context);
  await tellLedgerOfFrozen(context);
}

/** When the next part is due, ms since 1970. */
export function nextDueAt(context: GatewayContext): number {
  return Math.min(
    context.store.nextLookAt() ?? Infinity,
    pollDueAt(context),
    balancesDueAt(context),
    outboxDueAt(context),
    inFlightDueAt(context),
    positionsDueAt(context),
    bracketsDueAt(context),
    trimsDueAt(context),
    tellingDueAt(context),
    describeDueAt(context),
  );
}

/** Sends that a dead run left without an outcome become unknown. */
function recover(context: GatewayContext): void {
  for (const { clientOrderId } of context.store.recorded()) readOrder(context, clientOrderId);
}

/** One order's trouble never keeps the others from their turn. */
async function guarded(
  context: GatewayContext,
  clientOrderId: string,
  look: () => Promise<Asked>,
): Promise<void> {
  try {
    await pursue(context, clientOrderId, look);
  } catch (error) {
    context.log("error", "order_pursuit_failed", { clientOrderId, error: errorText(error) });
  }
}

const pollDueAt = (context: GatewayContext): number =>
  Math.min(
    context.store.number("polled_at") +
      (context.store.hasLive() ? OPEN_ORDERS_POLL_MS : IDLE_POLL_MS),
    externalLookDueAt(context),
  );

const positionsDueAt = (context: GatewayContext): number =>
  context.store.number("positions_compared_at") +
  (doubts(context).length > 0 ? POSITIONS_RECHECK_MS : POSITIONS_POLL_MS);

/** What people have to hear of, as far as it could be laid down for them. Never twice at once: their database may hang. */
async function tellIncidents(context: GatewayContext): Promise<void> {
  if (tellingDueAt(context) > context.now()) return;
  context.busy.add(TELLING);
  try {
    await tellDue(context);
  } finally {
    context.busy.delete(TELLING);
  }
}

async function tellDue(context: GatewayContext): Promise<void> {
  const now = context.now();
  for (const { hold, ...incident } of incidents(context)) {
    if (hold && hold.until > now) continue;
    try {
      if (!hold || !(await isFlat(context, hold))) await context.tell(incident);
      endIncident(context, incident.id);
    } catch (error) {
      context.log("error", "incident_not_told", { id: incident.id, error: errorText(error) });
      context.tellAfter = context.now() + INCIDENT_RETRY_MS;
      // Of one that is held it may have been the ledger's fault, which keeps nobody from hearing the others.
      if (!hold) return;
    }
  }
}

/** ms since 1970. While it is done, whoever does it looks again at its end. */
const tellingDueAt = (context: GatewayContext): number =>
  context.busy.has(TELLING) ? Infinity : Math.max(incidentsDueAt(context), context.tellAfter);

/** By the ledger's word. An algo that holds none has nothing that could be bare. */
async function isFlat({ ledger, account }: GatewayContext, hold: Hold): Promise<boolean> {
  const held = (await ledger.positions()).filter(
    (each) =>
      each.account === account &&
      each.algoId === hold.algoId &&
      each.instrument === hold.instrument,
  );
  return held.every(({ quantity }) => decimal(quantity).eq(ZERO));
}

const outboxDueAt = (context: GatewayContext): number =>
  context.store.hasPosts() ? context.flushAfter : Infinity;

function balancesDueAt(context: GatewayContext): number {
  const { store } = context;
  const readAt = store.number("balances_read_at");
  const filledAt = store.number("filled_at");
  const due = filledAt > readAt ? filledAt + BALANCES_AFTER_FILL_MS : readAt + BALANCES_POLL_MS;
  // After a failure soon, but not at once: entries wait for it.
  return Math.max(due, store.number("balances_tried_at") + BALANCES_RETRY_MS);
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
    saveCheck(context, "balances", "failed", `${kind}: ${reason}`);
    return;
  }
  try {
    await context.ledger.recordBalances(account, balances.value, now);
    store.setNumber("balances_read_at", now);
    saveCheck(context, "balances", "ok", `${balances.value.length} currencies read`);
  } catch (error) {
    log("error", "gateway_ledger_away", { error: errorText(error) });
  }
}

/** How each comparison stands, for people. */
export function reconciliationState(
  context: GatewayContext,
  ready: boolean,
): AccountReconciliation {
  const dueAt: Record<ReconcileKind, number> = {
    in_flight: inFlightDueAt(context),
    open_orders: pollDueAt(context),
    positions: positionsDueAt(context),
    balances: balancesDueAt(context),
  };
  const checks = RECONCILE_KINDS.map((kind) => {
    const run = kind === "in_flight" ? inFlightRun(context) : checkRun(context, kind);
    const nextRunAt = Number.isFinite(dueAt[kind]) ? dueAt[kind] : null;
    const { at, result, message } = run ?? { at: null, result: "not_run", message: "" };
    return { kind, lastRunAt: at, result, message, nextRunAt } as const;
  });
  const frozen = frozenInstruments(context).map(({ instrument, since, reason }) => ({
    instrument,
    since,
    reason,
  }));
  return { account: context.account, ready, checks, frozen };
}
