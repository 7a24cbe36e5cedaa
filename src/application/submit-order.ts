/** From an intent to an approved order that left, in one request. It never sends what the ledger has not reserved. */
import type { ApiError } from "../contract/errors.ts";
import type { OrderRequest } from "../contract/orders.ts";
import type { ApprovedOrder, Order, OrderIntent } from "../domain/order.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { NO_SESSION } from "../domain/session-state.ts";
import type { Refusal } from "../domain/risk/refusal.ts";
import { may, type Caller } from "./caller.ts";
import { errorText } from "./log.ts";
import { apiError, badField, explainedError, refusalError } from "./order-errors.ts";
import { bracketOffGrid, gatherFacts, priceOf, roundToGrid } from "./order-facts.ts";
import type { AccountMarket, OrderPorts } from "./order-ports.ts";
import type { GatewayOutcome, IntentFacts, Placed, ReserveAnswer } from "./ports.ts";

/**
 * Reserves and sends an order. `existing` is true when the same intent was seen before: then nothing
 * was sent now. An order that the broker refused, or whose outcome is unknown, is a value, not an
 * error: it exists, and its state says so.
 */
export async function submitOrder(
  ports: OrderPorts,
  caller: Caller,
  request: OrderRequest,
  now: number,
): Promise<Result<{ order: Order; existing: boolean }, ApiError>> {
  const ready = await prepared(ports, caller, request, now);
  if (!ready.ok) return ready;
  const { market, intent, facts } = ready.value;
  const answer = await decided(ports, market, intent, facts, now, (told) =>
    placeOnce(ports, intent, told),
  );
  switch (answer.kind) {
    case "denied":
      return err(refusalError(answer.refusal, intent.instrument));
    case "existing":
      return answer.order.refusal
        ? err(refusalError(answer.order.refusal, intent.instrument))
        : ok({ order: answer.order, existing: true });
    case "approved":
      return sentOrder(await sendFirst(ports, answer.approved, answer.order, now));
    case "sent":
      return sentOrder(await followUp(ports, intent, answer.result, now));
  }
}

interface Prepared {
  market: AccountMarket;
  intent: OrderIntent;
  facts: IntentFacts;
}

/** What is asked of the ledger, and the facts that it cannot know; or why it need not be asked. */
async function prepared(
  ports: OrderPorts,
  caller: Caller,
  request: OrderRequest,
  now: number,
): Promise<Result<Prepared, ApiError>> {
  const algo = algoOf(caller, request.algoId);
  if (!algo.ok) return algo;
  const account = request.account ?? ports.defaultAccount;
  const market = ports.market(account);
  if (!market) return err(badField("account", `there is no account ${account}`));

  const known = await gatherFacts(market, request.instrument, request, now);
  const unread = known.instrument ? null : await listUnread(ports, market, request);
  if (unread) return err(unread);
  const facts: IntentFacts = {
    ...known,
    epoch: await ports.epoch?.(),
    algoKnown: await algoKnown(ports, caller, algo.value, request),
  };
  const terms =
    request.round && facts.instrument ? roundToGrid(request, facts.instrument) : request;
  const intent = intentOf(terms, algo.value, account);
  const offGrid = facts.instrument && bracketOffGrid(terms, facts.instrument);
  if (offGrid) return err(refusalError(offGrid));
  return ok({ market, intent, facts });
}

/**
 * Why a way out would be refused although all that its algo has open on its side had been canceled before; null
 * when it would go. Nothing is reserved or kept.
 */
export async function refusalOnceCleared(
  ports: OrderPorts,
  caller: Caller,
  request: OrderRequest,
  now: number,
): Promise<ApiError | null> {
  const ready = await prepared(ports, caller, request, now);
  if (!ready.ok) return ready.error;
  const { intent, facts } = ready.value;
  const ask = (epoch: number | undefined) =>
    ports.ledger.explain(intent, { ...facts, epoch, clears: true });
  let explained = await ask(facts.epoch);
  // As for the order itself: perhaps this very region has taken the lease anew.
  if (explained.refusedBy === "STALE_EPOCH") explained = await ask(await ports.epoch?.("fresh"));
  return explainedError(explained);
}

/** Null for what the ledger can answer: the list is there, or the order is. */
async function listUnread(
  { ledger }: Pick<OrderPorts, "ledger">,
  market: AccountMarket,
  { clientOrderId }: Pick<OrderRequest, "clientOrderId">,
): Promise<ApiError | null> {
  const why = (await market.unread?.()) ?? null;
  return why && (await ledger.order(clientOrderId)) ? null : why;
}

function sentOrder(order: Order): Result<{ order: Order; existing: boolean }, ApiError> {
  if (order.state === "rejected" && order.reason?.startsWith(NO_SESSION))
    return err(apiError("BROKER_SESSION_EXPIRED", order.reason));
  return ok({ order, existing: false });
}

/**
 * Has it decided and sent by its gateway, in one call. A gateway that does not answer may have brought
 * it to the ledger or not: whoever asks the ledger first is the only one that it is approved for.
 */
async function placeOnce(
  ports: OrderPorts,
  intent: OrderIntent,
  facts: IntentFacts,
): Promise<Placed | ReserveAnswer> {
  const { clientOrderId, account } = intent;
  try {
    return await ports.gateway(account).place(intent, facts);
  } catch (error) {
    ports.log("error", "order_not_placed", { clientOrderId, error: errorText(error) });
    return ports.ledger.reserve(intent, facts);
  }
}

/** The algo that an order is for: a key's own; only an admin may name another. */
function algoOf(caller: Caller, named: string | undefined): Result<string, ApiError> {
  if (!may(caller, "trade"))
    return err(apiError("FORBIDDEN", "this key may not trade; it needs the scope trade"));
  if (named !== undefined && named !== caller.algoId && !may(caller, "admin"))
    return err(apiError("FORBIDDEN", `this key may not trade for algo ${named}`));
  const algoId = named ?? caller.algoId;
  if (algoId === null)
    return err(badField("algoId", "is needed, because this key is bound to no algo"));
  return ok(algoId);
}

/**
 * A key that is bound to it vouches for an algo, and so does the development key, which is on no real
 * platform. That keys cannot be read is no reason to hold back a way out; an entry is refused by it.
 */
async function algoKnown(
  ports: OrderPorts,
  caller: Caller,
  algoId: string,
  { reduceOnly, clientOrderId }: Pick<OrderRequest, "reduceOnly" | "clientOrderId">,
): Promise<boolean | undefined> {
  if (caller.algoId === algoId || caller.kind === "development") return true;
  try {
    return await ports.hasKey(algoId);
  } catch (error) {
    if (!reduceOnly) throw error;
    ports.log("warn", "keys_unread", { clientOrderId, error: errorText(error) });
    return undefined;
  }
}

/** The order as the ledger decides on it. */
export const intentOf = (request: OrderRequest, algoId: string, account: string): OrderIntent => ({
  clientOrderId: request.clientOrderId,
  algoId,
  account,
  instrument: request.instrument,
  side: request.side,
  type: request.type,
  quantity: request.quantity,
  limitPrice: request.limitPrice ?? null,
  stopPrice: request.stopPrice ?? null,
  timeInForce: request.timeInForce,
  // With a bracket they are one price, which is rounded as the bracket's.
  protectiveStop: request.bracket?.stopPrice ?? request.protectiveStop ?? null,
  reduceOnly: request.reduceOnly,
  ...(request.bracket
    ? {
        bracket: {
          stopPrice: request.bracket.stopPrice,
          stopLimitPrice: request.bracket.stopLimitPrice ?? null,
          targetPrice: request.bracket.targetPrice,
        },
      }
    : {}),
});

/** Reserves, and fetches what the ledger lacks; sends nothing. */
export const reserveIntent = (
  ports: OrderPorts,
  market: AccountMarket,
  intent: OrderIntent,
  facts: IntentFacts,
  now: number,
): Promise<ReserveAnswer> =>
  decided(ports, market, intent, facts, now, (known) => ports.ledger.reserve(intent, known));

/**
 * Asks for a decision. When the ledger lacks something that can be fetched, a fresh price or the
 * account's balances, fetches it and asks once more for each.
 */
async function decided<T extends Placed | ReserveAnswer>(
  ports: OrderPorts,
  market: AccountMarket,
  intent: OrderIntent,
  facts: IntentFacts,
  now: number,
  ask: (facts: IntentFacts) => Promise<T>,
): Promise<T> {
  let answer = await ask(facts);
  if (answer.kind === "denied" && answer.refusal.code === "STALE_EPOCH") {
    // Perhaps this very region has taken the lease anew; another region's order is refused again.
    const epoch = await ports.epoch?.("fresh");
    if (epoch !== facts.epoch) answer = await ask({ ...facts, epoch });
    facts = { ...facts, epoch };
  }
  let mark = facts.mark;
  if (answer.kind === "denied" && answer.refusal.code === "STALE_PRICE") {
    mark = await priceOf(ports, market, intent);
    if (mark) answer = await ask({ ...facts, mark });
  }
  if (answer.kind === "denied" && balancesUnread(answer.refusal)) {
    // The gateway reads them when it is woken; a platform that has just started has not yet.
    await ports.gateway(intent.account).ensure();
    answer = await ask({ ...facts, mark });
  }
  if (answer.kind === "denied" && balancesUnread(answer.refusal)) {
    await bringBalances(ports, intent.account, now);
    answer = await ask({ ...facts, mark });
  }
  return answer;
}

/**
 * Brings the ledger what the broker says now. The gateway by its clock may be busy reading for another
 * order, or count as read what this ledger has not got.
 */
async function bringBalances(ports: OrderPorts, account: string, now: number): Promise<void> {
  const balances = await ports.gateway(account).balances();
  if (balances.ok) await ports.ledger.recordBalances(account, balances.value, now);
}

const balancesUnread = ({ code, have }: Refusal): boolean => code === "FUNDS" && have === null;

/** First attempt, direct. If the gateway cannot be reached, the ledger's sweep goes on from its record. */
async function sendFirst(
  ports: OrderPorts,
  approved: ApprovedOrder,
  order: Order,
  now: number,
): Promise<Order> {
  const { clientOrderId, account } = approved.intent;
  try {
    const result = await ports.gateway(account).submit(approved, 1);
    return await followUp(ports, approved.intent, result, now);
  } catch (error) {
    ports.log("error", "order_first_attempt_failed", { clientOrderId, error: errorText(error) });
    return order;
  }
}

/** What is proven not to have left is tried again. A retry that the queue did not take is the gateway's to sweep. */
async function followUp(
  { retries, log }: Pick<OrderPorts, "retries" | "log">,
  { clientOrderId, account }: OrderIntent,
  result: GatewayOutcome,
  now: number,
): Promise<Order> {
  if (result.outcome === "not_sent") {
    const reason = result.reason.slice(0, 500);
    try {
      await retries.send({ clientOrderId, account, reason, firstAttemptAt: now });
    } catch (error) {
      log("error", "retry_not_queued", { clientOrderId, error: errorText(error) });
    }
  }
  return result.order;
}
