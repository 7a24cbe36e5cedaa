/** D1's side of moving old orders and executions to files: the walk through them, the list of files, and how far it has come. */
import { and, asc, eq, inArray, lt, not, sql, type SQL } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { OldRow, RowMovingState, RowsBook } from "../application/move-rows.ts";
import { marksOf } from "../domain/id-marks.ts";
import type { MovedKind, MovedRow, RowKey, RowPart } from "../domain/moved-rows.ts";
import { TERMINAL_STATES } from "../domain/order-state.ts";
import { HAND_PREFIX } from "../domain/reconciliation/synthetic-id.ts";
import type { Database } from "./database.ts";
import type { ExecutionRow, OrderRow } from "./moved-shapes.ts";
import {
  deadLetters,
  executions,
  movedIds,
  orderEvents,
  orders,
  reconciliations,
  rowMoves,
  rowParts,
} from "./schema.ts";

const BEFORE_THE_FIRST: RowMovingState = {
  day: null,
  afterId: "",
  finishedAt: null,
  failingSince: null,
  error: null,
  stayed: 0,
};

/** What people are shown of it. */
export type RowMoves = Omit<typeof rowMoves.$inferSelect, "afterId">;

/** Of each kind that has moved at least once, or tried to. */
export async function movesOfRows(book: Database): Promise<RowMoves[]> {
  const rows = await book.select().from(rowMoves).orderBy(asc(rowMoves.kind));
  return rows.map(({ afterId: _after, ...row }) => row);
}

export const ordersToMove = (book: Database): RowsBook<OrderRow> => ({
  ...movingState(book, "orders"),

  async rows(after, before, limit) {
    const { clientOrderId, account, createdAt, updatedAt, state } = orders;
    const mayGo = and(
      inArray(state, [...TERMINAL_STATES]),
      lt(updatedAt, before),
      isSettled(account, createdAt),
      isSettled(account, updatedAt),
      // They are found by the order's day, and go first.
      sql`NOT EXISTS (SELECT 1 FROM ${orderEvents} WHERE ${orderEvents.clientOrderId} = ${clientOrderId})`,
      not(isOnDesk(clientOrderId)),
    );
    const rows = await book
      .select({ row: orders, mayGo: flag(mayGo) })
      .from(orders)
      .where(and(lt(createdAt, before), laterThan([createdAt, clientOrderId], after)))
      .orderBy(asc(createdAt), asc(clientOrderId))
      .limit(limit);
    return rows.map(oldRow);
  },

  async move(part, rows, now) {
    const seen = JSON.stringify(rows.map((row) => [row.clientOrderId, row.ledgerVersion]));
    await book.batch([
      counted(book, part, now),
      marked(book, part, rows),
      listed(book, part, now),
      book.delete(orders).where(sql`rowid IN (
        SELECT ${orders}.rowid FROM json_each(${seen}) AS seen CROSS JOIN ${orders}
        ON ${orders.clientOrderId} = seen.value ->> 0 AND ${orders.ledgerVersion} = seen.value ->> 1)`),
    ]);
  },
});

export const executionsToMove = (book: Database): RowsBook<ExecutionRow> => ({
  ...movingState(book, "executions"),

  async rows(after, before, limit) {
    const { account, executionId, executedAt, clientOrderId } = executions;
    const isOpen = not(inArray(orders.state, [...TERMINAL_STATES]));
    const mayGo = and(
      isSettled(account, executedAt),
      // What people booked by hand is asked for of all days, and is as few as their hands can make.
      sql`substr(${executionId}, 1, ${HAND_PREFIX.length}) <> ${HAND_PREFIX}`,
      sql`NOT EXISTS (SELECT 1 FROM ${orders} WHERE ${orders.clientOrderId} = ${clientOrderId} AND ${isOpen})`,
      not(isOnDesk(clientOrderId)),
    );
    const rows = await book
      .select({ row: executions, mayGo: flag(mayGo) })
      .from(executions)
      .where(and(lt(executedAt, before), laterThan([executedAt, account, executionId], after)))
      .orderBy(asc(executedAt), asc(account), asc(executionId))
      .limit(limit);
    return rows.map(oldRow);
  },

  async move(part, rows, now) {
    const seen = JSON.stringify(
      rows.map((row) => [row.account, row.executionId, row.ledgerVersion]),
    );
    await book.batch([
      counted(book, part, now),
      listed(book, part, now),
      book.delete(executions).where(sql`rowid IN (
        SELECT ${executions}.rowid FROM json_each(${seen}) AS seen CROSS JOIN ${executions}
        ON ${executions.account} = seen.value ->> 0 AND ${executions.executionId} = seen.value ->> 1
          AND ${executions.ledgerVersion} = seen.value ->> 2)`),
    ]);
  },
});

const movingState = (
  book: Database,
  kind: MovedKind,
): Pick<RowsBook<MovedRow>, "state" | "save"> => ({
  async state() {
    const { day, afterId, finishedAt, failingSince, error, stayed } = rowMoves;
    const [row] = await book
      .select({ day, afterId, finishedAt, failingSince, error, stayed })
      .from(rowMoves)
      .where(eq(rowMoves.kind, kind));
    return row ?? BEFORE_THE_FIRST;
  },

  async save(state) {
    await book
      .insert(rowMoves)
      .values({ kind, ...state })
      .onConflictDoUpdate({ target: rowMoves.kind, set: state });
  },
});

/** A day of an account is settled when its end has a report, and none of its reports waits for a person. */
function isSettled(account: SQLiteColumn, at: SQLiteColumn): SQL {
  const day = sql`strftime('%Y-%m-%d', ${at} / 1000, 'unixepoch')`;
  const { id, status } = reconciliations;
  return sql`EXISTS (SELECT 1 FROM ${reconciliations} WHERE ${id} = ${account} || '-' || ${day}
      AND ${status} IN ('clean', 'repaired', 'accepted'))
    AND NOT EXISTS (SELECT 1 FROM ${reconciliations} WHERE ${reconciliations.account} = ${account}
      AND ${reconciliations.day} = ${day} AND ${status} = 'unresolved')`;
}

const isOnDesk = (clientOrderId: SQLiteColumn): SQL =>
  sql`EXISTS (SELECT 1 FROM ${deadLetters}
    WHERE ${deadLetters.clientOrderId} = ${clientOrderId} AND ${deadLetters.status} = 'open')`;

const flag = (condition: SQL | undefined) => sql<number>`coalesce(${condition}, 0)`;

const oldRow = <Row>({ row, mayGo }: { row: Row; mayGo: number }): OldRow<Row> => ({
  row,
  mayGo: mayGo === 1,
});

/** Rows that stand after the key in a walk that begins with the oldest; all of them without one. */
const laterThan = (columns: readonly SQLiteColumn[], key: RowKey | null): SQL | undefined =>
  key === null
    ? undefined
    : sql`(${sql.join([...columns], sql`, `)}) > (${sql.join(
        key.map((part) => sql`${part}`),
        sql`, `,
      )})`;

const isListed = ({ kind, key }: RowPart): SQL =>
  sql`EXISTS (SELECT 1 FROM ${rowParts} WHERE ${rowParts.kind} = ${kind} AND ${rowParts.key} = ${key})`;

/** Before the file is listed: what is listed already has been counted. */
function counted(book: Database, part: RowPart, now: number) {
  const { kind, rows } = part;
  return book
    .insert(rowMoves)
    .values({ kind, rows, movedAt: now })
    .onConflictDoUpdate({
      target: rowMoves.kind,
      set: { movedAt: now, rows: sql`${rowMoves.rows} + IIF(${isListed(part)}, 0, ${rows})` },
    });
}

/** Before the file is listed, too: the same marks twice do no harm, and take room. */
function marked(book: Database, part: RowPart, rows: readonly OrderRow[]) {
  const marks = JSON.stringify(marksOf(rows.map(({ clientOrderId }) => clientOrderId)));
  return book
    .insert(movedIds)
    .select(
      sql`SELECT value ->> 0, ${part.day}, value ->> 1 FROM json_each(${marks}) WHERE NOT ${isListed(part)}`,
    )
    .onConflictDoUpdate({
      target: [movedIds.bucket, movedIds.day],
      set: { marks: sql`${movedIds.marks} || excluded.marks` },
    });
}

const listed = (book: Database, part: RowPart, now: number) =>
  book
    .insert(rowParts)
    .values({ ...part, movedAt: now })
    .onConflictDoNothing();
