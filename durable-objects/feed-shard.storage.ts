/** What a shard must know after it was evicted: its assignment, what it gave up, and when data last came. */
import type { Release, ShardAssignment } from "../src/application/ports.ts";
import { isReleased } from "./feed-shard.hand-over.ts";
import { type Migration, migrate } from "./schema-migrations.ts";

const MIGRATIONS: readonly Migration[] = [
  [
    "CREATE TABLE IF NOT EXISTS assignment (id INTEGER PRIMARY KEY CHECK (id = 1), content TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS released (instrument TEXT PRIMARY KEY)",
    "CREATE TABLE IF NOT EXISTS checkpoint (id INTEGER PRIMARY KEY CHECK (id = 1), data_at INTEGER, reconnects INTEGER NOT NULL)",
  ],
  [
    // Of what was let go before, nobody knows under which hand-over: the manager asks again where it still has to.
    "DROP TABLE released",
    "CREATE TABLE released (instrument TEXT PRIMARY KEY, epoch INTEGER NOT NULL) WITHOUT ROWID",
  ],
  ["ALTER TABLE released ADD COLUMN whole_until INTEGER"],
];

export class FeedShardStorage {
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
    migrate(storage, MIGRATIONS);
  }

  assignment(): ShardAssignment | null {
    const row = this.#sql.exec<{ content: string }>("SELECT content FROM assignment").toArray()[0];
    if (!row) return null;
    const assignment = JSON.parse(row.content) as ShardAssignment;
    // Written before consumers had modes: the manager's next assignment is whole again.
    const isOld = assignment.instruments.some(({ consumers }) => typeof consumers[0] === "string");
    return isOld ? null : assignment;
  }

  /** Replaces the assignment; what was released, and is not assigned under the same hand-over any more, is forgotten. */
  saveAssignment(assignment: ShardAssignment): void {
    this.#sql.exec(
      "INSERT INTO assignment VALUES (1, ?1) ON CONFLICT DO UPDATE SET content = ?1",
      JSON.stringify(assignment),
    );
    const assigned = new Map(assignment.instruments.map((entry) => [entry.instrument, entry]));
    for (const release of this.released())
      if (!isReleased(release, assigned.get(release.instrument)))
        this.#sql.exec("DELETE FROM released WHERE instrument = ?", release.instrument);
  }

  /** Without the last update: after an eviction nobody knows whether the markets have read it, and twice is better than never. */
  released(): Release[] {
    const rows = this.#sql.exec<{ instrument: string; epoch: number; whole_until: number | null }>(
      "SELECT instrument, epoch, whole_until FROM released",
    );
    return rows
      .toArray()
      .map(({ whole_until: wholeUntil, ...row }) => ({ ...row, last: null, wholeUntil }));
  }

  release(releases: readonly Release[]): void {
    for (const { instrument, epoch, wholeUntil } of releases)
      this.#sql.exec(
        "INSERT OR REPLACE INTO released VALUES (?, ?, ?)",
        instrument,
        epoch,
        wholeUntil,
      );
  }

  checkpoint(): { dataAt: number | null; reconnects: number } {
    const [row] = this.#sql
      .exec<{ data_at: number | null; reconnects: number }>(
        "SELECT data_at, reconnects FROM checkpoint",
      )
      .toArray();
    return { dataAt: row?.data_at ?? null, reconnects: row?.reconnects ?? 0 };
  }

  saveCheckpoint(dataAt: number | null, reconnects: number): void {
    this.#sql.exec(
      "INSERT INTO checkpoint VALUES (1, ?1, ?2) ON CONFLICT DO UPDATE SET data_at = ?1, reconnects = ?2",
      dataAt,
      reconnects,
    );
  }
}
