/**
 * Orders at the broker that did not leave from here: people are told once, what rests is kept and
 * reserved under the algo `external`, and it can be canceled like one of ours. Nothing is refused here.
 */
import type { BrokerOrder } from "../../brokers/broker.ts";
import { decimal, decimalText, ZERO } from "../../domain/decimal.ts";
import type { InstrumentId } from "../../domain/instrument.ts";
import { DESCRIBE_RETRY_MS } from "../../domain/limits.ts";
import type { Execution, ExternalOrder, OrderIntent } from "../../domain/order.ts";
import { externalOrderId } from "../../domain/reconciliation/synthetic-id.ts";
import { EXTERNAL_ALGO } from "../../domain/risk/external.ts";
import type { HandExecution } from "../desk-port.ts";
import { errorText } from "../log.ts";
import { save, type GatewayContext, type Sighting } from "./context.ts";
import { post } from "./evidence.ts";
import { flush } from "./outbox.ts";
import { countFill, takeBackInferred } from "./inferred-fills.ts";
import { raise } from "./reconcile-notes.ts";
import { newRecord, type GatewayOrder } from "./record.ts";

/** The stream, or an execution, told of it. A fill is booked at once; what rests of it a look will show. */
export function noteExternal(context: GatewayContext, sighting: Sighting): void {
  const { brokerOrderId, evidence, at } = sighting;
  const what =
    evidence.kind === "filled" ? tradeText(evidence.execution) : `it is ${evidence.kind}`;
  if (evidence.kind === "filled") adoptFill(context, brokerOrderId, evidence.execution, at);
  else lookForExternal(context);
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
  takeBackInferred(context, execution);
  context.store.adopt(adopted, {
    eventId: `${clientOrderId}:fill:${execution.executionId}`,
    clientOrderId,
    event: { kind: "filled", execution: adopted },
    at,
  });
  wantCurrency(context, execution.instrument, clientOrderId);
  countFill(context);
}

export const isOpen = ({ state }: BrokerOrder): boolean =>
  state === "new" || state === "pending_trigger" || state === "partially_filled";

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
  if (!isOpen(seen)) return;
  const booked = store
    .executionsOfBroker(brokerOrderId)
    .reduce((sum, each) => sum.plus(decimal(each.quantity)), ZERO);
  if (booked.gte(decimal(quantity))) return;
  const record = recordOf(context, seen, decimalText(booked));
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

function recordOf(
  context: GatewayContext,
  seen: BrokerOrder,
  filledQuantity: string,
): GatewayOrder {
  const { brokerOrderId, instrument, side, type, timeInForce } = seen;
  const { quantity, limitPrice, stopPrice } = seen;
  const clientOrderId = externalOrderId(context.account, brokerOrderId);
  return {
    ...newRecord(clientOrderId, null, context.now()),
    external: { instrument, side, type, timeInForce },
    record: "accepted",
    brokerOrderId,
    pendingTrigger: seen.state === "pending_trigger",
    terms: { quantity, limitPrice, stopPrice },
    filledQuantity,
  };
}

const orderOf = ({ account }: GatewayContext, seen: BrokerOrder): ExternalOrder => {
  const { brokerOrderId, instrument, side, type, timeInForce } = seen;
  const { quantity, limitPrice, stopPrice } = seen;
  const terms = { quantity, limitPrice, stopPrice };
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
  const quantity = decimalText(rest.plus(decimal(record.filledQuantity)));
  const replacements = record.replacements + 1;
  const event = {
    kind: "replaced",
    changes: { quantity, limitPrice: null, stopPrice: null },
  } as const;
  const order: GatewayOrder = { ...record, terms: { ...record.terms, quantity }, replacements };
  save(context, { order, posts: [post(record, `replaced:${replacements}`, event, at)] });
}

/** Whether the person's figure stands for what the broker tells of its terms and fills. */
export const isClaimed = (context: GatewayContext, { external, brokerOrderId }: GatewayOrder) =>
  external !== undefined &&
  brokerOrderId !== null &&
  context.store.handOrder(brokerOrderId) !== null;

/** The stream told of an order that no record here is of: the broker's list will say what it is. */
export const lookForExternal = (context: GatewayContext): void =>
  context.store.setNumber("external_seen_at", context.now());

/** When the broker's list is looked at for an order that the stream told of: at once, and when it must be in it. */
export function externalLookDueAt({ store, broker }: GatewayContext): number {
  const seenAt = store.number("external_seen_at");
  const polledAt = store.number("polled_at");
  if (seenAt === 0) return Infinity;
  if (polledAt < seenAt) return seenAt;
  const settledAt = seenAt + broker.rules.settlingTimeMs;
  return polledAt < settledAt ? settledAt : Infinity;
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
  if (store.outbox(1).length > 0) return;
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
