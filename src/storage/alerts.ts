/** The desk's memory of what people were told: who took a dead letter on, and what became of each message. */
import { and, asc, eq, inArray, isNotNull, isNull, lte, or, type SQL, sql } from "drizzle-orm";
import type { AlertSendView } from "../contract/operations.ts";
import { ALERT_STEPS_MAX, ALERTS_PER_PAGE } from "../domain/alert-limits.ts";
import type { DeadLetterLabel } from "../domain/order.ts";
import { auditStatement } from "./audit.ts";
import type { Database } from "./database.ts";
import { alerts, alertSends, deadLetters } from "./schema.ts";

/** An open dead letter that has to reach people. */
export interface AlertRow {
  clientOrderId: string;
  openedAt: number;
  acknowledgedAt: number | null;
  algoId: string;
  instrument: string;
  label: DeadLetterLabel;
  reason: string;
  intent: Record<string, unknown>;
}

export type SendRow = typeof alertSends.$inferSelect;

/**
 * When people were last told of it, ms since 1970; null when they were not yet. What is told next is
 * what was told least recently: however many stand open, none waits behind those that were told already.
 */
export const toldAt = (key: SQL, openedAt: SQL): SQL =>
  sql`(SELECT max(${alertSends.updatedAt}) FROM ${alertSends} WHERE ${alertSends.clientOrderId} = ${key} AND ${alertSends.openedAt} = ${openedAt})`;

/** Whether something is left to tell. Once its last step was told, only what failed of that is: a message that may be tried again. */
export const isToldOn = (key: SQL, openedAt: SQL): SQL =>
  sql`coalesce((SELECT max(${alertSends.state} = 'pending') FROM ${alertSends} WHERE ${alertSends.clientOrderId} = ${key} AND ${alertSends.openedAt} = ${openedAt} AND ${alertSends.step} >= ${ALERT_STEPS_MAX - 1}), 1) = 1`;

/** Takes on a dead letter for somebody, once: whoever came first stays. */
export async function acknowledge(
  book: Database,
  clientOrderId: string,
  by: string,
  now: number,
  reason: string | null,
): Promise<void> {
  const taken = { acknowledgedBy: by, acknowledgedAt: now };
  await book.batch([
    book
      .insert(alerts)
      .values({ clientOrderId, openedAt: now, closedAt: null, ...taken })
      .onConflictDoUpdate({
        target: alerts.clientOrderId,
        set: { ...taken, closedAt: null },
        setWhere: or(isNull(alerts.acknowledgedAt), isNotNull(alerts.closedAt)),
      }),
    auditStatement(book, {
      at: now,
      by,
      action: "dead_letter_acknowledge",
      subject: clientOrderId,
      before: null,
      after: null,
      reason,
    }),
  ]);
}

/** Follows the ledger's dead letters: what came opens an alert, what left closes it, what came back opens anew. */
export async function followDeadLetters(book: Database, now: number): Promise<void> {
  await book.run(sql`
    INSERT INTO alerts (client_order_id, opened_at)
    SELECT client_order_id, ${now} FROM dead_letters WHERE status = 'open'
    ON CONFLICT (client_order_id) DO UPDATE
    SET opened_at = excluded.opened_at, acknowledged_by = NULL, acknowledged_at = NULL, closed_at = NULL
    WHERE alerts.closed_at IS NOT NULL`);
  await book.run(sql`
    UPDATE alerts SET closed_at = ${now}
    WHERE closed_at IS NULL AND client_order_id IN
      (SELECT client_order_id FROM dead_letters WHERE status = 'closed')`);
}

/** Open, taken on by nobody and not told to the end: first what nobody was told of, of that the unknown ones; then what was told longest ago. */
export async function unacknowledged(book: Database, page: number): Promise<AlertRow[]> {
  const { algoId, instrument, label, reason, intent } = deadLetters;
  const { clientOrderId, openedAt, acknowledgedAt } = alerts;
  return book
    .select({
      clientOrderId,
      openedAt,
      acknowledgedAt,
      algoId,
      instrument,
      label,
      reason,
      intent,
    })
    .from(alerts)
    .innerJoin(deadLetters, eq(deadLetters.clientOrderId, alerts.clientOrderId))
    .where(
      and(
        isNull(alerts.closedAt),
        isNull(acknowledgedAt),
        eq(deadLetters.status, "open"),
        isToldOn(sql`${clientOrderId}`, sql`${openedAt}`),
      ),
    )
    .orderBy(
      sql`${toldAt(sql`${clientOrderId}`, sql`${openedAt}`)} NULLS FIRST`,
      sql`${label} = 'unknown' DESC`,
      asc(openedAt),
      asc(clientOrderId),
    )
    .limit(ALERTS_PER_PAGE)
    .offset(page * ALERTS_PER_PAGE);
}

/** The latest message of each of these by each channel: what is due next follows from it, and some have hundreds before it. */
export async function latestSends(
  book: Database,
  ids: readonly string[],
): Promise<
  Pick<SendRow, "id" | "clientOrderId" | "openedAt" | "step" | "channel" | "state" | "nextTryAt">[]
> {
  if (ids.length === 0) return [];
  const { id, clientOrderId, openedAt, step, channel, state, nextTryAt } = alertSends;
  return (
    book
      // The other columns are those of the row that has the greatest step: https://sqlite.org/lang_select.html#bareagg
      .select({
        id,
        clientOrderId,
        openedAt,
        step: sql<number>`max(${step})`,
        channel,
        state,
        nextTryAt,
      })
      .from(alertSends)
      .where(inArray(clientOrderId, [...ids]))
      .groupBy(clientOrderId, openedAt, channel)
  );
}

/** Every message of these dead letters. */
export async function sendsOf(book: Database, ids: readonly string[]): Promise<SendRow[]> {
  if (ids.length === 0) return [];
  return book
    .select()
    .from(alertSends)
    .where(inArray(alertSends.clientOrderId, [...ids]))
    .orderBy(asc(alertSends.openedAt), asc(alertSends.step), asc(alertSends.channel));
}

export function sendView(row: SendRow): AlertSendView {
  const { channel, step, state, attempts, error, updatedAt } = row;
  return { channel, step: step + 1, state, attempts, error, updatedAt };
}

/** How long one run may hold a message before another takes it over: longer than any send. */
const CLAIM_MS = 45_000;

/**
 * Takes a message for this run, or not: of two runs at once only one gets it. Its next try is set
 * first, so that a run that dies leaves it to a later one.
 */
export async function claimSend(
  book: Database,
  send: Pick<SendRow, "id" | "clientOrderId" | "openedAt" | "step" | "channel">,
  now: number,
): Promise<number | null> {
  const claimed = await book
    .insert(alertSends)
    .values({ ...send, state: "pending", attempts: 1, nextTryAt: now + CLAIM_MS, updatedAt: now })
    .onConflictDoUpdate({
      target: alertSends.id,
      set: {
        attempts: sql`${alertSends.attempts} + 1`,
        nextTryAt: now + CLAIM_MS,
        updatedAt: now,
      },
      setWhere: and(eq(alertSends.state, "pending"), lte(alertSends.nextTryAt, now)),
    })
    .returning({ attempts: alertSends.attempts });
  return claimed[0]?.attempts ?? null;
}

export async function recordSend(
  book: Database,
  id: string,
  outcome: Pick<SendRow, "state" | "error" | "nextTryAt">,
  now: number,
): Promise<void> {
  await book
    .update(alertSends)
    .set({ ...outcome, updatedAt: now })
    .where(eq(alertSends.id, id));
}
