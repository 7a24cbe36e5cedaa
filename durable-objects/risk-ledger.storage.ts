/** The ledger's SQLite: everything event by event, and the rows that its memory is built from again. It decides nothing. */
import type { OrdersQuery } from "../src/contract/orders.ts";
import type { Page } from "../src/contract/primitives.ts";
import type { Order } from "../src/domain/order.ts";
import type { Change } from "../src/domain/risk/ledger.ts";
import type { LimitName } from "../src/domain/risk/limit-names.ts";
import type { Limit } from "../src/domain/risk/limits.ts";
import {
  packBalances,
  packDay,
  packHolding,
  packOrder,
  unpackBalances,
  unpackDay,
  unpackHolding,
  unpackOrder,
} from "../src/domain/risk/packing.ts";
import { restoreLedger } from "../src/domain/risk/restore.ts";
import {
  reserves,
  type AccountBalances,
  type Aggregate,
  type Holding,
  type LedgerOrder,
  type LedgerState,
  type TradingStateRecord,
} from "../src/domain/risk/state.ts";
import type { Mark } from "../src/domain/tick.ts";
import { migrate, type Migration } from "./schema-migrations.ts";

const MIGRATIONS: readonly Migration[] = [
  [
    // `version` is that of the reservation, so it is also the order of arrival.
    `CREATE TABLE orders (
      version INTEGER PRIMARY KEY,
      client_order_id TEXT NOT NULL UNIQUE,
      algo_id TEXT NOT NULL,
      instrument TEXT NOT NULL,
      state TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      changed_version INTEGER NOT NULL,
      hot INTEGER NOT NULL,
      body TEXT NOT NULL
    )`,
    // What memory holds: orders that reserve something or hold committed money.
    "CREATE INDEX orders_hot ON orders (version) WHERE hot = 1",
    // Append-only; `format` says how \`body\` is written.
    `CREATE TABLE events (
      version INTEGER PRIMARY KEY,
      format INTEGER NOT NULL,
      at INTEGER NOT NULL,
      kind TEXT NOT NULL,
      client_order_id TEXT,
      event_id TEXT,
      body TEXT NOT NULL
    )`,
    "CREATE UNIQUE INDEX events_once ON events (event_id) WHERE event_id IS NOT NULL",
    `CREATE TABLE executions (
      account TEXT NOT NULL,
      execution_id TEXT NOT NULL,
      version INTEGER NOT NULL,
      algo_id TEXT NOT NULL,
      body TEXT NOT NULL,
      PRIMARY KEY (account, execution_id)
    ) WITHOUT ROWID`,
    `CREATE TABLE holdings (
      algo_id TEXT NOT NULL,
      instrument TEXT NOT NULL,
      account TEXT NOT NULL,
      body TEXT NOT NULL,
      PRIMARY KEY (algo_id, instrument, account)
    ) WITHOUT ROWID`,
    "CREATE TABLE days (scope TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE balances (account TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE trading_states (scope TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID",
    `CREATE TABLE limits (
      scope TEXT NOT NULL,
      name TEXT NOT NULL,
      value TEXT NOT NULL,
      changed_by TEXT NOT NULL,
      changed_at INTEGER NOT NULL,
      PRIMARY KEY (scope, name)
    ) WITHOUT ROWID`,
    `CREATE TABLE outbox (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      version INTEGER NOT NULL,
      kind TEXT NOT NULL,
      client_order_id TEXT,
      body TEXT
    )`,
    "CREATE TABLE followers (market TEXT PRIMARY KEY) WITHOUT ROWID",
    // A gateway that has not confirmed a halt or its end yet.
    `CREATE TABLE gateway_calls (
      account TEXT NOT NULL,
      scope TEXT NOT NULL,
      action TEXT NOT NULL,
      version INTEGER NOT NULL,
      PRIMARY KEY (account, scope)
    ) WITHOUT ROWID`,
    // Single values: the trading day, marks, what the feeds were asked for.
    "CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
  ],
];

/** How the bodies of `events` are written. Raise it when their shape changes; old ones stay as they are. */
const EVENT_FORMAT = 1;

/** Orders looked back at for the order rate: more than any second can hold. */
const RECENT_ORDERS = 5_000;

export interface EventRow {
  version: number;
  at: number;
  kind: string;
  clientOrderId: string | null;
  /** Null for events that cannot come twice. */
  eventId: string | null;
  body: unknown;
}

type SettingName = "day" | "day_first_version" | "epoch" | "marks" | "wishes";

export class LedgerStorage {
  readonly #sql: SqlStorage;
  /** Holdings that have a row: the first order of each writes it, then only fills do. */
  #stored = new Set<Holding>();

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
    migrate(storage, MIGRATIONS);
  }

  /** Everything that memory holds. */
  load(now: number): LedgerState {
    const since = Number(this.setting("day_first_version") ?? 0);
    const state = restoreLedger(
      {
        version: this.#one("SELECT COALESCE(MAX(version), 0) AS value FROM events"),
        epoch: Number(this.setting("epoch") ?? 1),
        day: this.setting("day"),
        orders: this.#bodies("SELECT body FROM orders WHERE hot = 1 ORDER BY version").map(
          unpackOrder,
        ),
        holdings: this.#bodies("SELECT body FROM holdings").map(unpackHolding),
        days: this.#pairs("SELECT scope AS name, body FROM days").map(([scope, body]) => [
          scope,
          unpackDay(body),
        ]),
        counts: this.#sql
          .exec<{ algoId: string; instrument: string; orders: number }>(
            `SELECT algo_id AS algoId, instrument, COUNT(*) AS orders FROM orders
             WHERE version > ? AND state <> 'denied' AND algo_id <> 'external'
             GROUP BY algo_id, instrument`,
            since,
          )
          .toArray(),
        recent: this.#recent(now),
        marks: JSON.parse(this.setting("marks") ?? "[]") as Mark[],
        balances: this.#pairs("SELECT account AS name, body FROM balances").map(
          ([account, body]) => [account, unpackBalances(body)],
        ),
        tradingStates: this.#bodies("SELECT body FROM trading_states").map(
          (body) => JSON.parse(body) as TradingStateRecord,
        ),
        limits: this.#limits(),
      },
      now,
    );
    this.#stored = new Set(state.holdings.values());
    return state;
  }

  #recent(now: number): { algoId: string; instrument: string; at: number }[] {
    return this.#sql
      .exec<{ algoId: string; instrument: string; at: number }>(
        `SELECT algo_id AS algoId, instrument, created_at AS at FROM (
           SELECT * FROM orders WHERE state <> 'denied' AND algo_id <> 'external'
           ORDER BY version DESC LIMIT ?
         ) WHERE created_at > ? ORDER BY version`,
        RECENT_ORDERS,
        now - 1_000,
      )
      .toArray();
  }

  #limits(): Limit[] {
    return this.#sql
      .exec<{ scope: string; name: string; value: string; by: string; at: number }>(
        "SELECT scope, name, value, changed_by AS by, changed_at AS at FROM limits",
      )
      .toArray()
      .map(({ scope, name, value, by, at }) => ({
        scope,
        name: name as LimitName,
        value,
        changedBy: by,
        changedAt: at,
      }));
  }

  /** An order that memory does not hold, or null. */
  order(clientOrderId: string): LedgerOrder | null {
    const [body] = this.#bodies("SELECT body FROM orders WHERE client_order_id = ?", clientOrderId);
    return body === undefined ? null : unpackOrder(body);
  }

  eventSeen(eventId: string): boolean {
    return this.#one("SELECT COUNT(*) AS value FROM events WHERE event_id = ?", eventId) > 0;
  }

  executionSeen(account: string, executionId: string): boolean {
    const count = "SELECT COUNT(*) AS value FROM executions WHERE account = ? AND execution_id = ?";
    return this.#one(count, account, executionId) > 0;
  }

  addEvent({ version, at, kind, clientOrderId, eventId, body }: EventRow): void {
    this.#sql.exec(
      "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)",
      version,
      EVENT_FORMAT,
      at,
      kind,
      clientOrderId,
      eventId,
      JSON.stringify(body),
    );
  }

  /** Stores what an event changed. */
  saveChange({ version, entry, execution, holding }: Change): void {
    if (entry) this.saveOrder(entry, version);
    if (execution && entry) {
      this.#sql.exec(
        "INSERT INTO executions VALUES (?, ?, ?, ?, ?)",
        execution.account,
        execution.executionId,
        version,
        entry.order.algoId,
        JSON.stringify(execution),
      );
    }
    if (holding && (execution || !this.#stored.has(holding) || entry?.ended.gt(0)))
      this.#saveHolding(holding);
  }

  saveOrder(entry: LedgerOrder, version: number): void {
    const { order } = entry;
    const hot = reserves(entry) || entry.commitment !== null ? 1 : 0;
    this.#sql.exec(
      `INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (client_order_id) DO UPDATE SET state = excluded.state,
         changed_version = excluded.changed_version, hot = excluded.hot, body = excluded.body`,
      order.ledgerVersion,
      order.clientOrderId,
      order.algoId,
      order.instrument,
      order.state,
      order.createdAt,
      version,
      hot,
      packOrder(entry),
    );
  }

  #saveHolding(holding: Holding): void {
    this.#stored.add(holding);
    this.#sql.exec(
      "INSERT OR REPLACE INTO holdings VALUES (?, ?, ?, ?)",
      holding.algoId,
      holding.instrument,
      holding.account,
      packHolding(holding),
    );
  }

  saveDays(aggregates: Iterable<Aggregate>): void {
    for (const { scope, day } of aggregates)
      this.#sql.exec("INSERT OR REPLACE INTO days VALUES (?, ?)", scope, packDay(day));
  }

  saveBalances(account: string, balances: AccountBalances): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO balances VALUES (?, ?)",
      account,
      packBalances(balances),
    );
  }

  saveTradingState(record: TradingStateRecord): void {
    if (record.state === "active")
      this.#sql.exec("DELETE FROM trading_states WHERE scope = ?", record.scope);
    else
      this.#sql.exec(
        "INSERT OR REPLACE INTO trading_states VALUES (?, ?)",
        record.scope,
        JSON.stringify(record),
      );
  }

  saveLimit(scope: string, name: LimitName, value: string | null, by: string, at: number): void {
    if (value === null)
      this.#sql.exec("DELETE FROM limits WHERE scope = ? AND name = ?", scope, name);
    else
      this.#sql.exec(
        "INSERT OR REPLACE INTO limits VALUES (?, ?, ?, ?, ?)",
        scope,
        name,
        value,
        by,
        at,
      );
  }

  /** A page of orders, newest first. Rows that arrive meanwhile neither repeat nor hide one. */
  orders(query: OrdersQuery): Page<Order> {
    const rows = this.#sql
      .exec<{ version: number; body: string }>(
        `SELECT version, body FROM orders
         WHERE version < ?1 AND (?2 IS NULL OR algo_id = ?2) AND (?3 IS NULL OR instrument = ?3)
           AND (?4 IS NULL OR state = ?4)
           AND (?5 IS NULL OR ?5 = (state NOT IN ('denied', 'filled', 'canceled', 'rejected', 'expired')))
         ORDER BY version DESC LIMIT ?6`,
        cursorVersion(query.cursor),
        query.algoId ?? null,
        query.instrument ?? null,
        query.state ?? null,
        query.open === undefined ? null : Number(query.open),
        query.limit + 1,
      )
      .toArray();
    const kept = rows.slice(0, query.limit);
    const last = kept.at(-1);
    return {
      items: kept.map(({ body }) => unpackOrder(body).order),
      nextCursor: rows.length > kept.length && last ? String(last.version) : null,
    };
  }

  followers(): string[] {
    return this.#sql
      .exec<{ market: string }>("SELECT market FROM followers")
      .toArray()
      .map(({ market }) => market);
  }

  follow(market: string): void {
    this.#sql.exec("INSERT OR IGNORE INTO followers VALUES (?)", market);
  }

  unfollow(market: string): void {
    this.#sql.exec("DELETE FROM followers WHERE market = ?", market);
  }

  setting(name: SettingName): string | null {
    const [row] = this.#sql
      .exec<{ value: string }>("SELECT value FROM settings WHERE name = ?", name)
      .toArray();
    return row?.value ?? null;
  }

  set(name: SettingName, value: string): void {
    this.#sql.exec("INSERT OR REPLACE INTO settings VALUES (?, ?)", name, value);
  }

  #one(query: string, ...bindings: SqlStorageValue[]): number {
    return this.#sql.exec<{ value: number }>(query, ...bindings).one().value;
  }

  #bodies(query: string, ...bindings: SqlStorageValue[]): string[] {
    return this.#sql
      .exec<{ body: string }>(query, ...bindings)
      .toArray()
      .map(({ body }) => body);
  }

  #pairs(query: string): [string, string][] {
    return this.#sql
      .exec<{ name: string; body: string }>(query)
      .toArray()
      .map(({ name, body }) => [name, body]);
  }
}

/** A cursor is the version of the last order given. One that is none finds nothing, never everything. */
const cursorVersion = (cursor: string | undefined): number =>
  cursor === undefined ? Number.MAX_SAFE_INTEGER : /^\d{1,15}$/.test(cursor) ? Number(cursor) : 0;
