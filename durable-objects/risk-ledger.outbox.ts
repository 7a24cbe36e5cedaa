/**
 * The way from the ledger to the tradebook: rows are stored with the event that made them and written
 * to D1 afterwards, oldest first, as often as it takes. Orders' events go with them, straight from the
 * ledger's own table. It never loses a row and never holds up an order.
 */
import type { TradebookPort, TradebookRow } from "../src/application/ports.ts";
import type { DeadLetterLabel, Order } from "../src/domain/order.ts";
import { packedOrder } from "../src/domain/risk/packing.ts";
import { OUTBOX_BATCH_ROWS, OUTBOX_PACE_MS } from "../src/domain/limits.ts";
import type { SettingName } from "./risk-ledger.schema.ts";

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

interface EventRow extends Record<string, SqlStorageValue> {
  version: number;
  at: number;
  clientOrderId: string;
  eventId: string | null;
  body: string;
}

/** Orders' events up to this version are in the tradebook; a setting, stored when a batch is through. */
const EVENTS_WRITTEN: SettingName = "events_written";

type WholeRow = Exclude<TradebookRow, { kind: "order" } | { kind: "dead_letter" }>;

export class Outbox {
  readonly #sql: SqlStorage;
  readonly #tradebook: TradebookPort;
  /** Orders with a row that no flush has read yet: the row stands for every later version, too. */
  #waiting = new Set<string>();
  #flushing: Promise<boolean> | null = null;
  #isPaced = false;
  /** As stored; null when it has to be read. */
  #written: number | null = null;

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

  /** What waits. Events wait without a row only where they are older than their table in the tradebook. */
  get size(): number {
    const count = (query: string, ...bindings: SqlStorageValue[]): number =>
      this.#sql.exec<{ rows: number }>(query, ...bindings).one().rows;
    const rows = count("SELECT COUNT(*) AS rows FROM outbox");
    if (rows > 0) return rows;
    return count(`SELECT COUNT(*) AS rows ${EVENTS_WAITING}`, this.#eventsWritten());
  }

  /** A row stands for every later change of its order: what comes before the oldest is written. */
  get toldUntil(): number {
    const first = "SELECT MIN(version) AS version FROM outbox";
    const { version } = this.#sql.exec<{ version: number | null }>(first).one();
    const waiting = `SELECT MIN(version) AS version ${EVENTS_WAITING}`;
    const event = this.#sql.exec<{ version: number | null }>(waiting, this.#eventsWritten()).one();
    return Math.min(version ?? Infinity, event.version ?? Infinity) - 1;
  }

  #eventsWritten(): number {
    return (this.#written ??= Number(
      this.#sql
        .exec<{ value: string }>("SELECT value FROM settings WHERE name = ?", EVENTS_WRITTEN)
        .toArray()[0]?.value ?? 0,
    ));
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
      const events = this.#eventsWaiting();
      if (rows.length + events.length === 0) return true;
      // From here on a change of these orders needs a row of its own.
      for (const { client_order_id: id } of rows) if (id !== null) this.#waiting.delete(id);
      try {
        await this.#tradebook.write([...rows.flatMap(written), ...events.map(eventRow)]);
      } catch {
        // D1 is down or refuses: nothing is lost, the status shows the count, the alarm tries again.
        return false;
      }
      this.#through(rows.at(-1)?.seq, events.at(-1)?.version);
    }
  }

  #eventsWaiting(): EventRow[] {
    return this.#sql
      .exec<EventRow>(
        `SELECT version, at, client_order_id AS clientOrderId, event_id AS eventId, body
         ${EVENTS_WAITING} ORDER BY version LIMIT ?`,
        this.#eventsWritten(),
        OUTBOX_BATCH_ROWS,
      )
      .toArray();
  }

  /** Both in one breath, so that they are one commit. */
  #through(seq: number | undefined, version: number | undefined): void {
    if (seq !== undefined) this.#sql.exec("DELETE FROM outbox WHERE seq <= ?", seq);
    if (version === undefined) return;
    const query = "INSERT OR REPLACE INTO settings VALUES (?, ?)";
    this.#sql.exec(query, EVENTS_WRITTEN, String(version));
    this.#written = version;
  }
}

const EVENTS_WAITING = "FROM events WHERE version > ? AND client_order_id IS NOT NULL";

const eventRow = ({ version, ...event }: EventRow): { version: number; row: TradebookRow } => ({
  version,
  row: { kind: "order_event", ...event },
});

function written(row: OutboxRow): { version: number; row: TradebookRow }[] {
  if (row.kind !== "order") {
    const body = JSON.parse(row.body ?? "null") as WholeRow;
    return [{ version: row.version, row: { ...body, kind: row.kind } as TradebookRow }];
  }
  const { changed_version: version, order_body: text } = row;
  if (version === null || text === null) return [];
  return [{ version, row: { kind: "order", order: packedOrder(text) } }];
}
