/** The tradebook's database as drizzle sees it: the one place that opens it. */
import type { SQL } from "drizzle-orm";
import { getTableColumns, sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import { drizzle } from "drizzle-orm/d1";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";

export type Database = DrizzleD1Database;

const opened = new WeakMap<D1Database, Database>();

/** The same for the same binding: making one is dear for a request that may not read it. */
export function database(db: D1Database): Database {
  const known = opened.get(db) ?? drizzle(db);
  opened.set(db, known);
  return known;
}

/** Bytes that D1 holds, with those that it has freed and not given back; null where the platform does not tell. */
export async function bytesUsed(book: Database): Promise<number | null> {
  const { meta } = await book.run(sql`SELECT 1`);
  const { size_after: bytes } = meta as Partial<typeof meta>;
  return bytes ?? null;
}

/**
 * The `set` of an upsert: every column takes the new row's value, but for those that `keep` names
 * (the key, and what only the first writing knows).
 */
export function excluded(table: SQLiteTable, keep: readonly string[]): Record<string, SQL> {
  return Object.fromEntries(
    Object.entries(getTableColumns(table))
      .filter(([field]) => !keep.includes(field))
      .map(([field, column]) => [field, sql`excluded.${sql.identifier(column.name)}`]),
  );
}

/** For an upsert: a row that the ledger has written since, at a later version, stays. */
export const isNoOlder = (version: SQLiteColumn): SQL => sql`excluded.ledger_version >= ${version}`;
