/** What a gateway's SQLite keeps of orders that ended long ago, and how their rows go. Every method is synchronous. */
import type { PastStore } from "../src/application/gateway/ports.ts";
import {
  recordOfPast,
  type GatewayOrder,
  type PastRecord,
} from "../src/application/gateway/record.ts";
import type { GatewayMemory } from "./order-gateway.memory.ts";

type Body = { body: string };

export class GatewayPast implements PastStore {
  readonly #sql: SqlStorage;
  readonly #memory: GatewayMemory;
  readonly #together: (work: () => void) => void;
  /** Past records that were given out as orders: written whole again, they are past no more. */
  readonly #given = new Set<string>();

  constructor(sql: SqlStorage, memory: GatewayMemory, together: (work: () => void) => void) {
    this.#sql = sql;
    this.#memory = memory;
    this.#together = together;
  }

  order(clientOrderId: string): GatewayOrder | null {
    return this.#found("SELECT body FROM past_orders WHERE client_order_id = ?", clientOrderId);
  }

  orderOfBroker(brokerOrderId: string): GatewayOrder | null {
    return this.#found("SELECT body FROM past_orders WHERE broker_order_id = ?", brokerOrderId);
  }

  #found(query: string, id: string): GatewayOrder | null {
    const [row] = this.#sql.exec<Body>(query, id).toArray();
    if (!row) return null;
    const past = JSON.parse(row.body) as PastRecord;
    this.#given.add(past.clientOrderId);
    return recordOfPast(past);
  }

  /** In the transaction that writes the order whole. */
  written({ clientOrderId }: GatewayOrder): void {
    if (!this.#given.delete(clientOrderId)) return;
    this.#sql.exec("DELETE FROM past_orders WHERE client_order_id = ?", clientOrderId);
  }

  ended(after: string, limit: number): GatewayOrder[] {
    return this.#sql
      .exec<Body>(
        `SELECT body FROM orders WHERE live = 0 AND client_order_id > ?
         ORDER BY client_order_id LIMIT ?`,
        after,
        limit,
      )
      .toArray()
      .map(({ body }) => JSON.parse(body) as GatewayOrder);
  }

  add(orders: readonly PastRecord[]): void {
    this.#together(() => {
      for (const past of orders) this.#add(past);
    });
    for (const { clientOrderId } of orders) this.#memory.dropOrder(clientOrderId);
  }

  #add(past: PastRecord): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO past_orders VALUES (?, ?, ?, ?)",
      past.clientOrderId,
      past.brokerOrderId,
      Math.round(past.updatedAt),
      JSON.stringify(past),
    );
    this.#sql.exec("DELETE FROM orders WHERE client_order_id = ?", past.clientOrderId);
    this.#given.delete(past.clientOrderId);
  }

  forget({ clientOrderId, brokerOrderId }: GatewayOrder): void {
    this.#together(() => {
      this.#sql.exec("DELETE FROM orders WHERE client_order_id = ?", clientOrderId);
      this.#sql.exec("DELETE FROM external_orders WHERE broker_order_id = ?", brokerOrderId);
    });
    this.#memory.dropOrder(clientOrderId);
  }

  forgetIds(before: number, after: string, limit: number): string | null {
    let last: string | null = null;
    this.#together(() => {
      this.#forgetOrders(before, limit);
      last = this.#forgetExecutions(before, after, limit);
    });
    return last;
  }

  #forgetOrders(before: number, limit: number): void {
    this.#sql.exec(
      `DELETE FROM past_orders WHERE client_order_id IN (
         SELECT client_order_id FROM past_orders WHERE updated_at < ? ORDER BY updated_at LIMIT ?)`,
      before,
      limit,
    );
    this.#sql.exec(
      `DELETE FROM external_orders WHERE seen_at < ? AND NOT EXISTS (
         SELECT 1 FROM orders WHERE orders.broker_order_id = external_orders.broker_order_id)`,
      before,
    );
  }

  /** Walks through them by their id: they have no index by order or time, which each fill would have to write. */
  #forgetExecutions(before: number, after: string, limit: number): string | null {
    const ids = this.#sql
      .exec<{ id: string }>(
        "SELECT execution_id AS id FROM executions WHERE execution_id > ? ORDER BY execution_id LIMIT ?",
        after,
        limit,
      )
      .toArray();
    const last = ids.at(-1)?.id;
    if (last === undefined) return null;
    this.#executions(before, after, last);
    return ids.length < limit ? null : last;
  }

  /** Of orders that are past, executions keep their id and time; both go with their order's ids. */
  #executions(before: number, after: string, last: string): void {
    this.#sql.exec(
      `DELETE FROM executions WHERE execution_id > ? AND execution_id <= ?
       AND body ->> '$.executedAt' < ?
       AND NOT EXISTS (SELECT 1 FROM orders WHERE orders.client_order_id = executions.client_order_id)`,
      after,
      last,
      before,
    );
    this.#sql.exec(
      `UPDATE executions SET body = json_object('executedAt', body ->> '$.executedAt')
       WHERE execution_id > ? AND execution_id <= ? AND body ->> '$.account' IS NOT NULL
       AND EXISTS (SELECT 1 FROM past_orders
         WHERE past_orders.client_order_id = executions.client_order_id)`,
      after,
      last,
    );
  }
}
