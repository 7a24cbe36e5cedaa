/** What a person lays down beside limits: restrictions, trading states, trips, algos by hand, and the lease. */
import {
  riskControlsView,
  type RiskControlsView,
  type TripsRequest,
} from "../../../src/contract/risk-controls.ts";
import { call } from "./client.ts";
import { names } from "./names.ts";
import { queryClient } from "./query-client.ts";

async function control(
  method: "POST" | "PUT" | "DELETE",
  path: string,
  body: unknown,
): Promise<RiskControlsView> {
  const answer = await call(riskControlsView, path, { method, body });
  queryClient.setQueryData(names.riskControls, answer);
  for (const queryKey of [names.risk, names.status, names.audit])
    void queryClient.invalidateQueries({ queryKey });
  return answer;
}

/** `portfolio` sleeps, an algo is paused, an instrument is blocked; `lift` takes it back. */
export const restrict = (scope: string, reason: string, lift: boolean) =>
  control(lift ? "DELETE" : "POST", "/v1/risk/restrictions", { scope, reason });

/** `halted` is the kill switch's, which also cancels. */
export const setTradingState = (scope: string, state: "active" | "reducing", reason: string) =>
  control("PUT", "/v1/risk/trading-state", { scope, state, reason });

/** What a change leaves out stays. */
export const changeTrips = (request: TripsRequest) => control("PUT", "/v1/risk/trips", request);

export const registerAlgo = (algoId: string, reason: string) =>
  control("POST", "/v1/algos", { algoId, reason });

/** Gives a region the right to trade, under a new epoch. */
export const takeLease = (region: string, reason: string) =>
  control("POST", "/v1/lease/take", { region, reason });
