/** D1's side of moving orders' events to files: the walk through them, the list of files, and how far it has come. */
import { eq, gt, sql } from "drizzle-orm";
import type { EventsBook } from "../application/move-events.ts";
import type { MovingState } from "../application/moving.ts";
import { EVENTS_DELETED_ROWS } from "../domain/archive-limits.ts";
import type { StoredEvent } from "../domain/event-part.ts";
import type { Database } from "./database.ts";
import { eventMoves, eventParts, orderEvents, orders } from "./schema.ts";

/** `event_moves` has one row. */
const ONLY = 1;

const BEFORE_THE_FIRST: MovingState = {
  day: null,
  afterId: "",
  finishedAt: null,
  failingSince: null,
  error: null,
};

/** What people are shown of it; null before the first pass. */
export type EventMoves = Pick<
  typeof eventMoves.$inferSelect,
  "day" | "finishedAt" | "failingSince" | "error" | "events" | "movedAt"
>;

export async function movesOfEvents(book: Database): Promise<EventMoves | null> {
  const [row] = await book.select().from(eventMoves);
  return row ?? null;
}

export const eventsBook = (book: Database): EventsBook => ({
  async state() {
    const { day, afterId, finishedAt, failingSince, error } = eventMoves;
    const [row] = await book
      .select({ day, afterId, finishedAt, failingSince, error })
      .from(eventMoves);
    return row ?? BEFORE_THE_FIRST;
  },

  async save(state) {
    await book
      .insert(eventMoves)
      .values({ id: ONLY, ...state })
      .onConflictDoUpdate({ target: eventMoves.id, set: state });
  },

  async orders(afterId, limit) {
    const { clientOrderId } = orderEvents;
    // In the order of the table's key, so that D1 stops after `limit` orders.
    const seen = book
      .select({ id: clientOrderId, events: sql<number>`count(*)`.as("events") })
      .from(orderEvents)
      .where(gt(clientOrderId, afterId))
      .groupBy(clientOrderId)
      .orderBy(clientOrderId)
      .limit(limit)
      .as("seen");
    const { state, createdAt, updatedAt } = orders;
    const rows = await book
      .select({ id: seen.id, events: seen.events, order: { state, createdAt, updatedAt } })
      .from(seen)
      .leftJoin(orders, eq(orders.clientOrderId, seen.id))
      .orderBy(seen.id);
    return rows.map(({ id, ...row }) => ({ clientOrderId: id, ...row }));
  },

  events(clientOrderIds) {
    const ids = JSON.stringify(clientOrderIds);
    return book
      .select()
      .from(orderEvents)
      .where(sql`${orderEvents.clientOrderId} IN (SELECT value FROM json_each(${ids}))`)
      .orderBy(orderEvents.clientOrderId, orderEvents.version);
  },

  async move(part, events, now) {
    const count = { events: events.length, movedAt: now };
    const isListed = sql`EXISTS (SELECT 1 FROM ${eventParts}
      WHERE ${eventParts.day} = ${part.day} AND ${eventParts.key} = ${part.key})`;
    await book.batch([
      book
        .insert(eventMoves)
        .values({ id: ONLY, ...count })
        .onConflictDoUpdate({
          target: eventMoves.id,
          set: {
            ...count,
            events: sql`${eventMoves.events} + IIF(${isListed}, 0, ${events.length})`,
          },
        }),
      book
        .insert(eventParts)
        .values({ ...part, movedAt: now })
        .onConflictDoNothing(),
      ...deletions(book, events),
    ]);
  },
});

/** Of these rows and no others: an event that came meanwhile stays. */
function deletions(book: Database, events: readonly StoredEvent[]) {
  const { clientOrderId, version } = orderEvents;
  const keys = events.map((event) => [event.clientOrderId, event.version]);
  const slices = Array.from({ length: Math.ceil(keys.length / EVENTS_DELETED_ROWS) }, (_, slice) =>
    JSON.stringify(keys.slice(slice * EVENTS_DELETED_ROWS, (slice + 1) * EVENTS_DELETED_ROWS)),
  );
  return slices.map((text) =>
    book
      .delete(orderEvents)
      .where(
        sql`(${clientOrderId}, ${version}) IN (SELECT value ->> 0, value ->> 1 FROM json_each(${text}))`,
      ),
  );
}
