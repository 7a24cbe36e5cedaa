/** Order events that a market missed, out of the ledger's SQLite: each order as it stood then. It only reads. */
import type { CatchUp, CatchUpAsk } from "../src/application/ports.ts";
import type { RiskChannelView } from "../src/contract/risk-channel.ts";
import { ORDERS_CATCH_UP_MAX } from "../src/domain/market-limits.ts";
import type { RecordedEvent } from "../src/domain/risk/history.ts";
import { archivedUntil } from "./risk-ledger.archive.ts";
import type { LedgerEvent } from "../src/domain/risk/ledger.ts";
import { pastOrders } from "../src/domain/risk/past-orders.ts";

type Missed = Pick<CatchUp, "notices" | "complete">;

const NOTHING: CatchUpAsk = { since: null, algoId: null };

export const catchUp = (sql: SqlStorage, risk: RiskChannelView, ask = NOTHING): CatchUp => ({
  version: risk.version,
  risk,
  ...missedOrders(sql, risk.version, ask),
});

/** `version` is the ledger's own: one that asks from beyond it has seen another ledger. */
function missedOrders(sql: SqlStorage, version: number, ask: CatchUpAsk): Missed {
  const { since, algoId } = ask;
  if (since === null || since === version) return { notices: [], complete: true };
  if (since > version || since < archivedUntil(sql)) return { notices: [], complete: false };
  const rows = sql
    .exec<{ id: string; epoch: number }>(
      `SELECT events.client_order_id AS id, orders.body ->> '$.order.epoch' AS epoch FROM events
       JOIN orders ON orders.client_order_id = events.client_order_id
       WHERE events.version > ?1 AND (?2 IS NULL OR orders.algo_id = ?2)
       ORDER BY events.version LIMIT ?3`,
      since,
      algoId,
      ORDERS_CATCH_UP_MAX + 1,
    )
    .toArray();
  if (rows.length > ORDERS_CATCH_UP_MAX) return { notices: [], complete: false };
  const notices = [...new Map(rows.map(({ id, epoch }) => [id, epoch]))]
    .flatMap(([id, epoch]) => pastOrders(eventsOf(sql, id), epoch))
    .filter((past) => past.version > since)
    .sort((a, b) => a.version - b.version)
    .map(({ version: at, order }) => ({ version: at, order, risk: null }));
  return { notices, complete: true };
}

function eventsOf(sql: SqlStorage, clientOrderId: string): RecordedEvent[] {
  return sql
    .exec<{ version: number; at: number; eventId: string | null; body: string }>(
      `SELECT version, at, event_id AS eventId, body FROM events
       WHERE client_order_id = ? ORDER BY version`,
      clientOrderId,
    )
    .toArray()
    .map((row) => ({ ...row, body: JSON.parse(row.body) as LedgerEvent }));
}
