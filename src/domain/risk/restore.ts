/** Builds the ledger's state again from what was stored, so that an eviction or a restart changes no decision. */
import { assert } from "../assert.ts";
import type { Mark } from "../tick.ts";
import { brokenEquations } from "./equation.ts";
import { aggregateFor, observe, refreshHolding, refreshShare } from "./exposure.ts";
import { commitFunds } from "./funds.ts";
import { unpackControls } from "./controls.ts";
import { LimitBook, type Limit } from "./limits.ts";
import { countedScopes, countOrder } from "./order-rate.ts";
import {
  emptyLedger,
  holdingKey,
  NO_DAY,
  reserves,
  type AccountBalances,
  type DayFigures,
  type Holding,
  type LedgerOrder,
  type LedgerState,
  type TradingStateRecord,
} from "./state.ts";

export interface StoredLedger {
  version: number;
  epoch: number;
  /** Null when the ledger has never run. */
  day: string | null;
  /** Orders that reserve something or hold committed money, oldest first. */
  orders: LedgerOrder[];
  holdings: Holding[];
  days: [scope: string, day: DayFigures][];
  /** New orders of the trading day. */
  counts: { algoId: string; instrument: string; account: string; orders: number }[];
  /** Orders of the last moments, oldest first, which `counts` holds too. */
  recent: { algoId: string; instrument: string; account: string; at: number }[];
  marks: Mark[];
  balances: [account: string, balances: AccountBalances][];
  tradingStates: TradingStateRecord[];
  limits: Limit[];
  /** As `packControls` wrote it; null when nobody has laid anything down. */
  controls: string | null;
}

/** `now` gives the trading day of a ledger that has never run. */
export function restoreLedger(stored: StoredLedger, now: number): LedgerState {
  const controls = unpackControls(stored.controls, stored.epoch);
  const state = emptyLedger(now, { epoch: controls.lease.epoch });
  state.controls = controls;
  state.version = stored.version;
  state.day = stored.day ?? state.day;
  state.limits = new LimitBook(stored.limits);
  for (const record of stored.tradingStates) state.tradingStates.set(record.scope, record);
  // Marks are stored now and then: newer ones were heard since. They value what is held, and price no entry.
  for (const mark of stored.marks) state.marks.set(mark.instrument, { ...mark, stale: true });
  for (const [account, balances] of stored.balances) state.balances.set(account, balances);
  for (const holding of stored.holdings) addHolding(state, holding);
  for (const entry of stored.orders) addOrder(state, entry);
  for (const holding of state.holdings.values()) refreshHolding(state, holding);
  restoreDays(state, stored.days);
  countOrders(state, stored);
  const broken = brokenEquations(state.holdings.values());
  assert(broken.length === 0, `stored ledger does not add up: ${broken.join("; ")}`);
  return state;
}

function addHolding(state: LedgerState, holding: Holding): void {
  state.holdings.set(holdingKey(holding.algoId, holding.instrument, holding.account), holding);
  let others = state.holdingsOf.get(holding.instrument);
  if (!others) state.holdingsOf.set(holding.instrument, (others = new Set()));
  others.add(holding);
}

/** Puts an order back. One that has ended is only here to be looked at, or for a late fill. */
export function addOrder(state: LedgerState, entry: LedgerOrder): void {
  const { order } = entry;
  state.orders.set(order.clientOrderId, entry);
  const { commitment } = entry;
  entry.commitment = null;
  if (commitment) commitFunds(state, entry, commitment);
  if (!reserves(entry)) {
    entry.ended = entry.filled;
    return;
  }
  const holding = state.holdings.get(holdingKey(order.algoId, order.instrument, order.account));
  assert(holding, `order ${order.clientOrderId} has no holding`);
  entry.share = null;
  refreshShare(holding, entry);
}

/** The sums pass through values that never were while they are added up: their extremes are forgotten. */
function restoreDays(state: LedgerState, days: StoredLedger["days"]): void {
  for (const aggregate of state.aggregates.values()) aggregate.day = NO_DAY;
  for (const [scope, day] of days) aggregateFor(state, scope).day = day;
  state.unstored.clear();
  for (const aggregate of state.aggregates.values()) observe(state, aggregate);
}

function countOrders(state: LedgerState, stored: StoredLedger): void {
  for (const { at, ...order } of stored.recent)
    for (const scope of countedScopes(order)) countOrder(aggregateFor(state, scope), at);
  for (const aggregate of state.aggregates.values()) aggregate.ordersToday = 0;
  for (const { orders, ...order } of stored.counts)
    for (const scope of countedScopes(order)) aggregateFor(state, scope).ordersToday += orders;
}
