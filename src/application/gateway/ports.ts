/** What a gateway's logic runs on: its own synchronous storage, the broker, the ledger, the clock. */
import type { BrokerTrading } from "../../brokers/broker.ts";
import type { Execution, OrderIntent, OrderPost } from "../../domain/order.ts";
import type { Halt } from "../../domain/trading-gate.ts";
import type { Log } from "../log.ts";
import type { IntentFacts, RetryQueuePort, RiskLedgerPort } from "../ports.ts";
import type { Incident } from "../reconcile-port.ts";
import type { Archiving } from "./archiving.ts";
import type { GatewayOrder, HandOrder, PastRecord, RecordChange } from "./record.ts";

/** Durable and synchronous: each call is one atomic step, and is stored before any byte leaves. */
export interface GatewayStore {
  /** Also one of which only the past record is left. */
  order(clientOrderId: string): GatewayOrder | null;
  orderOfBroker(brokerOrderId: string): GatewayOrder | null;
  /** The ids of orders at the broker that have not ended, oldest first: there may be thousands. */
  open(): Pick<GatewayOrder, "clientOrderId" | "brokerOrderId">[];
  /** All that have not ended, oldest first, each read whole: only for what happens seldom. */
  live(): GatewayOrder[];
  hasLive(): boolean;
  /** Live orders whose `nextLookAt` has come. */
  due(now: number): GatewayOrder[];
  /** The soonest `nextLookAt` of a live order. */
  nextLookAt(): number | null;
  /** Write-ahead records without an outcome. */
  recorded(): GatewayOrder[];
  /** The order, its new executions and its posts, together. */
  save(change: RecordChange): void;
  hasExecution(executionId: string): boolean;
  /** What the ledger has not confirmed yet, oldest first. */
  outbox(limit: number): { seq: number; post: OrderPost }[];
  /** Whether there is any. */
  hasPosts(): boolean;
  /** The `seq` of the newest there ever was; 0 when there was none. */
  lastPost(): number;
  /** The ledger has everything up to `seq`. A crash may forget it: posted again, it changes nothing. */
  posted(seq: number): void;
  halts(): Halt[];
  halt(scope: string): Halt | null;
  saveHalt(halt: Halt): void;
  /** Small numbers by name: the highest epoch seen, how far executions were read, counters. */
  number(name: NumberName): number;
  setNumber(name: NumberName, value: number): void;
  /** A fill of an order that is not from here, with its post, together. */
  adopt(execution: Execution, post: OrderPost): void;
  /** What a person named as one of ours, by the broker's id. */
  handOrder(brokerOrderId: string): HandOrder | null;
  /** With the order that it ends and its posts, together. */
  saveHandOrder(hand: HandOrder, order: GatewayOrder, posts: OrderPost[]): void;
  /** The broker's execution of such an order, with what it brings beyond the person's figure. */
  coverHandOrder(
    brokerOrderId: string,
    covered: string,
    execution: Execution,
    posts: OrderPost[],
  ): void;
  executionsOfBroker(brokerOrderId: string): Execution[];
  /** An order that is not from here. True when it is new. */
  noteExternal(brokerOrderId: string, at: number): boolean;
  /** Small JSON by name: doubts, frozen instruments, inferred fills, incidents, how checks went. */
  note(name: NoteName): string | null;
  /** Null takes it away. */
  setNote(name: NoteName, body: string | null): void;
  /** Bodies of all names with this prefix, by name. */
  notes(prefix: NotePrefix): string[];
  readonly past: PastStore;
}

/** How what ended long ago leaves a gateway's storage. */
export interface PastStore {
  /** Whole records of orders that have ended, by id, from after this one on. */
  ended(after: string, limit: number): GatewayOrder[];
  /** Puts past records in the place of whole ones, together. */
  add(orders: readonly PastRecord[]): void;
  /** Lets go of an order altogether. */
  forget(order: GatewayOrder): void;
  /**
   * Lets go of the ids from before then: of some past records, and of executions from after this id on.
   * Answers the last id that was looked at; null at the end.
   */
  forgetIds(before: number, after: string, limit: number): string | null;
}

export type NotePrefix =
  | "doubt:"
  | "frozen:"
  | "inferred:"
  | "incident:"
  | "check:"
  | "currency:"
  | "undescribed:"
  | "bracket:"
  | "bracket-ended:"
  | "archive:";

export type NoteName = `${NotePrefix}${string}`;

export type NumberName =
  | "epoch_seen"
  /** Everything the broker knew until then has been read in. */
  | "read_until"
  | "polled_at"
  | "balances_tried_at"
  | "balances_read_at"
  | "filled_at"
  /** Bookings of fills so far: two readings that differ have a fill between them. */
  | "fills_booked"
  | "positions_compared_at"
  /** How many were booked when positions were last compared. */
  | "fills_compared"
  | "in_flight_looked_at"
  /** When the stream last told of an order that is not from here. */
  | "external_seen_at"
  /** Ids from before then are gone: what is told from that time is no news. */
  | "forgotten_until"
  /** Orders that may only reduce and have left from here, at least since the ledger knew of none: -1 while it knows of none. */
  | "reducing_sent"
  /** How many of those, and of the fills, there were when they were last held against the positions. */
  | "trimmed_sent"
  | "trimmed_fills"
  /** When that is to be done again, because some could close too much; 0 when none can. */
  | "trim_again_at"
  /** When the facts of instruments that nobody here knew were last asked for. */
  | "described_at";

export interface GatewayPorts {
  account: string;
  store: GatewayStore;
  broker: BrokerTrading;
  ledger: Pick<
    RiskLedgerPort,
    | "post"
    | "order"
    | "approved"
    | "recordBalances"
    | "positions"
    | "control"
    | "reserve"
    | "reserveAll"
    | "reserveReplace"
    | "requestCancel"
    | "endedOf"
    | "reducing"
  >;
  /** What the ledger does not know of an exit that this gateway places itself. */
  facts(intent: OrderIntent): Promise<IntentFacts>;
  retries: RetryQueuePort;
  /** Durable when it answers, which is soon; what it refuses is offered again, also what it has laid down all the same. */
  tell(incident: Incident): Promise<void>;
  now(): number;
  sleep(ms: number): Promise<void>;
  /** Waits for whoever is about to write at the same time, so that a disk is waited for once; at once where it is left out. */
  turn?(): Promise<void>;
  /** True once the order stream is up and what was missed has been read in; false past the bound. */
  ready(): Promise<boolean>;
  /** Our clock less the broker's, ms, as measured; null, and left out, when it is not known. */
  clockOffsetMs?(): number | null;
  /** Why there is no session at the broker, so that nothing can be sent; null, and left out, when there is one. */
  sessionEnded?(): Promise<string | null>;
  /** Left out, by the bounds of `archive-limits.ts`. */
  archiving?: Archiving;
  log: Log;
}
