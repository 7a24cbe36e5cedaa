/** Reads of the market: instruments by search and by id, and the candles of a trend. */
import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/react-query";
import {
  candlesView,
  instrumentView,
  type Candle,
  type CandleInterval,
  type InstrumentView,
} from "../../../src/contract/market.ts";
import { PAGE_ROWS_MAX, pageOf } from "../../../src/contract/primitives.ts";
import { call } from "./client.ts";
import { names } from "./names.ts";

const REFERENCE_STALE_MS = 300_000;
const DAY_MS = 86_400_000;
/** The trend beside a price is read again this often; the live price is added to it meanwhile. */
const TREND_STALE_MS = 120_000;
const SEARCH_ROWS = 12;
/** Pages of reference data held by the page; what lies beyond is asked for one by one. */
const REFERENCE_PAGES_MAX = 4;

/** Instruments whose id or name holds `text`. */
export const useInstrumentSearch = (text: string): UseQueryResult<InstrumentView[]> =>
  useQuery({
    queryKey: [...names.instruments, "search", text],
    queryFn: async ({ signal }) => {
      const query = { search: text, limit: SEARCH_ROWS };
      return (await call(pageOf(instrumentView), "/v1/instruments", { query, signal })).items;
    },
    staleTime: REFERENCE_STALE_MS,
    placeholderData: keepPreviousData,
  });

/** Reference data of every instrument, by id, read once and shared: a watchlist must not ask row by row. */
const useReferences = (): UseQueryResult<Map<string, InstrumentView>> =>
  useQuery({
    queryKey: [...names.instruments, "all"],
    queryFn: async ({ signal }) => {
      const known = new Map<string, InstrumentView>();
      let cursor: string | undefined;
      for (let page = 0; page < REFERENCE_PAGES_MAX; page += 1) {
        const query = { limit: PAGE_ROWS_MAX, cursor };
        const answer = await call(pageOf(instrumentView), "/v1/instruments", { query, signal });
        for (const one of answer.items) known.set(one.id, one);
        if (answer.nextCursor === null) break;
        cursor = answer.nextCursor;
      }
      return known;
    },
    staleTime: REFERENCE_STALE_MS,
  });

/** One instrument's reference data: null when no broker knows it, undefined while that is not clear. */
export function useInstrument(instrument: string): InstrumentView | null | undefined {
  const all = useReferences().data;
  const known = all?.get(instrument);
  const beyond = all !== undefined && known === undefined && instrument !== "";
  const single = useQuery({
    queryKey: [...names.instruments, "one", instrument],
    queryFn: async ({ signal }) => {
      const query = { search: instrument, limit: SEARCH_ROWS };
      const found = (await call(pageOf(instrumentView), "/v1/instruments", { query, signal }))
        .items;
      return found.find((one) => one.id === instrument) ?? null;
    },
    staleTime: REFERENCE_STALE_MS,
    enabled: beyond,
  });
  return known ?? single.data;
}

async function fetchCandles(
  instrument: string,
  interval: CandleInterval,
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<Candle[]> {
  const query = { instrument, interval, from, to };
  return (await call(candlesView, "/v1/candles", { query, signal })).items;
}

/** Closes over the last day, for the small trend line and the day's change. */
export const useTrend = (instrument: string, on: boolean): UseQueryResult<Candle[]> =>
  useQuery({
    queryKey: ["trend", instrument],
    queryFn: ({ signal }) => {
      const to = Date.now();
      return fetchCandles(instrument, "15m", to - DAY_MS, to, signal);
    },
    staleTime: TREND_STALE_MS,
    refetchInterval: TREND_STALE_MS,
    enabled: on,
  });
