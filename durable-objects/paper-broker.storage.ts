/**
 * What the paper exchange keeps: orders, executions, cash, positions, switches. No price is ever
 * written here. Everything is synchronous, so that one run of it is one transaction.
 */
import { Account } from "../src/brokers/paper/engine/account.ts";
import type { CashRecord, PositionRecord } from "../src/brokers/paper/engine/account.ts";
import { PaperEngine } from "../src/brokers/paper/engine/engine.ts";
import { isOpen } from "../src/brokers/paper/engine/types.ts";
import type { EngineOrder, Listing } from "../src/brokers/paper/engine/types.ts";
import type { FaultSwitch } from "../src/brokers/paper/faults.ts";
import { PAPER_ROWS_PER_ANSWER } from "../src/brokers/paper/rules.ts";
import type { ExecutionRow } from "../src/brokers/paper/wire.ts";
import { OWN_MINUTES_MAX } from "../src/brokers/paper/market/bars.ts";
import type { EndedMinutes } from "../src/brokers/paper/market/bars.ts";
import type { RecordedTick } from "../src/contract/paper.ts";
import { migrate } from "./schema-migrations.ts";
import type { Migration } from "./schema-migrations.ts";

const MIGRATIONS: readonly Migration[] = [
  [
    `CREATE TABLE orders (
      number INTEGER PRIMARY KEY,
      client_order_id TEXT NOT NULL UNIQUE,
      open INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      body TEXT NOT NULL
    )`,
    "CREATE INDEX orders_by_update ON orders (open, updated_at)",
    `CREATE TABLE executions (
      number INTEGER PRIMARY KEY,
      executed_at INTEGER NOT NULL,
      body TEXT NOT NULL
    )`,
    "CREATE INDEX executions_by_time ON executions (executed_at)",
    "CREATE TABLE cash (currency TEXT PRIMARY KEY, cash TEXT NOT NULL)",
    "CREATE TABLE positions (instrument TEXT PRIMARY KEY, lots INTEGER NOT NULL, cost TEXT NOT NULL)",
    "CREATE TABLE late_fills (number INTEGER PRIMARY KEY, due_at INTEGER NOT NULL)",
    "CREATE TABLE faults (fault TEXT PRIMARY KEY, body TEXT NOT NULL)",
    "CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
  ],
  [
    // A recording to be replayed, in chunks: `first` is the place of a chunk's first tick.
    `CREATE TABLE recording (
      first INTEGER PRIMARY KEY,
      count INTEGER NOT NULL,
      from_time INTEGER NOT NULL,
      to_time INTEGER NOT NULL,
      ticks TEXT NOT NULL
    )`,
    // The bars of each minute that was live, so that an eviction does not rewrite history.
    "CREATE TABLE own_minutes (minute INTEGER PRIMARY KEY, bars TEXT NOT NULL)",
  ],
];

type BodyRow = { number: number; body: string };

/** A page of rows in the order in which they were made; `next` names where the next page starts. */
export interface RowPage<T> {
  items: T[];
  next: string | null;
}

/** What one step of the engine changed. */
export interface Changes {
  orders: Iterable<EngineOrder>;
  executions: readonly ExecutionRow[];
  cash: readonly CashRecord[];
  positions: readonly PositionRecord[];
}

export class PaperStorage {
  readonly #sql: SqlStorage;
  /** Order requests so far, as stored; null when that has to be read. */
  #received: number | null = null;

  constructor(storage: DurableObjectStorage) {
    migrate(storage, MIGRATIONS);
    this.#sql = storage.sql;
  }

  /** The engine and its account as they were stored. */
  load(listings: ReadonlyMap<string, Listing>): { engine: PaperEngine; account: Account } {
    const cash = this.#sql.exec<{ currency: string; cash: string }>("SELECT * FROM cash").toArray();
    const positions = this.#sql
      .exec<{ instrument: string; lots: number; cost: string }>("SELECT * FROM positions")
      .toArray();
    const open = this.#sql
      .exec<BodyRow>("SELECT number, body FROM orders WHERE open = 1")
      .toArray()
      .map((row) => JSON.parse(row.body) as EngineOrder);
    const account = new Account(listings, cash, positions);
    const orders = this.#maxNumber("orders");
    const counters = {
      orders,
      executions: this.#maxNumber("executions"),
      // Ranks only compare open orders, and every order takes at least one.
      ranks: Math.max(orders, ...open.map((order) => order.rank)),
    };
    return { engine: new PaperEngine(listings, account, counters, open), account };
  }

  #maxNumber(table: "orders" | "executions"): number {
    const query = `SELECT COALESCE(MAX(number), 0) AS number FROM ${table}`;
    return this.#sql.exec<{ number: number }>(query).one().number;
  }

  save(changes: Changes): void {
    for (const order of changes.orders) {
      this.#sql.exec(
        `INSERT INTO orders (number, client_order_id, open, updated_at, body) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (number) DO UPDATE SET open = excluded.open, updated_at = excluded.updated_at, body = excluded.body`,
        order.number,
        order.clientOrderId,
        isOpen(order) ? 1 : 0,
        order.updatedAt,
        JSON.stringify(order),
      );
    }
    for (const row of changes.executions) {
      const number = Number(row.executionId.slice(1));
      const body = JSON.stringify(row);
      this.#sql.exec("INSERT INTO executions VALUES (?, ?, ?)", number, row.executedAt, body);
    }
    for (const { currency, cash } of changes.cash) {
      this.#sql.exec("INSERT OR REPLACE INTO cash VALUES (?, ?)", currency, cash);
    }
    for (const { instrument, lots, cost } of changes.positions) {
      this.#sql.exec("INSERT OR REPLACE INTO positions VALUES (?, ?, ?)", instrument, lots, cost);
    }
  }

  orderByClientId(clientOrderId: string): EngineOrder | null {
    return this.#order("SELECT body FROM orders WHERE client_order_id = ?", clientOrderId);
  }

  orderByNumber(number: number): EngineOrder | null {
    return this.#order("SELECT body FROM orders WHERE number = ?", number);
  }

  #order(query: string, key: string | number): EngineOrder | null {
    const row = this.#sql.exec<{ body: string }>(query, key).toArray()[0];
    return row ? (JSON.parse(row.body) as EngineOrder) : null;
  }

  openOrders(after: number): RowPage<EngineOrder> {
    return this.#page("SELECT number, body FROM orders WHERE open = 1 AND number > ?", [after]);
  }

  closedOrders(since: number, after: number): RowPage<EngineOrder> {
    const query =
      "SELECT number, body FROM orders WHERE open = 0 AND updated_at >= ? AND number > ?";
    return this.#page(query, [since, after]);
  }

  executions(since: number, after: number): RowPage<ExecutionRow> {
    const query = "SELECT number, body FROM executions WHERE executed_at >= ? AND number > ?";
    return this.#page(query, [since, after]);
  }

  /** One row more than a page tells whether there is a next one. */
  #page<T>(query: string, bindings: number[]): RowPage<T> {
    const limit = PAPER_ROWS_PER_ANSWER;
    const rows = this.#sql
      .exec<BodyRow>(`${query} ORDER BY number LIMIT ${limit + 1}`, ...bindings)
      .toArray();
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      items: page.map((row) => JSON.parse(row.body) as T),
      next: rows.length > limit && last ? String(last.number) : null,
    };
  }

  countOrders(): number {
    return this.#sql.exec<{ count: number }>("SELECT COUNT(*) AS count FROM orders").one().count;
  }

  /** Order requests that ever came in, taken or not: the proof that nobody sent twice. */
  received(): number {
    return (this.#received ??= this.setting("received", 0));
  }

  countReceived(): void {
    this.#received = this.received() + 1;
    this.saveSetting("received", this.#received);
  }

  lateFills(): { number: number; dueAt: number }[] {
    return this.#sql
      .exec<{ number: number; due_at: number }>("SELECT number, due_at FROM late_fills")
      .toArray()
      .map((row) => ({ number: row.number, dueAt: row.due_at }));
  }

  addLateFill(number: number, dueAt: number): void {
    this.#sql.exec("INSERT OR REPLACE INTO late_fills VALUES (?, ?)", number, dueAt);
  }

  removeLateFill(number: number): void {
    this.#sql.exec("DELETE FROM late_fills WHERE number = ?", number);
  }

  faults(): FaultSwitch[] {
    return this.#sql
      .exec<{ body: string }>("SELECT body FROM faults ORDER BY fault")
      .toArray()
      .map((row) => JSON.parse(row.body) as FaultSwitch);
  }

  saveFaults(faults: readonly FaultSwitch[]): void {
    for (const entry of faults) {
      const body = JSON.stringify(entry);
      this.#sql.exec("INSERT OR REPLACE INTO faults VALUES (?, ?)", entry.fault, body);
    }
  }

  /** Adds a chunk after all others. The ticks are in order of time and not before the last one. */
  addRecording(ticks: readonly RecordedTick[]): void {
    const [first, last] = [ticks[0], ticks.at(-1)];
    if (!first || !last) return;
    this.#sql.exec(
      "INSERT INTO recording VALUES (?, ?, ?, ?, ?)",
      this.recordingSize().ticks,
      ticks.length,
      first.time,
      last.time,
      JSON.stringify(ticks),
    );
  }

  /** Ticks of the whole recording, and the time of its first and last; times are null when it is empty. */
  recordingSize(): { ticks: number; fromTime: number | null; toTime: number | null } {
    const query = `SELECT COALESCE(SUM(count), 0) AS ticks, MIN(from_time) AS fromTime,
      MAX(to_time) AS toTime FROM recording`;
    return this.#sql
      .exec<{ ticks: number; fromTime: number | null; toTime: number | null }>(query)
      .one();
  }

  /** The chunk that holds the tick at this place; null past the end. */
  recordingChunk(place: number): { first: number; ticks: RecordedTick[] } | null {
    const query = "SELECT first, ticks FROM recording WHERE first <= ? ORDER BY first DESC LIMIT 1";
    const row = this.#sql.exec<{ first: number; ticks: string }>(query, place).toArray()[0];
    if (!row) return null;
    const ticks = JSON.parse(row.ticks) as RecordedTick[];
    return place < row.first + ticks.length ? { first: row.first, ticks } : null;
  }

  /** Chunks that overlap a range of recorded time, oldest first. */
  *recordingBetween(from: number, to: number): Generator<{ first: number; ticks: RecordedTick[] }> {
    const query = "SELECT first FROM recording WHERE to_time >= ? AND from_time < ? ORDER BY first";
    for (const { first } of this.#sql.exec<{ first: number }>(query, from, to).toArray()) {
      const chunk = this.recordingChunk(first);
      if (chunk) yield chunk;
    }
  }

  dropRecording(): void {
    this.#sql.exec("DELETE FROM recording");
  }

  saveOwnMinute(minute: number, bars: EndedMinutes): void {
    const oldest = minute - OWN_MINUTES_MAX;
    this.#sql.exec(
      "INSERT OR REPLACE INTO own_minutes VALUES (?, ?)",
      minute,
      JSON.stringify(bars),
    );
    this.#sql.exec("DELETE FROM own_minutes WHERE minute < ?", oldest);
  }

  ownMinutes(): { minute: number; bars: EndedMinutes }[] {
    return this.#sql
      .exec<{ minute: number; bars: string }>(
        "SELECT minute, bars FROM own_minutes ORDER BY minute",
      )
      .toArray()
      .map((row) => ({ minute: row.minute, bars: JSON.parse(row.bars) as EndedMinutes }));
  }

  dropOwnMinutes(): void {
    this.#sql.exec("DELETE FROM own_minutes");
  }

  /** An order came a second time. Whoever watches the platform wants this to stay at none. */
  countDuplicate(): void {
    this.saveSetting("duplicates", this.setting("duplicates", 0) + 1);
  }

  setting<T>(name: string, otherwise: T): T {
    const query = "SELECT value FROM settings WHERE name = ?";
    const row = this.#sql.exec<{ value: string }>(query, name).toArray()[0];
    return row ? (JSON.parse(row.value) as T) : otherwise;
  }

  saveSetting(name: string, value: unknown): void {
    const text = JSON.stringify(value);
    this.#sql.exec("INSERT OR REPLACE INTO settings VALUES (?, ?)", name, text);
  }
}
