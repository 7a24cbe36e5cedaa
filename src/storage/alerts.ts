/** The desk's memory of what people were told: who took a dead letter on, and what became of each message. */
import { and, asc, eq, inArray, isNotNull, isNull, lte, or, type SQL, sql } from "drizzle-orm";
import type { AlertSendView } from "../contract/operations.ts";
import { ALERTS_PER_PAGE } from "../domain/alert-limits.ts";
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

/** Which channel asks for what is open, and the last step that it tells. */
export interface Asking {
  channel: string;
  lastStep: number;
}

/** Of what a channel told last of it; null when it has told nothing. */
const lastTold = (what: SQL, key: SQL, openedAt: SQL, { channel }: Asking): SQL =>
  sql`(SELECT ${what} FROM ${alertSends} WHERE ${alertSends.clientOrderId} = ${key} AND ${alertSends.openedAt} = ${openedAt} AND ${alertSends.channel} = ${channel} ORDER BY ${alertSends.step} DESC LIMIT 1)`;

/**
 * When this channel last told of it, ms since 1970; null when it has not yet. What is told next is what
 * was told least recently: however many stand open, none waits behind those that were told already.
 */
export const toldAt = (key: SQL, openedAt: SQL, asking: Asking): SQL =>
  lastTold(sql`${alertSends.updatedAt}`, key, openedAt, asking);

/** Whether this channel has something left to tell. Once it has told its last step, only what failed of that: a message that may be tried again. */
export const isToldOn = (key: SQL, openedAt: SQL, asking: Asking): SQL =>
  sql`coalesce(${lastTold(sql`${alertSends.state} = 'pending' OR ${alertSends.step} < ${asking.lastStep}`, key, openedAt, asking)}, 1) = 1`;

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

/** Whether anybody may have to be told of anything: of what is open, nobody has taken it on. */
export async function isAnythingOpen(book: Database): Promise<boolean> {
  const { is_any } = await book.get<{ is_any: number }>(sql`
    SELECT EXISTS (SELECT 1 FROM alerts WHERE closed_at IS NULL AND acknowledged_at IS NULL)
      OR EXISTS (SELECT 1 FROM incidents WHERE acknowledged_at IS NULL) AS is_any`);
  return is_any === 1;
}

/** Open, taken on by nobody and not told to the end by this channel: first what it told nobody of, of that the unknown ones; then what it told longest ago. */
export async function unacknowledged(
  book: Database,
  asking: Asking,
  page: number,
): Promise<AlertRow[]> {
  const { algoId, instrument, label, reason, intent } = deadLetters;
  const { clientOrderId, openedAt, acknowledgedAt } = alerts;
  const key = [sql`${clientOrderId}`, sql`${openedAt}`, asking] as const;
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
        isToldOn(...key),
      ),
    )
    .orderBy(
      sql`${toldAt(...key)} NULLS FIRST`,
      sql`${label} = 'unknown' DESC`,
      asc(openedAt),
      asc(clientOrderId),
    )
    .limit(ALERTS_PER_PAGE)
    .offset(page * ALERTS_PER_PAGE);
}

/** The latest message of each of these by this channel: what is due next follows from it, and some have hundreds before it. */
export async function latestSends(
  book: Database,
  channel: string,
  ids: readonly string[],
): Promise<
  Pick<
    SendRow,
    "id" | "clientOrderId" | "openedAt" | "step" | "channel" | "state" | "nextTryAt" | "devicesLeft"
  >[]
> {
  if (ids.length === 0) return [];
  const { id, clientOrderId, openedAt, step, state, nextTryAt, devicesLeft } = alertSends;
  return (
    book
      // The other columns are those of the row that has the greatest step: https://sqlite.org/lang_select.html#bareagg
      .select({
        id,
        clientOrderId,
        openedAt,
        step: sql<number>`max(${step})`,
        channel: alertSends.channel,
        state,
        nextTryAt,
        devicesLeft,
      })
      .from(alertSends)
      .where(and(inArray(clientOrderId, [...ids]), eq(alertSends.channel, channel)))
      .groupBy(clientOrderId, openedAt)
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

/**
 * Takes a message for this run, or not: of two runs at once only one gets it. Its next try is set
 * first, so that a run that dies leaves it to one after `heldUntil`.
 */
export async function claimSend(
  book: Database,
  {
    id,
    clientOrderId,
    openedAt,
    step,
    channel,
  }: Pick<SendRow, "id" | "clientOrderId" | "openedAt" | "step" | "channel">,
  heldUntil: number,
  now: number,
): Promise<number | null> {
  const row = {
    id,
    clientOrderId,
    openedAt,
    step,
    channel,
    state: "pending",
    attempts: 1,
  } as const;
  const claimed = await book
    .insert(alertSends)
    .values({ ...row, nextTryAt: heldUntil, updatedAt: now })
    .onConflictDoUpdate({
      target: alertSends.id,
      set: {
        attempts: sql`${alertSends.attempts} + 1`,
        nextTryAt: heldUntil,
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
  outcome: Pick<SendRow, "state" | "error" | "nextTryAt" | "devicesLeft">,
  now: number,
): Promise<void> {
  await book
    .update(alertSends)
    .set({ ...outcome, updatedAt: now })
    .where(eq(alertSends.id, id));
}
