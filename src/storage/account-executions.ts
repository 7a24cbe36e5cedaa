/** Executions of one account from a time on, for its reconciliation: out of D1, and out of files where that time is so long ago. */
import { and, eq, gte, lt } from "drizzle-orm";
import { latestRows } from "../domain/moved-rows.ts";
import type { Database } from "./database.ts";
import { EXECUTION_ROWS, type ExecutionRow } from "./moved-shapes.ts";
import { rowsInFile } from "./row-files.ts";
import { executions, rowParts } from "./schema.ts";

/** By the broker's clock, ms since 1970: `from` is included, `before` is not. In no order. */
export async function executionsBetween(
  book: Database,
  archive: R2Bucket,
  account: string,
  from: number,
  before = Infinity,
): Promise<ExecutionRow[]> {
  const { executedAt } = executions;
  const { key, sha256, kind, firstAt, lastAt } = rowParts;
  const isBefore = (at: typeof executedAt | typeof firstAt) =>
    before === Infinity ? undefined : lt(at, before);
  const [own, parts] = await book.batch([
    book
      .select()
      .from(executions)
      .where(and(eq(executions.account, account), gte(executedAt, from), isBefore(executedAt))),
    book
      .select({ key, sha256 })
      .from(rowParts)
      .where(and(eq(kind, "executions"), gte(lastAt, from), isBefore(firstAt))),
  ]);
  const moved: ExecutionRow[] = [];
  for (const part of parts) {
    const rows = await rowsInFile<ExecutionRow>(archive, part);
    const isAsked = (row: ExecutionRow): boolean =>
      row.account === account && row.executedAt >= from && row.executedAt < before;
    moved.push(...rows.filter(isAsked));
  }
  return latestRows(EXECUTION_ROWS, [...moved, ...own]);
}
