/** Incidents: what people have to hear of besides dead letters, and taking one on. */
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import {
  incidentDetail,
  incidentView,
  type IncidentDetail,
  type IncidentView,
} from "../../../src/contract/incidents.ts";
import { call } from "./client.ts";
import { names } from "./names.ts";
import { usePaged, type PagedResult } from "./queries.ts";
import { queryClient } from "./query-client.ts";

const REFETCH_MS = 5_000;

const EVERYTHING = {};

export const useIncidents = (): PagedResult<IncidentView> =>
  usePaged(names.incidents, "/v1/incidents", incidentView, EVERYTHING, REFETCH_MS);

const pathOf = (id: string): string => `/v1/incidents/${encodeURIComponent(id)}`;

/** With every message of it. */
export const useIncident = (id: string): UseQueryResult<IncidentDetail> =>
  useQuery({
    queryKey: [...names.incident, id],
    queryFn: ({ signal }) => call(incidentDetail, pathOf(id), { signal }),
    refetchInterval: REFETCH_MS,
  });

export async function acknowledgeIncident(id: string): Promise<IncidentView> {
  const incident = await call(incidentView, `${pathOf(id)}/acknowledge`, { method: "POST" });
  await Promise.all(
    [names.incidents, names.incident, names.audit].map((queryKey) =>
      queryClient.invalidateQueries({ queryKey }),
    ),
  );
  return incident;
}
