/** What must be true of an entry at the moment it is reserved, by arithmetic of its own: a price that is young and near, money that is there, limits that hold. */
import { isTerminal } from "../../../src/domain/order-state.ts";
import {
  decimal,
  maxDecimal,
  minDecimal,
  ZERO,
  type Decimal,
} from "../../../src/domain/decimal.ts";
import type { Order } from "../../../src/domain/order.ts";
import type { Mark } from "../../../src/domain/tick.ts";
import type { SimulatedLedger } from "./simulated-ledger.ts";

const isGood = ({ price }: Mark): boolean => Number.isFinite(price) && price > 0;

export class EntryRules {
  readonly breaches = new Set<string>();
  readonly #ledger: SimulatedLedger;
  /** The youngest good price that anybody told, by instrument. */
  readonly #marks = new Map<string, Mark>();
  /** The same of what was told since the clock last went back: what came before bears a time that is still to come. */
  readonly #marksSince = new Map<string, Mark>();
  /** What orders need that were reserved since the latest reading of the balances, by order. */
  readonly #needs = new Map<string, Decimal>();
  #available: Decimal | null = null;
  #readAt = -Infinity;

  constructor(ledger: SimulatedLedger) {
    this.#ledger = ledger;
  }

  told(mark: Mark): void {
    if (!isGood(mark)) return;
    for (const marks of [this.#marks, this.#marksSince]) {
      const known = marks.get(mark.instrument);
      if (!(known && known.time > mark.time)) marks.set(mark.instrument, mark);
    }
  }

  clockWentBack(): void {
    this.#marksSince.clear();
  }

  /** The ledger has a reading: what was reserved before it may be counted in it. */
  balancesRead(rows: readonly { currency: string; available: string }[], at: number): void {
    if (at < this.#readAt) return;
    this.#readAt = at;
    this.#needs.clear();
    this.#available = decimal(rows.find(({ currency }) => currency === "USD")?.available ?? "0");
  }

  /** New terms were reserved: what it needs now is not followed. */
  changed(clientOrderId: string): void {
    this.#needs.delete(clientOrderId);
  }

  /** `position`: what its algo holds, on the order's side above 0. */
  reserved(order: Order, position: Decimal, now: number): void {
    // What closes, wholly or in part, is held to less.
    if (order.reduceOnly || position.lt(ZERO)) return;
    this.#pricedWell(order, now);
    this.#affordable(order);
    this.#withinCounts(order);
  }

  /** By either of the prices that may pass for the youngest. */
  #pricedWell(order: Order, now: number): void {
    const { instrument } = order;
    const marks = [this.#marks.get(instrument), this.#marksSince.get(instrument)];
    const found = marks.map((mark) => this.#mispriced(order, mark, now));
    if (found.every((each) => each !== null)) this.#found(found[0] ?? "");
  }

  #mispriced(order: Order, mark: Mark | undefined, now: number): string | null {
    const { clientOrderId, limitPrice, stopPrice } = order;
    const { limits } = this.#ledger.state();
    const oldest = limits.at("portfolio", "markAgeMs");
    const age = mark ? now - mark.time : Infinity;
    if (!mark || (oldest && oldest.lt(age)))
      return `${clientOrderId} was reserved on a price that is ${age} ms old`;
    const collar = limits.at("portfolio", "priceCollar");
    if (!collar || limitPrice === null || stopPrice !== null) return null;
    const distance = decimal(limitPrice).minus(mark.price).abs();
    return distance.gt(collar.times(mark.price))
      ? `${clientOrderId} was reserved at ${limitPrice}, the price is ${mark.price}`
      : null;
  }

  /** Of limit orders only: nobody knows what the others will cost. */
  #affordable({ clientOrderId, quantity, limitPrice }: Order): void {
    if (limitPrice === null) return;
    const { orders } = this.#ledger.state();
    // What is over needs only what it cost.
    for (const id of this.#needs.keys()) if (!orders.has(id)) this.#needs.delete(id);
    this.#needs.set(clientOrderId, decimal(quantity).times(limitPrice));
    const sum = [...this.#needs].reduce((all, [id, need]) => {
      const order = orders.get(id)?.order;
      // What has ended is kept for what it filled, at the price that it got, and needs no more.
      if (!order?.limitPrice || !isTerminal(order.state)) return all.plus(need);
      const paid = minDecimal(
        decimal(order.limitPrice),
        decimal(order.averagePrice ?? order.limitPrice),
      );
      return all.plus(decimal(order.filledQuantity).times(paid));
    }, ZERO);
    if (this.#available && sum.gt(maxDecimal(ZERO, this.#available)))
      this.#found(
        `${clientOrderId} and those before it need ${sum.toFixed()}, the account has ${this.#available.toFixed()}`,
      );
  }

  #withinCounts({ clientOrderId, quantity, limitPrice }: Order): void {
    const { limits } = this.#ledger.state();
    const most = limits.at("portfolio", "orderNotional");
    const notional = decimal(quantity).times(limitPrice ?? "0");
    if (most && notional.gt(most))
      this.#found(`${clientOrderId} is of ${notional.toFixed()}, the limit is ${most.toFixed()}`);
    const perDay = limits.at("portfolio", "ordersPerDay");
    const today = this.#ledger.store
      .orders()
      .filter(({ state, algoId }) => state !== "denied" && algoId !== "external").length;
    if (perDay?.lt(today))
      this.#found(
        `${clientOrderId} is order ${today} of the day, the limit is ${perDay.toFixed()}`,
      );
  }

  #found(breach: string): void {
    this.breaches.add(breach);
  }
}
