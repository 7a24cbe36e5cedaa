/** A gateway's storage in memory, with the behaviour of the real one: what is written is a copy, and what is read cannot be changed. */
import type {
  GatewayStore,
  NoteName,
  NotePrefix,
  NumberName,
  PastStore,
} from "../../../src/application/gateway/ports.ts";
import {
  type GatewayOrder,
  type HandOrder,
  type PastRecord,
  type RecordChange,
  recordOfPast,
} from "../../../src/application/gateway/record.ts";
import type { Execution, OrderPost } from "../../../src/domain/order.ts";
import type { Halt } from "../../../src/domain/trading-gate.ts";

/** A copy that nobody can change: reads hand it out as it is, which is much of a run's time. */
export function kept<T>(value: T): T {
  return frozen(structuredClone(value));
}

function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const each of Object.values(value)) frozen(each);
  return Object.freeze(value);
}

export class MemoryStore implements GatewayStore {
  readonly orders = new Map<string, GatewayOrder>();
  /** What is left of orders that were archived. */
  readonly pastRecords = new Map<string, PastRecord>();
  readonly executions = new Map<string, Execution>();
  readonly externals = new Map<string, number>();
  readonly #hands = new Map<string, HandOrder>();
  readonly #halts = new Map<string, Halt>();
  readonly #numbers = new Map<NumberName, number>();
  readonly #notes = new Map<NoteName, string>();
  #outbox: { seq: number; post: OrderPost }[] = [];
  #seq = 0;
  /** How far the ledger has confirmed, as this run remembers. */
  #posted = 0;
  /** Those that have not ended, oldest first; null after a change. */
  #live: readonly GatewayOrder[] | null = null;

  order(clientOrderId: string): GatewayOrder | null {
    const past = this.pastRecords.get(clientOrderId);
    return this.orders.get(clientOrderId) ?? (past ? recordOfPast(past) : null);
  }

  orderOfBroker(brokerOrderId: string): GatewayOrder | null {
    for (const order of this.orders.values())
      if (order.brokerOrderId === brokerOrderId) return order;
    for (const { clientOrderId, brokerOrderId: id } of this.pastRecords.values())
      if (id === brokerOrderId) return this.order(clientOrderId);
    return null;
  }

  open(): Pick<GatewayOrder, "clientOrderId" | "brokerOrderId">[] {
    return this.#alive().filter(({ record }) => record === "accepted");
  }

  live(): GatewayOrder[] {
    return [...this.#alive()];
  }

  #alive(): readonly GatewayOrder[] {
    this.#live ??= [...this.orders.values()]
      .filter(({ ended }) => ended === null)
      .sort((a, b) => a.recordedAt - b.recordedAt);
    return this.#live;
  }

  hasLive(): boolean {
    return this.#alive().length > 0;
  }

  due(now: number): GatewayOrder[] {
    return this.#alive().filter(({ nextLookAt }) => nextLookAt !== null && nextLookAt <= now);
  }

  nextLookAt(): number | null {
    const looks = this.#alive().flatMap(({ nextLookAt }) => nextLookAt ?? []);
    return looks.length > 0 ? Math.min(...looks) : null;
  }

  recorded(): GatewayOrder[] {
    return this.#alive().filter(({ record }) => record === "recorded");
  }

  save({ order, posts, executions }: RecordChange): void {
    this.orders.set(order.clientOrderId, kept(order));
    this.pastRecords.delete(order.clientOrderId);
    this.#live = null;
    for (const execution of executions) this.#insertExecution(execution);
    for (const post of posts) this.#insertPost(post);
  }

  adopt(execution: Execution, post: OrderPost): void {
    this.#insertExecution(execution);
    this.#insertPost(post);
  }

  #insertExecution(execution: Execution): void {
    if (this.executions.has(execution.executionId))
      throw new Error(`execution ${execution.executionId} stored twice`);
    this.executions.set(execution.executionId, kept(execution));
  }

  #insertPost(post: OrderPost): void {
    this.#outbox = this.#outbox.filter(({ seq }) => seq > this.#posted);
    this.#seq += 1;
    this.#outbox.push({ seq: this.#seq, post: kept(post) });
  }

  handOrder(brokerOrderId: string): HandOrder | null {
    return this.#hands.get(brokerOrderId) ?? null;
  }

  saveHandOrder(hand: HandOrder, order: GatewayOrder, posts: OrderPost[]): void {
    this.#hands.set(hand.brokerOrderId, kept(hand));
    this.save({ order, posts, executions: [] });
  }

  coverHandOrder(id: string, covered: string, execution: Execution, posts: OrderPost[]): void {
    const hand = this.#hands.get(id);
    if (hand) this.#hands.set(id, kept({ ...hand, covered }));
    this.#insertExecution(execution);
    for (const post of posts) this.#insertPost(post);
  }

  executionsOfBroker(brokerOrderId: string): Execution[] {
    const all = [...this.executions.values()];
    return all.filter((each) => each.brokerOrderId === brokerOrderId);
  }

  hasExecution(executionId: string): boolean {
    return this.executions.has(executionId);
  }

  outbox(limit: number): { seq: number; post: OrderPost }[] {
    return this.#outbox.filter(({ seq }) => seq > this.#posted).slice(0, limit);
  }

  hasPosts(): boolean {
    return this.outbox(1).length > 0;
  }

  lastPost(): number {
    return this.#outbox.at(-1)?.seq ?? 0;
  }

  posted(seq: number): void {
    this.#posted = seq;
  }

  /** The run that held this died: what only it knew is gone. */
  restart(): void {
    this.#posted = 0;
  }

  halts(): Halt[] {
    return [...this.#halts.values()];
  }

  halt(scope: string): Halt | null {
    return this.#halts.get(scope) ?? null;
  }

  saveHalt(halt: Halt): void {
    this.#halts.set(halt.scope, kept(halt));
  }

  number(name: NumberName): number {
    return this.#numbers.get(name) ?? 0;
  }

  setNumber(name: NumberName, value: number): void {
    this.#numbers.set(name, value);
  }

  noteExternal(brokerOrderId: string, at: number): boolean {
    if (this.externals.has(brokerOrderId)) return false;
    this.externals.set(brokerOrderId, at);
    return true;
  }

  note(name: NoteName): string | null {
    return this.#notes.get(name) ?? null;
  }

  setNote(name: NoteName, body: string | null): void {
    if (body === null) this.#notes.delete(name);
    else this.#notes.set(name, body);
  }

  notes(prefix: NotePrefix): string[] {
    const names = [...this.#notes.keys()].filter((name) => name.startsWith(prefix)).sort();
    return names.map((name) => this.#notes.get(name) ?? "");
  }

  readonly past: PastStore = {
    ended: (after, limit) => {
      const rows = [...this.orders.values()]
        .filter(({ ended, clientOrderId }) => ended !== null && clientOrderId > after)
        .sort((a, b) => (a.clientOrderId < b.clientOrderId ? -1 : 1));
      return structuredClone(rows.slice(0, limit));
    },
    add: (orders) => {
      for (const past of orders) {
        this.orders.delete(past.clientOrderId);
        this.pastRecords.set(past.clientOrderId, structuredClone(past));
      }
    },
    forget: ({ clientOrderId, brokerOrderId }) => {
      this.orders.delete(clientOrderId);
      if (brokerOrderId !== null) this.externals.delete(brokerOrderId);
    },
    forgetIds: (before) => {
      for (const { clientOrderId, updatedAt } of this.pastRecords.values())
        if (updatedAt < before) this.pastRecords.delete(clientOrderId);
      for (const { clientOrderId, executionId, executedAt } of this.executions.values())
        if (executedAt < before && !this.orders.has(clientOrderId))
          this.executions.delete(executionId);
      return null;
    },
  };
}
