/** The rows of the tradebook that a day's reconciliation puts right: all of them, or none where one has moved on since it was compared. */
import { sql, type SQL } from "drizzle-orm";
import type { TradebookRepair, TradebookRepairs } from "../application/reconcile-book.ts";
import { excluded, isNoOlder, type Database } from "./database.ts";
import { auditLog, executions, orders } from "./schema.ts";
import { orderRow } from "./tradebook.ts";

interface Report {
  id: string;
  account: string;
  finishedAt: number;
}

export const repairStatements = (
  book: Database,
  report: Report,
  repairs: TradebookRepairs,
  version: number,
) => [
  ...repairs.executions.flatMap((repair) => executionStatements(book, report, repair, version)),
  ...repairs.orders.flatMap((repair) => orderStatements(book, report, repair, version)),
];

/** True where a row that is to be repaired has been written by a later version of the ledger than was compared. */
export async function haveMovedOn(
  book: Database,
  report: Report,
  repairs: TradebookRepairs,
  version: number,
): Promise<boolean> {
  const [row] = await book
    .select({ moved: sql<number>`${anyLater(report, repairs, version)}` })
    .from(sql`(SELECT 1)`);
  return row?.moved === 1;
}

/**
 * First of a batch, it fails the whole of it where one has. The upserts alone would keep that row and write
 * all else, a report that tells of its repair among it. SQL has no other way to end a batch than an error.
 */
export const ifNoneMovedOn = (
  book: Database,
  report: Report,
  repairs: TradebookRepairs,
  version: number,
) =>
  book
    .select({
      moved: sql`CASE WHEN ${anyLater(report, repairs, version)} THEN json('a row has moved on') END`,
    })
    .from(sql`(SELECT 1)`);

/** Ids go as JSON in one value: a day may have thousands. */
function anyLater({ account }: Report, repairs: TradebookRepairs, version: number): SQL {
  const executionIds = JSON.stringify(repairs.executions.map((each) => each.execution.executionId));
  const orderIds = JSON.stringify(repairs.orders.map(({ after }) => after.clientOrderId));
  return sql`(EXISTS (
    SELECT 1 FROM ${executions} WHERE ${executions.account} = ${account}
      AND ${executions.executionId} IN (SELECT value FROM json_each(${executionIds}))
      AND ${executions.ledgerVersion} > ${version}
  ) OR EXISTS (
    SELECT 1 FROM ${orders} WHERE ${orders.ledgerVersion} > ${version}
      AND ${orders.clientOrderId} IN (SELECT value FROM json_each(${orderIds}))
  ))`;
}

function executionStatements(
  book: Database,
  record: { id: string; finishedAt: number },
  { execution, algoId, before }: TradebookRepair,
  version: number,
) {
  const { account, executionId } = execution;
  return [
    book
      .insert(executions)
      .values({ ...execution, algoId, ledgerVersion: version })
      .onConflictDoUpdate({
        target: [executions.account, executions.executionId],
        set: excluded(executions, ["account", "executionId"]),
        setWhere: isNoOlder(executions.ledgerVersion),
      }),
    book
      .insert(auditLog)
      .values({
        at: record.finishedAt,
        by: "reconciliation",
        action: "execution_repair",
        subject: `${account}/${executionId}`,
        before: JSON.stringify(before),
        after: JSON.stringify({ ...execution, algoId }),
        reason: `report ${record.id}: the broker's word on its own execution`,
        ledgerVersion: version,
      })
      .onConflictDoNothing(),
  ];
}

/** The row becomes what the ledger and the broker both say. */
function orderStatements(
  book: Database,
  record: { id: string; finishedAt: number },
  { before, after }: TradebookRepairs["orders"][number],
  version: number,
) {
  const row = orderRow(after, version);
  return [
    book
      .insert(orders)
      .values(row)
      .onConflictDoUpdate({
        target: orders.clientOrderId,
        set: excluded(orders, ["clientOrderId", "createdAt"]),
        setWhere: isNoOlder(orders.ledgerVersion),
      }),
    book
      .insert(auditLog)
      .values({
        at: record.finishedAt,
        by: "reconciliation",
        action: "order_repair",
        subject: `${after.account}/${after.clientOrderId}`,
        before: JSON.stringify(before),
        after: JSON.stringify(after),
        reason: `report ${record.id}: the word of the broker and of the ledger`,
        ledgerVersion: version,
      })
      .onConflictDoNothing(),
  ];
}
