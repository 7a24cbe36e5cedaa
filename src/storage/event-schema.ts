/** The tables of orders' events in D1: the events themselves, the files to which old ones were moved, and how far that has come. */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Each order's life as the ledger recorded it. WITHOUT ROWID by hand in the migration: an event is one row written. */
export const orderEvents = sqliteTable(
  "order_events",
  {
    clientOrderId: text("client_order_id").notNull(),
    version: integer("version").notNull(),
    at: integer("at").notNull(),
    eventId: text("event_id"),
    body: text("body").notNull(),
  },
  (table) => [primaryKey({ columns: [table.clientOrderId, table.version] })],
);

/** Files to which orders' events were moved, each with those of orders that came on one day. WITHOUT ROWID by hand, too. */
export const eventParts = sqliteTable(
  "event_parts",
  {
    /** On which its orders came, as `orders.created_at` says. */
    day: text("day").notNull(),
    key: text("key").notNull(),
    /** Client order ids in it: none is below the first or above the last. */
    firstId: text("first_id").notNull(),
    lastId: text("last_id").notNull(),
    events: integer("events").notNull(),
    bytes: integer("bytes").notNull(),
    /** Of the file's bytes, hex. */
    sha256: text("sha256").notNull(),
    movedAt: integer("moved_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.day, table.key] })],
);

/** How far the moving of events has come: one row. */
export const eventMoves = sqliteTable("event_moves", {
  id: integer("id").primaryKey(),
  /** The closed day after which the pass began; null before the first. */
  day: text("day"),
  /** Orders up to this id were looked at in the pass. */
  afterId: text("after_id").notNull().default(""),
  finishedAt: integer("finished_at"),
  failingSince: integer("failing_since"),
  error: text("error"),
  /** Moved since the beginning. */
  events: integer("events").notNull().default(0),
  movedAt: integer("moved_at"),
});
