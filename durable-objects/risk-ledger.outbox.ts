/**
 * The way from the ledger to the tradebook: rows are stored with the event that made them and written
 * to D1 afterwards, oldest first, as often as it takes. It never loses a row and never holds up an order.
 */
import type { TradebookPort, TradebookRow } from "../src/application/ports.ts";
import type { DeadLetterLabel, Order } from "../src/domain/order.ts";
import { packedOrder } from "../src/domain/risk/packing.ts";
import { OUTBOX_BATCH_ROWS, OUTBOX_PACE_MS } from "../src/domain/limits.ts";

interface OutboxRow extends Record<string, SqlStorageValue> {
  seq: number;
  version: number;
  kind: string;
  client_order_id: string | null;
  body: string | null;
  /** The order as it stands now; null where the row is of none. */
  changed_version: number | null;
  order_body: string | null;
}

type WholeRow = Exclude<TradebookRow, { kind: "order" } | { kind: "dead_letter" }>;

export class Outbox {
  readonly #sql: SqlStorage;
  readonly #tradebook: TradebookPort;
  /** Orders with a row that no flush has read yet: the row stands for every later version, too. */
  #waiting = new Set<string>();
  #flushing: Promise<boolean> | null = null;
  #isPaced = false;

  constructor(storage: DurableObjectStorage, tradebook: TradebookPort) {
    this.#sql = storage.sql;
    this.#tradebook = tradebook;
  }

  /** The order as it will stand when the row is written: several changes at once are one row. */
  addOrder(version: number, order: Order): void {
    if (this.#waiting.has(order.clientOrderId)) return;
    this.#waiting.add(order.clientOrderId);
    this.#insert(version, "order", order.clientOrderId, null);
  }

  addDeadLetter(
    version: number,
    order: Order,
    letter: { label: DeadLetterLabel; reason: string; attempts: number; status: "open" | "closed" },
  ): void {
    this.#insert(version, "dead_letter", order.clientOrderId, JSON.stringify({ order, ...letter }));
  }

  add(version: number, row: WholeRow): void {
    this.#insert(version, row.kind, null, JSON.stringify(row));
  }

  #insert(version: number, kind: string, clientOrderId: string | null, body: string | null): void {
    this.#sql.exec(
      "INSERT INTO outbox (version, kind, client_order_id, body) VALUES (?, ?, ?, ?)",
      version,
      kind,
      clientOrderId,
      body,
    );
  }

  /** A transaction was rolled back: its rows are not there, so no order may count on one. */
  forget(): void {
    this.#waiting.clear();
  }

  get size(): number {
    return this.#sql.exec<{ rows: number }>("SELECT COUNT(*) AS rows FROM outbox").one().rows;
  }

  /** Writes what waits, and what comes within a moment, together. Null when that is on its way already. */
  flushSoon(): Promise<boolean> | null {
    if (this.#isPaced) return null;
    this.#isPaced = true;
    return scheduler.wait(OUTBOX_PACE_MS).then(() => {
      this.#isPaced = false;
      return this.flush();
    });
  }

  /** Writes what waits. False when the tradebook refused: the rows stay, and the caller tries later. */
  flush(): Promise<boolean> {
    this.#flushing ??= this.#run().finally(() => {
      this.#flushing = null;
    });
    return this.#flushing;
  }

  async #run(): Promise<boolean> {
    for (;;) {
      const rows = this.#sql
        .exec<OutboxRow>(
          `SELECT outbox.*, orders.changed_version, orders.body AS order_body
           FROM outbox LEFT JOIN orders USING (client_order_id) ORDER BY seq LIMIT ?`,
          OUTBOX_BATCH_ROWS,
        )
        .toArray();
      const last = rows.at(-1);
      if (!last) return true;
      // From here on a change of these orders needs a row of its own.
      for (const { client_order_id: id } of rows) if (id !== null) this.#waiting.delete(id);
      try {
        await this.#tradebook.write(rows.flatMap(written));
      } catch {
        // D1 is down or refuses: nothing is lost, the status shows the count, the alarm tries again.
        return false;
      }
      this.#sql.exec("DELETE FROM outbox WHERE seq <= ?", last.seq);
    }
  }
}

function written(row: OutboxRow): { version: number; row: TradebookRow }[] {
  if (row.kind !== "order") {
    const body = JSON.parse(row.body ?? "null") as WholeRow;
    return [{ version: row.version, row: { ...body, kind: row.kind } as TradebookRow }];
  }
  const { changed_version: version, order_body: text } = row;
  if (version === null || text === null) return [];
  return [{ version, row: { kind: "order", order: packedOrder(text) } }];
}
