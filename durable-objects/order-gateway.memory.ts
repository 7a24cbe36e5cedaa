/**
 * What a gateway's storage remembers of its own rows, so that the path of an order need not read them
 * again. Everything here may vanish at any time and is then read anew; nothing is here that is not stored.
 */
import type { NotePrefix, NumberName } from "../src/application/gateway/ports.ts";
import type { GatewayOrder } from "../src/application/gateway/record.ts";
import type { Halt } from "../src/domain/trading-gate.ts";

/** Orders kept at hand: more than are on their way at once, and few enough for an object's memory. */
const RECENT_ORDERS_MAX = 2_000;

/** Ids without an order that are remembered as such. */
const ABSENT_ORDERS_MAX = 2_000;

/** The newest row of the outbox, how far the ledger has confirmed, and how far the rows are gone since. */
export interface OutboxEnds {
  last: number;
  posted: number;
  deleted: number;
}

/** All notes of a prefix, by name. */
export interface Notes {
  byName: ReadonlyMap<string, string>;
  bodies: string[];
}

export class GatewayMemory {
  readonly #orders = new Map<string, GatewayOrder>();
  readonly #absent = new Set<string>();
  readonly notes = new Map<NotePrefix, Notes>();
  readonly numbers = new Map<NumberName, number>();
  halts: Halt[] | null = null;
  /** Whether some order has not ended; null when it has to be looked up. */
  hasLive: boolean | null = null;
  /** The soonest look that is due; undefined when it has to be looked up. */
  #soonest: { clientOrderId: string; at: number } | null | undefined = undefined;
  /** Null when it has to be looked up. */
  outbox: OutboxEnds | null = null;

  /** Null when there is none, undefined when it has to be looked up. */
  order(clientOrderId: string): GatewayOrder | null | undefined {
    return this.#orders.get(clientOrderId) ?? (this.#absent.has(clientOrderId) ? null : undefined);
  }

  /** There is no row of it, past ones among them: a new order is asked for several times before it has one. */
  keepAbsent(clientOrderId: string): void {
    if (this.#absent.size >= ABSENT_ORDERS_MAX) this.#absent.clear();
    this.#absent.add(clientOrderId);
  }

  keepOrder(order: GatewayOrder): void {
    const { clientOrderId } = order;
    // Taken out first, so that the one which was longest not written is the first to go.
    this.#orders.delete(clientOrderId);
    this.#orders.set(clientOrderId, order);
    this.#absent.delete(clientOrderId);
    if (this.#orders.size <= RECENT_ORDERS_MAX) return;
    const [oldest] = this.#orders.keys();
    if (oldest !== undefined) this.#orders.delete(oldest);
  }

  /** Its row is gone. */
  dropOrder(clientOrderId: string): void {
    this.#orders.delete(clientOrderId);
  }

  /** An order was written: what was known of live ones and of looks follows it. */
  written(order: GatewayOrder): void {
    this.keepOrder(order);
    const { clientOrderId, ended, nextLookAt } = order;
    if (ended === null) this.hasLive = true;
    else if (this.hasLive === true) this.hasLive = null;
    if (this.#soonest === undefined) return;
    const at = ended === null ? nextLookAt : null;
    if (this.#soonest?.clientOrderId === clientOrderId && at !== this.#soonest.at)
      this.#soonest = undefined;
    else if (at !== null && at < (this.#soonest?.at ?? Infinity))
      this.#soonest = { clientOrderId, at };
  }

  soonest(read: () => { clientOrderId: string; at: number } | null): number | null {
    if (this.#soonest === undefined) this.#soonest = read();
    return this.#soonest?.at ?? null;
  }

  /** What is stored may differ from what was said: everything is read anew. */
  forget(): void {
    this.#orders.clear();
    this.#absent.clear();
    this.notes.clear();
    this.numbers.clear();
    this.halts = null;
    this.hasLive = null;
    this.#soonest = undefined;
    this.outbox = null;
  }
}

const memories = new WeakMap<DurableObjectStorage, GatewayMemory>();

/** The memory of a storage, which whoever writes past its class has to make forget. */
export function memoryOf(storage: DurableObjectStorage): GatewayMemory {
  const known = memories.get(storage) ?? new GatewayMemory();
  memories.set(storage, known);
  return known;
}
