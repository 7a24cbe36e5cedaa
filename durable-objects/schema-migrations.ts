/** Brings an object's SQLite up to date by numbered migrations, each once; it never changes one that has run. */
import { assert } from "../src/domain/assert.ts";

/** Statements of one migration. Its number is its place in the list, from 1; only append to the list. */
export type Migration = readonly string[];

/**
 * Runs what has not run yet, each migration in its own transaction. All of it is synchronous, so a
 * constructor may call it directly. `PRAGMA user_version` is refused on the platform, hence a table.
 * Throws when the storage is ahead of the code: an older build must not write into a newer schema.
 */
export function migrate(storage: DurableObjectStorage, migrations: readonly Migration[]): void {
  const { sql } = storage;
  sql.exec(
    "CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL)",
  );
  const { applied } = sql
    .exec<{ applied: number }>("SELECT COALESCE(MAX(number), 0) AS applied FROM schema_migrations")
    .one();
  assert(
    applied <= migrations.length,
    `storage has migration ${applied}, the code knows ${migrations.length}`,
  );
  for (const [index, statements] of migrations.entries()) {
    const number = index + 1;
    if (number <= applied) continue;
    storage.transactionSync(() => {
      for (const statement of statements) sql.exec(statement);
      sql.exec("INSERT INTO schema_migrations VALUES (?, ?)", number, Date.now());
    });
  }
}
