/** A gateway's own durable record of one order: what was sent, what came of it, and what is still wished. */
import { decimal, type Decimal, type DecimalText } from "../../domain/decimal.ts";
import type { InstrumentId } from "../../domain/instrument.ts";
import type { HandExecution } from "../desk-port.ts";
import type {
  ApprovedOrder,
  Execution,
  OrderChanges,
  OrderIntent,
  OrderPost,
  OrderStages,
} from "../../domain/order.ts";

export type SendRecord =
  /** The write-ahead: about to send, or sent; what came of it is not known. */
  | "recorded"
  /** Proven: nothing reached the broker. */
  | "not_sent"
  | "accepted"
  | "rejected"
  /** Sent, and nobody knows what came of it. Never sent again. */
  | "unknown"
  /** It will never be sent: a kill switch, an old epoch, or a cancel that came first. */
  | "stopped";

/** For `nextLookAt`: long overdue by any clock. */
export const DUE_NOW = 0;

export interface Terms {
  quantity: DecimalText;
  limitPrice: DecimalText | null;
  stopPrice: DecimalText | null;
}

export interface ExternalFacts extends Pick<
  OrderIntent,
  "instrument" | "side" | "type" | "timeInForce"
> {
  /** What the broker said that it had traded when it was adopted, where we had not read all of it, and as of when by the broker's clock. */
  unread?: { filledQuantity: DecimalText; at: number };
  /** Traded before anything of it could be read here: no part of its terms and fills here. Left out while there is none. */
  tradedBefore?: DecimalText;
}

export interface GatewayOrder {
  clientOrderId: string;
  /** Null for an order whose cancel came before the order itself, and for one that was placed past us. */
  approved: ApprovedOrder | null;
  /** What a broker's order is that did not leave from here; left out of our own. */
  external?: ExternalFacts;
  record: SendRecord;
  /** The latest attempt; 0 when there was none. */
  attempt: number;
  /** When the latest attempt was recorded, ms since 1970. */
  recordedAt: number;
  /** Where the time of the latest attempt that was answered went; left out of records that are older than it. */
  stages?: OrderStages;
  reason: string | null;
  brokerOrderId: string | null;
  pendingTrigger: boolean;
  /** The terms at the broker as last confirmed; null without an order. */
  terms: Terms | null;
  replacements: number;
  /** Of it all, what was executed by hand included. */
  filledQuantity: DecimalText;
  /** What of that a person executed by other orders of the broker than this one; left out where nothing was. */
  byHand?: DecimalText;
  /** When the broker took over the newest terms that it told of, by its own clock, ms since 1970; left out while they are its first. */
  termsAt?: number;
  /** How it ended; null while something may still happen. A late fill is taken all the same. */
  ended: "filled" | "canceled" | "expired" | "rejected" | "stopped" | "dead_lettered" | null;
  /** How often it turned out to live at the broker after it had ended or was lost here; left out when it never did. */
  revivals?: number;
  /** Since when complete readings of the broker's lists have not shown it though it was accepted; left out while they do. */
  absentSince?: number | null;
  /** Stopped, withdrawn or given up by a person: if the broker has it after all, it is canceled there. */
  unwanted?: true;
  cancel: "none" | "wanted" | "sent";
  /** Cancels that the broker refused while the order lived. */
  cancelsRejected: number;
  /** New terms that were asked for and not yet confirmed. */
  changes: OrderChanges | null;
  changesAt: number;
  /** How often new terms were asked for. */
  changesAsked: number;
  /** The ledger's version of the newest terms that were sent or refused here; left out while there were none. */
  termsTaken?: number;
  /** How often in a row the broker has refused them; left out while it has not. */
  changesRefused?: number;
  /** When to look at the broker next because something is in doubt; null when nothing is. */
  nextLookAt: number | null;
  looks: number;
  /** When people were told that its outcome is unknown. */
  deskedAt: number | null;
  /** A bracket's exit that could not leave yet, and waits for its turn to be asked for again; left out of all others. */
  turn?: WaitForTurn | null;
  updatedAt: number;
}

export interface WaitForTurn {
  /** ms since 1970. */
  since: number;
  tries: number;
  /** People have heard of it. */
  told: boolean;
}

/** One atomic change: the order as it is now, with the events and executions that it brings. */
export interface RecordChange {
  order: GatewayOrder;
  posts: OrderPost[];
  executions: Execution[];
}

/** A broker's order that a person named as the execution of one of ours. */
export interface HandOrder {
  brokerOrderId: string;
  clientOrderId: string;
  claim: HandExecution;
  /** How much of its quantity the broker's own executions have come to since. */
  covered: string;
}

export const termsOf = ({ intent }: { intent: Terms }): Terms => ({
  quantity: intent.quantity,
  limitPrice: intent.limitPrice,
  stopPrice: intent.stopPrice,
});

export function newRecord(
  clientOrderId: string,
  approved: ApprovedOrder | null,
  now: number,
): GatewayOrder {
  return {
    clientOrderId,
    approved,
    record: "not_sent",
    attempt: 0,
    recordedAt: now,
    reason: null,
    brokerOrderId: null,
    pendingTrigger: false,
    terms: approved ? termsOf(approved) : null,
    replacements: 0,
    filledQuantity: "0",
    ended: null,
    cancel: "none",
    cancelsRejected: 0,
    changes: null,
    changesAt: 0,
    changesAsked: 0,
    nextLookAt: null,
    looks: 0,
    deskedAt: null,
    updatedAt: now,
  };
}

/** What the broker's own order has filled: it may live beside what a person executed in its place. */
export const filledAtBroker = ({ filledQuantity, byHand = "0" }: GatewayOrder): Decimal =>
  decimal(filledQuantity).minus(decimal(byHand));

/** Null for an order that never came. */
export const instrumentOf = ({ approved, external }: GatewayOrder): InstrumentId | null =>
  approved?.intent.instrument ?? external?.instrument ?? null;

/**
 * What stays of an order that ended long ago: it is never sent again by it, a late fill still finds it
 * by either id, and each further life names its events anew.
 */
export type PastRecord = Pick<
  GatewayOrder,
  | "clientOrderId"
  | "brokerOrderId"
  | "record"
  | "attempt"
  | "recordedAt"
  | "ended"
  | "filledQuantity"
  | "revivals"
  | "unwanted"
  | "updatedAt"
>;

export const pastOf = (order: GatewayOrder): PastRecord => ({
  clientOrderId: order.clientOrderId,
  brokerOrderId: order.brokerOrderId,
  record: order.record,
  attempt: order.attempt,
  recordedAt: order.recordedAt,
  ended: order.ended,
  filledQuantity: order.filledQuantity,
  ...(order.revivals === undefined ? {} : { revivals: order.revivals }),
  ...(order.unwanted ? { unwanted: order.unwanted } : {}),
  updatedAt: order.updatedAt,
});

/** A past record as an order: what it was approved with, and its terms, are gone. */
export const recordOfPast = (past: PastRecord): GatewayOrder => ({
  ...newRecord(past.clientOrderId, null, past.recordedAt),
  ...past,
});

/** The entry of the bracket that an order belongs to; null when it belongs to none. */
export function bracketEntryOf({ clientOrderId, approved }: GatewayOrder): string | null {
  const intent = approved?.intent;
  return intent?.bracket ? clientOrderId : (intent?.exit?.entry ?? null);
}

/** Orders of brackets, for a late fill that needs its exits, and those placed past us: whole as long as their ids are kept. */
export const isKeptWhole = (order: GatewayOrder): boolean =>
  order.external !== undefined || bracketEntryOf(order) !== null;

/** For the event that tells of an attempt. */
export const stagesOf = ({ stages }: GatewayOrder): { stages?: OrderStages } =>
  stages ? { stages } : {};

/** Terms with the changes laid over them. */
export const changedTerms = (terms: Terms, changes: OrderChanges): Terms => ({
  quantity: changes.quantity ?? terms.quantity,
  limitPrice: changes.limitPrice ?? terms.limitPrice,
  stopPrice: changes.stopPrice ?? terms.stopPrice,
});

export const sameTerms = (a: Terms, b: Terms): boolean =>
  a.quantity === b.quantity && a.limitPrice === b.limitPrice && a.stopPrice === b.stopPrice;
