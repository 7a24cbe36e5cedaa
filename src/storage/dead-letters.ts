/** The desk's list: orders that machines gave up on, newest first. */
import { and, desc, eq, getTableColumns } from "drizzle-orm";
import { z } from "zod";
import type { ApiError } from "../contract/errors.ts";
import type { DeadLettersQuery, DeadLetterView } from "../contract/operations.ts";
import type { Page } from "../contract/primitives.ts";
import type { Result } from "../domain/result.ts";
import { ok } from "../domain/result.ts";
import { decodeCursor, olderThan, pageFrom } from "./cursor.ts";
import type { Database } from "./database.ts";
import { alerts, deadLetters } from "./schema.ts";

/** Everything that a reader is shown: all but the guard against older writes. */
const { ledgerVersion: _guard, ...ofLetter } = getTableColumns(deadLetters);

const { acknowledgedBy, acknowledgedAt } = alerts;
const columns = { ...ofLetter, acknowledgedBy, acknowledgedAt };

const itsAlert = eq(alerts.clientOrderId, deadLetters.clientOrderId);

export async function deadLetter(
  book: Database,
  clientOrderId: string,
): Promise<DeadLetterView | null> {
  const rows = await book
    .select(columns)
    .from(deadLetters)
    .leftJoin(alerts, itsAlert)
    .where(eq(deadLetters.clientOrderId, clientOrderId));
  return rows[0] ?? null;
}

const cursorKey = z.tuple([z.number(), z.string()]);

export async function deadLettersPage(
  book: Database,
  query: DeadLettersQuery,
): Promise<Result<Page<DeadLetterView>, ApiError>> {
  const after = decodeCursor(query.cursor, cursorKey);
  if (!after.ok) return after;
  const { createdAt, clientOrderId } = deadLetters;
  const rows = await book
    .select(columns)
    .from(deadLetters)
    .leftJoin(alerts, itsAlert)
    .where(
      and(
        query.status === undefined ? undefined : eq(deadLetters.status, query.status),
        olderThan([createdAt, clientOrderId], after.value),
      ),
    )
    .orderBy(desc(createdAt), desc(clientOrderId))
    .limit(query.limit + 1);
  return ok(
    pageFrom(
      rows,
      query.limit,
      (row) => [row.createdAt, row.clientOrderId],
      (row) => row,
    ),
  );
}
