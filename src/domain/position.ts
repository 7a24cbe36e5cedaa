/** One algo's position in one instrument at one account: exact, and nothing in it is lost by a partial close. */
import { isZero, ZERO, type Decimal } from "./decimal.ts";
import type { Side } from "./order.ts";

/** Money is in the instrument's currency. */
export interface Position {
  /** Signed: below 0 is short. */
  readonly quantity: Decimal;
  /** What the open quantity cost, signed like it: Σ quantity × price. Kept instead of a mean price, which rounds. */
  readonly cost: Decimal;
  /** What is lost, from cost, if it goes to the protective stops of the orders that built it. */
  readonly moneyAtRisk: Decimal;
  /** After fees. */
  readonly realisedProfit: Decimal;
}

export const FLAT: Position = {
  quantity: ZERO,
  cost: ZERO,
  moneyAtRisk: ZERO,
  realisedProfit: ZERO,
};

export interface PositionFill {
  side: Side;
  /** Above 0. */
  quantity: Decimal;
  price: Decimal;
  /** Money at risk of each unit that this fill opens. */
  riskPerUnit: Decimal;
  /** In the instrument's currency. */
  fee: Decimal;
}

/**
 * Books a fill. What closes is taken out at mean cost, and takes its share of the money at risk with
 * it; what is left opens the other way. Cost and realised profit together lose no digit: what the
 * mean rounds off one, the other gains.
 */
export function fillPosition(position: Position, fill: PositionFill): Position {
  const signed = fill.side === "buy" ? fill.quantity : fill.quantity.neg();
  const closes = !isZero(position.quantity) && position.quantity.sign() !== signed.sign();
  const closing = closes ? least(fill.quantity, position.quantity.abs()) : ZERO;
  const kept = closes ? closePart(position, closing, fill.price) : position;
  const opening = fill.quantity.minus(closing);
  const opened = signed.lt(ZERO) ? opening.neg() : opening;
  return {
    quantity: kept.quantity.plus(opened),
    cost: kept.cost.plus(opened.times(fill.price)),
    moneyAtRisk: kept.moneyAtRisk.plus(opening.times(fill.riskPerUnit)),
    realisedProfit: kept.realisedProfit.minus(fill.fee),
  };
}

function closePart(position: Position, closing: Decimal, price: Decimal): Position {
  const held = position.quantity.abs();
  const all = closing.eq(held);
  const share = (whole: Decimal) => (all ? whole : whole.times(closing).div(held));
  const cost = share(position.cost);
  const signed = position.quantity.lt(ZERO) ? closing.neg() : closing;
  return {
    quantity: position.quantity.minus(signed),
    cost: position.cost.minus(cost),
    moneyAtRisk: position.moneyAtRisk.minus(share(position.moneyAtRisk)),
    realisedProfit: position.realisedProfit.plus(signed.times(price).minus(cost)),
  };
}

/** Mean price of what is open; null when flat. */
export const averagePrice = (position: Position): Decimal | null =>
  position.quantity.eq(ZERO) ? null : position.cost.div(position.quantity);

/** What closing all of it at `price` would bring, without fees. */
export const unrealisedProfit = (position: Position, price: Decimal): Decimal =>
  position.quantity.times(price).minus(position.cost);

const least = (a: Decimal, b: Decimal): Decimal => (a.lt(b) ? a : b);
