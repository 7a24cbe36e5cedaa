/** A reconciliation of this deployment's objects and tradebook. */
import type { ReconciliationRecord } from "../application/reconcile-book.ts";
import { reconcileDay } from "../application/reconcile-day.ts";
import { database } from "../storage/database.ts";
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
  return reconcileDay(ports, { ...request, from });
}
