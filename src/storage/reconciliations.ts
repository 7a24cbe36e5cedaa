/** Reports of the day's reconciliation in D1, with the repairs that each made. */
import {
  and,
  desc,
  eq,
  getTableColumns,
  gte,
  inArray,
  lt,
  ne,
  notInArray,
  or,
  sql,
} from "drizzle-orm";
import { z } from "zod";
import type { ReconcileBook } from "../application/reconcile-book.ts";
import type { ApiError } from "../contract/errors.ts";
import type { Page, PageQuery } from "../contract/primitives.ts";
import type { ReconciliationDetail, ReconciliationView } from "../contract/reconciliation.ts";
import { TERMINAL_STATES } from "../domain/order-state.ts";
import type { BookOrder } from "../domain/reconciliation/orders.ts";
import { HAND_PREFIX } from "../domain/reconciliation/synthetic-id.ts";
import type { Result } from "../domain/result.ts";
import { ok } from "../domain/result.ts";
import { executionsBetween } from "./account-executions.ts";
import { auditStatement } from "./audit.ts";
import { decodeCursor, olderThan, pageFrom } from "./cursor.ts";
import { excluded, type Database } from "./database.ts";
import { AFTER_HOURS } from "./day-reports.ts";
import { haveMovedOn, ifNoneMovedOn, repairStatements } from "./reconciliation-repairs.ts";
import { reportTakenOn, reportTold } from "./report-incidents.ts";
import { executions, orders, reconciliations } from "./schema.ts";

/** D1 binds at most 100 values in one statement. */
const IDS_PER_QUERY = 90;

/** The first text after all that begin so. */
const AFTER_HAND_PREFIX =
  HAND_PREFIX.slice(0, -1) +
  String.fromCodePoint((HAND_PREFIX.codePointAt(HAND_PREFIX.length - 1) ?? 0) + 1);

/** Of ids as JSON in one value, which may be 2 MB. */
const IDS_PER_LIST = 5_000;

const ofOrder = {
  clientOrderId: orders.clientOrderId,
  brokerOrderId: orders.brokerOrderId,
  account: orders.account,
  instrument: orders.instrument,
  state: orders.state,
  quantity: orders.quantity,
  filledQuantity: orders.filledQuantity,
  timeInForce: orders.timeInForce,
  updatedAt: orders.updatedAt,
};

export const reconcileBook = (book: Database, archive: R2Bucket): ReconcileBook => ({
  async executions(account, from) {
    const rows = await executionsBetween(book, archive, account, from);
    return rows.map(({ algoId, ledgerVersion: _guard, ...execution }) => ({ algoId, execution }));
  },

  async algos(clientOrderIds) {
    const algos = new Map<string, string>();
    for (let start = 0; start < clientOrderIds.length; start += IDS_PER_QUERY) {
      const some = clientOrderIds.slice(start, start + IDS_PER_QUERY);
      const { clientOrderId, algoId } = orders;
      const rows = await book
        .select({ clientOrderId, algoId })
        .from(orders)
        .where(inArray(clientOrderId, some));
      for (const row of rows) algos.set(row.clientOrderId, row.algoId);
    }
    return algos;
  },

  async orders(account, clientOrderIds) {
    const own = eq(orders.account, account);
    const open = await book
      .select(ofOrder)
      .from(orders)
      .where(and(own, notInArray(orders.state, [...TERMINAL_STATES])));
    const named = await namedOrders(book, account, orders.clientOrderId, clientOrderIds);
    const found = new Map([...open, ...named].map((row) => [row.clientOrderId, row]));
    return [...found.values()];
  },

  ordersOfBroker: (account, brokerOrderIds) =>
    namedOrders(book, account, orders.brokerOrderId, brokerOrderIds),

  byHand: (account) =>
    book
      .select({
        clientOrderId: executions.clientOrderId,
        brokerOrderId: executions.brokerOrderId,
        quantity: executions.quantity,
      })
      .from(executions)
      .where(
        and(
          eq(executions.account, account),
          // As a range of the key: a pattern would read every row.
          gte(executions.executionId, HAND_PREFIX),
          lt(executions.executionId, AFTER_HAND_PREFIX),
        ),
      ),

  async lastFunds(account) {
    const [row] = await book
      .select({ report: reconciliations.report })
      .from(reconciliations)
      .where(
        and(
          eq(reconciliations.account, account),
          sql`json_array_length(${reconciliations.report}, '$.funds') > 0`,
        ),
      )
      .orderBy(desc(reconciliations.startedAt))
      .limit(1);
    return row ? { funds: row.report.funds, at: row.report.to } : null;
  },

  async hasTraded(account, from, before) {
    const { executionId, executedAt } = executions;
    const [row] = await book
      .select({ executionId })
      .from(executions)
      .where(and(eq(executions.account, account), gte(executedAt, from), lt(executedAt, before)))
      .limit(1);
    // D1 has them all, but for a report that follows one of weeks ago.
    return row ? true : (await executionsBetween(book, archive, account, from, before)).length > 0;
  },

  async save(record, repairs, version) {
    const report = book
      .insert(reconciliations)
      .values(record)
      .onConflictDoUpdate({
        target: reconciliations.id,
        set: excluded(reconciliations, ["id", "acceptedBy", "acceptedAt", "acceptedReason"]),
        // What a person has accepted stays as he saw it.
        setWhere: sql`${reconciliations.acceptedAt} IS NULL`,
      });
    try {
      await book.batch([
        ifNoneMovedOn(book, record, repairs, version),
        report,
        ...repairStatements(book, record, repairs, version),
        ...reportTold(book, record),
      ]);
      return true;
    } catch (error) {
      if (await haveMovedOn(book, record, repairs, version)) return false;
      throw error;
    }
  },
});

/** A day has thousands of them: many go as one bound value. */
async function namedOrders(
  book: Database,
  account: string,
  column: typeof orders.clientOrderId | typeof orders.brokerOrderId,
  ids: readonly string[],
): Promise<BookOrder[]> {
  const found: BookOrder[] = [];
  for (let start = 0; start < ids.length; start += IDS_PER_LIST) {
    const list = JSON.stringify(ids.slice(start, start + IDS_PER_LIST));
    const isNamed = sql`${column} IN (SELECT value FROM json_each(${list}))`;
    found.push(
      ...(await book
        .select(ofOrder)
        .from(orders)
        .where(and(eq(orders.account, account), isNamed))),
    );
  }
  return found;
}

const { report: _report, ...columns } = getTableColumns(reconciliations);

const cursorKey = z.tuple([z.number(), z.string()]);

/** Newest first, without their differences. */
export async function reconciliationsPage(
  book: Database,
  query: PageQuery,
): Promise<Result<Page<ReconciliationView>, ApiError>> {
  const after = decodeCursor(query.cursor, cursorKey);
  if (!after.ok) return after;
  const { startedAt, id } = reconciliations;
  const rows = await book
    .select(columns)
    .from(reconciliations)
    .where(olderThan([startedAt, id], after.value))
    .orderBy(desc(startedAt), desc(id))
    .limit(query.limit + 1);
  return ok(
    pageFrom(
      rows,
      query.limit,
      (row) => [row.startedAt, row.id],
      (row) => row,
    ),
  );
}

export async function reconciliation(
  book: Database,
  id: string,
): Promise<ReconciliationDetail | null> {
  const [row] = await book.select().from(reconciliations).where(eq(reconciliations.id, id));
  return row ?? null;
}

/** What a person looked at and takes on. False when somebody has done so already. */
export async function acceptReconciliation(
  book: Database,
  id: string,
  by: string,
  reason: string,
  now: number,
): Promise<boolean> {
  const open = and(eq(reconciliations.id, id), ne(reconciliations.status, "accepted"));
  const accepted = { acceptedBy: by, acceptedAt: now, acceptedReason: reason };
  const entry = { at: now, by, action: "reconciliation_accept", subject: id, reason };
  const [changed] = await book.batch([
    book
      .update(reconciliations)
      .set({ status: "accepted", ...accepted })
      .where(open)
      .returning({ id: reconciliations.id }),
    auditStatement(book, { ...entry, before: null, after: "accepted" }),
    ...reportTakenOn(book, id, by, now),
  ]);
  return changed.length > 0;
}

/** True while something unresolved, or a day that could not be compared, waits for a person: the next wake is refused. */
export async function isWakeBlocked(book: Database, account?: string): Promise<boolean> {
  const { status, startedBy } = reconciliations;
  const [row] = await book
    .select({ id: reconciliations.id })
    .from(reconciliations)
    .where(
      and(
        account === undefined ? undefined : eq(reconciliations.account, account),
        or(eq(status, "unresolved"), and(eq(status, "failed"), eq(startedBy, AFTER_HOURS))),
      ),
    )
    .limit(1);
  return row !== undefined;
}
