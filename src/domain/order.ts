/** Intent, order, execution: what an algo asks for, what the ledger approved, and what the broker filled. */
import type { BracketExit, BracketTerms } from "./bracket.ts";
import type { DecimalText } from "./decimal.ts";
import type { InstrumentId } from "./instrument.ts";
import type { Refusal } from "./risk/refusal.ts";

export const SIDES = ["buy", "sell"] as const;
export type Side = (typeof SIDES)[number];

export const ORDER_TYPES = ["market", "limit", "stop", "stop_limit"] as const;
export type OrderType = (typeof ORDER_TYPES)[number];

export const TIMES_IN_FORCE = ["day", "ioc", "gtc"] as const;
export type TimeInForce = (typeof TIMES_IN_FORCE)[number];

export const ORDER_STATES = [
  "denied",
  "pending_new",
  "new",
  "pending_trigger",
  "partially_filled",
  "filled",
  "pending_cancel",
  "canceled",
  "pending_replace",
  "replaced",
  "rejected",
  "expired",
  "suspended",
  "unknown",
  "dead_lettered",
] as const;

/** FIX words, plus `denied` (by the ledger; it never left), `unknown` and `dead_lettered`. */
export type OrderState = (typeof ORDER_STATES)[number];

/** What an algo asks for. Its `clientOrderId` is fixed by the caller before sending. */
export interface OrderIntent {
  clientOrderId: string;
  algoId: string;
  account: string;
  instrument: InstrumentId;
  side: Side;
  type: OrderType;
  quantity: DecimalText;
  limitPrice: DecimalText | null;
  stopPrice: DecimalText | null;
  timeInForce: TimeInForce;
  /** Where the position would be closed; money at risk is measured to it. Not sent to the broker. */
  protectiveStop: DecimalText | null;
  reduceOnly: boolean;
  /** Exits that the gateway places for what fills of it. */
  bracket?: BracketTerms;
  /** Set on the exits themselves, by the gateway alone. */
  exit?: BracketExit;
}

declare const approvedBrand: unique symbol;

/** Proof that the risk checks passed: only `risk/decide.ts` makes one, and gateways take nothing else. */
export type Approved<T> = T & { readonly [approvedBrand]: true };

export interface ReservedOrder {
  intent: OrderIntent;
  /** The ledger version that reserved it: a kill switch with a higher one stops it. */
  ledgerVersion: number;
  /** The region lease's fencing number. */
  epoch: number;
  approvedAt: number;
  /** The ledger has proven, by quantity, that it can only lower exposure; left out of a retry, which proves nothing anew. */
  onlyReduces?: true;
  /** An exit that the platform makes after a halt: the kill switch that it was made under lets it go. */
  flattens?: true;
}

export type ApprovedOrder = Approved<ReservedOrder>;

/** Under what the ledger approved an order's terms: the gates look at it for a new order and for each change alike. */
export type TermsApproval = Pick<ReservedOrder, "epoch" | "ledgerVersion">;

/** New terms for a live order; null leaves a term as it is. */
export interface OrderChanges {
  quantity: DecimalText | null;
  limitPrice: DecimalText | null;
  stopPrice: DecimalText | null;
}

export interface Order extends OrderIntent {
  state: OrderState;
  filledQuantity: DecimalText;
  /** Mean price of its fills; null before the first. */
  averagePrice: DecimalText | null;
  brokerOrderId: string | null;
  /** Why the ledger denied it. */
  refusal: Refusal | null;
  /** What the broker, or a person, said last: a reject reason, a cancel reason, a label on the desk. */
  reason: string | null;
  ledgerVersion: number;
  /** The ledger version that approved the terms that were asked for last; left out while those are its first. */
  termsVersion?: number;
  /** Of the lease under which its terms were approved, the first or those that were asked for last. */
  epoch: number;
  createdAt: number;
  updatedAt: number;
}

/** Of the terms that were asked for last. */
export const approvalOf = ({ epoch, ledgerVersion, termsVersion }: Order): TermsApproval => ({
  epoch,
  ledgerVersion: termsVersion ?? ledgerVersion,
});

/** A fill. `executionId` is the broker's own; the same one is applied once. */
export interface Execution {
  executionId: string;
  clientOrderId: string;
  brokerOrderId: string;
  account: string;
  instrument: InstrumentId;
  side: Side;
  quantity: DecimalText;
  price: DecimalText;
  fee: DecimalText;
  feeCurrency: string;
  /** The broker's clock, ms since 1970. */
  executedAt: number;
}

/** An order that was placed past us, as the broker tells it. */
export interface ExternalOrder
  extends
    Pick<Execution, "account" | "brokerOrderId">,
    Pick<
      OrderIntent,
      "instrument" | "side" | "type" | "quantity" | "limitPrice" | "stopPrice" | "timeInForce"
    > {
  /** When the broker first had it, by its clock, ms since 1970; null where it does not tell, left out of older events. */
  placedAt?: number | null;
}

/** Where the time of one attempt to send went, ms. What the broker does not tell of its own time is network. */
export interface OrderStages {
  /** From the approval, for a retry from its start, until it asked for its turn. */
  queueMs: number;
  /** Waiting for its turn at the broker's rate. */
  limiterMs: number;
  /** On the way there and back. */
  networkMs: number;
  /** At the broker, by its own word; null when it gives none. */
  brokerMs: number | null;
}

/** What happened to an order after it was reserved: made by gateways, posted to the ledger. */
export type OrderEvent =
  /** It rests at the broker and was placed past us. `currency` is its price's; null when nobody knows it yet. */
  | {
      kind: "adopted";
      order: ExternalOrder;
      pendingTrigger: boolean;
      currency: string | null;
    }
  /** What an adopted order, or a trade past us, is priced in: learned after it was booked. */
  | { kind: "described"; currency: string }
  | {
      kind: "accepted";
      brokerOrderId: string;
      pendingTrigger: boolean;
      stages?: OrderStages;
      /** What it comes to with what a person executed in its place; left out of all others. */
      quantity?: DecimalText;
    }
  | { kind: "triggered" }
  | { kind: "rejected"; reason: string; stages?: OrderStages }
  | { kind: "filled"; execution: Execution }
  | { kind: "cancel_requested"; by: string }
  | { kind: "cancel_rejected"; reason: string }
  | { kind: "canceled"; reason: string }
  | { kind: "replace_requested"; changes: OrderChanges; by: string }
  | { kind: "replace_rejected"; reason: string }
  | { kind: "replaced"; changes: OrderChanges }
  | { kind: "suspended"; reason: string }
  | { kind: "expired"; reason: string }
  | { kind: "not_sent"; reason: string; attempt: number; stages?: OrderStages }
  | { kind: "outcome_unknown"; reason: string; stages?: OrderStages }
  | { kind: "dead_lettered"; label: DeadLetterLabel; reason: string }
  | { kind: "discarded"; by: string; reason: string };

export type DeadLetterLabel = "not_sent" | "rejected" | "unknown";

/** One event about one order. `eventId` makes posting it twice the same as once. */
export interface OrderPost {
  eventId: string;
  clientOrderId: string;
  event: OrderEvent;
  /** ms since 1970, by the clock of whoever saw it. */
  at: number;
}
