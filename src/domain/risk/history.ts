/**
 * An order's whole life, told from the ledger's own events: they are applied again, by the same
 * function, to a ledger that has only this order. It keeps no log of its own.
 */
import { assert } from "../assert.ts";
import { decimal, ZERO, type DecimalText } from "../decimal.ts";
import type {
  DeadLetterLabel,
  Execution,
  OrderChanges,
  OrderEvent,
  OrderPost,
  OrderStages,
  OrderState,
} from "../order.ts";
import { ORDER_TRANSITIONS, type OrderTransition } from "../order-state-table.ts";
import { apply, type LedgerEvent } from "./ledger.ts";
import { NO_UNIT_RISK } from "./money-at-risk.ts";
import type { Refusal } from "./refusal.ts";
import { emptyLedger } from "./state.ts";

/** An event as it was recorded. The decimals of its body may be text: only the order's own are looked at. */
export interface RecordedEvent {
  version: number;
  /** ms since 1970, by the clock of whoever saw it. */
  at: number;
  eventId: string | null;
  body: LedgerEvent;
}

/** The table names a fill by what it leaves and an acceptance by its trigger; an event is just that. */
type Narrowed = "accepted_untriggered" | "partial_fill" | "full_fill";

export type HistoryKind = "reserved" | "denied" | "filled" | Exclude<OrderTransition, Narrowed>;

const isNarrowed = (name: OrderTransition): name is Narrowed =>
  name === "accepted_untriggered" || name === "partial_fill" || name === "full_fill";

/** The ledger's own two decisions, then every event of the state table. */
export const HISTORY_KINDS: readonly HistoryKind[] = [
  "reserved",
  "denied",
  "filled",
  ...ORDER_TRANSITIONS.filter((name) => !isNarrowed(name)),
];

/** `ledger`: its decision. `gateway`: what it did, or did not see. `broker`: the broker's word. */
export const HISTORY_SOURCES = ["ledger", "gateway", "broker", "algo", "person"] as const;

export type HistorySource = (typeof HISTORY_SOURCES)[number];

export interface HistoryEntry {
  /** The ledger's version after it. */
  version: number;
  at: number;
  kind: HistoryKind;
  source: HistorySource;
  /** Who asked for it, as the audit log names them; null when nobody did. */
  by: string | null;
  /** Why, in the words of the source; null when it gave none. */
  reason: string | null;
  /** The order's state after it. */
  state: OrderState;
  filledQuantity: DecimalText;
  execution: Execution | null;
  /** The new terms that were asked for or confirmed. */
  changes: OrderChanges | null;
  /** Why the ledger denied it, with its figures. */
  refusal: Refusal | null;
  brokerOrderId: string | null;
  /** Which attempt was proven not sent. */
  attempt: number | null;
  /** Where the time of the attempt that it tells of went. */
  stages: OrderStages | null;
  /** How it was labelled on the desk. */
  label: DeadLetterLabel | null;
  /** What was odd about it, such as a fill after a cancel; null mostly. */
  flag: string | null;
}

/** `events` are all of one order's from its first on, oldest first. */
export function orderHistory(events: readonly RecordedEvent[]): HistoryEntry[] {
  const [first] = events;
  if (!first) return [];
  const state = emptyLedger(first.at);
  return events.flatMap((event) => {
    const { entry, flag } = apply(state, withoutRisk(event.body));
    return entry && !isDescription(event.body) ? [entryOf(event, entry.order, flag)] : [];
  });
}

/** What an instrument is priced in is no part of an order's life. */
const isDescription = (event: LedgerEvent): boolean =>
  event.kind === "posted" && event.post.event.kind === "described";

/** Neither what an order reserved nor what its fills cost has a part in its states. */
export function withoutRisk(event: LedgerEvent): LedgerEvent {
  if (event.kind === "reserved") {
    const { currency } = event.reservation;
    return { ...event, reservation: { unit: NO_UNIT_RISK, currency, funds: ZERO } };
  }
  if (event.kind === "replace_reserved")
    return { ...event, quantity: decimal(event.quantity), unit: NO_UNIT_RISK, funds: ZERO };
  if (event.kind === "posted" && event.post.event.kind === "filled") {
    const execution = { ...event.post.event.execution, fee: "0" };
    return { ...event, post: { ...event.post, event: { kind: "filled", execution } } };
  }
  return event;
}

const NO_FACTS = {
  by: null,
  reason: null,
  execution: null,
  changes: null,
  refusal: null,
  attempt: null,
  stages: null,
  label: null,
} as const;

function entryOf(
  { version, at, eventId, body }: RecordedEvent,
  order: { state: OrderState; filledQuantity: DecimalText; brokerOrderId: string | null },
  flag: string | null,
): HistoryEntry {
  const { state, filledQuantity, brokerOrderId } = order;
  return {
    version,
    at,
    ...NO_FACTS,
    ...factsOf(body, eventId ?? ""),
    state,
    filledQuantity,
    brokerOrderId,
    flag,
  };
}

type Facts = Pick<HistoryEntry, "kind" | "source"> & Partial<HistoryEntry>;

function factsOf(event: LedgerEvent, eventId: string): Facts {
  switch (event.kind) {
    case "denied": {
      const { refusal } = event.order;
      return { kind: "denied", source: "ledger", refusal, reason: refusal?.message ?? null };
    }
    case "replace_reserved": {
      const { by, changes } = event;
      return { kind: "replace_requested", source: sourceOf(by), by, changes };
    }
    case "posted":
      return postedFacts(event.post, eventId);
    case "reserved":
      return { kind: "reserved", source: "ledger" };
    case "trading_state":
    case "limit":
    case "control":
    case "day":
      assert(false, `${event.kind} is no event of an order`);
  }
}

function postedFacts({ event }: OrderPost, eventId: string): Facts {
  const { kind } = event;
  assert(kind !== "described", "a description is left out of the history");
  return {
    kind,
    source: "by" in event ? sourceOf(event.by) : newsSource(event, eventId),
    ...("by" in event ? { by: event.by } : {}),
    ...("reason" in event ? { reason: event.reason } : {}),
    ...(kind === "filled" ? { execution: event.execution } : {}),
    ...("changes" in event ? { changes: event.changes } : {}),
    ...(kind === "not_sent" ? { attempt: event.attempt } : {}),
    ...("stages" in event && event.stages ? { stages: event.stages } : {}),
    ...(kind === "dead_lettered" ? { label: event.label } : {}),
  };
}

/** Callers are named `kind:id`; the local development key is a person's. */
function sourceOf(by: string): HistorySource {
  if (by.startsWith("algo:")) return "algo";
  if (by.startsWith("gateway:")) return "gateway";
  return by === "ledger" ? "ledger" : "person";
}

/**
 * An event's id says who made it: the ledger itself, the gateway of an order that never left, or a
 * person who executed it by hand. A client order id has no colon.
 */
function newsSource({ kind }: OrderEvent, eventId: string): HistorySource {
  if (/^ledger:\d+$/.test(eventId)) return "ledger";
  const [, name] = eventId.split(":");
  if (name === "hand") return "person";
  if (kind === "not_sent" || kind === "outcome_unknown" || kind === "dead_lettered")
    return "gateway";
  return name === "stopped" || name === "withdrawn" ? "gateway" : "broker";
}
