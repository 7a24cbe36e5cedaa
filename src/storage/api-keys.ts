/** API keys by id, each with the hash of its secret. The secret is made, shown and forgotten elsewhere. */
import { and, asc, eq, gt, isNull } from "drizzle-orm";
import { z } from "zod";
import type { ApiError } from "../contract/errors.ts";
import type { KeyView } from "../contract/operations.ts";
import type { Page, PageQuery } from "../contract/primitives.ts";
import type { Result } from "../domain/result.ts";
import { ok } from "../domain/result.ts";
import { auditStatement } from "./audit.ts";
import { decodeCursor, pageFrom } from "./cursor.ts";
import type { Database } from "./database.ts";
import { apiKeys } from "./schema.ts";

export type ApiKeyRow = typeof apiKeys.$inferSelect;

export async function addApiKey(book: Database, row: ApiKeyRow): Promise<void> {
  const { createdAt: at, createdBy: by } = row;
  const entry = { at, by, action: "key_create", subject: row.id, before: null, reason: null };
  await book.batch([
    book.insert(apiKeys).values(row),
    auditStatement(book, { ...entry, after: keyView(row) }),
  ]);
}

export async function apiKey(book: Database, id: string): Promise<ApiKeyRow | null> {
  const [row] = await book.select().from(apiKeys).where(eq(apiKeys.id, id));
  return row ?? null;
}

/** Null when there is no such key. Revoking twice keeps the first time and writes no second audit row. */
export async function revokeApiKey(
  book: Database,
  id: string,
  by: string,
  at: number,
): Promise<KeyView | null> {
  const row = await apiKey(book, id);
  if (!row || row.revokedAt !== null) return row && keyView(row);
  const revoked = keyView({ ...row, revokedAt: at });
  const entry = { at, by, action: "key_revoke", subject: id, reason: null };
  await book.batch([
    book
      .update(apiKeys)
      .set({ revokedAt: at })
      .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt))),
    auditStatement(book, { ...entry, before: keyView(row), after: revoked }),
  ]);
  return revoked;
}

const cursorKey = z.tuple([z.string()]);

export async function apiKeysPage(
  book: Database,
  query: PageQuery,
): Promise<Result<Page<KeyView>, ApiError>> {
  const after = decodeCursor(query.cursor, cursorKey);
  if (!after.ok) return after;
  const rows = await book
    .select()
    .from(apiKeys)
    .where(after.value ? gt(apiKeys.id, after.value[0]) : undefined)
    .orderBy(asc(apiKeys.id))
    .limit(query.limit + 1);
  return ok(pageFrom(rows, query.limit, (row) => [row.id], keyView));
}

/** Whether an algo has a key that works. */
export async function hasKeyOfAlgo(book: Database, algoId: string): Promise<boolean> {
  const [row] = await book
    .select({ id: apiKeys.id })
    .from(apiKeys)
    .where(and(eq(apiKeys.algoId, algoId), isNull(apiKeys.revokedAt)))
    .limit(1);
  return row !== undefined;
}

/** What may be shown of a key: never its hash. */
export function keyView(row: ApiKeyRow): KeyView {
  const { secretSha256: _hash, createdBy: _by, ...view } = row;
  return view;
}
