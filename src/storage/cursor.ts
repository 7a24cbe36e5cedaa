/**
 * Cursors of paged lists: the sort key of the last row given, as opaque text. Rows are found by key
 * and not by count, so rows that arrive meanwhile neither repeat nor hide one.
 */
import { type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { z } from "zod";
import type { ApiError } from "../contract/errors.ts";
import type { Page } from "../contract/primitives.ts";
import type { Result } from "../domain/result.ts";
import { err, ok } from "../domain/result.ts";

type Key = readonly (string | number)[];

export const encodeCursor = (key: Key): string =>
  btoa(encodeURIComponent(JSON.stringify(key)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

/** The key that `encodeCursor` was given; null without a cursor; a refusal for any other text. */
export function decodeCursor<T extends Key>(
  cursor: string | undefined,
  schema: z.ZodType<T>,
): Result<T | null, ApiError> {
  if (cursor === undefined) return ok(null);
  try {
    const text = atob(cursor.replaceAll("-", "+").replaceAll("_", "/"));
    const key = schema.safeParse(JSON.parse(decodeURIComponent(text)));
    if (key.success) return ok(key.data);
  } catch {
    // Not our text: refused below like any other wrong cursor.
  }
  return err({
    code: "BAD_REQUEST",
    message: "The cursor is not one of this list: take nextCursor from the page before.",
    details: { issues: [{ path: "cursor", message: "must be nextCursor of the page before" }] },
  });
}

/** Rows that stand after the key in a list that begins with the greatest; all of them without one. */
export const olderThan = (columns: readonly SQLiteColumn[], key: Key | null): SQL | undefined =>
  key === null
    ? undefined
    : sql`(${sql.join([...columns], sql`, `)}) < (${sql.join(
        key.map((part) => sql`${part}`),
        sql`, `,
      )})`;

/** Cuts the one row that was read beyond the page and says from where the next page goes on. */
export function pageFrom<Row, Item>(
  rows: Row[],
  limit: number,
  key: (row: Row) => Key,
  view: (row: Row) => Item,
): Page<Item> {
  const kept = rows.slice(0, limit);
  const last = kept.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items: kept.map(view), nextCursor: more ? encodeCursor(key(last)) : null };
}
