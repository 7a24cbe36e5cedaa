/** One order's events out of the ledger's SQLite, told as its history. It only reads. */
import type { Page, PageQuery } from "../src/contract/primitives.ts";
import type { LedgerEvent } from "../src/domain/risk/ledger.ts";
import { historyPageOf } from "../src/application/past-orders.ts";
import type { HistoryEntry } from "../src/domain/risk/history.ts";

/** The order is followed from its first event on: a later page goes over those before it again. */
export function historyPage(
  sql: SqlStorage,
  clientOrderId: string,
  { cursor, limit }: PageQuery,
): Page<HistoryEntry> {
  const after = Number(cursor ?? 0);
  const rows = sql
    .exec<{ version: number; at: number; eventId: string | null; body: string }>(
      `SELECT version, at, event_id AS eventId, body FROM events WHERE client_order_id = ?1
       ORDER BY version LIMIT ?3 +
         (SELECT COUNT(*) FROM events WHERE client_order_id = ?1 AND version <= ?2)`,
      clientOrderId,
      after,
      limit + 1,
    )
    .toArray();
  const events = rows.map((row) => ({ ...row, body: JSON.parse(row.body) as LedgerEvent }));
  return historyPageOf(events, { cursor, limit });
}
