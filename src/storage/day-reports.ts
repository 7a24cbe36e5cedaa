/** The reports that the ends of days have in D1: one for each account and day. */
import { eq, inArray, min, sql } from "drizzle-orm";
import type { ReconciliationView } from "../contract/reconciliation.ts";
import type { DayRun } from "../domain/reconciliation/due-day.ts";
import type { Database } from "./database.ts";
import { reconciliations } from "./schema.ts";

/** Who starts the run of each day's end. */
export const AFTER_HOURS = "after_hours";

/** The report of a day's end has this id, so that running it again is the same report. */
export const dayReportId = (account: string, day: string): string => `${account}-${day}`;

/** What people are told under while the run of a day's end fails; a report that was laid down or accepted takes it back. */
export const failedDayIncidentId = (reportId: string): string =>
  `reconciliation-failed-${reportId}`;

/** The first day of which the account has any report; null when there is none. */
export async function firstReportDay(book: Database, account: string): Promise<string | null> {
  const { day } = reconciliations;
  const [row] = await book
    .select({ day: min(day) })
    .from(reconciliations)
    .where(eq(reconciliations.account, account));
  return row?.day ?? null;
}

/** How the runs of these days' ends went, by day; `failure` is null where they did not fail. */
export async function dayReports(
  book: Database,
  account: string,
  days: readonly string[],
): Promise<Map<string, DayRun & { failure: string | null }>> {
  const { id, day, status, finishedAt, report } = reconciliations;
  const ids = days.map((each) => dayReportId(account, each));
  const failure = sql<string | null>`json_extract(${report}, '$.failure')`;
  const rows = await book
    .select({ day, status, finishedAt, failure })
    .from(reconciliations)
    .where(inArray(id, ids));
  return new Map(
    rows.map(({ status: state, ...row }) => [row.day, { ...row, isFailed: state === "failed" }]),
  );
}

/** Null when there is none yet for that day. */
export async function dayReport(
  book: Database,
  id: string,
): Promise<Pick<ReconciliationView, "status" | "finishedAt"> | null> {
  const { status, finishedAt } = reconciliations;
  const [row] = await book
    .select({ status, finishedAt })
    .from(reconciliations)
    .where(eq(reconciliations.id, id));
  return row ?? null;
}
