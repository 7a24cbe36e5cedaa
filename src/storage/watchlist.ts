/** The operator's watchlist, replaced as a whole. Its weights are parameters that algos read. */
import { asc, sql } from "drizzle-orm";
import type { WatchlistItem, WatchlistView } from "../contract/operations.ts";
import { auditStatement } from "./audit.ts";
import type { Database } from "./database.ts";
import { watchlist } from "./schema.ts";
import { setting, settingStatement } from "./settings.ts";

/** The setting that holds who changed the list last, also when it is empty. */
const SETTING = "watchlist";

/** D1 takes at most 100 bound parameters in a statement; a row has three. */
const ROWS_PER_STATEMENT = 33;

export async function readWatchlist(book: Database): Promise<WatchlistView> {
  const [items, changed] = await Promise.all([
    book
      .select({ instrument: watchlist.instrument, weight: watchlist.weight })
      .from(watchlist)
      .orderBy(asc(watchlist.place)),
    setting(book, SETTING),
  ]);
  return { items, changedBy: changed?.changedBy ?? "", changedAt: changed?.changedAt ?? 0 };
}

export async function replaceWatchlist(
  book: Database,
  items: WatchlistItem[],
  by: string,
  at: number,
): Promise<WatchlistView> {
  const rows = items.map((item, place) => ({ ...item, place }));
  const chunks = Array.from({ length: Math.ceil(rows.length / ROWS_PER_STATEMENT) }, (_, chunk) =>
    rows.slice(chunk * ROWS_PER_STATEMENT, (chunk + 1) * ROWS_PER_STATEMENT),
  );
  const audit = { at, by, action: "watchlist_replace", subject: SETTING, reason: null };
  // One transaction, so `before` in the audit row is the list that this change replaced.
  await book.batch([
    auditStatement(book, { ...audit, before: sql`(${itemsJson})`, after: items }),
    book.delete(watchlist),
    ...chunks.map((chunk) => book.insert(watchlist).values(chunk)),
    settingStatement(book, { name: SETTING, value: rows.length, changedBy: by, changedAt: at }),
  ]);
  return { items, changedBy: by, changedAt: at };
}

const itemsJson = sql`select json_group_array(json_object('instrument', instrument, 'weight', weight)) from (select instrument, weight from watchlist order by place)`;
