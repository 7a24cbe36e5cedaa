/** Every read of the API as a hook: its name in the cache, its schema, and how often it is read again. */
import {
  useInfiniteQuery,
  useQuery,
  type InfiniteData,
  type UseInfiniteQueryResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import type { z } from "zod";
import { brokerView, type BrokerView } from "../../../src/contract/brokers.ts";
import {
  auditView,
  deadLetterDetail,
  deadLetterView,
  keyView,
  profileView,
  statusView,
  watchlistView,
  type AuditView,
  type DeadLetterDetail,
  type DeadLetterView,
  type KeyView,
  type ProfileView,
  type StatusView,
} from "../../../src/contract/operations.ts";
import { orderEventView, type OrderEventView } from "../../../src/contract/explorer.ts";
import {
  balanceView,
  orderView,
  positionView,
  tradeView,
  type BalanceView,
  type OrderView,
  type PositionView,
  type TradeView,
} from "../../../src/contract/orders.ts";
import { paperView, type PaperView } from "../../../src/contract/paper.ts";
import { pageOf, type Page } from "../../../src/contract/primitives.ts";
import {
  exposureView,
  limitView,
  riskDayView,
  riskStatusView,
  type ExposureView,
  type LimitView,
  type RiskDayView,
  type RiskStatusView,
} from "../../../src/contract/risk.ts";
import { riskControlsView, type RiskControlsView } from "../../../src/contract/risk-controls.ts";
import { call, type Query } from "./client.ts";
import { names } from "./names.ts";

/** Read again this often while shown, ms. The stream carries what must be faster. */
const OFTEN_MS = 2_000;
const SOMETIMES_MS = 5_000;
const SELDOM_MS = 30_000;

/** Rows asked for with one page of a table. */
const PAGE_ROWS = 50;

/** Rows of a list that is small by nature and read whole. */
const LIST_ROWS = 500;

/** A list that is read in one page, at one path. */
export function useList<T extends z.ZodType>(
  queryKey: readonly unknown[],
  path: string,
  row: T,
  refetchInterval: number,
): UseQueryResult<z.output<T>[]> {
  return useQuery({
    queryKey,
    queryFn: async ({ signal }) =>
      (await call(pageOf(row), path, { query: { limit: LIST_ROWS }, signal })).items,
    refetchInterval,
  });
}

export type PagedResult<T> = UseInfiniteQueryResult<InfiniteData<Page<T>>>;

/** A list that is read page by page; the first page shows the newest rows. */
export function usePaged<T>(
  queryKey: readonly unknown[],
  path: string,
  row: z.ZodType<T>,
  query: Query,
  refetchInterval: number,
): PagedResult<T> {
  return useInfiniteQuery({
    queryKey: [...queryKey, query],
    queryFn: ({ signal, pageParam }) =>
      call(pageOf(row), path, {
        query: { limit: PAGE_ROWS, ...query, cursor: pageParam ?? undefined },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page: Page<T>) => page.nextCursor,
    refetchInterval,
  });
}

export const rowsOf = <T>(data: InfiniteData<Page<T>> | undefined): T[] | undefined =>
  data?.pages.flatMap((page) => page.items);

export const useStatus = (): UseQueryResult<StatusView> =>
  useQuery({
    queryKey: names.status,
    queryFn: ({ signal }) => call(statusView, "/v1/status", { signal }),
    refetchInterval: OFTEN_MS,
  });

export const useRisk = (): UseQueryResult<RiskStatusView> =>
  useQuery({
    queryKey: names.risk,
    queryFn: ({ signal }) => call(riskStatusView, "/v1/risk", { signal }),
    refetchInterval: OFTEN_MS,
  });

export const useRiskControls = (): UseQueryResult<RiskControlsView> =>
  useQuery({
    queryKey: names.riskControls,
    queryFn: ({ signal }) => call(riskControlsView, "/v1/risk/controls", { signal }),
    refetchInterval: OFTEN_MS,
  });

export const useBrokers = (): UseQueryResult<BrokerView[]> =>
  useList(names.brokers, "/v1/brokers", brokerView, OFTEN_MS);

/** Each simulated exchange by its account. */
export const usePaper = (account: string): UseQueryResult<PaperView> =>
  useQuery({
    queryKey: [...names.paper, account],
    queryFn: ({ signal }) => call(paperView, "/v1/paper", { query: { account }, signal }),
    refetchInterval: OFTEN_MS,
  });

export const useWatchlist = (): UseQueryResult<z.output<typeof watchlistView>> =>
  useQuery({
    queryKey: names.watchlist,
    queryFn: ({ signal }) => call(watchlistView, "/v1/watchlist", { signal }),
    refetchInterval: SELDOM_MS,
  });

export const useProfile = (): UseQueryResult<ProfileView> =>
  useQuery({
    queryKey: names.profile,
    queryFn: ({ signal }) => call(profileView, "/v1/profile", { signal }),
    staleTime: SELDOM_MS,
  });

export const useOpenOrders = (): UseQueryResult<OrderView[]> =>
  useQuery({
    queryKey: names.openOrders,
    queryFn: async ({ signal }) =>
      (
        await call(pageOf(orderView), "/v1/orders", {
          query: { open: true, limit: LIST_ROWS },
          signal,
        })
      ).items,
    // The stream keeps it current: this is the safety net.
    refetchInterval: SOMETIMES_MS,
  });

export const useAllOrders = (query: Query): PagedResult<OrderView> =>
  usePaged(names.allOrders, "/v1/orders", orderView, query, SELDOM_MS);

export const useOrderHistory = (clientOrderId: string): PagedResult<OrderEventView> =>
  usePaged(
    [...names.orderHistory, clientOrderId],
    `/v1/orders/${encodeURIComponent(clientOrderId)}/history`,
    orderEventView,
    {},
    OFTEN_MS,
  );

export const useTrades = (query: Query): PagedResult<TradeView> =>
  usePaged(names.trades, "/v1/trades", tradeView, query, SOMETIMES_MS);

export const useDeadLetters = (query: Query): PagedResult<DeadLetterView> =>
  usePaged(names.deadLetters, "/v1/dead-letters", deadLetterView, query, SOMETIMES_MS);

/** Asks the broker anew, so it is read when the desk opens it and not by itself. */
export const useDeadLetter = (clientOrderId: string | null): UseQueryResult<DeadLetterDetail> =>
  useQuery({
    queryKey: [...names.deadLetter, clientOrderId],
    queryFn: ({ signal }) => {
      const path = `/v1/dead-letters/${encodeURIComponent(clientOrderId ?? "")}`;
      return call(deadLetterDetail, path, { signal });
    },
    enabled: clientOrderId !== null,
    staleTime: SOMETIMES_MS,
  });

export const usePositions = (): UseQueryResult<PositionView[]> =>
  useList(names.positions, "/v1/positions", positionView, OFTEN_MS);

export const useBalances = (): UseQueryResult<BalanceView[]> =>
  useList(names.balances, "/v1/balances", balanceView, SOMETIMES_MS);

export const useExposure = (): UseQueryResult<ExposureView[]> =>
  useList(names.exposure, "/v1/risk/exposure", exposureView, OFTEN_MS);

export const useLimits = (): UseQueryResult<LimitView[]> =>
  useList(names.limits, "/v1/risk/limits", limitView, SELDOM_MS);

export const useRiskHistory = (query: Query): PagedResult<RiskDayView> =>
  usePaged(names.riskHistory, "/v1/risk/history", riskDayView, query, SELDOM_MS);

export const useKeys = (): UseQueryResult<KeyView[]> =>
  useList(names.keys, "/v1/keys", keyView, SELDOM_MS);

export const useAudit = (query: Query): PagedResult<AuditView> =>
  usePaged(names.audit, "/v1/audit", auditView, query, SELDOM_MS);
