/** Executions of the tradebook, newest first, as `/v1/trades` gives them: out of D1, and out of the files to which old days have moved. */
import { and, desc, eq, gte, lt, sql } from "drizzle-orm";
import { z } from "zod";
import type { ApiError } from "../contract/errors.ts";
import type { TradesQuery, TradeView } from "../contract/orders.ts";
import type { Page } from "../contract/primitives.ts";
import type { Result } from "../domain/result.ts";
import { ok } from "../domain/result.ts";
import { decodeCursor, encodeCursor, olderThan } from "./cursor.ts";
import type { Database } from "./database.ts";
import { movedPage, partsQuery } from "./moved-pages.ts";
import { EXECUTION_ROWS, type ExecutionRow } from "./moved-shapes.ts";
import { executions } from "./schema.ts";

const cursorKey = z.union([
  z.tuple([z.number(), z.string(), z.string()]),
  // After files that did not fill a page.
  z.tuple([z.number(), z.literal("")]).transform(([at]): [number, string, string] => [at, "", ""]),
]);

/** `from` is included, `to` is not. Throws where a file cannot be read: half a list is never told. */
export async function tradesPage(
  book: Database,
  archive: R2Bucket,
  query: TradesQuery,
): Promise<Result<Page<TradeView>, ApiError>> {
  const after = decodeCursor(query.cursor, cursorKey);
  if (!after.ok) return after;
  const span = { ...query, after: after.value };
  const { executedAt, account, executionId } = executions;
  const isAsked = and(
    query.algoId === undefined ? undefined : eq(executions.algoId, query.algoId),
    query.instrument === undefined ? undefined : eq(executions.instrument, query.instrument),
    query.from === undefined ? undefined : gte(executedAt, query.from),
    query.to === undefined ? undefined : lt(executedAt, query.to),
    olderThan([executedAt, account, executionId], after.value),
  );
  const inOrder = [desc(executedAt), desc(account), desc(executionId)];
  const times = book.select({ executedAt }).from(executions).where(isAsked);
  const beyond = times
    .orderBy(...inOrder)
    .limit(1)
    .offset(query.limit);
  const rowsOfD1 = book.select().from(executions).where(isAsked);
  const [own, parts] = await book.batch([
    rowsOfD1.orderBy(...inOrder).limit(query.limit + 1),
    partsQuery(book, "executions", span, beyond),
  ]);
  const { rows, next } = await movedPage({
    shape: EXECUTION_ROWS,
    archive,
    span,
    limit: query.limit,
    own,
    parts,
    isWanted: () => true,
    current: (some) => currentExecutions(book, some),
  });
  return ok({ items: rows.map(tradeView), nextCursor: next && encodeCursor(next) });
}

/** What D1 has of these. */
function currentExecutions(book: Database, rows: readonly ExecutionRow[]): Promise<ExecutionRow[]> {
  const ids = JSON.stringify(rows.map(({ account, executionId }) => [account, executionId]));
  return book
    .select()
    .from(executions)
    .where(
      sql`(${executions.account}, ${executions.executionId}) IN (SELECT value ->> 0, value ->> 1 FROM json_each(${ids}))`,
    );
}

/** Everything that a reader is shown: all but the guard against older writes. */
const tradeView = ({ ledgerVersion: _guard, ...row }: ExecutionRow): TradeView => row;
