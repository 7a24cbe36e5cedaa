/** The ledger's outbox and the tradebook behind it, in memory. The tradebook may be away; rows then wait. */
import type { LedgerOutbox } from "../../../src/application/ledger/ports.ts";
import type { PastOrdersPort } from "../../../src/application/past-orders.ts";
import type { RecordedEvent } from "../../../src/domain/risk/history.ts";
import type { LedgerEvent } from "../../../src/domain/risk/ledger.ts";
import type { TradebookRow } from "../../../src/application/ports.ts";
import type { Incident } from "../../../src/application/reconcile-port.ts";
import type { DeadLetterLabel, Order } from "../../../src/domain/order.ts";
import type { MemoryLedgerStore } from "./memory-ledger-store.ts";

const readFrom = ({
  version,
  at,
  eventId,
  body,
}: { body: string } & Omit<RecordedEvent, "body">) => ({
  version,
  at,
  eventId,
  body: JSON.parse(body) as LedgerEvent,
});

type WholeRow = Exclude<TradebookRow, { kind: "order" } | { kind: "dead_letter" }>;

export class SimulatedTradebook implements LedgerOutbox {
  /** What the tradebook holds of each order. */
  readonly orders = new Map<string, Order>();
  /** Execution ids, with how often each was written. */
  readonly executions = new Map<string, number>();
  readonly desk = new Map<string, "open" | "closed">();
  /** What people have to hear of, by its id. */
  readonly incidents = new Map<string, Incident>();
  /** Lines of the audit log, in order. */
  readonly audits: { action: string; subject: string }[] = [];
  /** Asked at each write; true when it fails. */
  away: () => boolean = () => false;
  readonly #store: MemoryLedgerStore;
  /** Events of orders, as they were told. */
  readonly #events = new Map<string, RecordedEvent[]>();
  /** How many of the ledger's were told. */
  #told = 0;
  #toldVersion = 0;
  #rows: (
    | { kind: "order"; clientOrderId: string }
    | { kind: "dead_letter"; clientOrderId: string; status: "open" | "closed" }
    | WholeRow
  )[] = [];

  constructor(store: MemoryLedgerStore) {
    this.#store = store;
  }

  addOrder(_version: number, { clientOrderId }: Order): void {
    this.#rows.push({ kind: "order", clientOrderId });
  }

  addDeadLetter(
    _version: number,
    { clientOrderId }: Order,
    { status }: { label: DeadLetterLabel; status: "open" | "closed" },
  ): void {
    this.#rows.push({ kind: "dead_letter", clientOrderId, status });
  }

  add(_version: number, row: WholeRow): void {
    this.#rows.push(row);
  }

  /** Its rows are stored with the event that made them, or not at all. */
  transaction<T>(work: () => T): T {
    const before = this.#rows.length;
    try {
      return work();
    } catch (error) {
      this.#rows.length = before;
      throw error;
    }
  }

  forget(): void {}

  get size(): number {
    return this.#rows.length;
  }

  get toldUntil(): number {
    const waiting = this.#rows.length > 0 || this.#told < this.#store.events.length;
    return waiting ? this.#toldVersion : Infinity;
  }

  /** What a reader of the tradebook finds of an order that the ledger has archived. */
  readonly past: PastOrdersPort = {
    events: async (clientOrderId) => this.#events.get(clientOrderId) ?? [],
  };

  async flush(): Promise<boolean> {
    if (this.away()) return false;
    for (const event of this.#store.events.slice(this.#told)) {
      const { clientOrderId } = event;
      if (clientOrderId === null) continue;
      const known = this.#events.get(clientOrderId) ?? [];
      this.#events.set(clientOrderId, [...known, readFrom(event)]);
    }
    this.#told = this.#store.events.length;
    this.#toldVersion = this.#store.events.at(-1)?.version ?? 0;
    for (const row of this.#rows.splice(0)) {
      if (row.kind === "order") {
        const order = this.#store.order(row.clientOrderId)?.order;
        if (order) this.orders.set(row.clientOrderId, order);
      } else if (row.kind === "dead_letter") this.desk.set(row.clientOrderId, row.status);
      else if (row.kind === "execution") {
        const { executionId } = row.execution;
        this.executions.set(executionId, (this.executions.get(executionId) ?? 0) + 1);
      } else if (row.kind === "audit") this.audits.push(row);
      else if (row.kind === "incident") this.incidents.set(row.incident.id, row.incident);
    }
    return true;
  }
}
