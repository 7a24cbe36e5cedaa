/**
 * Closes every position under a halted scope by market orders that may only reduce. Nothing else passes a
 * halt. They leave under the lease that the ledger knows, whoever asks: a takeover is no reason to stay open.
 */
import { decimal, decimalText, ZERO, type Decimal } from "../domain/decimal.ts";
import type { Instrument } from "../domain/instrument.ts";
import { FLATTEN_PARTS_MAX, GATEWAY_SILENT_MS } from "../domain/halt-limits.ts";
import { wholeLots } from "../domain/lots.ts";
import { PAGE_ROWS_MAX } from "../domain/limits.ts";
import type { ApprovedOrder, OrderIntent, OrderState } from "../domain/order.ts";
import { closableOf } from "../domain/risk/allowance.ts";
import { underScope } from "../domain/risk/ledger.ts";
import type { Refusal, RefusalCode } from "../domain/risk/refusal.ts";
import type { ScopeText } from "../domain/scope.ts";
import { errorText } from "./log.ts";
import { closingTime, gatherFacts } from "./order-facts.ts";
import type { AccountMarket, OrderPorts } from "./order-ports.ts";
import type { IntentFacts } from "./ports.ts";
import { settledWithin } from "./settled-within.ts";
import { reserveIntent } from "./submit-order.ts";
import type { PositionView } from "../contract/orders.ts";

export interface Flattened {
  /** Positions under the scope of which something is left to close. */
  positions: number;
  /** Closing orders that left for their gateway. */
  sent: number;
  /** Why a part of it cannot be closed as it stands, one sentence for each position. */
  refusals: string[];
}

/** Asking again sends nothing twice: what is on its way leaves nothing free to close. */
export async function flattenScope(
  ports: OrderPorts,
  scope: ScopeText,
  now: number,
): Promise<Flattened> {
  const held = await ports.ledger.positions();
  // What was closed past the platform is no longer there to be closed.
  const open = held
    .filter(underScope(scope))
    .map((position) => ({ position, closable: closableOf(held, position) }))
    .filter(({ closable }) => closable.gt(ZERO));
  const closed = await Promise.all(
    open.map(({ position, closable }) => close(ports, position, closable, now)),
  );
  return {
    positions: open.length,
    sent: closed.reduce((sum, { sent }) => sum + sent, 0),
    refusals: closed.flatMap(({ refusal }) => refusal ?? []),
  };
}

/** States of a closing order that closes nothing; one that filled in part and was canceled is not counted either. */
const NEVER_CLOSED: ReadonlySet<OrderState> = new Set(["denied", "canceled", "rejected"]);

/**
 * Closing orders of a scope since `from`, whoever sent them: the ledger goes on with a flatten by its own
 * clock, and may have come before the one who asked for it.
 */
export async function closingOrders(
  { ledger }: Pick<OrderPorts, "ledger">,
  scope: ScopeText,
  from: number,
): Promise<number> {
  const { items } = await ledger.orders({ limit: PAGE_ROWS_MAX });
  return items
    .filter(({ clientOrderId }) => clientOrderId.startsWith(CLOSING_ID))
    .filter(({ createdAt, state }) => createdAt >= from && !NEVER_CLOSED.has(state))
    .filter(underScope(scope)).length;
}

interface Closed {
  sent: number;
  /** Null as long as it may come about by itself. */
  refusal: string | null;
}

async function close(
  ports: OrderPorts,
  position: PositionView,
  closable: Decimal,
  now: number,
): Promise<Closed> {
  const { algoId, account, instrument } = position;
  const about = `${closable.toFixed()} ${instrument} of ${algoId} at ${account}`;
  const market = ports.market(account);
  if (!market) return { sent: 0, refusal: `${about}: there is no account ${account}.` };
  const intent = closingIntent(market, position, closable);
  try {
    const known = await gatherFacts(market, instrument, intent, now);
    const parts = partsOf(closable, known.instrument);
    if (parts.length === 0)
      return { sent: 0, refusal: `${about}: it is less than the smallest order.` };
    // No epoch: whoever closes, the ledger's own lease is meant.
    const facts = { ...known, flattens: true };
    const done = await Promise.all(
      parts.map((part) => closePart(ports, market, partOf(intent, part), facts, now)),
    );
    const refused = done.find(({ refusal }) => refusal !== null);
    return {
      sent: done.reduce((sum, { sent }) => sum + sent, 0),
      refusal: refused ? `${about}: ${refused.refusal}` : null,
    };
  } catch (error) {
    ports.log("error", "flatten_failed", { algoId, instrument, error: errorText(error) });
    return { sent: 0, refusal: null };
  }
}

function closingIntent(
  market: AccountMarket,
  { algoId, account, instrument, quantity }: PositionView,
  closable: Decimal,
): OrderIntent {
  return {
    clientOrderId: "",
    algoId,
    account,
    instrument,
    side: decimal(quantity).gt(ZERO) ? "sell" : "buy",
    type: "market",
    quantity: decimalText(closable),
    limitPrice: null,
    stopPrice: null,
    timeInForce: closingTime(market),
    protectiveStop: null,
    reduceOnly: true,
  };
}

/** What begins the id of each order that a flatten sends. */
const CLOSING_ID = "fl-";

const partOf = (intent: OrderIntent, quantity: Decimal): OrderIntent => ({
  ...intent,
  clientOrderId: `${CLOSING_ID}${crypto.randomUUID().replaceAll("-", "")}`,
  quantity: decimalText(quantity),
});

/**
 * Whole lots, none above the largest order or below the smallest, and all about as large. A share of a cut
 * may be no whole number of lots: what is over cannot be closed. An instrument that
 * nobody knows has no lots; the ledger refuses it by name.
 */
export function partsOf(closable: Decimal, instrument: Instrument | null): Decimal[] {
  if (!instrument) return [closable];
  const whole = wholeLots(closable, instrument);
  const most = wholeLots(decimal(instrument.maxQuantity), instrument);
  if (whole.lte(ZERO)) return [];
  if (most.lte(ZERO) || whole.lte(most)) return [whole];
  const orders = Math.ceil(Number(whole.div(most).toFixed()));
  const parts: Decimal[] = [];
  let left = whole;
  for (let missing = orders; missing > 0 && parts.length < FLATTEN_PARTS_MAX; missing -= 1) {
    const even = wholeLots(left.div(missing), instrument);
    if (even.lte(ZERO) && missing === 1) break;
    // Where equal ones would be below the smallest, as much as there can be goes at once.
    const part = even.gt(ZERO) ? even : most;
    parts.push(part);
    left = left.minus(part);
  }
  return parts;
}

/** It is on its way already, or a person has lifted the halt meanwhile: people have nothing to do about either. */
const NO_TROUBLE: ReadonlySet<RefusalCode> = new Set(["REDUCE_ONLY", "KILL_SWITCH"]);

/**
 * What is on its way already leaves nothing free to close, which is no refusal of the flatten. An order that
 * cannot be cleared up, because its outcome is not known or its cancel is refused, holds only its own part.
 */
async function closePart(
  ports: OrderPorts,
  market: AccountMarket,
  intent: OrderIntent,
  facts: IntentFacts,
  now: number,
): Promise<Closed> {
  let answer = await reserveIntent(ports, market, intent, facts, now);
  const free = answer.kind === "denied" ? freeOf(answer.refusal, facts.instrument) : ZERO;
  if (free.gt(ZERO)) answer = await reserveIntent(ports, market, partOf(intent, free), facts, now);
  if (answer.kind === "approved")
    return { sent: await sendClosing(ports, answer.approved), refusal: null };
  if (answer.kind === "existing") return { sent: 0, refusal: null };
  const { algoId, instrument } = intent;
  const { code, message } = answer.refusal;
  ports.log("warn", "flatten_refused", { algoId, instrument, refusal: code });
  return { sent: 0, refusal: NO_TROUBLE.has(code) ? null : message };
}

/**
 * A flatten has tries of its own: no retry by the queue would pass the halt, and what is proven not sent is
 * withdrawn, so that the next try finds it free again. Answers how many left, as far as is known.
 */
async function sendClosing(ports: OrderPorts, approved: ApprovedOrder): Promise<number> {
  const { clientOrderId, account } = approved.intent;
  let left = 1;
  const attempt = async (): Promise<void> => {
    try {
      const gateway = ports.gateway(account);
      const { outcome } = await gateway.submit(approved, 1);
      if (outcome !== "not_sent") return;
      left = 0;
      await gateway.cancel(clientOrderId);
    } catch (error) {
      // It may have left: the ledger's sweep goes on from what the gateway knows of it.
      ports.log("error", "order_first_attempt_failed", { clientOrderId, error: errorText(error) });
    }
  };
  if (!(await settledWithin(ports, GATEWAY_SILENT_MS, attempt())))
    ports.log("warn", "flatten_unanswered", { clientOrderId, waitedMs: GATEWAY_SILENT_MS });
  return left;
}

/** Whole lots that the ledger says are left to close beside what is open. */
function freeOf({ code, limit }: Refusal, instrument: Instrument | null): Decimal {
  if (code !== "REDUCE_ONLY" || limit === null || !instrument) return ZERO;
  return wholeLots(decimal(limit), instrument);
}
