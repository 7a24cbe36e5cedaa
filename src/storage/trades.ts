/** Executions of the tradebook, newest first, as `/v1/trades` gives them. */
import { and, desc, eq, gte, lt, getTableColumns } from "drizzle-orm";
import { z } from "zod";
import type { ApiError } from "../contract/errors.ts";
import type { TradesQuery, TradeView } from "../contract/orders.ts";
import type { Page } from "../contract/primitives.ts";
import type { Result } from "../domain/result.ts";
import { ok } from "../domain/result.ts";
import { decodeCursor, olderThan, pageFrom } from "./cursor.ts";
import type { Database } from "./database.ts";
import { executions } from "./schema.ts";

/** Everything that a reader is shown: all but the guard against older writes. */
const { ledgerVersion: _guard, ...columns } = getTableColumns(executions);

const cursorKey = z.tuple([z.number(), z.string(), z.string()]);

/** `from` is included, `to` is not. */
export async function tradesPage(
  book: Database,
  query: TradesQuery,
): Promise<Result<Page<TradeView>, ApiError>> {
  const after = decodeCursor(query.cursor, cursorKey);
  if (!after.ok) return after;
  const { executedAt, account, executionId } = executions;
  const rows = await book
    .select(columns)
    .from(executions)
    .where(
      and(
        query.algoId === undefined ? undefined : eq(executions.algoId, query.algoId),
        query.instrument === undefined ? undefined : eq(executions.instrument, query.instrument),
        query.from === undefined ? undefined : gte(executedAt, query.from),
        query.to === undefined ? undefined : lt(executedAt, query.to),
        olderThan([executedAt, account, executionId], after.value),
      ),
    )
    .orderBy(desc(executedAt), desc(account), desc(executionId))
    .limit(query.limit + 1);
  return ok(
    pageFrom(
      rows,
      query.limit,
      (row) => [row.executedAt, row.account, row.executionId],
      (row) => row,
    ),
  );
}
