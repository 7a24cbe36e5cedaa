/** What a shard must know after it was evicted: its assignment, what it gave up, and when data last came. */
import type { ShardAssignment } from "../src/application/ports.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";

export class FeedShardStorage {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(`
      CREATE TABLE IF NOT EXISTS assignment (id INTEGER PRIMARY KEY CHECK (id = 1), content TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS released (instrument TEXT PRIMARY KEY);
      CREATE TABLE IF NOT EXISTS checkpoint (id INTEGER PRIMARY KEY CHECK (id = 1), data_at INTEGER, reconnects INTEGER NOT NULL);
    `);
  }

  assignment(): ShardAssignment | null {
    const row = this.#sql.exec<{ content: string }>("SELECT content FROM assignment").toArray()[0];
    if (!row) return null;
    const assignment = JSON.parse(row.content) as ShardAssignment;
    // Written before consumers had modes: the manager's next assignment is whole again.
    const isOld = assignment.instruments.some(({ consumers }) => typeof consumers[0] === "string");
    return isOld ? null : assignment;
  }

  /** Replaces the assignment; what was released and is no longer assigned is forgotten. */
  saveAssignment(assignment: ShardAssignment): void {
    this.#sql.exec(
      "INSERT INTO assignment VALUES (1, ?1) ON CONFLICT DO UPDATE SET content = ?1",
      JSON.stringify(assignment),
    );
    // A fresh hand-over gives back what was once released.
    const kept = new Set(
      assignment.instruments.filter((entry) => !entry.standby).map((entry) => entry.instrument),
    );
    for (const instrument of this.released())
      if (!kept.has(instrument))
        this.#sql.exec("DELETE FROM released WHERE instrument = ?", instrument);
  }

  released(): Set<InstrumentId> {
    const rows = this.#sql.exec<{ instrument: string }>("SELECT instrument FROM released");
    return new Set(rows.toArray().map(({ instrument }) => instrument));
  }

  release(instruments: readonly InstrumentId[]): void {
    for (const instrument of instruments)
      this.#sql.exec("INSERT OR IGNORE INTO released VALUES (?)", instrument);
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
