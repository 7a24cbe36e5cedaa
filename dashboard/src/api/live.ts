/** Joins the stream to the page: order and risk frames go into the query cache, quotes to their own readers. */
import { useEffect } from "react";
import type { StreamMessage } from "../../../src/contract/stream.ts";
import { mergeOpenOrder } from "./open-orders.ts";
import { queryClient } from "./query-client.ts";
import { names } from "./names.ts";
import { useQuoteOf } from "./quote-store.ts";
import { currentSession } from "./session.ts";
import { useStore } from "./store.ts";
import { StreamClient } from "./stream.ts";
import type { Connection, Quote } from "./stream-state.ts";
import type { OrderView } from "../../../src/contract/orders.ts";
import type { RiskStatusView } from "../../../src/contract/risk.ts";

/** Tables that follow from orders are read again at most this often, however many orders move. */
const REFRESH_INTERVAL_MS = 1_000;

/** Open orders are among them: a read that was under way when a frame came may be older than the frame. */
const FOLLOWING_ORDERS = [
  names.openOrders,
  names.allOrders,
  names.trades,
  names.positions,
  names.exposure,
  names.balances,
  names.deadLetters,
];

let refreshTimer: ReturnType<typeof setTimeout> | undefined;

function refreshFollowers(): void {
  refreshTimer ??= setTimeout(() => {
    refreshTimer = undefined;
    for (const queryKey of FOLLOWING_ORDERS) void queryClient.invalidateQueries({ queryKey });
  }, REFRESH_INTERVAL_MS);
}

function takeMessage(message: StreamMessage): void {
  if (message.type === "order") {
    const { order } = message;
    queryClient.setQueryData<OrderView[]>(names.openOrders, (orders) =>
      orders === undefined ? undefined : mergeOpenOrder(orders, order),
    );
    refreshFollowers();
  }
  if (message.type === "risk") {
    const { risk } = message;
    queryClient.setQueryData<RiskStatusView>(names.risk, (known) =>
      known !== undefined && known.version > risk.version ? known : risk,
    );
  }
  // Whatever happened while the line was down is read again.
  if (message.type === "welcome") void queryClient.invalidateQueries();
  if (message.type === "status") void queryClient.invalidateQueries({ queryKey: names.status });
}

export const stream = new StreamClient({
  url: () =>
    `${window.location.protocol === "https:" ? "wss" : "ws"}://${window.location.host}/v1/stream`,
  key: () => currentSession().key,
  onMessage: takeMessage,
});

/** Holds the line open while the page is mounted and `on`: before the API has taken us, a dial is only noise. */
export function useStreamLine(on: boolean): void {
  useEffect(() => {
    if (!on) return undefined;
    const hurry = (): void => {
      if (document.visibilityState === "visible") stream.hurry();
    };
    stream.start();
    window.addEventListener("online", hurry);
    document.addEventListener("visibilitychange", hurry);
    return () => {
      window.removeEventListener("online", hurry);
      document.removeEventListener("visibilitychange", hurry);
      stream.stop();
    };
  }, [on]);
}

export const useConnection = (): Connection => useStore(stream.connection);

export const useQuote = (instrument: string): Quote | undefined =>
  useQuoteOf(stream.quotes, instrument);

/** Subscribes an instrument while `on`: a row that is scrolled away costs nothing. */
export function useWatch(instrument: string, on = true): void {
  useEffect(() => (on ? stream.watch(instrument) : undefined), [instrument, on]);
}
