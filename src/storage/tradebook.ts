/**
 * The ledger's outbox lands here: orders and their events, executions, days, dead letters and audit
 * rows, each written so that twice is once and an older version never overwrites a newer row. It never reads.
 */
import { getTableColumns, getTableName } from "drizzle-orm";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import type { TradebookPort, TradebookRow } from "../application/ports.ts";
import { unreachable } from "../domain/assert.ts";
import { TRADEBOOK_STATEMENT_CHARS_MAX } from "../domain/limits.ts";
import type { Order, OrderIntent } from "../domain/order.ts";
import {
  auditLog,
  deadLetters,
  executions,
  incidents,
  orderEvents,
  orders,
  positionsByDay,
  riskByDay,
} from "./schema.ts";

/** All rows of one table go in one statement, as one JSON text: a statement for each costs more than the writing. */
interface Writer {
  columns: (readonly [field: string, column: SQLiteColumn])[];
  statement: string;
}

interface WriterOptions {
  /** The key by which a row is the same row; null for rows that are only ever added. */
  key: readonly string[] | null;
  /** Further columns that keep what the first writing put there. */
  keep?: readonly string[];
  /** Columns that the database fills. */
  skip?: readonly string[];
}

function writer(table: SQLiteTable, { key, keep = [], skip = [] }: WriterOptions): Writer {
  const columns = Object.entries(getTableColumns(table)).filter(([field]) => !skip.includes(field));
  const named = (fields: readonly string[]): string[] =>
    columns.filter(([field]) => fields.includes(field)).map(([, { name }]) => `"${name}"`);
  const changed = columns
    .filter(([field]) => !key?.includes(field) && !keep.includes(field))
    .map(([, { name }]) => `"${name}" = excluded."${name}"`);
  const name = getTableName(table);
  // Later rows of one version overwrite earlier ones: a batch comes oldest first.
  const conflict =
    key === null
      ? "DO NOTHING"
      : `(${named(key).join(", ")}) DO UPDATE SET ${changed.join(", ")}
         WHERE excluded.ledger_version >= "${name}".ledger_version`;
  const values = columns.map((_, place) => `value ->> '$[${place}]'`);
  const statement = `INSERT INTO "${name}" (${columns.map(([, { name: column }]) => `"${column}"`).join(", ")})
    SELECT ${values.join(", ")} FROM json_each(?1) WHERE true ORDER BY key ON CONFLICT ${conflict}`;
  return { columns, statement };
}

const WRITERS = {
  // By the day on which it came its events are found in their file.
  order: writer(orders, { key: ["clientOrderId"], keep: ["createdAt"] }),
  // What happened once never changes: the same version again is the same row.
  order_event: writer(orderEvents, { key: null }),
  execution: writer(executions, { key: ["account", "executionId"] }),
  position_day: writer(positionsByDay, { key: ["day", "algoId", "instrument", "account"] }),
  risk_day: writer(riskByDay, { key: ["day", "algoId", "instrument"] }),
  dead_letter: writer(deadLetters, { key: ["clientOrderId"], keep: ["createdAt"] }),
  incident: writer(incidents, { key: null, skip: ["acknowledgedBy", "acknowledgedAt"] }),
  audit: writer(auditLog, { key: null, skip: ["id"] }),
} satisfies Record<TradebookRow["kind"], Writer>;

export function tradebook(db: D1Database): TradebookPort {
  return {
    async write(rows) {
      const byKind = Map.groupBy(rows, ({ row }) => row.kind);
      const statements = [...byKind].flatMap(([kind, some]) => {
        const { columns, statement } = WRITERS[kind];
        const texts = some.map(({ version, row }) => textOf(columns, valuesOf(version, row)));
        return joined(texts).map((text) => db.prepare(statement).bind(text));
      });
      // One batch is one transaction in D1: all of it or nothing.
      if (statements.length > 0) await db.batch(statements);
    },
  };
}

/** The row as a JSON array, each value as the column's type puts it down. */
function textOf(columns: Writer["columns"], row: Record<string, unknown>): string {
  const values = columns.map(([field, column]) => {
    const value = row[field] ?? null;
    return value === null ? null : column.mapToDriverValue(value);
  });
  return JSON.stringify(values);
}

/** JSON arrays of the rows in order, each short enough for a bound value. */
function joined(rows: readonly string[]): string[] {
  const texts: string[] = [];
  let some: string[] = [];
  let length = 0;
  for (const row of rows) {
    if (some.length > 0 && length + row.length > TRADEBOOK_STATEMENT_CHARS_MAX) {
      texts.push(`[${some.join(",")}]`);
      some = [];
      length = 0;
    }
    some.push(row);
    length += row.length;
  }
  if (some.length > 0) texts.push(`[${some.join(",")}]`);
  return texts;
}

function valuesOf(version: number, row: TradebookRow): Record<string, unknown> {
  switch (row.kind) {
    case "order":
      return orderRow(row.order, version);
    case "order_event":
      return { ...row, version };
    case "execution":
      return { ...row.execution, algoId: row.algoId, ledgerVersion: version };
    case "position_day":
    case "risk_day":
      return { ...row, ledgerVersion: version };
    case "dead_letter":
      return deadLetterRow(row, version);
    case "incident":
      return { ...row.incident };
    case "audit": {
      const { before, after, ...entry } = row;
      return {
        ...entry,
        before: JSON.stringify(before ?? null),
        after: JSON.stringify(after ?? null),
        ledgerVersion: version,
      };
    }
    default:
      return unreachable(row);
  }
}

/** `ledgerVersion` is that of the row, not of the order's approval. */
export function orderRow(order: Order, version: number): typeof orders.$inferInsert {
  const { ledgerVersion: approvedVersion, ...rest } = order;
  return { ...rest, approvedVersion, ledgerVersion: version };
}

function deadLetterRow(
  { order, label, reason, attempts, status }: Extract<TradebookRow, { kind: "dead_letter" }>,
  version: number,
): typeof deadLetters.$inferInsert {
  const { clientOrderId, algoId, instrument } = order;
  const intent: Record<string, unknown> = { ...intentOf(order) };
  return {
    clientOrderId,
    algoId,
    instrument,
    label,
    reason,
    attempts,
    intent,
    status,
    createdAt: order.updatedAt,
    ledgerVersion: version,
  };
}

/** What the algo asked for, without what became of it: the desk executes this by hand. */
function intentOf(order: Order): OrderIntent {
  return {
    clientOrderId: order.clientOrderId,
    algoId: order.algoId,
    account: order.account,
    instrument: order.instrument,
    side: order.side,
    type: order.type,
    quantity: order.quantity,
    limitPrice: order.limitPrice,
    stopPrice: order.stopPrice,
    timeInForce: order.timeInForce,
    protectiveStop: order.protectiveStop,
    reduceOnly: order.reduceOnly,
  };
}
