/** Incidents: what people have to hear of besides dead letters, and taking one on. */
import { incidentView, type IncidentView } from "../../../src/contract/incidents.ts";
import { call } from "./client.ts";
import { names } from "./names.ts";
import { usePaged, type PagedResult } from "./queries.ts";
import { queryClient } from "./query-client.ts";

const REFETCH_MS = 5_000;

const EVERYTHING = {};

export const useIncidents = (): PagedResult<IncidentView> =>
  usePaged(names.incidents, "/v1/incidents", incidentView, EVERYTHING, REFETCH_MS);

export async function acknowledgeIncident(id: string): Promise<IncidentView> {
  const path = `/v1/incidents/${encodeURIComponent(id)}/acknowledge`;
  const incident = await call(incidentView, path, { method: "POST" });
  await Promise.all(
    [names.incidents, names.audit].map((queryKey) => queryClient.invalidateQueries({ queryKey })),
  );
  return incident;
}
