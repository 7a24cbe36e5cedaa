/** What is done once after each trading day's end: due from what is stored, so that a missed minute is caught up. */
import { isMoved, moveEvents, type MovingState } from "../application/move-events.ts";
import type { Incident } from "../application/reconcile-port.ts";
import { EVENTS_FAILING_TOLD_MS, EVENTS_SLICE_ORDERS } from "../domain/archive-limits.ts";
import { closedDay, daysToCompare, dueDay, isLate } from "../domain/reconciliation/due-day.ts";
import { runReconciliation } from "../platform/reconciliation.ts";
import { database, type Database } from "../storage/database.ts";
import { eventFilesIn } from "../storage/event-files.ts";
import { closeIncidents, layDown } from "../storage/incidents.ts";
import { eventsBook } from "../storage/moving-events.ts";
import {
  AFTER_HOURS,
  dayReport,
  dayReportId,
  dayReports,
  failedDayIncidentId,
  firstReportDay,
} from "../storage/day-reports.ts";

/**
 * Compares the one closed day that is due; a day that was missed or could not be compared has its turn
 * in another minute. People hear of one that fails for long before it is tried again: a run that then
 * succeeds takes the incident back.
 */
export async function reconcileWhenDue(env: Env, account: string, now: number): Promise<void> {
  const db = database(env.DB);
  const days = daysToCompare(await firstReportDay(db, account), now);
  const runs = await dayReports(db, account, days);
  const day = dueDay(days, runs, now);
  if (day === null) return;
  const failure = runs.get(day)?.failure ?? null;
  if (failure !== null && isLate(day, now))
    await layDown(db, failedDayIncident(account, day, failure, now));
  const id = dayReportId(account, day);
  await runReconciliation(env, { id, account, day, startedBy: AFTER_HOURS });
}

const failedDayIncident = (
  account: string,
  day: string,
  failure: string,
  at: number,
): Incident => ({
  id: failedDayIncidentId(dayReportId(account, day)),
  at,
  account,
  severity: "serious",
  title: `${day} could not be compared with the broker`,
  message: `Each reconciliation of ${day} with the broker of ${account} has failed so far, the last because of this: ${failure}. It is tried again; the next wake waits until one succeeds or a person accepts the report.`,
});

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
  if (isMoved(before, day) || !(await areCompared(db, accounts, day))) {
    // Each minute anew: taking it back may have failed when the moving went on.
    if (before.failingSince === null) await closeIncidents(db, MOVING_INCIDENT, now);
    return;
  }
  const files = eventFilesIn(env.ARCHIVE);
  const ports = { book, files, sliceOrders: EVENTS_SLICE_ORDERS, now: () => Date.now() };
  const after = await moveEvents(ports, day);
  await tellOfMoving(db, after, now);
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

/** How their ids begin: since when it fails comes after. */
const MOVING_INCIDENT = "order-events-";

async function tellOfMoving(
  book: Database,
  { failingSince, error }: MovingState,
  now: number,
): Promise<void> {
  if (failingSince === null) return closeIncidents(book, MOVING_INCIDENT, now);
  if (now - failingSince < EVENTS_FAILING_TOLD_MS) return;
  await layDown(book, {
    id: `${MOVING_INCIDENT}${failingSince}`,
    at: now,
    account: "tradebook",
    severity: "serious",
    title: "Old order events cannot be moved to files",
    message: `Nothing of it went through since ${new Date(failingSince).toISOString()}: ${error}. Nothing is lost and trading goes on, but the tradebook in D1 grows until it is full: look at the bucket of the binding ARCHIVE.`,
  });
}
