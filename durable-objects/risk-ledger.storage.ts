/** The ledger's SQLite: everything event by event, and the rows that its memory is built from again. It decides nothing. */
import type {
  EndedOrder,
  EventRow,
  LedgerStore,
  StormEvent,
} from "../src/application/ledger/ports.ts";
import { REPEATED_DENIALS_KEPT_MAX } from "../src/domain/ledger-limits.ts";
import type { OrdersQuery } from "../src/contract/orders.ts";
import type { Page } from "../src/contract/primitives.ts";
import type { Order } from "../src/domain/order.ts";
import type { ArchivedOrder } from "../src/domain/risk/archived.ts";
import type { RecordedEvent } from "../src/domain/risk/history.ts";
import type { Change } from "../src/domain/risk/ledger.ts";
import type { LimitName } from "../src/domain/risk/limit-names.ts";
import {
  packBalances,
  packDay,
  packHolding,
  packOrder,
  unpackOrder,
} from "../src/domain/risk/packing.ts";
import { restoreLedger } from "../src/domain/risk/restore.ts";
import {
  reserves,
  type AccountBalances,
  type Aggregate,
  type Holding,
  type LedgerOrder,
  type LedgerState,
  type TradingStateRecord,
} from "../src/domain/risk/state.ts";
import { StoredHoldings } from "../src/domain/risk/stored-holdings.ts";
import { LedgerPast } from "./risk-ledger.archive.ts";
import { readLedger } from "./risk-ledger.loading.ts";
import { readStormEvents } from "./risk-ledger.storms.ts";
import { LEDGER_MIGRATIONS, type SettingName } from "./risk-ledger.schema.ts";
import { migrate } from "./schema-migrations.ts";

/** How the bodies of `events` are written. Raise it when their shape changes; old ones stay as they are. */
const EVENT_FORMAT = 1;

export class LedgerStorage implements LedgerStore {
  readonly #sql: SqlStorage;
  readonly #storedHoldings = new StoredHoldings();
  readonly #past: LedgerPast;
  /** As they are stored; built anew with the rest of memory. */
  readonly #settings = new Map<SettingName, string | null>();
  #followers: string[] | null = null;
  /** False while no repeated denial was ever kept, so that orders are not looked for among them; null before the first look. */
  #hasRepeats: boolean | null = null;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
    migrate(storage, LEDGER_MIGRATIONS);
    this.#past = new LedgerPast(storage.sql);
  }

  /** Everything that memory holds. */
  load(now: number): LedgerState {
    this.#settings.clear();
    const state = restoreLedger(
      readLedger(this.#sql, (name) => this.setting(name), now),
      now,
    );
    this.#storedHoldings.reset(state.holdings.values());
    return state;
  }

  /** An order that memory does not hold, or null. */
  order(clientOrderId: string): LedgerOrder | null {
    const [body] = this.#bodies("SELECT body FROM orders WHERE client_order_id = ?", clientOrderId);
    return body === undefined ? null : unpackOrder(body);
  }

  repeatedDenial(clientOrderId: string): Order | null {
    const any = "SELECT EXISTS (SELECT 1 FROM repeated_denials) AS value";
    if (!(this.#hasRepeats ??= this.#one(any) > 0)) return null;
    const query = "SELECT body FROM repeated_denials WHERE client_order_id = ?";
    const [body] = this.#bodies(query, clientOrderId);
    return body === undefined ? null : (JSON.parse(body) as Order);
  }

  keepRepeatedDenial(order: Order): void {
    this.#hasRepeats = true;
    const insert =
      "INSERT INTO repeated_denials (client_order_id, body) VALUES (?, ?) RETURNING seq AS value";
    const seq = this.#one(insert, order.clientOrderId, JSON.stringify(order));
    const oldest = seq - REPEATED_DENIALS_KEPT_MAX;
    this.#sql.exec("DELETE FROM repeated_denials WHERE seq <= ?", oldest);
  }

  eventSeen(eventId: string): boolean {
    return this.#one("SELECT COUNT(*) AS value FROM events WHERE event_id = ?", eventId) > 0;
  }

  executionSeen(account: string, executionId: string): boolean {
    const count = "SELECT COUNT(*) AS value FROM executions WHERE account = ? AND execution_id = ?";
    return this.#one(count, account, executionId) > 0;
  }

  addEvent({ version, at, kind, clientOrderId, eventId, body }: EventRow): void {
    this.#sql.exec(
      "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)",
      version,
      EVENT_FORMAT,
      at,
      kind,
      clientOrderId,
      eventId,
      JSON.stringify(body),
    );
  }

  /** Stores what an event changed. */
  saveChange({ version, entry, execution, holding }: Change): void {
    if (entry) this.saveOrder(entry, version);
    if (execution && entry) {
      this.#sql.exec(
        "INSERT INTO executions VALUES (?, ?, ?, ?, ?)",
        execution.account,
        execution.executionId,
        version,
        entry.order.algoId,
        JSON.stringify(execution),
      );
    }
    if (holding && !this.#storedHoldings.has(holding)) this.#saveHolding(holding);
  }

  saveOrder(entry: LedgerOrder, version: number): void {
    const { order } = entry;
    const hot = reserves(entry) || entry.commitment !== null ? 1 : 0;
    this.#sql.exec(
      `INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (client_order_id) DO UPDATE SET state = excluded.state,
         changed_version = excluded.changed_version, hot = excluded.hot, body = excluded.body`,
      order.ledgerVersion,
      order.clientOrderId,
      order.algoId,
      order.instrument,
      order.state,
      order.createdAt,
      version,
      hot,
      packOrder(entry),
    );
  }

  #saveHolding(holding: Holding): void {
    this.#storedHoldings.add(holding);
    this.#sql.exec(
      "INSERT OR REPLACE INTO holdings VALUES (?, ?, ?, ?)",
      holding.algoId,
      holding.instrument,
      holding.account,
      packHolding(holding),
    );
  }

  saveDays(aggregates: Iterable<Aggregate>): void {
    for (const { scope, day } of aggregates)
      this.#sql.exec("INSERT OR REPLACE INTO days VALUES (?, ?)", scope, packDay(day));
  }

  saveBalances(account: string, balances: AccountBalances): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO balances VALUES (?, ?)",
      account,
      packBalances(balances),
    );
  }

  saveTradingState(record: TradingStateRecord): void {
    if (record.state === "active")
      this.#sql.exec("DELETE FROM trading_states WHERE scope = ?", record.scope);
    else
      this.#sql.exec(
        "INSERT OR REPLACE INTO trading_states VALUES (?, ?)",
        record.scope,
        JSON.stringify(record),
      );
  }

  saveLimit(scope: string, name: LimitName, value: string | null, by: string, at: number): void {
    if (value === null)
      this.#sql.exec("DELETE FROM limits WHERE scope = ? AND name = ?", scope, name);
    else
      this.#sql.exec(
        "INSERT OR REPLACE INTO limits VALUES (?, ?, ?, ?, ?)",
        scope,
        name,
        value,
        by,
        at,
      );
  }

  /** A page of orders, newest first. Rows that arrive meanwhile neither repeat nor hide one. */
  orders(query: OrdersQuery): Page<Order> {
    const rows = this.#sql
      .exec<{ version: number; body: string }>(
        `SELECT version, body FROM orders
         WHERE version < ?1 AND (?2 IS NULL OR algo_id = ?2) AND (?3 IS NULL OR instrument = ?3)
           AND (?4 IS NULL OR state = ?4)
           AND (?5 IS NULL OR ?5 = (state NOT IN ('denied', 'filled', 'canceled', 'rejected', 'expired')))
         ORDER BY version DESC LIMIT ?6`,
        cursorVersion(query.cursor),
        query.algoId ?? null,
        query.instrument ?? null,
        query.state ?? null,
        query.open === undefined ? null : Number(query.open),
        query.limit + 1,
      )
      .toArray();
    const kept = rows.slice(0, query.limit);
    const last = kept.at(-1);
    return {
      items: kept.map(({ body }) => unpackOrder(body).order),
      nextCursor: rows.length > kept.length && last ? String(last.version) : null,
    };
  }

  followers(): string[] {
    return (this.#followers ??= this.#sql
      .exec<{ market: string }>("SELECT market FROM followers")
      .toArray()
      .map(({ market }) => market));
  }

  follow(market: string): void {
    this.#sql.exec("INSERT OR IGNORE INTO followers VALUES (?)", market);
    this.#followers = null;
  }

  unfollow(market: string): void {
    this.#sql.exec("DELETE FROM followers WHERE market = ?", market);
    this.#followers = null;
  }

  setting(name: SettingName): string | null {
    const known = this.#settings.get(name);
    if (known !== undefined) return known;
    const [row] = this.#sql
      .exec<{ value: string }>("SELECT value FROM settings WHERE name = ?", name)
      .toArray();
    const value = row?.value ?? null;
    this.#settings.set(name, value);
    return value;
  }

  set(name: SettingName, value: string): void {
    this.#sql.exec("INSERT OR REPLACE INTO settings VALUES (?, ?)", name, value);
    this.#settings.set(name, value);
  }

  archived(clientOrderId: string): ArchivedOrder | null {
    return this.#past.archived(clientOrderId);
  }

  endedOrders(after: number, before: number, limit: number): EndedOrder[] {
    return this.#past.ended(after, before, limit);
  }

  archive(clientOrderId: string, kept: ArchivedOrder, changedVersion: number): void {
    this.#past.archive(clientOrderId, kept, changedVersion);
  }

  bringBack(entry: LedgerOrder, events: readonly RecordedEvent[]): void {
    const { clientOrderId } = entry.order;
    this.#past.drop(clientOrderId);
    this.saveOrder(entry, events.at(-1)?.version ?? entry.order.ledgerVersion);
    for (const event of events) this.addEvent({ ...event, kind: event.body.kind, clientOrderId });
  }

  stormEvents(since: number): StormEvent[] {
    return readStormEvents(this.#sql, since);
  }

  #one(query: string, ...bindings: SqlStorageValue[]): number {
    return this.#sql.exec<{ value: number }>(query, ...bindings).one().value;
  }

  #bodies(query: string, ...bindings: SqlStorageValue[]): string[] {
    return this.#sql
      .exec<{ body: string }>(query, ...bindings)
      .toArray()
      .map(({ body }) => body);
  }
}

/** A cursor is the version of the last order given. One that is none finds nothing, never everything. */
const cursorVersion = (cursor: string | undefined): number =>
  cursor === undefined ? Number.MAX_SAFE_INTEGER : /^\d{1,15}$/.test(cursor) ? Number(cursor) : 0;
