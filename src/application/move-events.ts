/**
 * Moves the events of orders that ended days ago from D1 to files: one pass through the table for each day
 * that has closed, in slices, by the minute's cron. A row leaves D1 only with the file that has it on the list,
 * in one transaction, so that a crash between any two steps loses and doubles nothing.
 */
import { EVENTS_KEPT_MS, EVENTS_PART_ROWS, EVENTS_RUN_MS } from "../domain/archive-limits.ts";
import {
  partsOf,
  type EventedOrder,
  type EventPart,
  type StoredEvent,
} from "../domain/event-part.ts";
import { errorText } from "./log.ts";

/** How far it has come. */
export interface MovingState {
  /** The closed day after which the pass began; null before the first. */
  day: string | null;
  /** Orders up to this id were looked at in the pass. */
  afterId: string;
  /** ms since 1970; null while the pass goes on. */
  finishedAt: number | null;
  /** Since when no slice went through, and why; null while they do. */
  failingSince: number | null;
  error: string | null;
}

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
  now(): number;
}

/** Whether the pass of this closed day is over, or a later one's. */
export const isMoved = ({ day, finishedAt }: MovingState, closedDay: string): boolean =>
  finishedAt !== null && day !== null && day >= closedDay;

/** Goes on with the pass, or begins that of the closed day, for as long as one run may take. What fails is in the state. */
export async function moveEvents(ports: MoveEventsPorts, closedDay: string): Promise<MovingState> {
  const { book } = ports;
  const startedAt = ports.now();
  let state = begun(await book.state(), closedDay);
  try {
    while (state.finishedAt === null && ports.now() - startedAt < EVENTS_RUN_MS) {
      state = await moveSlice(ports, state);
      await book.save(state);
    }
  } catch (error) {
    state = { ...state, failingSince: state.failingSince ?? ports.now(), error: errorText(error) };
    await book.save(state);
  }
  return state;
}

/** A pass that was not finished goes on: what it has not seen is older than what a new one would begin with. */
const begun = (state: MovingState, closedDay: string): MovingState =>
  (state.day === null || state.finishedAt !== null) && !isMoved(state, closedDay)
    ? { ...state, day: closedDay, afterId: "", finishedAt: null }
    : state;

async function moveSlice(ports: MoveEventsPorts, state: MovingState): Promise<MovingState> {
  const { book, files, sliceOrders } = ports;
  const now = ports.now();
  const seen = await book.orders(state.afterId, sliceOrders);
  for (const { day, clientOrderIds } of partsOf(seen, now - EVENTS_KEPT_MS, EVENTS_PART_ROWS)) {
    const events = await book.events(clientOrderIds);
    // Another run of the same minute may have moved them.
    if (events.length > 0) await book.move(await files.write(day, events), events, now);
  }
  const last = seen.at(-1);
  const isLast = last === undefined || seen.length < sliceOrders;
  return {
    ...state,
    afterId: last?.clientOrderId ?? state.afterId,
    finishedAt: isLast ? now : null,
    failingSince: null,
    error: null,
  };
}
