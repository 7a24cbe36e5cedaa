/**
 * Money at risk: what is lost if every open position and every open order goes to its stop; without
 * a stop, the full notional. The rule, exactly:
 *
 * - An order's *loss price* is the worst entry it can get: its limit; for a market order the worse
 *   side of the mark plus the collar; for a stop the worse of its stop price and that side, plus the
 *   collar. Per unit it risks |loss price − protective stop|.
 * - A protective stop on the wrong side of the loss price protects nothing: the order counts with its
 *   full notional, at the highest price it can be filled at.
 * - A position keeps, for each fill, the distance of the fill's price to the stop of its order (0 if
 *   it was filled beyond the stop), or the full price without one. A close takes its share out pro
 *   rata. It is measured from cost: what the market has moved since is unrealised profit, which the
 *   daily loss and the drawdown count.
 * - Orders against a position close it first. As many units as the position has carry no risk of
 *   their own, and these are taken to be the cheapest ones, so that no sequence of fills and cancels
 *   can raise the sum.
 */
import { decimal, maxDecimal, minDecimal, ZERO, type Decimal } from "../decimal.ts";
import type { OrderIntent, Side } from "../order.ts";
import type { Mark } from "../tick.ts";

/** What one unit of an order can cost, in the instrument's currency. Fixed when it is reserved. */
export interface UnitRisk {
  /** Highest price it can be filled at: notional and funds are measured with it. */
  price: Decimal;
  moneyAtRisk: Decimal;
  /** The protective stop that counts; null without one, or when it is on the wrong side. */
  stop: Decimal | null;
}

export const NO_UNIT_RISK: UnitRisk = { price: ZERO, moneyAtRisk: ZERO, stop: null };

export type PriceTerms = Pick<
  OrderIntent,
  "side" | "type" | "limitPrice" | "stopPrice" | "protectiveStop"
>;

const ONE = decimal(1);

/** Null when a price is needed and no mark is there. `collar` is a fraction of the price. */
export function unitRisk(terms: PriceTerms, mark: Mark | null, collar: Decimal): UnitRisk | null {
  const range = priceRange(terms, mark, collar);
  if (!range) return null;
  const loss = terms.side === "buy" ? range.high : range.low;
  const stop = terms.protectiveStop === null ? null : decimal(terms.protectiveStop);
  const distance = stop === null ? null : entryLoss(terms.side, loss, stop);
  if (stop === null || distance === null || distance.lte(ZERO))
    return { price: range.high, moneyAtRisk: range.high, stop: null };
  return { price: range.high, moneyAtRisk: distance, stop };
}

/** Money at risk of one filled unit. */
export function filledUnitRisk(side: Side, price: Decimal, stop: Decimal | null): Decimal {
  return stop === null ? price : maxDecimal(ZERO, entryLoss(side, price, stop));
}

const entryLoss = (side: Side, entry: Decimal, stop: Decimal): Decimal =>
  side === "buy" ? entry.minus(stop) : stop.minus(entry);

/** Lowest and highest price an order can be filled at. */
function priceRange(
  terms: PriceTerms,
  mark: Mark | null,
  collar: Decimal,
): { low: Decimal; high: Decimal } | null {
  const limit = terms.limitPrice === null ? null : decimal(terms.limitPrice);
  const stop = terms.stopPrice === null ? null : decimal(terms.stopPrice);
  const bid = mark && decimal(mark.bid ?? mark.price);
  const ask = mark && decimal(mark.ask ?? mark.price);
  const over = (price: Decimal) => price.times(ONE.plus(collar));
  const under = (price: Decimal) => price.times(ONE.minus(collar));
  switch (terms.type) {
    case "market":
      return bid && ask && { low: under(bid), high: over(ask) };
    case "limit":
      // A sell below the market is filled at the market: its notional is the higher one.
      if (!limit) return null;
      return { low: limit, high: terms.side === "sell" && ask ? maxDecimal(limit, ask) : limit };
    case "stop":
      if (!stop) return null;
      return terms.side === "buy"
        ? { low: stop, high: over(ask ? maxDecimal(stop, ask) : stop) }
        : { low: under(bid ? minDecimal(stop, bid) : stop), high: stop };
    case "stop_limit":
      if (!limit || !stop) return null;
      return { low: limit, high: terms.side === "sell" ? maxDecimal(limit, stop) : limit };
  }
}

/** What one open order puts on its side of a holding. */
export interface Share {
  quantity: Decimal;
  /** Highest price of a unit. */
  price: Decimal;
  riskPerUnit: Decimal;
}

/** One side's open orders, added up. */
export interface SideTotals {
  quantity: Decimal;
  /** Σ quantity × risk per unit, as if all of it opened. */
  fullRisk: Decimal;
  /** Σ quantity × price. */
  notional: Decimal;
}

export const EMPTY_SIDE: SideTotals = { quantity: ZERO, fullRisk: ZERO, notional: ZERO };

export const withShare = (side: SideTotals, share: Share): SideTotals => ({
  quantity: side.quantity.plus(share.quantity),
  fullRisk: side.fullRisk.plus(share.quantity.times(share.riskPerUnit)),
  notional: side.notional.plus(share.quantity.times(share.price)),
});

export const withoutShare = (side: SideTotals, share: Share): SideTotals => ({
  quantity: side.quantity.minus(share.quantity),
  fullRisk: side.fullRisk.minus(share.quantity.times(share.riskPerUnit)),
  notional: side.notional.minus(share.quantity.times(share.price)),
});

/** How much an order on this side can close. */
export function closable(position: Decimal, side: Side): Decimal {
  if (side === "sell") return position.gt(ZERO) ? position : ZERO;
  return position.lt(ZERO) ? position.neg() : ZERO;
}

/**
 * Money at risk of one side's open orders when `capacity` units of them only close. The cheapest
 * units are taken to be the closing ones. Looks at single orders only when it must.
 */
export function sideRisk(
  totals: SideTotals,
  capacity: Decimal,
  shares: () => Iterable<Share>,
): Decimal {
  if (capacity.eq(ZERO)) return totals.fullRisk;
  if (totals.quantity.lte(capacity)) return ZERO;
  let left = capacity;
  let risk = totals.fullRisk;
  for (const share of [...shares()].sort((a, b) => a.riskPerUnit.cmp(b.riskPerUnit))) {
    const closing = minDecimal(left, share.quantity);
    risk = risk.minus(closing.times(share.riskPerUnit));
    left = left.minus(closing);
    if (left.eq(ZERO)) break;
  }
  return risk;
}
