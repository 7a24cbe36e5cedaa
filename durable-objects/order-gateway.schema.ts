/** The tables of a gateway's own SQLite; the queries stand in `order-gateway.storage.ts`. */
import type { Migration } from "./schema-migrations.ts";

export const GATEWAY_MIGRATIONS: readonly Migration[] = [
  [
    // "No record" is the proof that an order was not sent: a row only ever goes to `past_orders`, from where it
    // goes when nobody can bring the order any more.
    `CREATE TABLE orders (
       client_order_id TEXT PRIMARY KEY,
       broker_order_id TEXT,
       live INTEGER NOT NULL,
       record TEXT NOT NULL,
       recorded_at INTEGER NOT NULL,
       next_look_at INTEGER,
       body TEXT NOT NULL
     ) WITHOUT ROWID`,
    "CREATE INDEX orders_by_broker ON orders (broker_order_id) WHERE broker_order_id IS NOT NULL",
    "CREATE INDEX orders_live ON orders (next_look_at) WHERE live = 1",
    `CREATE TABLE executions (
       execution_id TEXT PRIMARY KEY,
       client_order_id TEXT NOT NULL,
       body TEXT NOT NULL
     ) WITHOUT ROWID`,
    `CREATE TABLE outbox (
       seq INTEGER PRIMARY KEY AUTOINCREMENT,
       event_id TEXT NOT NULL,
       body TEXT NOT NULL
     )`,
    "CREATE TABLE halts (scope TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE numbers (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE external_orders (broker_order_id TEXT PRIMARY KEY, seen_at INTEGER NOT NULL) WITHOUT ROWID",
  ],
  ["CREATE TABLE hand_orders (broker_order_id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID"],
  ["CREATE TABLE notes (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID"],
  ["CREATE INDEX executions_by_broker ON executions (json_extract(body, '$.brokerOrderId'))"],
  [
    `CREATE TABLE past_orders (
       client_order_id TEXT PRIMARY KEY,
       broker_order_id TEXT,
       updated_at INTEGER NOT NULL,
       body TEXT NOT NULL
     ) WITHOUT ROWID`,
    "CREATE INDEX past_by_broker ON past_orders (broker_order_id) WHERE broker_order_id IS NOT NULL",
    "CREATE INDEX past_by_time ON past_orders (updated_at)",
  ],
  [
    // By rowid: beyond a quarter of a page a clustered row spills into a page of its own, which each change of
    // the order frees and takes anew (docs/decisions/0047-one-call-for-an-order.md).
    "ALTER TABLE orders RENAME TO clustered_orders",
    `CREATE TABLE orders (
       client_order_id TEXT NOT NULL UNIQUE,
       broker_order_id TEXT,
       live INTEGER NOT NULL,
       record TEXT NOT NULL,
       recorded_at INTEGER NOT NULL,
       next_look_at INTEGER,
       body TEXT NOT NULL
     )`,
    "INSERT INTO orders SELECT * FROM clustered_orders ORDER BY recorded_at",
    "DROP TABLE clustered_orders",
    "CREATE INDEX orders_by_broker ON orders (broker_order_id) WHERE broker_order_id IS NOT NULL",
    "CREATE INDEX orders_live ON orders (next_look_at) WHERE live = 1",
  ],
];
