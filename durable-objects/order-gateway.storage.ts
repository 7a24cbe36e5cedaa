/** A gateway's SQLite: records, executions, halts and the outbox to the ledger. Every method is synchronous. */
import type {
  GatewayStore,
  NoteName,
  NotePrefix,
  NumberName,
} from "../src/application/gateway/ports.ts";
import type { GatewayOrder, HandOrder, RecordChange } from "../src/application/gateway/record.ts";
import type { Execution, OrderPost } from "../src/domain/order.ts";
import type { Halt } from "../src/domain/trading-gate.ts";
import { GatewayPast } from "./order-gateway.archive.ts";
import { type GatewayMemory, memoryOf } from "./order-gateway.memory.ts";
import { GatewayNotes } from "./order-gateway.notes.ts";
import { GatewayOutbox } from "./order-gateway.outbox.ts";
import { GATEWAY_MIGRATIONS } from "./order-gateway.schema.ts";
import { migrate } from "./schema-migrations.ts";

type Body = { body: string };

export class OrderGatewayStorage implements GatewayStore {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  readonly #memory: GatewayMemory;
  readonly #notes: GatewayNotes;
  readonly #outbox: GatewayOutbox;
  readonly past: GatewayPast;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#memory = memoryOf(storage);
    this.#notes = new GatewayNotes(storage.sql, this.#memory);
    this.#outbox = new GatewayOutbox(storage.sql, this.#memory);
    this.past = new GatewayPast(storage.sql, this.#memory, (work) => this.#together(work));
    migrate(storage, GATEWAY_MIGRATIONS);
  }

  #bodies<T>(query: string, ...bindings: (string | number)[]): T[] {
    return this.#sql
      .exec<Body>(query, ...bindings)
      .toArray()
      .map(({ body }) => JSON.parse(body) as T);
  }

  /** One transaction. When it throws, memory may hold what storage does not. */
  #together(work: () => void): void {
    try {
      this.#storage.transactionSync(work);
    } catch (error) {
      this.#memory.forget();
      throw error;
    }
  }

  order(clientOrderId: string): GatewayOrder | null {
    const known = this.#memory.order(clientOrderId);
    if (known !== undefined) return known;
    const query = "SELECT body FROM orders WHERE client_order_id = ?";
    const [order = null] = this.#bodies<GatewayOrder>(query, clientOrderId);
    if (order) this.#memory.keepOrder(order);
    const found = order ?? this.past.order(clientOrderId);
    if (!found) this.#memory.keepAbsent(clientOrderId);
    return found;
  }

  orderOfBroker(brokerOrderId: string): GatewayOrder | null {
    const query = "SELECT body FROM orders WHERE broker_order_id = ?";
    const [order] = this.#bodies<GatewayOrder>(query, brokerOrderId);
    return order ?? this.past.orderOfBroker(brokerOrderId);
  }

  open(): { clientOrderId: string; brokerOrderId: string | null }[] {
    return this.#sql
      .exec<{ clientOrderId: string; brokerOrderId: string | null }>(
        `SELECT client_order_id AS clientOrderId, broker_order_id AS brokerOrderId FROM orders
         WHERE live = 1 AND record = 'accepted' ORDER BY recorded_at`,
      )
      .toArray();
  }

  live(): GatewayOrder[] {
    return this.#bodies("SELECT body FROM orders WHERE live = 1 ORDER BY recorded_at");
  }

  hasLive(): boolean {
    const query = "SELECT 1 FROM orders WHERE live = 1 LIMIT 1";
    return (this.#memory.hasLive ??= this.#sql.exec(query).toArray().length > 0);
  }

  due(now: number): GatewayOrder[] {
    return this.#bodies(
      "SELECT body FROM orders WHERE live = 1 AND next_look_at <= ? ORDER BY next_look_at",
      now,
    );
  }

  nextLookAt(): number | null {
    return this.#memory.soonest(() => {
      const [row = null] = this.#sql
        .exec<{ clientOrderId: string; at: number }>(
          `SELECT client_order_id AS clientOrderId, next_look_at AS at FROM orders
           WHERE live = 1 AND next_look_at IS NOT NULL ORDER BY next_look_at LIMIT 1`,
        )
        .toArray();
      return row;
    });
  }

  recorded(): GatewayOrder[] {
    return this.#bodies("SELECT body FROM orders WHERE live = 1 AND record = 'recorded'");
  }

  save({ order, posts, executions }: RecordChange): void {
    this.#together(() => {
      this.#replaceOrder(order);
      for (const execution of executions) this.#insertExecution(execution);
      this.#outbox.add(posts);
    });
  }

  #replaceOrder(order: GatewayOrder): void {
    this.#sql.exec(
      `INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (client_order_id) DO UPDATE SET broker_order_id = excluded.broker_order_id,
         live = excluded.live, record = excluded.record, recorded_at = excluded.recorded_at,
         next_look_at = excluded.next_look_at, body = excluded.body`,
      order.clientOrderId,
      order.brokerOrderId,
      order.ended === null ? 1 : 0,
      order.record,
      order.recordedAt,
      order.nextLookAt,
      JSON.stringify(order),
    );
    this.past.written(order);
    this.#memory.written(order);
  }

  handOrder(brokerOrderId: string): HandOrder | null {
    const query = "SELECT body FROM hand_orders WHERE broker_order_id = ?";
    return this.#bodies<HandOrder>(query, brokerOrderId)[0] ?? null;
  }

  saveHandOrder(hand: HandOrder, order: GatewayOrder, posts: OrderPost[]): void {
    this.#together(() => {
      const body = JSON.stringify(hand);
      this.#sql.exec("INSERT INTO hand_orders VALUES (?, ?)", hand.brokerOrderId, body);
      this.#replaceOrder(order);
      this.#outbox.add(posts);
    });
  }

  coverHandOrder(id: string, covered: string, execution: Execution, posts: OrderPost[]): void {
    this.#together(() => {
      this.#sql.exec(
        "UPDATE hand_orders SET body = json_set(body, '$.covered', ?) WHERE broker_order_id = ?",
        covered,
        id,
      );
      this.#insertExecution(execution);
      this.#outbox.add(posts);
    });
  }

  /** Asked at each poll for what rests of strangers' orders: the index is on this very expression. */
  executionsOfBroker(brokerOrderId: string): Execution[] {
    const query =
      "SELECT body FROM executions WHERE json_extract(body, '$.brokerOrderId') = ? ORDER BY execution_id";
    return this.#bodies<Execution>(query, brokerOrderId);
  }

  adopt(execution: Execution, post: OrderPost): void {
    this.#together(() => {
      this.#insertExecution(execution);
      this.#outbox.add([post]);
    });
  }

  #insertExecution(execution: Execution): void {
    this.#sql.exec(
      "INSERT INTO executions VALUES (?, ?, ?)",
      execution.executionId,
      execution.clientOrderId,
      JSON.stringify(execution),
    );
  }

  hasExecution(executionId: string): boolean {
    const query = "SELECT 1 AS found FROM executions WHERE execution_id = ?";
    return this.#sql.exec(query, executionId).toArray().length > 0;
  }

  outbox(limit: number): { seq: number; post: OrderPost }[] {
    return this.#outbox.waiting(limit);
  }

  hasPosts(): boolean {
    return this.#outbox.hasWaiting;
  }

  lastPost(): number {
    return this.#outbox.last;
  }

  posted(seq: number): void {
    this.#outbox.posted(seq);
  }

  halts(): Halt[] {
    return (this.#memory.halts ??= this.#bodies("SELECT body FROM halts"));
  }

  halt(scope: string): Halt | null {
    return this.#bodies<Halt>("SELECT body FROM halts WHERE scope = ?", scope)[0] ?? null;
  }

  saveHalt(halt: Halt): void {
    this.#sql.exec("INSERT OR REPLACE INTO halts VALUES (?, ?)", halt.scope, JSON.stringify(halt));
    this.#memory.halts = null;
  }

  number(name: NumberName): number {
    const known = this.#memory.numbers.get(name);
    if (known !== undefined) return known;
    const rows = this.#sql
      .exec<{ value: number }>("SELECT value FROM numbers WHERE name = ?", name)
      .toArray();
    const value = rows[0]?.value ?? 0;
    this.#memory.numbers.set(name, value);
    return value;
  }

  setNumber(name: NumberName, value: number): void {
    this.#sql.exec("INSERT OR REPLACE INTO numbers VALUES (?, ?)", name, value);
    this.#memory.numbers.set(name, value);
  }

  noteExternal(brokerOrderId: string, at: number): boolean {
    const noted = this.#sql.exec(
      "INSERT OR IGNORE INTO external_orders VALUES (?, ?)",
      brokerOrderId,
      Math.round(at),
    );
    return noted.rowsWritten > 0;
  }

  note(name: NoteName): string | null {
    return this.#notes.note(name);
  }

  setNote(name: NoteName, body: string | null): void {
    this.#notes.set(name, body);
  }

  notes(prefix: NotePrefix): string[] {
    return this.#notes.all(prefix);
  }
}
