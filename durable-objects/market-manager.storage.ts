/** What the market manager must know after it was evicted: markets, revoked keys, signals, and what is owed to whom. */
import type { DrainView } from "../src/contract/markets.ts";
import type { SignalValue, SignalView } from "../src/contract/signals.ts";
import { MARKET_SOCKETS_MAX } from "../src/domain/limits.ts";
import { type Migration, migrate } from "./schema-migrations.ts";

const MIGRATIONS: readonly Migration[] = [
  [
    `CREATE TABLE market (
      number INTEGER PRIMARY KEY,
      sockets INTEGER NOT NULL,
      drain TEXT
    )`,
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE revoked (key_id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID",
    // A market that has not been told yet: of a revoked key, or (empty subject) of its drain's present state.
    `CREATE TABLE owed (
      market TEXT NOT NULL,
      subject TEXT NOT NULL,
      PRIMARY KEY (market, subject)
    ) WITHOUT ROWID`,
    // `ordinal` rises over all topics: what a market was not told yet is above its own.
    `CREATE TABLE signal (
      topic TEXT PRIMARY KEY,
      seq INTEGER NOT NULL,
      value TEXT NOT NULL,
      by TEXT NOT NULL,
      at INTEGER NOT NULL,
      ordinal INTEGER NOT NULL
    ) WITHOUT ROWID`,
    "CREATE TABLE signal_follower (market TEXT PRIMARY KEY, told INTEGER NOT NULL) WITHOUT ROWID",
  ],
];

export interface StoredMarket {
  market: string;
  sockets: number;
  drain: DrainView | null;
}

export type StoredSignal = SignalView & { ordinal: number };

export class MarketManagerStorage {
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
    migrate(storage, MIGRATIONS);
    if (this.markets().length > 0) return;
    // Before there was a table, only their number was kept.
    const count = storage.kv.get<number>("markets") ?? 1;
    for (let number = 1; number <= count; number += 1) this.addMarket();
  }

  markets(): StoredMarket[] {
    return this.#sql
      .exec<{ number: number; sockets: number; drain: string | null }>(
        "SELECT * FROM market ORDER BY number",
      )
      .toArray()
      .map(({ number, sockets, drain }) => ({
        market: `m${number}`,
        sockets,
        drain: drain === null ? null : (JSON.parse(drain) as DrainView),
      }));
  }

  /** Opens the next market: answers its name. */
  addMarket(): string {
    const { number } = this.#sql
      .exec<{ number: number }>(
        "INSERT INTO market (sockets, drain) VALUES (0, NULL) RETURNING number",
      )
      .one();
    return `m${number}`;
  }

  saveSockets(market: string, sockets: number): void {
    this.#sql.exec("UPDATE market SET sockets = ? WHERE number = ?", sockets, numberOf(market));
  }

  saveDrain(market: string, drain: DrainView | null): void {
    const text = drain && JSON.stringify(drain);
    this.#sql.exec("UPDATE market SET drain = ? WHERE number = ?", text, numberOf(market));
    this.owe(market, "");
  }

  get socketsMax(): number {
    const [row] = this.#sql
      .exec<{ value: string }>("SELECT value FROM setting WHERE name = 'sockets_max'")
      .toArray();
    return Number(row?.value ?? MARKET_SOCKETS_MAX);
  }

  set socketsMax(value: number) {
    this.#sql.exec("INSERT OR REPLACE INTO setting VALUES ('sockets_max', ?)", String(value));
  }

  revoke(keyId: string, at: number): void {
    this.#sql.exec("INSERT OR REPLACE INTO revoked VALUES (?, ?)", keyId, at);
  }

  isRevoked(keyId: string): boolean {
    return this.#sql.exec("SELECT 1 FROM revoked WHERE key_id = ?", keyId).toArray().length > 0;
  }

  forgetRevoked(before: number): void {
    this.#sql.exec("DELETE FROM revoked WHERE at < ?", before);
  }

  owe(market: string, subject: string): void {
    this.#sql.exec("INSERT OR IGNORE INTO owed VALUES (?, ?)", market, subject);
  }

  paid(market: string, subject: string): void {
    this.#sql.exec("DELETE FROM owed WHERE market = ? AND subject = ?", market, subject);
  }

  owed(): { market: string; subject: string }[] {
    return this.#sql.exec<{ market: string; subject: string }>("SELECT * FROM owed").toArray();
  }

  signal(topic: string): StoredSignal | null {
    return this.#signals("SELECT * FROM signal WHERE topic = ?", topic)[0] ?? null;
  }

  signals(): StoredSignal[] {
    return this.#signals("SELECT * FROM signal ORDER BY topic");
  }

  /** Last values that are newer than what this market was told, oldest first. */
  signalsAfter(ordinal: number): StoredSignal[] {
    return this.#signals("SELECT * FROM signal WHERE ordinal > ? ORDER BY ordinal", ordinal);
  }

  get topics(): number {
    return this.#sql.exec<{ value: number }>("SELECT COUNT(*) AS value FROM signal").one().value;
  }

  get lastOrdinal(): number {
    return this.#sql
      .exec<{ value: number }>("SELECT COALESCE(MAX(ordinal), 0) AS value FROM signal")
      .one().value;
  }

  saveSignal({ topic, seq, value, by, at, ordinal }: StoredSignal): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO signal VALUES (?, ?, ?, ?, ?, ?)",
      topic,
      seq,
      JSON.stringify(value),
      by,
      at,
      ordinal,
    );
  }

  followers(): { market: string; told: number }[] {
    return this.#sql
      .exec<{ market: string; told: number }>("SELECT * FROM signal_follower")
      .toArray();
  }

  /** One that follows already keeps what it was told. */
  follow(market: string, told: number): void {
    this.#sql.exec("INSERT OR IGNORE INTO signal_follower VALUES (?, ?)", market, told);
  }

  told(market: string, ordinal: number): void {
    this.#sql.exec("UPDATE signal_follower SET told = ? WHERE market = ?", ordinal, market);
  }

  unfollow(market: string): void {
    this.#sql.exec("DELETE FROM signal_follower WHERE market = ?", market);
  }

  #signals(query: string, ...values: SqlStorageValue[]): StoredSignal[] {
    return this.#sql
      .exec<{
        topic: string;
        seq: number;
        value: string;
        by: string;
        at: number;
        ordinal: number;
      }>(query, ...values)
      .toArray()
      .map((row) => ({ ...row, value: JSON.parse(row.value) as SignalValue }));
  }
}

const numberOf = (market: string): number => Number(market.slice(1));
