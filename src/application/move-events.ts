/**
 * Moves the events of orders that ended days ago from D1 to files. A row leaves D1 only with the file that has
 * it on the list, in one transaction, so that a crash between any two steps loses and doubles nothing.
 */
import { EVENTS_KEPT_MS, EVENTS_PART_ROWS, EVENTS_RUN_MS } from "../domain/archive-limits.ts";
import {
  partsOf,
  type EventedOrder,
  type EventPart,
  type StoredEvent,
} from "../domain/event-part.ts";
import { moveInSlices, type MovingState, type Slice } from "./moving.ts";

/** Events in D1, and what it lists of their files. */
export interface EventsBook {
  state(): Promise<MovingState>;
  save(state: MovingState): Promise<void>;
  /** Orders of which D1 has events, from the first after this id on, in order; fewer than `limit` are the last. */
  orders(afterId: string, limit: number): Promise<EventedOrder[]>;
  /** Every event that D1 has of them, by order and version. */
  events(clientOrderIds: readonly string[]): Promise<StoredEvent[]>;
  /** Lists the file and deletes exactly these rows, all or nothing; again, it changes nothing. */
  move(part: EventPart, events: readonly StoredEvent[], now: number): Promise<void>;
}

export interface EventFiles {
  /** Throws unless what is read back is what was written. The same events again are the same file. */
  write(day: string, events: readonly StoredEvent[]): Promise<EventPart>;
}

export interface MoveEventsPorts {
  book: EventsBook;
  files: EventFiles;
  /** Orders of one slice. */
  sliceOrders: number;
  now: () => number;
}

/** Goes on with the pass of events, or begins that of the closed day. What fails is in the state. */
export const moveEvents = (ports: MoveEventsPorts, closedDay: string): Promise<MovingState> =>
  moveInSlices({ ...ports, runMs: EVENTS_RUN_MS }, closedDay, (state, now) =>
    moveSlice(ports, state, now),
  );

async function moveSlice(
  { book, files, sliceOrders }: MoveEventsPorts,
  state: MovingState,
  now: number,
): Promise<Slice<MovingState>> {
  const seen = await book.orders(state.afterId, sliceOrders);
  for (const { day, clientOrderIds } of partsOf(seen, now - EVENTS_KEPT_MS, EVENTS_PART_ROWS)) {
    const events = await book.events(clientOrderIds);
    // Another run of the same minute may have moved them.
    if (events.length > 0) await book.move(await files.write(day, events), events, now);
  }
  const afterId = seen.at(-1)?.clientOrderId ?? state.afterId;
  return { state: { ...state, afterId }, isLast: seen.length < sliceOrders };
}
