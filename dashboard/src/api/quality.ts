/** The quality of the data: read while it is shown, and the rules it is cleaned by. */
import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { z } from "zod";
import { PAGE_ROWS_MAX, pageOf } from "../../../src/contract/primitives.ts";
import {
  cleaningView,
  qualityView,
  type CleaningRequest,
  type CleaningView,
  type QualityState,
  type QualityView,
} from "../../../src/contract/quality.ts";
import { call } from "./client.ts";
import { names } from "./names.ts";
import { queryClient } from "./query-client.ts";

/** Often enough that an age can be watched. */
const QUALITY_MS = 2_000;

const cleanings = z.object({ items: z.array(cleaningView) });

const pathOf = (instrument: string) => `/v1/instruments/${encodeURIComponent(instrument)}/cleaning`;

export const useQuality = (state: QualityState | null): UseQueryResult<QualityView[]> =>
  useQuery({
    queryKey: [...names.quality, state],
    queryFn: async ({ signal }) => {
      const query = { limit: PAGE_ROWS_MAX, state: state ?? undefined };
      return (await call(pageOf(qualityView), "/v1/feeds/quality", { query, signal })).items;
    },
    refetchInterval: QUALITY_MS,
    placeholderData: keepPreviousData,
  });

export const useCleaning = (instrument: string): UseQueryResult<CleaningView[]> =>
  useQuery({
    queryKey: [...names.cleaning, instrument],
    queryFn: async ({ signal }) => (await call(cleanings, pathOf(instrument), { signal })).items,
  });

/** For every provider of the instrument; null goes back to the default. */
export async function setCleaning(
  instrument: string,
  body: CleaningRequest | null,
): Promise<CleaningView[]> {
  const asked = body === null ? { method: "DELETE" as const } : { method: "PUT" as const, body };
  const { items } = await call(cleanings, pathOf(instrument), asked);
  queryClient.setQueryData([...names.cleaning, instrument], items);
  return items;
}
