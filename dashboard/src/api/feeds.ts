/** What carries the data to the algos: markets, providers and signals, with what can be done to them. */
import type { UseQueryResult } from "@tanstack/react-query";
import { z } from "zod";
import { marketView, type DrainClose, type MarketView } from "../../../src/contract/markets.ts";
import {
  providersView,
  providerSwitchView,
  type ProvidersView,
  type ProviderSwitchView,
} from "../../../src/contract/providers.ts";
import { signalView, type SignalView } from "../../../src/contract/signals.ts";
import { call } from "./client.ts";
import { names } from "./names.ts";
import { useList, usePaged, type PagedResult } from "./queries.ts";
import { queryClient } from "./query-client.ts";

/** Often enough to watch a market empty itself. */
const REFETCH_MS = 2_000;

export const useMarkets = (): UseQueryResult<MarketView[]> =>
  useList(names.markets, "/v1/markets", marketView, REFETCH_MS);

export const useSignals = (): UseQueryResult<SignalView[]> =>
  useList(names.signals, "/v1/signals", signalView, REFETCH_MS);

export const useProviders = (): UseQueryResult<ProvidersView[]> =>
  useList(names.providers, "/v1/feeds/providers", providersView, REFETCH_MS);

export const useSwitches = (): PagedResult<ProviderSwitchView> =>
  usePaged(names.switches, "/v1/feeds/switches", providerSwitchView, {}, REFETCH_MS);

const refresh = (...keys: (readonly string[])[]): void => {
  for (const queryKey of [...keys, names.audit]) void queryClient.invalidateQueries({ queryKey });
};

const markets = z.object({ items: z.array(marketView) });

/** For new sockets only: those that are open stay where they are. */
export async function setMarketSockets(socketsMax: number): Promise<MarketView[]> {
  const { items } = await call(markets, "/v1/markets", { method: "PUT", body: { socketsMax } });
  refresh(names.markets);
  return items;
}

export async function drainMarket(
  market: string,
  body: { close: DrainClose; reason: string },
): Promise<MarketView> {
  const answer = await call(marketView, `/v1/markets/${market}/drain`, { method: "POST", body });
  refresh(names.markets);
  return answer;
}

export async function openMarket(market: string): Promise<MarketView> {
  const answer = await call(marketView, `/v1/markets/${market}/drain`, { method: "DELETE" });
  refresh(names.markets);
  return answer;
}

/** Best first; null goes back to the order of the deployment. */
export async function rankProviders(
  instrument: string,
  ranked: string[] | null,
): Promise<ProvidersView> {
  const path = `/v1/instruments/${encodeURIComponent(instrument)}/providers`;
  const answer = await call(providersView, path, { method: "PUT", body: { ranked } });
  refresh(names.providers, names.switches);
  return answer;
}
