/**
 * Orders at the broker that did not leave from here: people are told once, what rests is kept and
 * reserved under the algo `external`, and it can be canceled like one of ours. Nothing is refused here.
 */
import type { BrokerOrder } from "../../brokers/broker.ts";
import { type Decimal, decimal, decimalText, ZERO } from "../../domain/decimal.ts";
import type { InstrumentId } from "../../domain/instrument.ts";
import { EARLY_POLL_MS } from "../../domain/gateway-limits.ts";
import { DESCRIBE_RETRY_MS } from "../../domain/limits.ts";
import type { Execution, ExternalOrder, OrderIntent } from "../../domain/order.ts";
import { isOpenThere } from "../../domain/reconciliation/orders.ts";
import { externalOrderId } from "../../domain/reconciliation/synthetic-id.ts";
import { EXTERNAL_ALGO } from "../../domain/risk/external.ts";
import type { HandExecution } from "../desk-port.ts";
import { errorText } from "../log.ts";
import { save, type GatewayContext, type Sighting } from "./context.ts";
import { endIfWhole, post, type Evidence } from "./evidence.ts";
import { flush } from "./outbox.ts";
import { countFill, heedRealFill } from "./inferred-fills.ts";
import { raise } from "./reconcile-notes.ts";
import { newRecord, type ExternalFacts, type GatewayOrder } from "./record.ts";

/** The stream, or an execution, told of it. A fill is booked at once; what rests of it a look will show. */
export function noteExternal(context: GatewayContext, sighting: Sighting): void {
  const { brokerOrderId, evidence, at } = sighting;
  const what =
    evidence.kind === "filled" ? tradeText(evidence.execution) : `it is ${evidence.kind}`;
  if (evidence.kind === "filled") adoptFill(context, brokerOrderId, evidence.execution, at);
  else lookForExternal(context, evidence);
  tell(context, brokerOrderId, at, what);
}

/** Told once; while it has not been told yet, what is known better takes its place. */
function tell(context: GatewayContext, brokerOrderId: string, at: number, what: string): void {
  const { account, store } = context;
  const id = `external-${account}-${brokerOrderId}`;
  if (store.noteExternal(brokerOrderId, at))
    context.log("warn", "external_order_seen", { account, brokerOrderId, what });
  else if (store.note(`incident:${id}`) === null) return;
  raise(context, {
    id,
    severity: "serious",
    title: `Order placed past the platform: ${brokerOrderId}`,
    message: `The broker has order ${brokerOrderId}, which did not leave from here: ${what}. What rests of it and its fills are kept under the algo external and count against the limits.`,
  });
}

const tradeText = ({ side, quantity, instrument, price }: Execution): string =>
  `${side} ${quantity} ${instrument} at ${price}`;

function adoptFill(
  context: GatewayContext,
  brokerOrderId: string,
  execution: Execution,
  at: number,
): void {
  if (context.store.hasExecution(execution.executionId)) return;
  const clientOrderId = externalOrderId(context.account, brokerOrderId);
  const adopted = { ...execution, clientOrderId };
  heedRealFill(context, execution);
  context.store.adopt(adopted, {
    eventId: `${clientOrderId}:fill:${execution.executionId}`,
    clientOrderId,
    event: { kind: "filled", execution: adopted },
    at,
  });
  wantCurrency(context, execution.instrument, clientOrderId);
  countFill(context);
}

/**
 * An order in the broker's own list that no record here knows. What a person has named as the
 * execution of a dead letter is the person's word, and stays it.
 */
export function adoptOrder(context: GatewayContext, seen: BrokerOrder): void {
  const { store } = context;
  const { brokerOrderId, side, type, quantity, instrument, limitPrice, updatedAt } = seen;
  const price = limitPrice === null ? type : `${type} ${limitPrice}`;
  const what = `${side} ${quantity} ${instrument}, ${price}, ${seen.state}`;
  if (store.handOrder(brokerOrderId)) return;
  tell(context, brokerOrderId, updatedAt, what);
  if (!isOpenThere(seen)) return;
  const booked = store
    .executionsOfBroker(brokerOrderId)
    .reduce((sum, each) => sum.plus(decimal(each.quantity)), ZERO);
  if (booked.gte(decimal(quantity))) return;
  const record = recordOf(context, seen, booked);
  const { clientOrderId } = record;
  wantCurrency(context, instrument, clientOrderId);
  const event = {
    kind: "adopted",
    order: orderOf(context, seen),
    pendingTrigger: record.pendingTrigger,
    currency: currencyOf(context, instrument),
  } as const;
  save(context, { order: record, posts: [post(record, "adopted", event, updatedAt)] });
  context.log("warn", "external_order_adopted", { clientOrderId, brokerOrderId, what });
}

function recordOf(context: GatewayContext, seen: BrokerOrder, booked: Decimal): GatewayOrder {
  const { brokerOrderId, instrument, side, type, timeInForce } = seen;
  const { quantity, limitPrice, stopPrice, filledQuantity, updatedAt } = seen;
  const unread = { filledQuantity, at: updatedAt };
  const clientOrderId = externalOrderId(context.account, brokerOrderId);
  return {
    ...newRecord(clientOrderId, null, context.now()),
    external: {
      instrument,
      side,
      type,
      timeInForce,
      ...(booked.lt(decimal(filledQuantity)) ? { unread } : {}),
    },
    record: "accepted",
    brokerOrderId,
    pendingTrigger: seen.state === "pending_trigger",
    terms: { quantity, limitPrice, stopPrice },
    filledQuantity: decimalText(booked),
  };
}

/**
 * Of an adopted order, what the broker shows less what was traded before us: a trade that no reading of
 * executions reaches is in the position already, or was never ours to count. It is known once the broker's
 * records have settled; until then the whole order stays reserved.
 */
export function sinceAdopted(
  context: GatewayContext,
  order: GatewayOrder,
  seen: BrokerOrder,
  askedAt: number,
): BrokerOrder {
  if (!order.external) return seen;
  const { tradedBefore = "0" } = settleUnread(context, order, askedAt);
  if (tradedBefore === "0") return seen;
  const less = (text: string): string => decimalText(decimal(text).minus(decimal(tradedBefore)));
  return { ...seen, quantity: less(seen.quantity), filledQuantity: less(seen.filledQuantity) };
}

function settleUnread(
  context: GatewayContext,
  order: GatewayOrder,
  askedAt: number,
): Partial<ExternalFacts> {
  const { external, brokerOrderId, recordedAt, terms, ended } = order;
  const { unread, ...facts } = external ?? {};
  const isSettled = askedAt - recordedAt >= context.broker.rules.settlingTimeMs;
  if (!unread || !terms || ended !== null || !brokerOrderId || !isSettled) return facts;
  const read = context.store
    .executionsOfBroker(brokerOrderId)
    .filter(({ executedAt }) => executedAt <= unread.at)
    .reduce((sum, each) => sum.plus(decimal(each.quantity)), ZERO);
  const before = decimal(unread.filledQuantity).minus(read);
  const settled = { ...facts, ...(before.gt(ZERO) && { tradedBefore: decimalText(before) }) };
  const known = { ...order, external: settled as ExternalFacts };
  if (before.lte(ZERO)) save(context, { order: known, posts: [] });
  else withQuantity(context, known, decimal(terms.quantity).minus(before));
  return settled;
}

/** New terms of an adopted order that are nobody's wish: the ledger is told of its new size. */
function withQuantity(context: GatewayContext, order: GatewayOrder, size: Decimal): void {
  const quantity = decimalText(size);
  const replacements = order.replacements + 1;
  const event = {
    kind: "replaced",
    changes: { quantity, limitPrice: null, stopPrice: null },
  } as const;
  const posts = [post(order, `replaced:${replacements}`, event, context.now())];
  const terms = order.terms && { ...order.terms, quantity };
  save(context, { order: endIfWhole({ ...order, terms, replacements }), posts });
}

const orderOf = ({ account }: GatewayContext, seen: BrokerOrder): ExternalOrder => {
  const { brokerOrderId, instrument, side, type, timeInForce } = seen;
  const { quantity, limitPrice, stopPrice, createdAt: placedAt } = seen;
  const terms = { quantity, limitPrice, stopPrice, placedAt };
  return { account, brokerOrderId, instrument, side, type, timeInForce, ...terms };
};

/** A person has named it as the execution of a dead letter: only what goes beyond that figure is still placed past us. */
export function claimExternal(context: GatewayContext, claim: HandExecution): void {
  const record = context.store.orderOfBroker(claim.brokerOrderId);
  if (!record?.external || !record.terms || record.ended !== null) return;
  const rest = decimal(record.terms.quantity).minus(decimal(claim.quantity));
  const at = context.now();
  if (rest.lte(ZERO)) {
    const event = { kind: "canceled", reason: `named as an execution by ${claim.by}` } as const;
    const ended: GatewayOrder = { ...record, ended: "canceled", cancel: "none", nextLookAt: null };
    return save(context, { order: ended, posts: [post(record, "canceled", event, at)] });
  }
  withQuantity(context, record, rest.plus(decimal(record.filledQuantity)));
}

/** Whether the person's figure stands for what the broker tells of its terms and fills. */
export const isClaimed = (context: GatewayContext, { external, brokerOrderId }: GatewayOrder) =>
  external !== undefined &&
  brokerOrderId !== null &&
  context.store.handOrder(brokerOrderId) !== null;

/** After these nothing of it rests at the broker. */
const ENDS: ReadonlySet<Evidence["kind"]> = new Set(["canceled", "expired", "rejected"]);

/** The stream told of an order that no record here is of: the broker's list will say what it is, unless it is gone. */
export function lookForExternal(context: GatewayContext, { kind }: Evidence): void {
  if (!ENDS.has(kind)) context.store.setNumber("external_seen_at", context.now());
}

/** When the broker's list is looked at for an order that the stream told of: at once, and when it must be in it. */
export function externalLookDueAt({ store, broker, polledEarlyAt }: GatewayContext): number {
  const seenAt = store.number("external_seen_at");
  const polledAt = store.number("polled_at");
  const settledAt = seenAt + broker.rules.settlingTimeMs;
  if (seenAt === 0 || polledAt >= settledAt) return Infinity;
  return Math.max(polledAt < seenAt ? seenAt : settledAt, polledEarlyAt + EARLY_POLL_MS);
}

/** An instrument in which something was booked past us, whose currency nobody here knows yet. */
interface Undescribed {
  instrument: InstrumentId;
  /** By which the ledger is told. */
  clientOrderId: string;
}

const currencyOf = ({ store }: GatewayContext, instrument: InstrumentId): string | null =>
  store.note(`currency:${instrument}`);

function wantCurrency(
  { store }: GatewayContext,
  instrument: InstrumentId,
  clientOrderId: string,
): void {
  if (store.note(`currency:${instrument}`) ?? store.note(`undescribed:${instrument}`)) return;
  const wanted: Undescribed = { instrument, clientOrderId };
  store.setNote(`undescribed:${instrument}`, JSON.stringify(wanted));
  store.setNumber("described_at", 0);
}

export const describeDueAt = ({ store }: GatewayContext): number =>
  store.notes("undescribed:").length > 0
    ? store.number("described_at") + DESCRIBE_RETRY_MS
    : Infinity;

/** Tells the ledger what those instruments are priced in: until then it refuses entries that their worth would count for. */
export async function describeExternals(context: GatewayContext): Promise<void> {
  const { store, ledger, log } = context;
  store.setNumber("described_at", context.now());
  await flush(context);
  // The ledger has to have what it is told about.
  if (store.hasPosts()) return;
  for (const body of store.notes("undescribed:")) {
    const { instrument, clientOrderId } = JSON.parse(body) as Undescribed;
    try {
      const facts = await context.facts(askedOf(context, instrument));
      if (!facts.instrument) {
        log("error", "external_instrument_unknown", { instrument });
        continue;
      }
      const { currency } = facts.instrument;
      const eventId = `${clientOrderId}:described`;
      const event = { kind: "described", currency } as const;
      await ledger.post([{ eventId, clientOrderId, event, at: context.now() }]);
      store.setNote(`currency:${instrument}`, currency);
      store.setNote(`undescribed:${instrument}`, null);
    } catch (error) {
      log("warn", "external_instrument_not_told", { instrument, error: errorText(error) });
    }
  }
}

/** Facts are asked for by an intent: this is one that nobody means. */
const askedOf = ({ account }: GatewayContext, instrument: InstrumentId): OrderIntent => ({
  clientOrderId: EXTERNAL_ALGO,
  algoId: EXTERNAL_ALGO,
  account,
  instrument,
  side: "buy",
  type: "market",
  quantity: "1",
  limitPrice: null,
  stopPrice: null,
  timeInForce: "day",
  protectiveStop: null,
  reduceOnly: false,
});
