/** The working orders of one instrument, best price first and oldest first within a price. Pure. */
import type { EngineOrder, Liquidity } from "./types.ts";

/** True when `a` comes before `b` on the same side. A market order has no price and stands before all. */
function isBefore(a: EngineOrder, b: EngineOrder): boolean {
  if (a.limitTicks !== b.limitTicks) {
    if (a.limitTicks === null) return true;
    if (b.limitTicks === null) return false;
    return a.side === "buy" ? a.limitTicks > b.limitTicks : a.limitTicks < b.limitTicks;
  }
  return a.rank < b.rank;
}

function insertSorted(orders: EngineOrder[], order: EngineOrder): void {
  let low = 0;
  let high = orders.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = orders[middle];
    if (other && isBefore(other, order)) low = middle + 1;
    else high = middle;
  }
  orders.splice(low, 0, order);
}

const removeFrom = (orders: EngineOrder[], order: EngineOrder): void => {
  const index = orders.indexOf(order);
  if (index >= 0) orders.splice(index, 1);
};

export class Book {
  readonly buys: EngineOrder[] = [];
  readonly sells: EngineOrder[] = [];
  /** Stops that wait for their price, oldest first. */
  readonly stops: EngineOrder[] = [];
  /** What the market last offered, less what was taken of it; null before the first price. */
  liquidity: Liquidity | null = null;

  add(order: EngineOrder): void {
    if (order.state === "pending_trigger") this.stops.push(order);
    else insertSorted(order.side === "buy" ? this.buys : this.sells, order);
  }

  remove(order: EngineOrder): void {
    removeFrom(this.buys, order);
    removeFrom(this.sells, order);
    removeFrom(this.stops, order);
  }

  get isEmpty(): boolean {
    return this.buys.length === 0 && this.sells.length === 0 && this.stops.length === 0;
  }
}
