/** What the counts of storms are rebuilt from after an eviction, out of the ledger's SQLite. It only reads. */
import type { StormEvent } from "../src/application/ledger/ports.ts";
import type { LedgerEvent } from "../src/domain/risk/ledger.ts";

/**
 * Events have no index by time. What the ledger made itself has the ledger's time, which rises with the
 * version: the newest of those from before `since` is where the stretch begins, and only that is read.
 */
export function readStormEvents(sql: SqlStorage, since: number): StormEvent[] {
  const [before] = sql
    .exec<{ version: number }>(
      `SELECT version FROM events
       WHERE at < ? AND (kind <> 'posted' OR event_id LIKE 'ledger:%')
       ORDER BY version DESC LIMIT 1`,
      since,
    )
    .toArray();
  return sql
    .exec<{ at: number; body: string; algoId: string | null; account: string | null }>(
      `SELECT events.at AS at, events.body AS body, orders.algo_id AS algoId,
         json_extract(orders.body, '$.order.account') AS account
       FROM events LEFT JOIN orders ON orders.client_order_id = events.client_order_id
       WHERE events.version > ? AND (events.kind IN ('replace_reserved', 'trading_state')
         OR json_extract(events.body, '$.post.event.kind') IN ('rejected', 'cancel_requested'))
       ORDER BY events.version`,
      before?.version ?? 0,
    )
    .toArray()
    .map(({ at, body, algoId, account }) => ({
      event: JSON.parse(body) as LedgerEvent,
      at,
      order: algoId !== null && account !== null ? { algoId, account } : null,
    }));
}
