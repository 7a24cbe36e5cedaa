/** What is done once after each trading day's end: due from what is stored, so that a missed minute is caught up. */
import type { Incident } from "../application/reconcile-port.ts";
import { daysToCompare, dueDay, isLate } from "../domain/reconciliation/due-day.ts";
import { runReconciliation } from "../platform/reconciliation.ts";
import { database } from "../storage/database.ts";
import { layDown } from "../storage/incidents.ts";
import {
  AFTER_HOURS,
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
