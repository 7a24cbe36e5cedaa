/** What a broker's manager must know after it was evicted: wishes, pins, the plan, the master and its counters. */
import type { ConsumerId, FeedWish } from "../src/application/ports.ts";
import type { Instrument, InstrumentId } from "../src/domain/instrument.ts";
import type { Placement } from "../src/domain/placement.ts";

type Counter = "epoch" | "version";
type Setting = Counter | "shards" | "shards_ever" | "master_read_at";

export class BrokerManagerStorage {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(`
      CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS wish (consumer TEXT PRIMARY KEY, wishes TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS pin (instrument TEXT PRIMARY KEY);
      CREATE TABLE IF NOT EXISTS placement (instrument TEXT PRIMARY KEY, content TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, content TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS instrument (id TEXT PRIMARY KEY, content TEXT NOT NULL);
    `);
  }

  setting(name: Setting): number | null {
    const rows = this.#sql.exec<{ value: number }>(
      "SELECT value FROM setting WHERE name = ?",
      name,
    );
    return rows.toArray()[0]?.value ?? null;
  }

  set(name: Setting, value: number): void {
    this.#sql.exec(
      "INSERT INTO setting VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2",
      name,
      value,
    );
  }

  /** The next number of a counter; it is durable before anything that carries it leaves. */
  next(name: Counter): number {
    const value = (this.setting(name) ?? 0) + 1;
    this.set(name, value);
    return value;
  }

  /** Something small that is read and written whole; null before it was ever written. */
  note(name: string): unknown {
    const rows = this.#sql.exec<{ content: string }>(
      "SELECT content FROM note WHERE name = ?",
      name,
    );
    const [row] = rows.toArray();
    return row ? (JSON.parse(row.content) as unknown) : null;
  }

  saveNote(name: string, content: unknown): void {
    this.#sql.exec(
      "INSERT INTO note VALUES (?1, ?2) ON CONFLICT DO UPDATE SET content = ?2",
      name,
      JSON.stringify(content),
    );
  }

  wishes(): Map<ConsumerId, FeedWish[]> {
    const rows = this.#sql
      .exec<{ consumer: string; wishes: string }>("SELECT * FROM wish")
      .toArray();
    return new Map(
      rows.map((row) => [row.consumer as ConsumerId, JSON.parse(row.wishes) as FeedWish[]]),
    );
  }

  saveWishes(consumer: ConsumerId, wishes: readonly FeedWish[]): void {
    if (wishes.length === 0) this.#sql.exec("DELETE FROM wish WHERE consumer = ?", consumer);
    else
      this.#sql.exec(
        "INSERT INTO wish VALUES (?1, ?2) ON CONFLICT DO UPDATE SET wishes = ?2",
        consumer,
        JSON.stringify(wishes),
      );
  }

  pins(): Set<InstrumentId> {
    const rows = this.#sql.exec<{ instrument: string }>(
      "SELECT instrument FROM pin ORDER BY rowid",
    );
    return new Set(rows.toArray().map(({ instrument }) => instrument));
  }

  savePins(pins: ReadonlySet<InstrumentId>): void {
    this.#sql.exec("DELETE FROM pin");
    for (const instrument of pins) this.#sql.exec("INSERT INTO pin VALUES (?)", instrument);
  }

  placements(): Map<InstrumentId, Placement> {
    const rows = this.#sql.exec<{ content: string }>("SELECT content FROM placement").toArray();
    const placements = rows.map(({ content }) => JSON.parse(content) as Placement);
    return new Map(placements.map((placement) => [placement.instrument, placement]));
  }

  /** Writes what differs. Unchanged placements are the same objects. */
  savePlacements(
    before: ReadonlyMap<InstrumentId, Placement>,
    after: ReadonlyMap<InstrumentId, Placement>,
  ): void {
    for (const instrument of before.keys())
      if (!after.has(instrument))
        this.#sql.exec("DELETE FROM placement WHERE instrument = ?", instrument);
    for (const [instrument, placement] of after)
      if (before.get(instrument) !== placement)
        this.#sql.exec(
          "INSERT INTO placement VALUES (?1, ?2) ON CONFLICT DO UPDATE SET content = ?2",
          instrument,
          JSON.stringify(placement),
        );
  }

  instruments(): Map<InstrumentId, Instrument> {
    const rows = this.#sql.exec<{ content: string }>("SELECT content FROM instrument").toArray();
    const instruments = rows.map(({ content }) => JSON.parse(content) as Instrument);
    return new Map(instruments.map((instrument) => [instrument.id, instrument]));
  }

  /** Writes what differs from `before`. */
  saveInstruments(
    before: ReadonlyMap<InstrumentId, Instrument>,
    after: ReadonlyMap<InstrumentId, Instrument>,
  ): void {
    for (const id of before.keys())
      if (!after.has(id)) this.#sql.exec("DELETE FROM instrument WHERE id = ?", id);
    for (const [id, instrument] of after) {
      const content = JSON.stringify(instrument);
      if (content === JSON.stringify(before.get(id) ?? null)) continue;
      this.#sql.exec(
        "INSERT INTO instrument VALUES (?1, ?2) ON CONFLICT DO UPDATE SET content = ?2",
        id,
        content,
      );
    }
  }
}
