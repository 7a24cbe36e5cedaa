/**
 * The pure ledger: `apply(state, event)` is the only way its state changes. It changes the state in
 * place, takes every time as an argument, and asserts the ledger's equation after each event. It
 * decides nothing: `decide.ts` does.
 */
import { assert, unreachable } from "../assert.ts";
import { ZERO, type Decimal } from "../decimal.ts";
import type { Execution, Order, OrderChanges, OrderPost } from "../order.ts";
import type { ScopeText } from "../scope.ts";
import { assertEquation } from "./equation.ts";
import { aggregateFor, observe, profitOf, refreshHolding, refreshShare } from "./exposure.ts";
import { commitFunds } from "./funds.ts";
import type { LimitName } from "./limit-names.ts";
import { applyControl, type ControlChange } from "./controls.ts";
import { NO_UNIT_RISK, type UnitRisk } from "./money-at-risk.ts";
import { newEntry } from "./entry.ts";
import { applyPost } from "./posting.ts";
import { countedScopes, countOrder } from "./order-rate.ts";
import {
  holdingFor,
  type Holding,
  type LedgerOrder,
  type LedgerState,
  type TradingStateRecord,
} from "./state.ts";

/** What an approval reserves. */
export interface Reservation {
  unit: UnitRisk;
  /** Currency of the instrument's price. */
  currency: string;
  /** Money that the opening part needs, in that currency. */
  funds: Decimal;
}

/** Everything that can happen to the ledger. Marks and balances come by their own functions. */
export type LedgerEvent =
  | { kind: "reserved"; order: Order; reservation: Reservation }
  | { kind: "denied"; order: Order }
  | { kind: "posted"; post: OrderPost }
  | {
      kind: "replace_reserved";
      clientOrderId: string;
      changes: OrderChanges;
      quantity: Decimal;
      unit: UnitRisk;
      /** Money that it needs beyond what the order has, in the currency of its price. */
      funds: Decimal;
      currency: string;
      /** Of the lease under which the terms were approved; left out of events that are older than it. */
      epoch?: number;
      by: string;
      at: number;
    }
  | { kind: "trading_state"; record: Omit<TradingStateRecord, "version"> }
  | {
      kind: "limit";
      scope: string;
      name: LimitName;
      value: string | null;
      by: string;
      at: number;
    }
  | { kind: "control"; change: ControlChange }
  | { kind: "day"; day: string };

/** What an event changed, for whoever stores and tells it. */
export interface Change {
  version: number;
  entry: LedgerOrder | null;
  execution: Execution | null;
  holding: Holding | null;
  flag: string | null;
}

/** The version that the next event will have: an approved order carries it before it is applied. */
export const nextVersion = (state: LedgerState): number => state.version + 1;

export function apply(state: LedgerState, event: LedgerEvent): Change {
  state.version += 1;
  const change = { version: state.version, ...applyKind(state, event) };
  if (change.holding) assertEquation(change.holding);
  return change;
}

type Effects = Omit<Change, "version">;

const NOTHING: Effects = { entry: null, execution: null, holding: null, flag: null };

function applyKind(state: LedgerState, event: LedgerEvent): Effects {
  switch (event.kind) {
    case "reserved":
      return applyReserved(state, event.order, event.reservation);
    case "denied": {
      const { clientOrderId } = event.order;
      assert(!state.orders.has(clientOrderId), `a denial over order ${clientOrderId}`);
      const entry = newEntry(event.order, NO_UNIT_RISK);
      state.orders.set(event.order.clientOrderId, entry);
      return { ...NOTHING, entry };
    }
    case "posted":
      return applyPost(state, event.post);
    case "replace_reserved":
      return applyReplaceReserved(state, event);
    case "trading_state":
      setTradingState(state, { ...event.record, version: state.version });
      return NOTHING;
    case "limit": {
      const { scope, name, value, by, at } = event;
      if (value === null) state.limits.remove(scope, name);
      else state.limits.put({ scope, name, value, changedBy: by, changedAt: at });
      return NOTHING;
    }
    case "control":
      applyControl(state.controls, event.change);
      // It never goes back, whoever asks for it.
      state.epoch = Math.max(state.epoch, state.controls.lease.epoch);
      return NOTHING;
    case "day":
      rollDay(state, event.day);
      return NOTHING;
    default:
      return unreachable(event);
  }
}

function applyReserved(state: LedgerState, order: Order, reservation: Reservation): Effects {
  assert(!state.orders.has(order.clientOrderId), `order ${order.clientOrderId} reserved twice`);
  const entry = newEntry(order, reservation.unit);
  state.orders.set(order.clientOrderId, entry);
  const { currency, funds } = reservation;
  const holding = holdingFor(state, order, currency);
  if (funds.gt(ZERO)) commitFunds(state, entry, { currency, amount: funds, confirmedAt: null });
  refreshShare(holding, entry);
  refreshHolding(state, holding);
  for (const scope of countedScopes(order)) countOrder(aggregateFor(state, scope), order.createdAt);
  return { entry, execution: null, holding, flag: null };
}

function applyReplaceReserved(
  state: LedgerState,
  event: Extract<LedgerEvent, { kind: "replace_reserved" }>,
): Effects {
  const { clientOrderId, changes, quantity, unit, funds, currency, by, at } = event;
  const entry = state.orders.get(clientOrderId);
  assert(entry, `replace of an order that is not there: ${clientOrderId}`);
  entry.asked = { changes, quantity, unit };
  const epoch = event.epoch ?? entry.order.epoch;
  entry.order = { ...entry.order, epoch, termsVersion: state.version };
  if (funds.gt(ZERO)) {
    entry.asked.before = entry.commitment;
    const amount = funds.plus(entry.commitment?.amount ?? ZERO);
    commitFunds(state, entry, { currency, amount, confirmedAt: null });
  }
  const post = {
    eventId: "",
    clientOrderId,
    event: { kind: "replace_requested", changes, by },
    at,
  };
  return applyPost(state, post as OrderPost);
}

function setTradingState(state: LedgerState, record: TradingStateRecord): void {
  if (record.state === "active") state.tradingStates.delete(record.scope);
  else state.tradingStates.set(record.scope, record);
}

/** A new trading day: budgets begin again, the peak of equity stays. */
function rollDay(state: LedgerState, day: string): void {
  state.day = day;
  for (const aggregate of state.aggregates.values()) {
    const { figures } = aggregate;
    const profit = profitOf(figures);
    aggregate.ordersToday = 0;
    aggregate.day = {
      startProfit: profit,
      worstProfit: profit,
      peakProfit: aggregate.day.peakProfit,
      moneyAtRiskMax: figures.moneyAtRisk,
      notionalMax: figures.gross,
    };
    state.unstored.add(aggregate);
    observe(state, aggregate);
  }
}

/** Orders that may still trade, under a scope, oldest first. */
export function openOrders(
  state: LedgerState,
  within: (order: Order, entry: LedgerOrder) => boolean,
): LedgerOrder[] {
  const open: LedgerOrder[] = [];
  for (const holding of state.holdings.values())
    for (const entry of holding.orders.values()) if (within(entry.order, entry)) open.push(entry);
  return open.sort((a, b) => a.order.ledgerVersion - b.order.ledgerVersion);
}

/** Drops orders that reserve nothing and hold no money: storage keeps them. */
export function forgetEnded(state: LedgerState, entries: Iterable<LedgerOrder>): void {
  for (const entry of entries)
    if (!entry.share && !entry.commitment) state.orders.delete(entry.order.clientOrderId);
}

/** Whether an order stands under the scope of a kill switch. */
export function underScope(
  scope: ScopeText,
): (order: Pick<Order, "account" | "algoId" | "instrument">) => boolean {
  if (scope === "portfolio") return () => true;
  const id = scope.slice(scope.indexOf(":") + 1);
  if (scope.startsWith("account:")) return (order) => order.account === id;
  if (scope.startsWith("algo:")) return (order) => order.algoId === id;
  return (order) => order.instrument === id;
}
