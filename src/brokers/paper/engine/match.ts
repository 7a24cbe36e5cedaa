/**
 * Price-time matching, among our own orders and against the rest of the market. Pure: it only says
 * who trades what; the engine books it.
 */
import { assert } from "../../../domain/assert.ts";
import type { Book } from "./book.ts";
import { remainingLots } from "./types.ts";
import type { EngineOrder, Liquidity } from "./types.ts";

/** Books one trade; `maker` is null when the other side is the rest of the market. */
export type Trade = (
  taker: EngineOrder,
  maker: EngineOrder | null,
  lots: number,
  ticks: number,
) => void;

/** True when an order may trade at this price: never through its limit. */
const accepts = (order: EngineOrder, ticks: number): boolean =>
  order.limitTicks === null ||
  (order.side === "buy" ? ticks <= order.limitTicks : ticks >= order.limitTicks);

/** Price and size that the market shows to one side. */
const offered = (liquidity: Liquidity, side: EngineOrder["side"]) =>
  side === "buy"
    ? { ticks: liquidity.askTicks, lots: liquidity.askLots }
    : { ticks: liquidity.bidTicks, lots: liquidity.bidLots };

function take(liquidity: Liquidity, side: EngineOrder["side"], lots: number): void {
  if (side === "buy") liquidity.askLots -= lots;
  else liquidity.bidLots -= lots;
  assert(liquidity.askLots >= 0 && liquidity.bidLots >= 0, "more was taken than was offered");
}

/**
 * Where our own first order on the other side would trade. It stood there before the market's latest
 * quote, so at the same price it comes first. One without a price, the rest of a market order, trades
 * at the best price that is in sight, bounded by the limit of the order that comes.
 */
function ownOffer(book: Book, order: EngineOrder): { maker: EngineOrder; ticks: number } | null {
  const others = order.side === "buy" ? book.sells : book.buys;
  const maker = others[0];
  if (!maker) return null;
  if (maker.limitTicks !== null) return { maker, ticks: maker.limitTicks };
  const { liquidity } = book;
  const market = liquidity && offered(liquidity, order.side);
  const priced = others.find((other) => other.limitTicks !== null);
  const inSight = [
    order.limitTicks,
    liquidity?.lastTicks ?? null,
    market && market.lots > 0 ? market.ticks : null,
    priced?.limitTicks ?? null,
  ].filter((ticks) => ticks !== null);
  if (inSight.length === 0) return null;
  return { maker, ticks: order.side === "buy" ? Math.min(...inSight) : Math.max(...inSight) };
}

/** Lets an order that has just come, or just triggered, trade with what stands. It must not be in the book yet. */
export function matchIncoming(book: Book, order: EngineOrder, trade: Trade): void {
  while (remainingLots(order) > 0) {
    const own = ownOffer(book, order);
    const market = book.liquidity && offered(book.liquidity, order.side);
    const marketTicks = market && market.lots > 0 ? market.ticks : null;
    const isOwnFirst =
      own !== null &&
      (marketTicks === null ||
        (order.side === "buy" ? own.ticks <= marketTicks : own.ticks >= marketTicks));
    if (isOwnFirst) {
      if (!accepts(order, own.ticks)) return;
      const { maker, ticks } = own;
      trade(order, maker, Math.min(remainingLots(order), remainingLots(maker)), ticks);
      if (remainingLots(maker) === 0) book.remove(maker);
    } else if (marketTicks !== null && market && book.liquidity) {
      if (!accepts(order, marketTicks)) return;
      const lots = Math.min(remainingLots(order), market.lots);
      take(book.liquidity, order.side, lots);
      trade(order, null, lots, marketTicks);
    } else return;
  }
}

/** Lets resting orders trade with what the market now offers, best and oldest first. */
export function matchResting(book: Book, side: EngineOrder["side"], trade: Trade): void {
  const orders = side === "buy" ? book.buys : book.sells;
  const { liquidity } = book;
  if (!liquidity) return;
  for (let order = orders[0]; order; order = orders[0]) {
    const market = offered(liquidity, side);
    if (market.lots === 0 || !accepts(order, market.ticks)) return;
    const lots = Math.min(remainingLots(order), market.lots);
    take(liquidity, side, lots);
    const ownPrice = liquidity.kind === "quote" ? order.limitTicks : null;
    trade(order, null, lots, ownPrice ?? market.ticks);
    if (remainingLots(order) > 0) return;
    orders.shift();
  }
}

/** Takes out the stops that this price triggers, oldest first. */
export function takeTriggered(book: Book, lastTicks: number): EngineOrder[] {
  const triggered = book.stops.filter((order) => isTriggered(order, lastTicks));
  for (const order of triggered) book.remove(order);
  return triggered;
}

/** A buy stop waits for the price to rise to it, a sell stop for it to fall to it. */
export function isTriggered(order: EngineOrder, lastTicks: number): boolean {
  if (order.stopTicks === null) return false;
  return order.side === "buy" ? lastTicks >= order.stopTicks : lastTicks <= order.stopTicks;
}
