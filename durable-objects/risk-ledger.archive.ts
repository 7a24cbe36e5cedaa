/** Archived orders in the ledger's SQLite: what is kept of each, and how its rows go and come back. It decides nothing. */
import type { ArchiveParts } from "../src/application/ledger/archive.ts";
import type { EndedOrder } from "../src/application/ledger/ports.ts";
import type { ArchivedOrder } from "../src/domain/risk/archived.ts";
import { unpackOrder } from "../src/domain/risk/packing.ts";
import { tradingDay } from "../src/domain/risk/state.ts";
import { database } from "../src/storage/database.ts";
import { pastOrdersIn } from "../src/storage/order-events.ts";
import { dayReport, dayReportId } from "../src/storage/day-reports.ts";

export class LedgerPast {
  readonly #sql: SqlStorage;
  /** False while nothing was ever archived, so that no order is looked for there; null before the first look. */
  #any: boolean | null = null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  archived(clientOrderId: string): ArchivedOrder | null {
    const any = "SELECT 1 AS one FROM archived_orders LIMIT 1";
    if (!(this.#any ??= this.#sql.exec(any).toArray().length > 0)) return null;
    const query = "SELECT body FROM archived_orders WHERE client_order_id = ?";
    const [row] = this.#sql.exec<{ body: string }>(query, clientOrderId).toArray();
    return row ? (JSON.parse(row.body) as ArchivedOrder) : null;
  }

  ended(after: number, before: number, limit: number): EndedOrder[] {
    return this.#sql
      .exec<{ body: string; changedVersion: number }>(
        `SELECT body, changed_version AS changedVersion FROM orders
         WHERE version > ? AND version < ? AND hot = 0 ORDER BY version LIMIT ?`,
        after,
        before,
        limit,
      )
      .toArray()
      .map(({ body, changedVersion }) => ({ entry: unpackOrder(body), changedVersion }));
  }

  /** Only inside a transaction. Executions keep their ids: a fill that is told again years later is known. */
  archive(clientOrderId: string, kept: ArchivedOrder, changedVersion: number): void {
    const gone = this.#sql.exec(
      "DELETE FROM orders WHERE client_order_id = ? AND changed_version = ? AND hot = 0",
      clientOrderId,
      changedVersion,
    );
    if (gone.rowsWritten === 0) return;
    this.#any = true;
    const insert = "INSERT OR REPLACE INTO archived_orders VALUES (?, ?)";
    this.#sql.exec(insert, clientOrderId, JSON.stringify(kept));
    const empty = `UPDATE executions SET body = '' WHERE (account, execution_id) IN (
      SELECT body ->> '$.post.event.execution.account', body ->> '$.post.event.execution.executionId'
      FROM events WHERE client_order_id = ? AND body ->> '$.post.event.kind' = 'filled')`;
    this.#sql.exec(empty, clientOrderId);
    this.#sql.exec("DELETE FROM events WHERE client_order_id = ?", clientOrderId);
    this.#sql.exec(
      `INSERT INTO settings VALUES ('archived_until', ?1) ON CONFLICT (name) DO UPDATE
       SET value = MAX(CAST(value AS INTEGER), CAST(?1 AS INTEGER))`,
      String(changedVersion),
    );
  }

  /** What is kept of it goes: the order is stored whole again. */
  drop(clientOrderId: string): void {
    this.#sql.exec("DELETE FROM archived_orders WHERE client_order_id = ?", clientOrderId);
  }
}

/** Up to which version events may be gone: who missed something from before it cannot be told all. */
export const archivedUntil = (sql: SqlStorage): number =>
  Number(
    sql
      .exec<{ value: string }>("SELECT value FROM settings WHERE name = 'archived_until'")
      .toArray()[0]?.value ?? 0,
  );

/** The tradebook, as the archive asks it. */
export const archiveWork = (env: Env): Pick<ArchiveParts, "past" | "isSettled"> => ({
  past: pastOrdersIn(database(env.DB), env.ARCHIVE),
  async isSettled({ account, updatedAt }) {
    const report = await dayReport(database(env.DB), dayReportId(account, tradingDay(updatedAt)));
    return report !== null && report.status !== "unresolved" && report.status !== "failed";
  },
});
