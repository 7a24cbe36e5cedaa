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
 * The best of our own orders on the other side: only one with a price of its own can make one. It
 * stood there before the market's latest quote, so at the same price it comes first.
 */
function bestOwn(book: Book, side: EngineOrder["side"]): EngineOrder | null {
  const others = side === "buy" ? book.sells : book.buys;
  return others.find((order) => order.limitTicks !== null) ?? null;
}

/** Lets an order that has just come, or just triggered, trade with what stands. It must not be in the book yet. */
export function matchIncoming(book: Book, order: EngineOrder, trade: Trade): void {
  while (remainingLots(order) > 0) {
    const own = bestOwn(book, order.side);
    const ownTicks = own?.limitTicks ?? null;
    const market = book.liquidity && offered(book.liquidity, order.side);
    const marketTicks = market && market.lots > 0 ? market.ticks : null;
    const ownFirst =
      ownTicks !== null &&
      (marketTicks === null ||
        (order.side === "buy" ? ownTicks <= marketTicks : ownTicks >= marketTicks));
    if (ownFirst && own) {
      if (!accepts(order, ownTicks)) return;
      trade(order, own, Math.min(remainingLots(order), remainingLots(own)), ownTicks);
      if (remainingLots(own) === 0) book.remove(own);
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
