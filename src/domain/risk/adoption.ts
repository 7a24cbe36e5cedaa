/**
 * What was placed past the ledger, by hand or by the broker itself. It is never refused, because it
 * already stands: it is kept under the algo `external` and counts against the limits of everybody.
 */
import { decimal, maxDecimal, ZERO } from "../decimal.ts";
import type { InstrumentId } from "../instrument.ts";
import type { Execution, Order, OrderEvent } from "../order.ts";
import type { Mark } from "../tick.ts";
import { newEntry } from "./entry.ts";
import { isUnpriced, refreshHolding, refreshShare } from "./exposure.ts";
import { EXTERNAL_ALGO } from "./external.ts";
import { commitFunds } from "./funds.ts";
import { closable, NO_UNIT_RISK } from "./money-at-risk.ts";
import { unitRiskNow } from "./pricing.ts";
import { holdingFor, type Holding, type LedgerOrder, type LedgerState } from "./state.ts";
import { isGoodPrice, LAST_RESORT } from "./good-mark.ts";

type Adopted = Extract<OrderEvent, { kind: "adopted" }>;

type Found = Pick<
  Order,
  | "account"
  | "instrument"
  | "side"
  | "type"
  | "quantity"
  | "limitPrice"
  | "stopPrice"
  | "timeInForce"
> & { brokerOrderId: string };

/** A fill of an order that we never made and that nobody has told of. */
export function adoptFill(state: LedgerState, execution: Execution, at: number): LedgerOrder {
  const { clientOrderId, brokerOrderId, account, instrument, side, quantity } = execution;
  const found: Found = {
    brokerOrderId,
    account,
    instrument,
    side,
    quantity,
    type: "market",
    limitPrice: null,
    stopPrice: null,
    timeInForce: "day",
  };
  return adopt(state, clientOrderId, found, null, at);
}

/** An order that rests at the broker. */
export const adoptOrder = (
  state: LedgerState,
  clientOrderId: string,
  { order, currency }: Adopted,
  at: number,
): LedgerOrder => adopt(state, clientOrderId, order, currency, at);

function adopt(
  state: LedgerState,
  clientOrderId: string,
  found: Found,
  currency: string | null,
  at: number,
): LedgerOrder {
  const order: Order = {
    clientOrderId,
    algoId: EXTERNAL_ALGO,
    account: found.account,
    instrument: found.instrument,
    side: found.side,
    type: found.type,
    quantity: found.quantity,
    limitPrice: found.limitPrice,
    stopPrice: found.stopPrice,
    timeInForce: found.timeInForce,
    protectiveStop: null,
    reduceOnly: false,
    state: "new",
    filledQuantity: "0",
    averagePrice: null,
    brokerOrderId: found.brokerOrderId,
    refusal: null,
    reason: "placed past the ledger",
    ledgerVersion: state.version,
    epoch: state.epoch,
    createdAt: at,
    updatedAt: at,
  };
  const entry = newEntry(order, NO_UNIT_RISK);
  state.orders.set(clientOrderId, entry);
  const others = [...(state.holdingsOf.get(order.instrument) ?? [])];
  const known = others.find((other) => other.currency !== null)?.currency ?? null;
  holdingFor(state, order, currency ?? known);
  return entry;
}

/** The order's own terms, where so far perhaps only a fill was told of. What has no price yet gets it with the first mark. */
export function takeAdoptedTerms(
  state: LedgerState,
  entry: LedgerOrder,
  { order: found, pendingTrigger }: Adopted,
): void {
  const { type, quantity, limitPrice, stopPrice, timeInForce, placedAt } = found;
  entry.quantity = maxDecimal(decimal(quantity), entry.filled);
  entry.untriggered = pendingTrigger;
  entry.placedAt = placedAt ?? null;
  entry.order = {
    ...entry.order,
    type,
    limitPrice,
    stopPrice,
    timeInForce,
    quantity: entry.quantity.toFixed(),
  };
  entry.unit = unitRiskNow(state, entry.order) ?? NO_UNIT_RISK;
}

/**
 * Money of an order that stands at the broker and was not reserved for: the broker had it from `at` on, so
 * that balances from before cannot have counted it. What its fills still hold is held beside it.
 */
export function commitStanding(state: LedgerState, entry: LedgerOrder, at: number): void {
  const { order, share, commitment } = entry;
  const { currency, position, sides } = holdingFor(state, order, null);
  if (!currency || !share) return;
  if ((state.balances.get(order.account)?.at ?? -Infinity) >= at) return;
  const others = sides[order.side].quantity.minus(share.quantity);
  const free = maxDecimal(ZERO, closable(position.quantity, order.side).minus(others));
  const amount = maxDecimal(ZERO, share.quantity.minus(free)).times(share.price);
  if (amount.lte(ZERO)) return;
  const held = commitment?.amount ?? ZERO;
  commitFunds(state, entry, { currency, amount: amount.plus(held), confirmedAt: at });
}

/** What had no worth when it was adopted has one now: its money is bound from when it was first heard of. */
function commitLater(state: LedgerState, entries: Iterable<LedgerOrder>): void {
  for (const entry of entries)
    if (entry.order.algoId === EXTERNAL_ALGO && !entry.commitment)
      commitStanding(state, entry, entry.order.createdAt);
}

/** What was booked without its currency gets its worth. */
export function describeHolding(
  state: LedgerState,
  { order }: LedgerOrder,
  currency: string,
): Holding {
  const holding = holdingFor(state, order, currency);
  refreshHolding(state, holding);
  commitLater(state, holding.orders.values());
  return holding;
}

/**
 * A trade past us in an instrument that nobody has a price of is valued at its own: an opinion of its
 * moment, which prices no entry and gives way to any other.
 */
export function takeLastResort(state: LedgerState, { instrument, price, executedAt }: Execution) {
  const value = Number(price);
  if (state.marks.has(instrument) || !isGoodPrice(value)) return;
  const none = { bid: null, ask: null } as const;
  const mark: Mark = { instrument, price: value, ...none, time: executedAt, provider: LAST_RESORT };
  state.marks.set(instrument, { ...mark, stale: true });
}

/** Prices what was adopted without a price, where there is one now. Answers the orders that changed. */
export function priceAdopted(state: LedgerState, instruments: Iterable<InstrumentId>) {
  const priced: LedgerOrder[] = [];
  for (const instrument of instruments)
    for (const holding of state.holdingsOf.get(instrument) ?? []) {
      const open = [...holding.orders.values()].filter(isUnpriced);
      if (open.length === 0) continue;
      const now: LedgerOrder[] = [];
      for (const entry of open) {
        const unit = unitRiskNow(state, entry.order);
        if (!unit) continue;
        entry.unit = unit;
        refreshShare(holding, entry);
        now.push(entry);
      }
      refreshHolding(state, holding);
      commitLater(state, now);
      priced.push(...now);
    }
  return priced;
}
