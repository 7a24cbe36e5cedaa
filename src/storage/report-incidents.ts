/**
 * What people are told of a day's report: laid down and taken back by the very write that lays down, or accepts, the
 * report. A write of its own might fail after it, and nobody would try again.
 */
import { and, eq, sql } from "drizzle-orm";
import type { ReconciliationRecord } from "../application/reconcile-book.ts";
import type { Incident } from "../application/reconcile-port.ts";
import type { Database } from "./database.ts";
import { failedDayIncidentId } from "./day-reports.ts";
import { closing, RECOVERY } from "./incidents.ts";
import { incidents, reconciliations } from "./schema.ts";

const unresolvedIncidentId = (reportId: string): string => `reconciliation-${reportId}`;

/** After the report in the same batch: one that a person had accepted before is told of to nobody. */
export function reportTold(book: Database, record: ReconciliationRecord) {
  const { id, status, finishedAt } = record;
  if (status === "failed") return [];
  const over = closing(book, failedDayIncidentId(id), RECOVERY, finishedAt);
  return status === "unresolved" ? [over, unresolvedTold(book, record)] : [over];
}

/** A person has taken the report on, and with it what people were told of it. */
export const reportTakenOn = (book: Database, reportId: string, by: string, at: number) =>
  [failedDayIncidentId(reportId), unresolvedIncidentId(reportId)].map((id) =>
    closing(book, id, by, at),
  );

function unresolvedTold(book: Database, record: ReconciliationRecord) {
  const { account, day, unresolved, finishedAt } = record;
  const incident: Incident = {
    id: unresolvedIncidentId(record.id),
    at: finishedAt,
    account,
    severity: "serious",
    title: `Reconciliation of ${day} is not resolved`,
    message: `${unresolved} differences with the broker of ${account} have to be looked at by a person; the next wake waits until they are accepted.`,
  };
  const { id, status } = reconciliations;
  return book
    .insert(incidents)
    .select(
      book
        .select({
          id: sql<string>`${incident.id}`.as("id"),
          at: sql<number>`${incident.at}`.as("at"),
          account: sql<string>`${incident.account}`.as("account"),
          title: sql<string>`${incident.title}`.as("title"),
          message: sql<string>`${incident.message}`.as("message"),
          severity: sql<Incident["severity"]>`${incident.severity}`.as("severity"),
          acknowledgedBy: sql<null>`NULL`.as("acknowledged_by"),
          acknowledgedAt: sql<null>`NULL`.as("acknowledged_at"),
        })
        .from(reconciliations)
        .where(and(eq(id, record.id), eq(status, "unresolved"))),
    )
    .onConflictDoNothing();
}
