/** What the ledger's logic runs on: its own synchronous storage, its way to the tradebook, its calls to gateways. */
import type { DeadLetterLabel, Order } from "../../domain/order.ts";
import type { Change, LedgerEvent } from "../../domain/risk/ledger.ts";
import type { ArchivedOrder } from "../../domain/risk/archived.ts";
import type { RecordedEvent } from "../../domain/risk/history.ts";
import type { LimitName } from "../../domain/risk/limit-names.ts";
import type {
  AccountBalances,
  Aggregate,
  LedgerOrder,
  LedgerState,
  TradingStateRecord,
} from "../../domain/risk/state.ts";
import type { ScopeText } from "../../domain/scope.ts";
import type { TradebookRow } from "../ports.ts";

export interface EventRow {
  version: number;
  at: number;
  kind: string;
  clientOrderId: string | null;
  /** Null for events that cannot come twice. */
  eventId: string | null;
  body: unknown;
}

/** An event that the counts of storms are made of; `order` is null for a change of trading state. */
export interface StormEvent {
  event: LedgerEvent;
  at: number;
  order: Pick<Order, "algoId" | "account"> | null;
}

/** What the book itself keeps by name. */
export type BookSetting =
  | "day"
  | "day_first_version"
  | "marks"
  | "controls"
  | "index"
  | "unvalued_told"
  | "unknown_trips_told";

/** Durable and synchronous; the calls of one transaction are stored together or not at all. */
export interface LedgerStore {
  /** Everything that memory holds. */
  load(now: number): LedgerState;
  /** An order that memory does not hold, or null. */
  order(clientOrderId: string): LedgerOrder | null;
  /** A denial that was only counted, while its id is kept; else null. */
  repeatedDenial(clientOrderId: string): Order | null;
  /** Keeps the id of a denial that is only counted; the oldest go once there are too many. */
  keepRepeatedDenial(order: Order): void;
  eventSeen(eventId: string): boolean;
  executionSeen(account: string, executionId: string): boolean;
  addEvent(row: EventRow): void;
  /** Stores what an event changed. */
  saveChange(change: Change): void;
  saveOrder(entry: LedgerOrder, version: number): void;
  saveDays(aggregates: Iterable<Aggregate>): void;
  saveBalances(account: string, balances: AccountBalances): void;
  saveTradingState(record: TradingStateRecord): void;
  saveLimit(scope: string, name: LimitName, value: string | null, by: string, at: number): void;
  /** What storms count, and what ends a count, in order: all of it since then, and perhaps some from before. */
  stormEvents(since: number): StormEvent[];
  setting(name: BookSetting): string | null;
  set(name: BookSetting, value: string): void;
  /** What is kept of an archived order, or null. */
  archived(clientOrderId: string): ArchivedOrder | null;
  /** Orders that reserve nothing, oldest first, of versions after the one and before the other. */
  endedOrders(after: number, before: number, limit: number): EndedOrder[];
  /** Puts what is kept in the place of an order and its events, unless it has changed since that version. */
  archive(clientOrderId: string, kept: ArchivedOrder, changedVersion: number): void;
  /** Puts an archived order and its events back as they were. */
  bringBack(entry: LedgerOrder, events: readonly RecordedEvent[]): void;
}

/** An order as it is stored, with the version that last changed it. */
export interface EndedOrder {
  entry: LedgerOrder;
  changedVersion: number;
}

/** Rows of the tradebook on their way, stored with the event that made them. */
export interface LedgerOutbox {
  addOrder(version: number, order: Order): void;
  addDeadLetter(
    version: number,
    order: Order,
    letter: { label: DeadLetterLabel; reason: string; attempts: number; status: "open" | "closed" },
  ): void;
  add(
    version: number,
    row: Exclude<TradebookRow, { kind: "order" } | { kind: "dead_letter" }>,
  ): void;
  /** A transaction was rolled back: its rows are not there. */
  forget(): void;
  readonly size: number;
  /** Everything of orders that was stored up to this version is in the tradebook. */
  readonly toldUntil: number;
  /** Writes what waits; false when the tradebook refused. */
  flush(): Promise<boolean>;
}

export type GatewayAction = "halt" | "resume";

/** Halts and their ends on their way to the gateways: owed with the latch, paid until each has confirmed. */
export interface OwedCalls {
  /** Call it in the transaction that latches. `haltVersion`: for a resume, of the halt that it ends: the resume may replace its unpaid call. */
  owe(scope: ScopeText, action: GatewayAction, version: number, haltVersion: number): void;
  /** The lease has moved on to this epoch; owed in the same way. */
  oweFence(epoch: number): void;
  /** Accounts whose gateway has not confirmed the latest epoch. */
  unfenced(): string[];
  readonly owed: number;
  /** When the last order left a gateway, as far as gateways have said when they confirmed. */
  readonly lastLeftAt: number | null;
  /** Makes every owed call. True when none is left. */
  settle(): Promise<boolean>;
}

/** Which instruments the ledger needs marks of. */
export interface WishedMarks {
  refresh(state: LedgerState): void;
  declare(): Promise<boolean>;
  readonly pending: boolean;
}

/** Events on their way to the streams. */
export interface WaitingNotices {
  send(): Promise<void>;
  readonly waiting: boolean;
}
