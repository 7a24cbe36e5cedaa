/** Each day's largest money at risk by algo and instrument, newest day first. */
import { and, asc, desc, eq, gte, lte, getTableColumns, sql } from "drizzle-orm";
import { z } from "zod";
import type { ApiError } from "../contract/errors.ts";
import type { Page } from "../contract/primitives.ts";
import type { RiskDayView, RiskHistoryQuery } from "../contract/risk.ts";
import type { Result } from "../domain/result.ts";
import { ok } from "../domain/result.ts";
import { decodeCursor, pageFrom } from "./cursor.ts";
import type { Database } from "./database.ts";
import { riskByDay } from "./schema.ts";

/** Everything that a reader is shown: all but the guard against older writes. */
const { ledgerVersion: _guard, ...columns } = getTableColumns(riskByDay);

const cursorKey = z.tuple([z.string(), z.string(), z.string()]);

/** `from` and `to` are days, both included. */
export async function riskHistoryPage(
  book: Database,
  query: RiskHistoryQuery,
): Promise<Result<Page<RiskDayView>, ApiError>> {
  const after = decodeCursor(query.cursor, cursorKey);
  if (!after.ok) return after;
  const { day, algoId, instrument } = riskByDay;
  const rows = await book
    .select(columns)
    .from(riskByDay)
    .where(
      and(
        query.algoId === undefined ? undefined : eq(algoId, query.algoId),
        query.instrument === undefined ? undefined : eq(instrument, query.instrument),
        query.from === undefined ? undefined : gte(day, query.from),
        query.to === undefined ? undefined : lte(day, query.to),
        after.value ? afterKey(after.value) : undefined,
      ),
    )
    .orderBy(desc(day), asc(algoId), asc(instrument))
    .limit(query.limit + 1);
  return ok(
    pageFrom(
      rows,
      query.limit,
      (row) => [row.day, row.algoId, row.instrument],
      (row) => row,
    ),
  );
}

/** An older day, or a later algo and instrument of the same day. */
function afterKey([day, algoId, instrument]: z.infer<typeof cursorKey>) {
  const pair = sql`(${riskByDay.algoId}, ${riskByDay.instrument}) > (${algoId}, ${instrument})`;
  return sql`(${riskByDay.day} < ${day} or (${riskByDay.day} = ${day} and ${pair}))`;
}
