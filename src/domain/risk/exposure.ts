/** Keeps every sum over orders and positions as they change, so that a decision reads sums and scans nothing. */
import { legId } from "../bracket.ts";
import { decimal, maxDecimal, minDecimal, ZERO, type Decimal } from "../decimal.ts";
import type { InstrumentId } from "../instrument.ts";
import type { OrderIntent, Side } from "../order.ts";
import { unrealisedProfit } from "../position.ts";
import type { Mark } from "../tick.ts";
import { forgetBest } from "./best-price.ts";
import { EXTERNAL_ALGO } from "./external.ts";
import { limitScopes } from "./limits.ts";
import { closable, sideRisk, withoutShare, withShare, type Share } from "./money-at-risk.ts";
import {
  NO_DAY,
  NO_FIGURES,
  reserves,
  type Aggregate,
  type DayFigures,
  type Figures,
  type Holding,
  type LedgerOrder,
  type LedgerState,
} from "./state.ts";
import { besideOf, closableNow, meetsExternal } from "./allowance.ts";
import { goodMark, isAged, isGoodPrice, LAST_RESORT } from "./good-mark.ts";

/** Brings the order's share of its holding in line with its state. Call `refreshHolding` afterwards. */
export function refreshShare(holding: Holding, entry: LedgerOrder): void {
  const { clientOrderId, side } = entry.order;
  const before = entry.share;
  const after = reserves(entry) ? shareOf(entry, holding) : null;
  let totals = holding.sides[side];
  if (before) totals = withoutShare(totals, before);
  if (after) totals = withShare(totals, after);
  holding.sides[side] = totals;
  entry.share = after;
  forgetBest(holding, side);
  if (after) holding.orders.set(clientOrderId, entry);
  else holding.orders.delete(clientOrderId);
  const ended = after ? ZERO : entry.filled;
  if (!ended.eq(entry.ended))
    holding.ended[side] = holding.ended[side].plus(ended).minus(entry.ended);
  entry.ended = ended;
  const other = targetOf(holding, entry);
  if (other) refreshShare(holding, other);
}

/** The target whose stop this is: what the one holds the other does not. */
function targetOf(holding: Holding, { order }: LedgerOrder): LedgerOrder | null {
  const { exit } = order;
  if (exit?.leg !== "stop") return null;
  return holding.orders.get(legId(exit.entry, exit.pair, "target")) ?? null;
}

/**
 * What the stop of the same pair holds already: of a bracket's two exits each takes the other back, so
 * that both together close what one of them could.
 */
export function heldByStop(holding: Holding | null, { exit }: Pick<OrderIntent, "exit">): Decimal {
  if (exit?.leg !== "target") return ZERO;
  return holding?.orders.get(legId(exit.entry, exit.pair, "stop"))?.share?.quantity ?? ZERO;
}

/** What an order reserves: what is left of it, on the dearer of its present and its asked terms. */
export function shareOf(entry: LedgerOrder, holding: Holding): Share {
  const quantity = entry.asked ? maxDecimal(entry.quantity, entry.asked.quantity) : entry.quantity;
  const { moneyAtRisk, price } = entry.unit;
  return {
    quantity: maxDecimal(
      ZERO,
      quantity.minus(entry.filled).minus(heldByStop(holding, entry.order)),
    ),
    price: entry.asked ? maxDecimal(price, entry.asked.unit.price) : price,
    riskPerUnit: entry.asked ? maxDecimal(moneyAtRisk, entry.asked.unit.moneyAtRisk) : moneyAtRisk,
  };
}

/** Money at risk of a holding in the instrument's currency: position and open orders. */
export const holdingRisk = (holding: Holding): Decimal =>
  holding.position.moneyAtRisk.plus(openRisk(holding, "buy")).plus(openRisk(holding, "sell"));

export const openRisk = (holding: Holding, side: Side): Decimal =>
  sideRisk(holding.sides[side], closable(holding.position.quantity, side), () =>
    sharesOf(holding, side),
  );

export function* sharesOf(holding: Holding, side: Side): Generator<Share> {
  for (const entry of holding.orders.values())
    if (entry.order.side === side && entry.share) yield entry.share;
}

/** Recomputes a holding's figures, carries the difference into its four scopes, and takes their extremes. */
export const refreshHolding = (state: LedgerState, holding: Holding): void =>
  refreshHoldings(state, meetsExternal(state, holding) ? besideOf(state, holding) : [holding]);

/** The same for several at once: no sum is looked at before all of them are in. */
export function refreshHoldings(state: LedgerState, holdings: Iterable<Holding>): void {
  const touched = new Set<Aggregate>();
  for (const holding of holdings)
    for (const aggregate of recompute(state, holding)) touched.add(aggregate);
  for (const aggregate of touched) observe(state, aggregate);
}

function recompute(state: LedgerState, holding: Holding): Aggregate[] {
  const before = holding.figures;
  const mark = goodMark(state, holding.instrument);
  const isTooOld = mark !== null && isAged(state, mark);
  const after = figuresOf(state, holding, mark, isTooOld);
  holding.figures = after;
  holding.isAged = isTooOld;
  return limitScopes(holding.algoId, holding.instrument).map((scope) => {
    const aggregate = aggregateFor(state, scope);
    aggregate.figures = shifted(aggregate.figures, before, after);
    return aggregate;
  });
}

function figuresOf(
  state: LedgerState,
  holding: Holding,
  mark: Mark | null,
  isTooOld: boolean,
): Figures {
  const { position, sides } = holding;
  const rate = rateOf(state, holding.currency);
  const flat = position.quantity.eq(ZERO);
  const unvalued = !flat && (!mark || isTooOld || !rate) && !isSettled(state, holding);
  const counted = {
    openOrders: holding.orders.size,
    quantity: position.quantity,
    openBuy: sides.buy.quantity,
    openSell: sides.sell.quantity,
    unvalued: unvalued ? 1 : 0,
    aged: unvalued && isTooOld && rate ? 1 : 0,
    unpriced: hasUnknownWorth(holding, rate) ? 1 : 0,
  };
  if (!rate) return { ...NO_FIGURES, ...counted };
  const doubt = unvalued ? position.moneyAtRisk.times(rate) : ZERO;
  // Without a mark the position stands at its cost: its size is known, its profit is not. One that has
  // grown old is still the last that is known.
  const price = mark && decimal(mark.price);
  const value = flat ? ZERO : (price ? position.quantity.times(price) : position.cost).times(rate);
  const buyNotional = sides.buy.notional.times(rate);
  const sellNotional = sides.sell.notional.times(rate);
  return {
    ...counted,
    buyNotional,
    sellNotional,
    worstGross: worstGross(value, buyNotional, sellNotional),
    moneyAtRisk: holdingRisk(holding).times(rate),
    gross: value.abs(),
    net: value,
    realised: position.realisedProfit.times(rate),
    unrealised:
      flat || !price ? keptProfit(holding, flat) : unrealisedProfit(position, price).times(rate),
    doubt,
    agedDoubt: isTooOld ? doubt : ZERO,
  };
}

/**
 * Traded away past the platform in full, as a future is at its expiry: the account has none of it. No price of it
 * comes any more, and its loss is the difference of two trades, which no price would change.
 */
function isSettled(state: LedgerState, holding: Holding): boolean {
  const side = holding.position.quantity.gt(ZERO) ? "sell" : "buy";
  return closableNow(state, holding, side).eq(ZERO);
}

/** A position without a mark still stands at its cost; without a rate, or for an order without any price, there is nothing. */
function hasUnknownWorth({ position, orders, algoId }: Holding, rate: Decimal | null): boolean {
  if (!rate) return orders.size > 0 || !position.quantity.eq(ZERO);
  return algoId === EXTERNAL_ALGO && [...orders.values()].some(isUnpriced);
}

/** Adopted without a price. What we reserve ourselves without one can only reduce. */
export const isUnpriced = ({ order, unit, share }: LedgerOrder): boolean =>
  order.algoId === EXTERNAL_ALGO && !order.reduceOnly && share !== null && unit.price.eq(ZERO);

/** The largest absolute value that a position can reach by its open orders. */
export const worstGross = (net: Decimal, buys: Decimal, sells: Decimal): Decimal =>
  maxDecimal(net.plus(buys).abs(), net.minus(sells).abs());

/** The last known profit stays until a good mark comes; `doubt` says what it may have become. */
const keptProfit = (holding: Holding, flat: boolean): Decimal =>
  flat ? ZERO : holding.figures.unrealised;

export const rateOf = (state: LedgerState, currency: string | null): Decimal | null =>
  currency === null ? null : (state.rates.get(currency) ?? null);

function shifted(sum: Figures, before: Figures, after: Figures): Figures {
  return {
    openOrders: sum.openOrders + after.openOrders - before.openOrders,
    quantity: move(sum.quantity, before.quantity, after.quantity),
    openBuy: move(sum.openBuy, before.openBuy, after.openBuy),
    openSell: move(sum.openSell, before.openSell, after.openSell),
    buyNotional: move(sum.buyNotional, before.buyNotional, after.buyNotional),
    sellNotional: move(sum.sellNotional, before.sellNotional, after.sellNotional),
    worstGross: move(sum.worstGross, before.worstGross, after.worstGross),
    moneyAtRisk: move(sum.moneyAtRisk, before.moneyAtRisk, after.moneyAtRisk),
    gross: move(sum.gross, before.gross, after.gross),
    net: move(sum.net, before.net, after.net),
    realised: move(sum.realised, before.realised, after.realised),
    unrealised: move(sum.unrealised, before.unrealised, after.unrealised),
    unvalued: sum.unvalued + after.unvalued - before.unvalued,
    aged: sum.aged + after.aged - before.aged,
    unpriced: sum.unpriced + after.unpriced - before.unpriced,
    doubt: move(sum.doubt, before.doubt, after.doubt),
    agedDoubt: move(sum.agedDoubt, before.agedDoubt, after.agedDoubt),
  };
}

/** Most figures stay the very same value: they cost nothing. */
const move = (whole: Decimal, from: Decimal, to: Decimal): Decimal =>
  from === to ? whole : whole.plus(to).minus(from);

/** Finds or makes a scope's sums. */
export function aggregateFor(state: LedgerState, scope: string): Aggregate {
  let aggregate = state.aggregates.get(scope);
  if (!aggregate) {
    aggregate = {
      scope,
      figures: NO_FIGURES,
      day: NO_DAY,
      ordersToday: 0,
      recent: { times: [], from: 0 },
    };
    state.aggregates.set(scope, aggregate);
  }
  return aggregate;
}

/** Profit since the ledger began, at the last good marks. */
export const profitOf = (figures: Figures): Decimal => figures.realised.plus(figures.unrealised);

/**
 * Takes new extremes into the day's figures. Profit of a scope that holds something without any price is no
 * extreme. A price that has only grown old is the last that is known: were it left out, one quiet instrument
 * would hide what all the others lose.
 */
export function observe(state: LedgerState, aggregate: Aggregate): void {
  const { figures, day } = aggregate;
  const profit = figures.unvalued === figures.aged ? profitOf(figures) : null;
  const next: DayFigures = {
    startProfit: day.startProfit,
    worstProfit: profit ? minDecimal(profit, day.worstProfit) : day.worstProfit,
    peakProfit: profit ? maxDecimal(profit, day.peakProfit) : day.peakProfit,
    moneyAtRiskMax: maxDecimal(day.moneyAtRiskMax, figures.moneyAtRisk),
    notionalMax: maxDecimal(day.notionalMax, figures.gross),
  };
  const same = (Object.keys(next) as (keyof DayFigures)[]).every((key) => next[key].eq(day[key]));
  if (same) return;
  aggregate.day = next;
  // Maxima of the wider scopes are shown nowhere: only their profit must survive.
  const profitMoved = next.worstProfit !== day.worstProfit || next.peakProfit !== day.peakProfit;
  if (profitMoved || aggregate.scope.includes("|")) state.unstored.add(aggregate);
}

/**
 * Takes marks in. A bad price replaces a good one: the position then counts as unvalued, and entries
 * that need it are refused. An older mark never replaces a newer one. Answers what changed.
 */
export function applyMarks(state: LedgerState, marks: readonly Mark[]): InstrumentId[] {
  const changed: InstrumentId[] = [];
  const moved = new Set<Holding>();
  for (const mark of marks) {
    const known = state.marks.get(mark.instrument);
    if (known && known.time > mark.time && known.provider !== LAST_RESORT) continue;
    const calendar = mark.calendar ?? known?.calendar;
    state.marks.set(mark.instrument, {
      ...mark,
      ...(calendar !== undefined && { calendar }),
      bid: isGoodPrice(mark.bid) ? mark.bid : null,
      ask: isGoodPrice(mark.ask) ? mark.ask : null,
    });
    changed.push(mark.instrument);
    for (const holding of state.holdingsOf.get(mark.instrument) ?? [])
      if (!holding.position.quantity.eq(ZERO)) moved.add(holding);
  }
  refreshHoldings(state, moved);
  return changed;
}
