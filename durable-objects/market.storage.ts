/** What a market must know after it was evicted: who subscribed what, and what its links call each instrument. */
import type { CandleKey } from "../src/domain/candle.ts";
import type { InstrumentId } from "../src/domain/instrument.ts";
import { REVOKED_KEY_KEPT_MS } from "../src/domain/market-limits.ts";
import type { FeedMode } from "../src/domain/tick.ts";
import type { DrainPlan } from "./market.drain.ts";

export interface KnownInstrument {
  instrument: InstrumentId;
  /** Stands for it in compact frames; never changes, for clients remember it. */
  alias: number;
  /** The broker that gives its data. */
  provider: string;
}

export class MarketStorage {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(`
      CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS instrument (alias INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, provider TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS socket (id TEXT PRIMARY KEY, instruments TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS provider_switch (instrument TEXT PRIMARY KEY, term INTEGER NOT NULL, above INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS link (shard TEXT PRIMARY KEY, aliases TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS revoked (key_id TEXT PRIMARY KEY, at INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS socket_candles (id TEXT PRIMARY KEY, series TEXT NOT NULL);
    `);
  }

  /** The number of this incarnation: rises with every construction. */
  nextEpoch(): number {
    const epoch = Number(this.#setting("epoch") ?? 0) + 1;
    this.#set("epoch", String(epoch));
    return epoch;
  }

  /** What was declared last, as text, to see whether it still holds. */
  declared(): string {
    return this.#setting("declared") ?? "{}";
  }

  saveDeclared(declared: string): void {
    this.#set("declared", declared);
  }

  /** How this market is being emptied; null when it is not. */
  drain(): DrainPlan | null {
    return JSON.parse(this.#setting("drain") ?? "null") as DrainPlan | null;
  }

  saveDrain(plan: DrainPlan | null): void {
    this.#set("drain", JSON.stringify(plan));
  }

  /** Keys that no socket may be opened with, whatever an isolate still believes. */
  revoke(keyId: string, at: number): void {
    this.#sql.exec("DELETE FROM revoked WHERE at < ?", at - REVOKED_KEY_KEPT_MS);
    this.#sql.exec("INSERT OR REPLACE INTO revoked VALUES (?, ?)", keyId, at);
  }

  isRevoked(keyId: string): boolean {
    return this.#sql.exec("SELECT 1 FROM revoked WHERE key_id = ?", keyId).toArray().length > 0;
  }

  instruments(): KnownInstrument[] {
    return this.#sql
      .exec<{ instrument: string; alias: number; provider: string }>(
        "SELECT id AS instrument, alias, provider FROM instrument",
      )
      .toArray();
  }

  /** The last switch of provider of each instrument that had one, and the highest epoch seen before it. */
  switches(): { instrument: InstrumentId; term: number; above: number }[] {
    return this.#sql
      .exec<{ instrument: string; term: number; above: number }>("SELECT * FROM provider_switch")
      .toArray();
  }

  saveSwitch(instrument: InstrumentId, term: number, above: number): void {
    this.#sql.exec(
      "INSERT INTO provider_switch VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET term = ?2, above = ?3",
      instrument,
      term,
      above,
    );
  }

  /** Gives an instrument its alias, or a new provider. */
  know(instrument: InstrumentId, provider: string): KnownInstrument {
    return this.#sql
      .exec<{ instrument: string; alias: number; provider: string }>(
        `INSERT INTO instrument (id, provider) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET provider = ?2
         RETURNING id AS instrument, alias, provider`,
        instrument,
        provider,
      )
      .one();
  }

  sockets(): Map<string, [InstrumentId, FeedMode][]> {
    const rows = this.#sql
      .exec<{ id: string; instruments: string }>("SELECT * FROM socket")
      .toArray();
    return new Map(rows.map((row) => [row.id, modedList(row.instruments)]));
  }

  saveSocket(id: string, instruments: ReadonlyMap<InstrumentId, FeedMode>): void {
    this.#sql.exec(
      "INSERT INTO socket VALUES (?1, ?2) ON CONFLICT DO UPDATE SET instruments = ?2",
      id,
      JSON.stringify([...instruments]),
    );
  }

  /** The series of bars of each socket that has any. */
  candles(): Map<string, CandleKey[]> {
    const rows = this.#sql
      .exec<{ id: string; series: string }>("SELECT * FROM socket_candles")
      .toArray();
    return new Map(rows.map((row) => [row.id, JSON.parse(row.series) as CandleKey[]]));
  }

  saveCandles(id: string, series: Iterable<CandleKey>): void {
    this.#sql.exec(
      "INSERT INTO socket_candles VALUES (?1, ?2) ON CONFLICT DO UPDATE SET series = ?2",
      id,
      JSON.stringify([...series]),
    );
  }

  /** Forgets the sockets that are gone. */
  keepOnly(sockets: readonly { id: string }[]): void {
    const open = new Set(sockets.map(({ id }) => id));
    for (const id of [...this.sockets().keys(), ...this.candles().keys()])
      if (!open.has(id)) this.forgetSocket(id);
  }

  forgetSocket(id: string): void {
    this.#sql.exec("DELETE FROM socket WHERE id = ?", id);
    this.#sql.exec("DELETE FROM socket_candles WHERE id = ?", id);
  }

  links(): Map<string, [number, InstrumentId][]> {
    const rows = this.#sql.exec<{ shard: string; aliases: string }>("SELECT * FROM link").toArray();
    return new Map(
      rows.map((row) => [row.shard, JSON.parse(row.aliases) as [number, InstrumentId][]]),
    );
  }

  saveLink(shard: string, aliases: Iterable<[number, InstrumentId]>): void {
    this.#sql.exec(
      "INSERT INTO link VALUES (?1, ?2) ON CONFLICT DO UPDATE SET aliases = ?2",
      shard,
      JSON.stringify([...aliases]),
    );
  }

  #setting(name: string): string | null {
    const rows = this.#sql.exec<{ value: string }>(
      "SELECT value FROM setting WHERE name = ?",
      name,
    );
    return rows.toArray()[0]?.value ?? null;
  }

  #set(name: string, value: string): void {
    this.#sql.exec(
      "INSERT INTO setting VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2",
      name,
      value,
    );
  }
}

/** A socket's list as it was saved; one from before there were modes is in mode `quote`. */
const modedList = (text: string): [InstrumentId, FeedMode][] =>
  (JSON.parse(text) as (InstrumentId | [InstrumentId, FeedMode])[]).map((entry) =>
    typeof entry === "string" ? [entry, "quote"] : entry,
  );
