/** A ledger's storage in memory, with the behaviour of the real one: packed text, and a transaction that throws leaves nothing. */
import type {
  BookSetting,
  EndedOrder,
  EventRow,
  LedgerStore,
  StormEvent,
} from "../../../src/application/ledger/ports.ts";
import type { ArchivedOrder } from "../../../src/domain/risk/archived.ts";
import type { RecordedEvent } from "../../../src/domain/risk/history.ts";
import { REPEATED_DENIALS_KEPT_MAX } from "../../../src/domain/ledger-limits.ts";
import type { Execution, Order } from "../../../src/domain/order.ts";
import type { Change, LedgerEvent } from "../../../src/domain/risk/ledger.ts";
import type { Limit } from "../../../src/domain/risk/limits.ts";
import { ORDER_RATE_WINDOW_MS } from "../../../src/domain/risk/order-rate.ts";
import {
  packBalances,
  packDay,
  packHolding,
  packOrder,
  unpackBalances,
  unpackDay,
  unpackHolding,
  unpackOrder,
} from "../../../src/domain/risk/packing.ts";
import { StoredHoldings } from "../../../src/domain/risk/stored-holdings.ts";
import { restoreLedger } from "../../../src/domain/risk/restore.ts";
import {
  holdingKey,
  reserves,
  type AccountBalances,
  type Aggregate,
  type LedgerOrder,
  type LedgerState,
  type TradingStateRecord,
} from "../../../src/domain/risk/state.ts";

interface StoredOrder {
  order: Order;
  hot: boolean;
  body: string;
  changedVersion: number;
}

export class MemoryLedgerStore implements LedgerStore {
  /** What happened, each body as the text that it is stored as: a run's history. */
  readonly events: (Omit<EventRow, "body"> & { body: string })[] = [];
  readonly #orders = new Map<string, StoredOrder>();
  /** What is kept of archived orders, as it is stored. */
  readonly #archived = new Map<string, string>();
  /** Those orders as they ended: what is counted by rows in the real one goes by days that are over. */
  readonly #ended = new Map<string, Order>();
  readonly #repeatedDenials = new Map<string, Order>();
  readonly #eventIds = new Map<string, true>();
  readonly #executions = new Map<string, true>();
  readonly #holdings = new Map<string, string>();
  readonly #storedHoldings = new StoredHoldings();
  readonly #days = new Map<string, string>();
  readonly #balances = new Map<string, string>();
  readonly #tradingStates = new Map<string, string>();
  readonly #limits = new Map<string, Limit>();
  readonly #settings = new Map<BookSetting, string>();
  #undo: (() => void)[] | null = null;

  /** Nothing of a transaction that throws is kept. */
  transaction<T>(work: () => T): T {
    const undo: (() => void)[] = [];
    this.#undo = undo;
    try {
      return work();
    } catch (error) {
      for (const step of undo.toReversed()) step();
      throw error;
    } finally {
      this.#undo = null;
    }
  }

  #put<K, V>(map: Map<K, V>, key: K, value: V): void {
    const before = map.get(key);
    const had = map.has(key);
    this.#undo?.push(() => void (had ? map.set(key, before as V) : map.delete(key)));
    map.set(key, value);
  }

  #drop<K, V>(map: Map<K, V>, key: K): void {
    const before = map.get(key);
    if (before === undefined) return;
    this.#undo?.push(() => void map.set(key, before));
    map.delete(key);
  }

  load(now: number): LedgerState {
    const orders = [...this.#orders.values()].sort(
      (a, b) => a.order.ledgerVersion - b.order.ledgerVersion,
    );
    const sent = [...orders, ...[...this.#ended.values()].map((order) => ({ order }))].filter(
      ({ order }) => order.state !== "denied" && order.algoId !== "external",
    );
    const firstOfDay = Number(this.#settings.get("day_first_version") ?? 0);
    const state = restoreLedger(
      {
        version: this.events.at(-1)?.version ?? 0,
        epoch: 1,
        day: this.setting("day"),
        orders: orders.filter(({ hot }) => hot).map(({ body }) => unpackOrder(body)),
        holdings: [...this.#holdings.values()].map(unpackHolding),
        days: [...this.#days].map(([scope, body]) => [scope, unpackDay(body)]),
        counts: sent
          .filter(({ order }) => order.ledgerVersion > firstOfDay)
          .map(({ order: { algoId, instrument, account } }) => ({
            algoId,
            instrument,
            account,
            orders: 1,
          })),
        recent: sent
          .filter(({ order }) => order.createdAt > now - ORDER_RATE_WINDOW_MS)
          .map(({ order: { algoId, instrument, account, createdAt: at } }) => ({
            algoId,
            instrument,
            account,
            at,
          })),
        marks: JSON.parse(this.setting("marks") ?? "[]"),
        balances: [...this.#balances].map(([account, body]) => [account, unpackBalances(body)]),
        tradingStates: [...this.#tradingStates.values()].map(
          (body) => JSON.parse(body) as TradingStateRecord,
        ),
        limits: [...this.#limits.values()],
        controls: this.setting("controls"),
      },
      now,
    );
    this.#storedHoldings.reset(state.holdings.values());
    return state;
  }

  order(clientOrderId: string): LedgerOrder | null {
    const stored = this.#orders.get(clientOrderId);
    return stored ? unpackOrder(stored.body) : null;
  }

  repeatedDenial(clientOrderId: string): Order | null {
    return this.#repeatedDenials.get(clientOrderId) ?? null;
  }

  keepRepeatedDenial(order: Order): void {
    this.#put(this.#repeatedDenials, order.clientOrderId, order);
    const [oldest] = this.#repeatedDenials.keys();
    if (oldest !== undefined && this.#repeatedDenials.size > REPEATED_DENIALS_KEPT_MAX)
      this.#drop(this.#repeatedDenials, oldest);
  }

  /** Every order there ever was, as it stands. */
  orders(): Order[] {
    return [...[...this.#orders.values()].map(({ order }) => order), ...this.#ended.values()];
  }

  archived(clientOrderId: string): ArchivedOrder | null {
    const body = this.#archived.get(clientOrderId);
    return body === undefined ? null : (JSON.parse(body) as ArchivedOrder);
  }

  /** How many orders are archived now. */
  get archivedOrders(): number {
    return this.#archived.size;
  }

  endedOrders(after: number, before: number, limit: number): EndedOrder[] {
    return [...this.#orders.values()]
      .filter(({ hot, order: { ledgerVersion: at } }) => !hot && at > after && at < before)
      .sort((a, b) => a.order.ledgerVersion - b.order.ledgerVersion)
      .slice(0, limit)
      .map(({ body, changedVersion }) => ({ entry: unpackOrder(body), changedVersion }));
  }

  archive(clientOrderId: string, kept: ArchivedOrder, changedVersion: number): void {
    const stored = this.#orders.get(clientOrderId);
    if (!stored || stored.hot || stored.changedVersion !== changedVersion) return;
    this.#drop(this.#orders, clientOrderId);
    this.#put(this.#archived, clientOrderId, JSON.stringify(kept));
    this.#put(this.#ended, clientOrderId, stored.order);
    for (const event of this.events)
      if (event.clientOrderId === clientOrderId && event.eventId !== null)
        this.#drop(this.#eventIds, event.eventId);
  }

  bringBack(entry: LedgerOrder, events: readonly RecordedEvent[]): void {
    const { clientOrderId } = entry.order;
    this.#drop(this.#archived, clientOrderId);
    this.#drop(this.#ended, clientOrderId);
    this.saveOrder(entry, events.at(-1)?.version ?? 0);
    for (const { eventId } of events)
      if (eventId !== null) this.#put(this.#eventIds, eventId, true);
  }

  /** Every fill that was booked, as they happened. */
  fills(): Execution[] {
    return this.events
      .map(({ body }) => JSON.parse(body) as LedgerEvent)
      .flatMap((event) =>
        event.kind === "posted" && event.post.event.kind === "filled"
          ? [{ ...event.post.event.execution, clientOrderId: event.post.clientOrderId }]
          : [],
      )
      .sort((a, b) => a.executedAt - b.executedAt);
  }

  eventSeen(eventId: string): boolean {
    return this.#eventIds.has(eventId);
  }

  executionSeen(account: string, executionId: string): boolean {
    return this.#executions.has(`${account}|${executionId}`);
  }

  addEvent({ body, ...rest }: EventRow): void {
    const row = { ...rest, body: JSON.stringify(body) };
    if (row.eventId !== null) {
      if (this.#eventIds.has(row.eventId)) throw new Error(`event ${row.eventId} stored twice`);
      this.#put(this.#eventIds, row.eventId, true);
    }
    this.#undo?.push(() => void this.events.pop());
    this.events.push(row);
  }

  saveChange({ version, entry, execution, holding }: Change): void {
    if (entry) this.saveOrder(entry, version);
    if (execution) {
      const key = `${execution.account}|${execution.executionId}`;
      if (this.#executions.has(key)) throw new Error(`execution ${key} stored twice`);
      this.#put(this.#executions, key, true);
    }
    if (!holding || this.#storedHoldings.has(holding)) return;
    this.#storedHoldings.add(holding);
    const { algoId, instrument, account } = holding;
    this.#put(this.#holdings, holdingKey(algoId, instrument, account), packHolding(holding));
  }

  saveOrder(entry: LedgerOrder, changedVersion: number): void {
    const hot = reserves(entry) || entry.commitment !== null;
    const { order } = entry;
    this.#put(this.#orders, order.clientOrderId, {
      order,
      hot,
      body: packOrder(entry),
      changedVersion,
    });
  }

  saveDays(aggregates: Iterable<Aggregate>): void {
    for (const { scope, day } of aggregates) this.#put(this.#days, scope, packDay(day));
  }

  saveBalances(account: string, balances: AccountBalances): void {
    this.#put(this.#balances, account, packBalances(balances));
  }

  saveTradingState(record: TradingStateRecord): void {
    if (record.state === "active") this.#drop(this.#tradingStates, record.scope);
    else this.#put(this.#tradingStates, record.scope, JSON.stringify(record));
  }

  saveLimit(
    scope: string,
    name: Limit["name"],
    value: string | null,
    by: string,
    at: number,
  ): void {
    const key = `${scope} ${name}`;
    if (value === null) this.#drop(this.#limits, key);
    else this.#put(this.#limits, key, { scope, name, value, changedBy: by, changedAt: at });
  }

  stormEvents(since: number): StormEvent[] {
    return this.events
      .filter(({ at }) => at >= since)
      .map(({ at, clientOrderId, body }) => ({
        event: JSON.parse(body) as LedgerEvent,
        at,
        order: clientOrderId === null ? null : this.anyOrder(clientOrderId),
      }));
  }

  /** An order as it stands, or as it was archived. */
  anyOrder(clientOrderId: string): Order | null {
    return this.#orders.get(clientOrderId)?.order ?? this.#ended.get(clientOrderId) ?? null;
  }

  setting(name: BookSetting): string | null {
    return this.#settings.get(name) ?? null;
  }

  set(name: BookSetting, value: string): void {
    this.#put(this.#settings, name, value);
  }
}
