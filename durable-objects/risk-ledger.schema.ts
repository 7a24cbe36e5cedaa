/** The tables of the ledger's SQLite, as numbered migrations. Only ever append one. */
import type { Migration } from "./schema-migrations.ts";

export const LEDGER_MIGRATIONS: readonly Migration[] = [
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
  [
    // An order's history is read without walking through all events there ever were.
    `CREATE INDEX events_of_order ON events (client_order_id, version)
     WHERE client_order_id IS NOT NULL`,
  ],
  [
    // Denials of a flood, the newest only: their ids stay refused, and nothing else of them is stored.
    `CREATE TABLE repeated_denials (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      client_order_id TEXT NOT NULL UNIQUE,
      body TEXT NOT NULL
    )`,
  ],
  // A resume names the halt that it ends.
  ["ALTER TABLE gateway_calls ADD COLUMN halt_version INTEGER NOT NULL DEFAULT 0"],
  // All that stays of an order that was archived: its id is taken for ever.
  [
    "CREATE TABLE archived_orders (client_order_id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID",
  ],
];

/** Names of the single values in `settings`. */
export type SettingName =
  | "day"
  | "day_first_version"
  | "epoch"
  | "marks"
  | "wishes"
  | "providers"
  | "controls"
  | "index"
  | "unvalued_told"
  | "unknown_trips_told"
  | "events_written"
  | "archived_until";
