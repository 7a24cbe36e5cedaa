/** How we stand with the brokers: reads and actions of the reconciliation pages. */
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import {
  reconciliationDetail,
  reconciliationsView,
  type ReconciliationDetail,
  type ReconciliationsView,
} from "../../../src/contract/reconciliation.ts";
import { call } from "./client.ts";
import { names } from "./names.ts";
import { queryClient } from "./query-client.ts";

/** Reports shown; older ones are at the API. */
const REPORTS = 50;

const REFRESH_MS = 5_000;

export const useReconciliations = (): UseQueryResult<ReconciliationsView> =>
  useQuery({
    queryKey: names.reconciliations,
    queryFn: ({ signal }) =>
      call(reconciliationsView, "/v1/reconciliations", { query: { limit: REPORTS }, signal }),
    refetchInterval: REFRESH_MS,
  });

const reportPath = (id: string): string => `/v1/reconciliations/${encodeURIComponent(id)}`;

export const useReconciliation = (id: string | null): UseQueryResult<ReconciliationDetail> =>
  useQuery({
    queryKey: [...names.reconciliation, id],
    queryFn: ({ signal }) => call(reconciliationDetail, reportPath(id ?? ""), { signal }),
    enabled: id !== null,
  });

const refresh = (): Promise<unknown> =>
  Promise.all(
    [names.reconciliations, names.reconciliation, names.audit].map((queryKey) =>
      queryClient.invalidateQueries({ queryKey }),
    ),
  );

/** Compares today with the broker now. */
export async function runReconciliation(): Promise<ReconciliationDetail> {
  const report = await call(reconciliationDetail, "/v1/reconciliations", {
    method: "POST",
    body: {},
  });
  await refresh();
  return report;
}

export async function acceptReconciliation(
  id: string,
  reason: string,
): Promise<ReconciliationDetail> {
  const path = `${reportPath(id)}/accept`;
  const report = await call(reconciliationDetail, path, { method: "POST", body: { reason } });
  await refresh();
  return report;
}
