/**
 * The ledger's outbox lands here: orders, executions, days, dead letters and audit rows, each written
 * so that twice is once and an older version never overwrites a newer row. It never reads.
 */
import { sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { TradebookPort, TradebookRow } from "../application/ports.ts";
import { unreachable } from "../domain/assert.ts";
import type { Order, OrderIntent } from "../domain/order.ts";
import type { Database } from "./database.ts";
import { database, excluded } from "./database.ts";
import { auditLog, deadLetters, executions, orders, positionsByDay, riskByDay } from "./schema.ts";

export function tradebook(db: D1Database): TradebookPort {
  const book = database(db);
  return {
    async write(rows) {
      const [first, ...rest] = rows.map(({ version, row }) => statementOf(book, version, row));
      // One batch is one transaction in D1: all of it or nothing.
      if (first) await book.batch([first, ...rest]);
    },
  };
}

/** Later rows of one version overwrite earlier ones: a batch comes oldest first. */
const notOlder = (table: SQLiteTable) => sql`excluded.ledger_version >= ${table}.ledger_version`;

function statementOf(book: Database, version: number, row: TradebookRow): BatchItem<"sqlite"> {
  switch (row.kind) {
    case "order":
      return book
        .insert(orders)
        .values(orderRow(row.order, version))
        .onConflictDoUpdate({
          target: orders.clientOrderId,
          set: excluded(orders, ["clientOrderId"]),
          setWhere: notOlder(orders),
        });
    case "execution":
      return book
        .insert(executions)
        .values({ ...row.execution, algoId: row.algoId, ledgerVersion: version })
        .onConflictDoUpdate({
          target: [executions.account, executions.executionId],
          set: excluded(executions, ["account", "executionId"]),
          setWhere: notOlder(executions),
        });
    case "position_day": {
      const { kind: _, ...day } = row;
      const key = ["day", "algoId", "instrument", "account"] as const;
      return book
        .insert(positionsByDay)
        .values({ ...day, ledgerVersion: version })
        .onConflictDoUpdate({
          target: key.map((field) => positionsByDay[field]),
          set: excluded(positionsByDay, key),
          setWhere: notOlder(positionsByDay),
        });
    }
    case "risk_day": {
      const { kind: _, ...day } = row;
      const key = ["day", "algoId", "instrument"] as const;
      return book
        .insert(riskByDay)
        .values({ ...day, ledgerVersion: version })
        .onConflictDoUpdate({
          target: key.map((field) => riskByDay[field]),
          set: excluded(riskByDay, key),
          setWhere: notOlder(riskByDay),
        });
    }
    case "dead_letter":
      return book
        .insert(deadLetters)
        .values(deadLetterRow(row, version))
        .onConflictDoUpdate({
          target: deadLetters.clientOrderId,
          set: excluded(deadLetters, ["clientOrderId", "createdAt"]),
          setWhere: notOlder(deadLetters),
        });
    case "audit": {
      const { kind: _, before, after, ...entry } = row;
      return book
        .insert(auditLog)
        .values({
          ...entry,
          before: JSON.stringify(before ?? null),
          after: JSON.stringify(after ?? null),
          ledgerVersion: version,
        })
        .onConflictDoNothing();
    }
    default:
      return unreachable(row);
  }
}

function orderRow(order: Order, version: number): typeof orders.$inferInsert {
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
