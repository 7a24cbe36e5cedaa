/** How people are told: what is set up, and this browser's part in it. */
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import {
  alertsView,
  pushDeviceView,
  type AlertsView,
  type PushDeviceView,
} from "../../../src/contract/alerts.ts";
import { call } from "./client.ts";
import { names } from "./names.ts";
import { canPush, deviceId, ownEndpoint, signOff, signUp } from "./push.ts";
import { queryClient } from "./query-client.ts";

const REFETCH_MS = 30_000;

export const useAlerts = (): UseQueryResult<AlertsView> =>
  useQuery({
    queryKey: names.alerts,
    queryFn: ({ signal }) => call(alertsView, "/v1/alerts", { signal }),
    refetchInterval: REFETCH_MS,
  });

/** The id of this browser among the devices; null while it is not signed up. */
export const useOwnDevice = (): UseQueryResult<string | null> =>
  useQuery({
    queryKey: names.ownDevice,
    queryFn: async () => {
      const endpoint = canPush() ? await ownEndpoint() : null;
      return endpoint === null ? null : deviceId(endpoint);
    },
  });

async function refresh(): Promise<void> {
  await Promise.all(
    [names.alerts, names.ownDevice, names.audit].map((queryKey) =>
      queryClient.invalidateQueries({ queryKey }),
    ),
  );
}

export async function tellThisDevice(publicKey: string, name: string): Promise<PushDeviceView> {
  const subscription = await signUp(publicKey);
  const body = { name, ...subscription };
  const device = await call(pushDeviceView, "/v1/alerts/devices", { method: "POST", body });
  void refresh();
  return device;
}

export async function tellNoMore(id: string, isThisDevice: boolean): Promise<PushDeviceView> {
  const path = `/v1/alerts/devices/${encodeURIComponent(id)}`;
  const device = await call(pushDeviceView, path, { method: "DELETE" });
  if (isThisDevice) await signOff();
  void refresh();
  return device;
}
