/** A reconciliation of this deployment's objects and tradebook; people hear of one that stays open. */
import type { ReconciliationRecord } from "../application/reconcile-book.ts";
import { reconcileDay } from "../application/reconcile-day.ts";
import { database } from "../storage/database.ts";
import { layDown } from "../storage/incidents.ts";
import { reconcileBook } from "../storage/reconciliations.ts";
import { PORTFOLIO } from "./deployment.ts";
import { orderGateway, riskLedger } from "./objects.ts";

export interface RunRequest {
  id: string;
  account: string;
  /** The trading day, a UTC day for now: `2026-11-20`. */
  day: string;
  startedBy: string;
}

export async function runReconciliation(
  env: Env,
  request: RunRequest,
): Promise<ReconciliationRecord> {
  const book = database(env.DB);
  const ports = {
    gateway: orderGateway(env, request.account),
    ledger: riskLedger(env, PORTFOLIO),
    book: reconcileBook(book, env.ARCHIVE),
    now: () => Date.now(),
  };
  const from = Date.parse(`${request.day}T00:00:00Z`);
  const record = await reconcileDay(ports, { ...request, from });
  const { id, account, day, status, unresolved, finishedAt: at } = record;
  if (status === "unresolved")
    await layDown(book, {
      id: `reconciliation-${id}`,
      at,
      account,
      severity: "serious",
      title: `Reconciliation of ${day} is not resolved`,
      message: `${unresolved} differences with the broker of ${account} have to be looked at by a person; the next wake waits until they are accepted.`,
    });
  return record;
}
