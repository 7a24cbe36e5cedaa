/** What is done once after each trading day's end: due from what is stored, so that a missed minute is caught up. */
import { isMoved, moveEvents, type MovingState } from "../application/move-events.ts";
import { EVENTS_FAILING_TOLD_MS, EVENTS_SLICE_ORDERS } from "../domain/archive-limits.ts";
import { REPORT_DELAY_MS, REPORT_RETRY_MS } from "../domain/limits.ts";
import { tradingDay } from "../domain/risk/state.ts";
import { runReconciliation } from "../platform/reconciliation.ts";
import { database, type Database } from "../storage/database.ts";
import { eventFilesIn } from "../storage/event-files.ts";
import { closeIncident, layDown } from "../storage/incidents.ts";
import { eventsBook } from "../storage/moving-events.ts";
import { AFTER_HOURS, dayReport, dayReportId } from "../storage/reconciliations.ts";

const DAY_MS = 86_400_000;

/** The latest trading day that has ended for long enough. */
export const closedDay = (now: number): string => tradingDay(now - REPORT_DELAY_MS - DAY_MS);

/** Runs what is due; a day that could not be compared is tried again after a while. */
export async function reconcileWhenDue(env: Env, account: string, now: number): Promise<void> {
  const day = closedDay(now);
  const id = dayReportId(account, day);
  const known = await dayReport(database(env.DB), id);
  if (known && known.status !== "failed") return;
  if (known && now - known.finishedAt < REPORT_RETRY_MS) return;
  await runReconciliation(env, { id, account, day, startedBy: AFTER_HOURS });
}

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
  if (isMoved(before, day) || !(await areCompared(db, accounts, day))) return;
  const files = eventFilesIn(env.ARCHIVE);
  const ports = { book, files, sliceOrders: EVENTS_SLICE_ORDERS, now: () => Date.now() };
  const after = await moveEvents(ports, day);
  await tellOfMoving(db, before, after, now);
  // So that it is in the log like everything else that the minute could not do.
  if (after.error !== null) throw new Error(after.error);
}

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

const incidentId = (since: number): string => `order-events-${since}`;

async function tellOfMoving(
  book: Database,
  { failingSince: wasFailing }: MovingState,
  { failingSince, error }: MovingState,
  now: number,
): Promise<void> {
  if (failingSince === null) {
    if (wasFailing !== null) await closeIncident(book, incidentId(wasFailing), now);
    return;
  }
  if (now - failingSince < EVENTS_FAILING_TOLD_MS) return;
  await layDown(book, {
    id: incidentId(failingSince),
    at: now,
    account: "tradebook",
    severity: "serious",
    title: "Old order events cannot be moved to files",
    message: `Nothing of it went through since ${new Date(failingSince).toISOString()}: ${error}. Nothing is lost and trading goes on, but the tradebook in D1 grows until it is full: look at the bucket of the binding ARCHIVE.`,
  });
}
