/** The ledger's outbox and the tradebook behind it, in memory. The tradebook may be away; rows then wait. */
import type { LedgerOutbox } from "../../../src/application/ledger/ports.ts";
import type { TradebookRow } from "../../../src/application/ports.ts";
import type { Incident } from "../../../src/application/reconcile-port.ts";
import type { DeadLetterLabel, Order } from "../../../src/domain/order.ts";
import type { MemoryLedgerStore } from "./memory-ledger-store.ts";

type WholeRow = Exclude<TradebookRow, { kind: "order" } | { kind: "dead_letter" }>;

export class SimulatedTradebook implements LedgerOutbox {
  /** What the tradebook holds of each order. */
  readonly orders = new Map<string, Order>();
  /** Execution ids, with how often each was written. */
  readonly executions = new Map<string, number>();
  readonly desk = new Map<string, "open" | "closed">();
  /** What people have to hear of, by its id. */
  readonly incidents = new Map<string, Incident>();
  /** Asked at each write; true when it fails. */
  away: () => boolean = () => false;
  readonly #store: MemoryLedgerStore;
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

  async flush(): Promise<boolean> {
    if (this.away()) return false;
    for (const row of this.#rows.splice(0)) {
      if (row.kind === "order") {
        const order = this.#store.order(row.clientOrderId)?.order;
        if (order) this.orders.set(row.clientOrderId, order);
      } else if (row.kind === "dead_letter") this.desk.set(row.clientOrderId, row.status);
      else if (row.kind === "execution") {
        const { executionId } = row.execution;
        this.executions.set(executionId, (this.executions.get(executionId) ?? 0) + 1);
      } else if (row.kind === "incident") this.incidents.set(row.incident.id, row.incident);
    }
    return true;
  }
}
