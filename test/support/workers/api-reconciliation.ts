/** A gateway's comparisons and a day's run as the API's tests play them. */
import { env } from "cloudflare:workers";
import type { ReconciliationRecord } from "../../../src/application/reconcile-book.ts";
import type { ReconcilingPort } from "../../../src/application/reconcile-port.ts";
import { ok } from "../../../src/domain/result.ts";
import type { RunRequest } from "../../../src/platform/reconciliation.ts";
import { database } from "../../../src/storage/database.ts";
import { reconcileBook } from "../../../src/storage/reconciliations.ts";

export const unfrozen: string[][] = [];

export const RECONCILING: ReconcilingPort = {
  reconciliation: async () => ({
    account: "paper",
    ready: true,
    checks: [
      { kind: "positions", lastRunAt: 1, result: "ok", message: "alike", nextRunAt: 60_001 },
    ],
    frozen: [{ instrument: "NSE:TCS", since: 1, reason: "a test says so" }],
  }),
  brokerBook: async () =>
    ok({ executions: [], orders: [], positions: [], balances: [], askedAt: 1 }),
  unfreeze: async (instruments) => void unfrozen.push(instruments),
};

/** Lays down a report with this outcome. */
export async function layReport(
  request: RunRequest,
  status: ReconciliationRecord["status"] = "clean",
): Promise<ReconciliationRecord> {
  const unresolved = status === "unresolved" ? 1 : 0;
  const record: ReconciliationRecord = {
    ...request,
    startedAt: 1,
    finishedAt: 2,
    status,
    differences: unresolved,
    unresolved,
    report: {
      failure: null,
      from: 0,
      to: 1,
      executions: { ours: 0, theirs: 0 },
      positions: [],
      funds: [{ currency: "INR", total: "10" }],
      differences: [],
    },
  };
  await reconcileBook(database(env.DB), env.ARCHIVE).save(
    record,
    { executions: [], orders: [] },
    1,
  );
  return record;
}
