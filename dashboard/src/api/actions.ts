/** Everything the dashboard can do to the platform, one function each. Nothing here retries by itself. */
import { z } from "zod";
import { brokerView, sessionView } from "../../../src/contract/brokers.ts";
import {
  deadLetterView,
  newKeyView,
  profileView,
  statusView,
  watchlistView,
  type KeyScope,
} from "../../../src/contract/operations.ts";
import { explainView, type ExplainView } from "../../../src/contract/explorer.ts";
import {
  cancelAllView,
  closePositionsView,
  orderView,
  type CancelAllView,
  type ClosePositionsView,
  type OrderChangeRequest,
  type OrderRequestInput,
  type OrderView,
  type PositionView,
} from "../../../src/contract/orders.ts";
import { paperView, requestTokenView } from "../../../src/contract/paper.ts";
import { killSwitchView, limitsAnswer, type LimitName } from "../../../src/contract/risk.ts";
import { call, type Query } from "./client.ts";
import { names } from "./names.ts";
import { queryClient } from "./query-client.ts";

async function refresh(...queryKeys: (readonly string[])[]): Promise<void> {
  await Promise.all(queryKeys.map((queryKey) => queryClient.invalidateQueries({ queryKey })));
}

/** What an order changes is read again; the answer itself may be older than what the stream brought meanwhile. */
function afterOrder(order: OrderView): OrderView {
  void refresh(names.openOrders, names.allOrders, names.trades, names.positions, names.exposure);
  return order;
}

/** Asks with a key before it is kept: throws the API's refusal. */
export const tryKey = (key: string) => call(statusView, "/v1/status", { key });

/** Places an order. The `clientOrderId` is fixed by the caller, so that a second press is the same order. */
export const placeOrder = async (order: OrderRequestInput): Promise<OrderView> =>
  afterOrder(await call(orderView, "/v1/orders", { method: "POST", body: order }));

/** Asks what the ledger would say to an order. Nothing is placed or recorded. */
export const explainOrder = (question: Query): Promise<ExplainView> =>
  call(explainView, "/v1/risk/explain", { query: question });

const orderPath = (clientOrderId: string): string =>
  `/v1/orders/${encodeURIComponent(clientOrderId)}`;

export const cancelOrder = async (clientOrderId: string): Promise<OrderView> =>
  afterOrder(await call(orderView, orderPath(clientOrderId), { method: "DELETE" }));

export const changeOrder = async (
  clientOrderId: string,
  changes: OrderChangeRequest,
): Promise<OrderView> =>
  afterOrder(await call(orderView, orderPath(clientOrderId), { method: "PATCH", body: changes }));

/** Cancels every open order. Asking again asks for the same. */
export async function cancelAllOrders(): Promise<CancelAllView> {
  const answer = await call(cancelAllView, "/v1/orders/cancel-all", { method: "POST", body: {} });
  void refresh(names.openOrders, names.allOrders, names.exposure);
  return answer;
}

/** Closes every position. The `closeId` is fixed by the caller, so that a second press places nothing new. */
export const closeAllPositions = (closeId: string): Promise<ClosePositionsView> =>
  closed("/v1/positions/close-all", { closeId, cancelOpen: true });

/** Closes one position. What rests in its way is left its part. */
export const closePosition = (
  closeId: string,
  { algoId, account, instrument }: PositionView,
): Promise<ClosePositionsView> =>
  closed("/v1/positions/close", { closeId, algoId, account, instrument });

async function closed(path: string, body: object): Promise<ClosePositionsView> {
  const answer = await call(closePositionsView, path, { method: "POST", body });
  void refresh(names.openOrders, names.allOrders, names.trades, names.positions, names.exposure);
  return answer;
}

const letterPath = (clientOrderId: string): string =>
  `/v1/dead-letters/${encodeURIComponent(clientOrderId)}`;

export async function acknowledgeLetter(clientOrderId: string) {
  const path = `${letterPath(clientOrderId)}/acknowledge`;
  const answer = await call(deadLetterView, path, { method: "POST" });
  await refresh(names.deadLetters, names.audit);
  return answer;
}

/** Books what a person executed at the broker; the same again is the same answer. */
export async function executeLetter(
  clientOrderId: string,
  body: { brokerOrderId: string; price: string; quantity: string; reason: string },
): Promise<OrderView> {
  const path = `${letterPath(clientOrderId)}/executed`;
  const order = await call(orderView, path, { method: "POST", body });
  void refresh(names.deadLetters, names.audit);
  return afterOrder(order);
}

/** Sends it again as a new order; the same again is the same answer. */
export async function retryLetter(clientOrderId: string, reason: string): Promise<OrderView> {
  const path = `${letterPath(clientOrderId)}/retry`;
  const order = await call(orderView, path, { method: "POST", body: { reason } });
  void refresh(names.deadLetters, names.audit);
  return afterOrder(order);
}

export async function discardLetter(clientOrderId: string, reason: string): Promise<OrderView> {
  const path = `${letterPath(clientOrderId)}/discard`;
  const order = await call(orderView, path, { method: "POST", body: { reason } });
  void refresh(names.deadLetters, names.audit);
  return afterOrder(order);
}

/** `flatten` closes what is open under the scope, too. */
export async function haltTrading(scope: string, reason: string, flatten: boolean) {
  const body = { scope, reason, flatten };
  const answer = await call(killSwitchView, "/v1/kill-switch", { method: "POST", body });
  void refresh(names.risk, names.riskControls, names.openOrders, names.positions, names.status);
  return answer;
}

export interface LimitChange {
  scope: string;
  name: LimitName;
  value: string | null;
}

export async function changeLimits(changes: LimitChange[], reason: string) {
  const body = { changes, reason };
  const answer = await call(limitsAnswer, "/v1/risk/limits", { method: "PUT", body });
  void refresh(names.limits, names.audit);
  return answer;
}

export async function saveWatchlist(items: { instrument: string; weight: number }[]) {
  const answer = await call(watchlistView, "/v1/watchlist", { method: "PUT", body: { items } });
  queryClient.setQueryData(names.watchlist, answer);
  return answer;
}

export async function saveProfile(body: {
  displayName: string;
  theme: "light" | "dark" | "auto";
  shortcuts: { label: string; path: string }[];
}) {
  const answer = await call(profileView, "/v1/profile", { method: "PUT", body });
  queryClient.setQueryData(names.profile, answer);
  return answer;
}

const brokerPath = (broker: string): string => `/v1/brokers/${encodeURIComponent(broker)}`;

/** Weights that are left out stay as they are. */
export async function setShards(broker: string, shards: number, weights?: Record<string, number>) {
  const body = { shards, ...(weights && { weights }) };
  const answer = await call(brokerView, `${brokerPath(broker)}/feed`, { method: "PUT", body });
  void refresh(names.brokers);
  return answer;
}

/** Of a broker or, with its number, of one of its shards. */
export async function setDrain(
  broker: string,
  shard: string | null,
  body: { draining: boolean; when?: "after_hours" | "now" },
) {
  const path = `${brokerPath(broker)}${shard === null ? "" : `/shards/${shard}`}/drain`;
  const answer = await call(brokerView, path, { method: "PUT", body });
  void refresh(names.brokers);
  return answer;
}

export async function forgetLimits(broker: string) {
  const answer = await call(brokerView, `${brokerPath(broker)}/limits`, { method: "DELETE" });
  void refresh(names.brokers);
  return answer;
}

/** With what a person brought; with nothing, the stored credential is tried again. */
export async function renewSession(
  broker: string,
  body: { requestToken?: string; credential?: string },
) {
  const path = `${brokerPath(broker)}/session`;
  try {
    return await call(sessionView, path, { method: "POST", body });
  } finally {
    // A sign-in that was turned away changes how the session stands, too.
    void refresh(names.brokers);
  }
}

/** What a broker's own sign-in page would give: the paper exchange has none. */
export const fetchRequestToken = (account: string) =>
  call(requestTokenView, "/v1/paper/request-tokens", { method: "POST", query: { account } });

async function setPaper(account: string, path: string, body: unknown) {
  const asked = { method: "POST", query: { account }, body } as const;
  const answer = await call(paperView, `/v1/paper/${path}`, asked);
  queryClient.setQueryData([...names.paper, account], answer);
  return answer;
}

export const setPaperMarket = (
  account: string,
  body: { ticksPerSecond?: number; hours?: string },
) => setPaper(account, "market", body);

export const setPaperFault = (
  account: string,
  body: { fault: string; count: number; durationMs: number; instrument?: string },
) => setPaper(account, "faults", body);

export async function createKey(body: { name: string; scopes: KeyScope[]; algoId?: string }) {
  const answer = await call(newKeyView, "/v1/keys", { method: "POST", body });
  void refresh(names.keys, names.audit);
  return answer;
}

export async function revokeKey(id: string): Promise<void> {
  await call(z.unknown(), `/v1/keys/${encodeURIComponent(id)}`, { method: "DELETE" });
  void refresh(names.keys, names.audit);
}
