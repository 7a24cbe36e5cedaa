/**
 * Orders' events that leave the tradebook for files: which go, in which part, and how a part is written. A
 * part is lines of JSON, one for each event, in order of client order id and version. Pure.
 */
import type { OrderState } from "./order.ts";
import { isTerminal } from "./order-state.ts";
import { tradingDay } from "./risk/state.ts";

/** A row of `order_events`; `body` is the event's JSON text, kept to the letter. */
export interface StoredEvent {
  clientOrderId: string;
  version: number;
  /** ms since 1970. */
  at: number;
  eventId: string | null;
  body: string;
}

/** An order of which D1 has events. */
export interface EventedOrder {
  clientOrderId: string;
  /** How many. */
  events: number;
  /** As the tradebook has it; null while it has only the events. */
  order: { state: OrderState; createdAt: number; updatedAt: number } | null;
}

/** Orders whose events go in one file. */
export interface PartPlan {
  /** On which they came: by it a reader finds the file. */
  day: string;
  clientOrderIds: string[];
}

/** A file as the tradebook lists it. */
export interface EventPart {
  day: string;
  key: string;
  firstId: string;
  lastId: string;
  events: number;
  bytes: number;
  /** Of the file's bytes, hex. */
  sha256: string;
}

/** Whether all that is likely to happen to it has happened: what still comes is joined when it is read. */
const mayMove = ({ order }: EventedOrder, endedBefore: number): boolean =>
  order !== null && isTerminal(order.state) && order.updatedAt < endedBefore;

/**
 * The parts of a slice of orders, which come in order of their ids. A part has orders of one day and at most
 * `rowsMax` events, or one order that has more by itself. `endedBefore` is in ms since 1970.
 */
export function partsOf(
  seen: readonly EventedOrder[],
  endedBefore: number,
  rowsMax: number,
): PartPlan[] {
  const parts: PartPlan[] = [];
  const open = new Map<string, { part: PartPlan; rows: number }>();
  for (const each of seen) {
    if (each.order === null || !mayMove(each, endedBefore)) continue;
    const day = tradingDay(each.order.createdAt);
    let last = open.get(day);
    if (!last || last.rows + each.events > rowsMax) {
      last = { part: { day, clientOrderIds: [] }, rows: 0 };
      open.set(day, last);
      parts.push(last.part);
    }
    last.part.clientOrderIds.push(each.clientOrderId);
    last.rows += each.events;
  }
  return parts;
}

/** How the line of an event of this order begins: the id stands first, so that others need not be parsed. */
const lineStart = (clientOrderId: string): string =>
  `{"clientOrderId":${JSON.stringify(clientOrderId)},`;

export const packEvents = (events: readonly StoredEvent[]): string =>
  events
    .map(
      ({ clientOrderId, version, at, eventId, body }) =>
        `${JSON.stringify({ clientOrderId, version, at, eventId, body })}\n`,
    )
    .join("");

/** Every event of the part, or those of one order. Throws when a line is no JSON. */
export function unpackEvents(text: string, clientOrderId?: string): StoredEvent[] {
  const start = clientOrderId === undefined ? "" : lineStart(clientOrderId);
  return text
    .split("\n")
    .filter((line) => line !== "" && line.startsWith(start))
    .map((line) => JSON.parse(line) as StoredEvent);
}

/** All that is known of an order, each event once and oldest first: the same version is the same event, wherever it was read. */
export function joinEvents(...sources: readonly (readonly StoredEvent[])[]): StoredEvent[] {
  const byVersion = new Map(sources.flat().map((event) => [event.version, event]));
  return [...byVersion.values()].sort((a, b) => a.version - b.version);
}
