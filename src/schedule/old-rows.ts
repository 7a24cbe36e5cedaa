/** What leaves D1 for files once days are over: due from what is stored, so that a missed minute is caught up. People hear of what keeps it. */
import { moveEvents } from "../application/move-events.ts";
import { moveRows, type RowsBook } from "../application/move-rows.ts";
import { isMoved, type MovingState } from "../application/moving.ts";
import {
  BOOK_SLICE_ROWS,
  EVENTS_FAILING_TOLD_MS,
  EVENTS_SLICE_ORDERS,
} from "../domain/archive-limits.ts";
import type { MovedRow, RowShape } from "../domain/moved-rows.ts";
import { closedDay } from "../domain/reconciliation/due-day.ts";
import { fullness, sizeText } from "../domain/tradebook-size.ts";
import { tradebookKeptMs } from "../platform/env.ts";
import { bytesUsed, database, type Database } from "../storage/database.ts";
import { dayReport, dayReportId } from "../storage/day-reports.ts";
import { eventFilesIn } from "../storage/event-files.ts";
import { closeIncidents, layDown } from "../storage/incidents.ts";
import { EXECUTION_ROWS, ORDER_ROWS } from "../storage/moved-shapes.ts";
import { eventsBook } from "../storage/moving-events.ts";
import { executionsToMove, ordersToMove } from "../storage/moving-rows.ts";
import { rowFilesIn } from "../storage/row-files.ts";

const clock = (): number => Date.now();

/** Moves old events to files once every account's day has been compared: both read and write the tradebook. */
export async function moveEventsWhenDue(
  env: Env,
  accounts: readonly string[],
  now: number,
): Promise<void> {
  const day = closedDay(now);
  const db = database(env.DB);
  const book = eventsBook(db);
  const before = await book.state();
  if (isMoved(before, day) || !(await areCompared(db, accounts, day)))
    return quiet(db, EVENTS, before, now);
  const files = eventFilesIn(env.ARCHIVE);
  const ports = { book, files, sliceOrders: EVENTS_SLICE_ORDERS, now: clock };
  await told(db, EVENTS, await moveEvents(ports, day), now);
}

/** Moves orders of old days, and then executions, once their events have gone: all share the minute's processor time. */
export async function moveRowsWhenDue(env: Env, now: number): Promise<void> {
  const db = database(env.DB);
  if (!isMoved(await eventsBook(db).state(), closedDay(now))) return;
  const isThrough =
    (await areGone(env, ORDER_ROWS, ordersToMove(db), now)) &&
    (await areGone(env, EXECUTION_ROWS, executionsToMove(db), now));
  if (isThrough) await closeIncidents(db, ROWS.incident, now);
}

/** True where the pass of the latest closed day was over before; else one run of it is made. */
async function areGone<Row extends MovedRow>(
  env: Env,
  shape: RowShape<Row>,
  book: RowsBook<Row>,
  now: number,
): Promise<boolean> {
  const day = closedDay(now);
  if (isMoved(await book.state(), day)) return true;
  const files = rowFilesIn(env.ARCHIVE, shape);
  const keptMs = (): number => tradebookKeptMs(env);
  const ports = { shape, book, files, sliceRows: BOOK_SLICE_ROWS, keptMs, now: clock };
  await told(database(env.DB), ROWS, await moveRows(ports, day), now);
  return false;
}

/** People hear of a database that fills while it has room for weeks. What D1 has freed it does not give back: a level is told once. */
export async function tellOfSize(db: Database, bytes: number | null, now: number): Promise<void> {
  const severity = bytes === null ? null : fullness(bytes);
  if (bytes === null || severity === null) return;
  await layDown(db, {
    id: `tradebook-size-${severity}`,
    at: now,
    account: "tradebook",
    severity,
    title: "The tradebook's database is filling up",
    message: `D1 holds ${sizeText(bytes)}. When it is full nothing is written to the tradebook any more, and what happens waits in the ledger. Look at "order events" and "old days" in the status for what keeps rows from moving to files, or keep fewer days (TRADEBOOK_KEPT_DAYS).`,
  });
}

export const tellOfTradebookSize = async (env: Env, now: number): Promise<void> => {
  const db = database(env.DB);
  await tellOfSize(db, await bytesUsed(db), now);
};

async function areCompared(
  book: Database,
  accounts: readonly string[],
  day: string,
): Promise<boolean> {
  const reports = await Promise.all(
    accounts.map((account) => dayReport(book, dayReportId(account, day))),
  );
  return reports.every((report) => report !== null && report.status !== "failed");
}

interface Moved {
  /** How the ids of its incidents begin: since when it fails comes after. */
  incident: string;
  title: string;
}

const EVENTS: Moved = {
  incident: "order-events-",
  title: "Old order events cannot be moved to files",
};

const ROWS: Moved = {
  incident: "tradebook-rows-",
  title: "Orders and executions of old days cannot be moved to files",
};

/** Each minute anew: taking it back may have failed when the moving went on. */
async function quiet(
  book: Database,
  { incident }: Moved,
  { failingSince }: MovingState,
  now: number,
): Promise<void> {
  if (failingSince === null) await closeIncidents(book, incident, now);
}

/** What failed is thrown at last, so that it is in the log like everything else that the minute could not do. */
async function told(
  book: Database,
  { incident, title }: Moved,
  { failingSince, error }: MovingState,
  now: number,
): Promise<void> {
  if (failingSince === null) return closeIncidents(book, incident, now);
  if (now - failingSince >= EVENTS_FAILING_TOLD_MS)
    await layDown(book, {
      id: `${incident}${failingSince}`,
      at: now,
      account: "tradebook",
      severity: "serious",
      title,
      message: `Nothing of it went through since ${new Date(failingSince).toISOString()}: ${error}. Nothing is lost and trading goes on, but the tradebook in D1 grows until it is full: look at the bucket of the binding ARCHIVE.`,
    });
  if (error !== null) throw new Error(error);
}
