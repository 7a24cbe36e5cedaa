/** Reads of the ledger explorer: an order's history, and what each check would say. They place and record nothing. */
import type { ApiError } from "../contract/errors.ts";
import type { ExplainQuery } from "../contract/explorer.ts";
import type { Page, PageQuery } from "../contract/primitives.ts";
import type { Order } from "../domain/order.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { NO_CLIENT_ORDER_ID, type Explanation } from "../domain/risk/explain.ts";
import type { HistoryEntry } from "../domain/risk/history.ts";
import type { RefusalCode } from "../domain/risk/refusal.ts";
import { may, type Caller } from "./caller.ts";
import { apiError, badField, unknownOrder } from "./order-errors.ts";
import { gatherFacts, priceOf, roundToGrid } from "./order-facts.ts";
import type { OrderPorts } from "./order-ports.ts";
import { historyPageOf, pastOrder } from "./past-orders.ts";
import { intentOf } from "./submit-order.ts";

/** A page of the order's events, oldest first. Another algo's order is unknown to an algo's key. */
export async function orderHistory(
  ports: OrderPorts,
  caller: Caller,
  clientOrderId: string,
  query: PageQuery,
): Promise<Result<Page<HistoryEntry>, ApiError>> {
  const order = await ports.ledger.order(clientOrderId);
  if (order && !sees(caller, order.algoId)) return err(unknownOrder(clientOrderId));
  if (order) return ok(await ports.ledger.history(clientOrderId, query));
  const events = (await ports.past?.events(clientOrderId)) ?? [];
  const past = pastOrder(events);
  if (!past || !sees(caller, past.algoId)) return err(unknownOrder(clientOrderId));
  return ok(historyPageOf(events, query));
}

/** One order, also one that the ledger has archived; null when there is none. */
export async function anyOrder(
  { ledger, past }: Pick<OrderPorts, "ledger" | "past">,
  clientOrderId: string,
): Promise<Order | null> {
  const order = await ledger.order(clientOrderId);
  return order ?? pastOrder((await past?.events(clientOrderId)) ?? []);
}

/** What the ledger would say to the order now. What it lacks is fetched as for a real one. */
export async function explainOrder(
  ports: OrderPorts,
  caller: Caller,
  query: ExplainQuery,
  now: number,
): Promise<Result<Explanation, ApiError>> {
  const algoId = query.algoId ?? caller.algoId;
  if (algoId === null)
    return err(badField("algoId", "is needed, because this key is bound to no algo"));
  if (!sees(caller, algoId))
    return err(apiError("FORBIDDEN", `this key may not look at the risk of algo ${algoId}`));
  const account = query.account ?? ports.defaultAccount;
  const market = ports.market(account);
  if (!market) return err(badField("account", `there is no account ${account}`));

  const facts = await gatherFacts(market, query.instrument, query, now);
  const unread = facts.instrument ? null : await market.unread?.();
  if (unread) return err(unread);
  facts.epoch = await ports.epoch?.();
  const request = { ...query, clientOrderId: NO_CLIENT_ORDER_ID };
  const terms =
    request.round && facts.instrument ? roundToGrid(request, facts.instrument) : request;
  const intent = intentOf(terms, algoId, account);
  let explained = await ports.ledger.explain(intent, facts);
  if (refusalOf(explained, "STALE_EPOCH")) {
    // As for a real order: perhaps this very region has taken the lease anew.
    const epoch = await ports.epoch?.("fresh");
    if (epoch !== facts.epoch) {
      facts.epoch = epoch;
      explained = await ports.ledger.explain(intent, facts);
    }
  }
  if (facts.marketOpen && refusalOf(explained, "STALE_PRICE")) {
    facts.mark = await priceOf(ports, market, intent);
    if (facts.mark) explained = await ports.ledger.explain(intent, facts);
  }
  if (refusalOf(explained, "FUNDS")?.margins.some(({ have }) => have === null)) {
    await ports.gateway(account).ensure();
    explained = await ports.ledger.explain(intent, facts);
  }
  return ok(explained);
}

/** A key that is bound to an algo sees that algo; without one it reads everything. */
const sees = (caller: Caller, algoId: string): boolean =>
  caller.algoId === null || caller.algoId === algoId || may(caller, "admin");

const refusalOf = ({ checks }: Explanation, wanted: RefusalCode) =>
  checks.find(({ code, verdict }) => code === wanted && verdict === "refuses");
