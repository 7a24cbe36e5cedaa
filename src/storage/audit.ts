/** The audit log: what people and keys changed. Changes write their row in the same batch as themselves. */
import type { SQL } from "drizzle-orm";
import { desc, lt } from "drizzle-orm";
import { z } from "zod";
import type { ApiError } from "../contract/errors.ts";
import type { AuditView } from "../contract/operations.ts";
import type { Page, PageQuery } from "../contract/primitives.ts";
import type { Result } from "../domain/result.ts";
import { ok } from "../domain/result.ts";
import { decodeCursor, pageFrom } from "./cursor.ts";
import type { Database } from "./database.ts";
import { auditLog } from "./schema.ts";

export interface AuditEntry {
  at: number;
  by: string;
  /** `noun_verb`, e.g. `key_create`. */
  action: string;
  subject: string;
  /** Plain data, or SQL that yields JSON text: so `before` is read in the transaction that changes it. */
  before: unknown;
  after: unknown;
  reason: string | null;
}

/** The statement that adds a row; it belongs in the batch of the change that it tells of. */
export function auditStatement(book: Database, entry: AuditEntry) {
  return book.insert(auditLog).values({
    ...entry,
    before: isSql(entry.before) ? entry.before : JSON.stringify(entry.before ?? null),
    after: JSON.stringify(entry.after ?? null),
  });
}

const isSql = (value: unknown): value is SQL =>
  typeof value === "object" && value !== null && "getSQL" in value;

const cursorKey = z.tuple([z.number()]);

/** Newest first. */
export async function auditPage(
  book: Database,
  query: PageQuery,
): Promise<Result<Page<AuditView>, ApiError>> {
  const after = decodeCursor(query.cursor, cursorKey);
  if (!after.ok) return after;
  const rows = await book
    .select()
    .from(auditLog)
    .where(after.value ? lt(auditLog.id, after.value[0]) : undefined)
    .orderBy(desc(auditLog.id))
    .limit(query.limit + 1);
  return ok(pageFrom(rows, query.limit, (row) => [row.id], auditView));
}

function auditView(row: typeof auditLog.$inferSelect): AuditView {
  const { ledgerVersion: _, before, after, ...rest } = row;
  return { ...rest, before: JSON.parse(before), after: JSON.parse(after) };
}
