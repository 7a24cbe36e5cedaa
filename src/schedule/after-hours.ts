/** The reconciliation of each trading day, once after its end: due from what is stored, so that a missed minute is caught up. */
import { REPORT_DELAY_MS, REPORT_RETRY_MS } from "../domain/limits.ts";
import { tradingDay } from "../domain/risk/state.ts";
import { runReconciliation } from "../platform/reconciliation.ts";
import { database } from "../storage/database.ts";
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
