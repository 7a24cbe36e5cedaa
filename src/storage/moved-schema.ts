/** The tables of orders and executions that have left D1: the files that have them, on which days orders came, and how far it has come. */
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { MovedKind } from "../domain/moved-rows.ts";

/** Files, each with rows of one day. */
export const rowParts = sqliteTable(
  "row_parts",
  {
    kind: text("kind").$type<MovedKind>().notNull(),
    day: text("day").notNull(),
    key: text("key").notNull(),
    firstAt: integer("first_at").notNull(),
    lastAt: integer("last_at").notNull(),
    /** JSON lists: of whom it has any row. */
    algos: text("algos", { mode: "json" }).$type<string[]>().notNull(),
    instruments: text("instruments", { mode: "json" }).$type<string[]>().notNull(),
    rows: integer("rows").notNull(),
    bytes: integer("bytes").notNull(),
    /** Of the file's bytes, hex. */
    sha256: text("sha256").notNull(),
    movedAt: integer("moved_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.kind, table.key] }),
    index("row_parts_time").on(table.kind, table.lastAt),
  ],
);

/** The days of orders whose rows have left, by their ids: see `id-marks.ts`. WITHOUT ROWID by hand in the migration. */
export const movedIds = sqliteTable(
  "moved_ids",
  {
    bucket: integer("bucket").notNull(),
    day: text("day").notNull(),
    marks: text("marks").notNull(),
  },
  (table) => [primaryKey({ columns: [table.bucket, table.day] })],
);

/** How far the moving of each kind has come. */
export const rowMoves = sqliteTable("row_moves", {
  kind: text("kind").$type<MovedKind>().primaryKey(),
  /** The closed day after which the pass began; null before the first. */
  day: text("day"),
  /** The key of the last row that was looked at in the pass, JSON. */
  afterId: text("after_id").notNull().default(""),
  finishedAt: integer("finished_at"),
  failingSince: integer("failing_since"),
  error: text("error"),
  /** Old rows that the pass has left where they are so far. */
  stayed: integer("stayed").notNull().default(0),
  /** Moved since the beginning. */
  rows: integer("rows").notNull().default(0),
  movedAt: integer("moved_at"),
});
