/**
 * Buys with a protective stop standing at the broker, and leaves by orders that can only reduce. One
 * instrument at a time and step by step: no step starts before the one before it is known to be done.
 */
import {
  decimal,
  isTerminal,
  type AlgoContext,
  type Decimal,
  type InstrumentView,
  type NewOrder,
  type OrderView,
  type PositionView,
} from "../../sdk/index.ts";
import { movedPrice, positionQuantity } from "../shared/sizing.ts";

/** How far below its entry a position is given up. */
const STOP_FRACTION = 0.005;

/**
 * A market order on the paper market ends in milliseconds; a slow broker gets this long. Canceling a
 * stop and selling take two such waits, and together they must fit in the 5 s that `npm start` gives.
 */
const ORDER_END_MS = 2_000;

interface Holding {
  quantity: Decimal;
  /** The stop order at the broker; null when there is none. */
  stopId: string | null;
}

export class Positions {
  readonly #context: AlgoContext;
  readonly #holdings = new Map<string, Holding>();
  /** Orders whose end is not known: nothing is sent in their instrument until it is. */
  readonly #doubts = new Map<string, string>();

  constructor(context: AlgoContext) {
    this.#context = context;
  }

  isHolding(instrument: string): boolean {
    return this.#holdings.has(instrument);
  }

  inDoubt(instrument: string): boolean {
    return [...this.#doubts.values()].includes(instrument);
  }

  /** Takes over what an earlier run left: its orders are canceled, its positions are left by the rule. */
  async takeOver(): Promise<void> {
    for (const { clientOrderId } of this.#context.openOrders) {
      await this.#context.cancel(clientOrderId);
      await this.#ended(clientOrderId);
    }
    for (const { instrument } of await this.#held()) await this.#read(instrument);
  }

  /** Buys one position; answers false when it was refused. */
  async enter(listing: InstrumentView, price: number): Promise<boolean> {
    const stopPrice = movedPrice(price, -STOP_FRACTION, listing.tickSize);
    const bought = await this.#trade({
      instrument: listing.id,
      side: "buy",
      type: "market",
      quantity: positionQuantity(price, listing).toFixed(),
      protectiveStop: stopPrice,
    });
    if (bought === null) return false;
    const quantity = decimal(bought.filledQuantity);
    if (quantity.lte(0)) return false;
    const stopId = await this.#placeStop(listing.id, quantity, stopPrice);
    this.#holdings.set(listing.id, { quantity, stopId });
    return true;
  }

  /** Takes the stop away, then sells what is really left. */
  async leave(instrument: string): Promise<boolean> {
    const stopId = this.#holdings.get(instrument)?.stopId ?? null;
    if (stopId !== null) {
      await this.#context.cancel(stopId);
      if ((await this.#ended(stopId)) === null) return false;
    }
    const left = await this.#read(instrument);
    if (left.eq(0)) return true;
    const sold = await this.#trade({
      instrument,
      side: left.gt(0) ? "sell" : "buy",
      type: "market",
      quantity: left.abs().toFixed(),
      reduceOnly: true,
    });
    await this.#read(instrument);
    return sold !== null;
  }

  /** Sells everything that the platform says is held; answers what is held still. */
  async leaveAll(): Promise<string[]> {
    const held = await this.#held();
    // Whoever does not know what is under way would sell twice.
    const sure = held.filter(({ instrument }) => !this.inDoubt(instrument));
    await Promise.all(sure.map(({ instrument }) => this.leave(instrument)));
    return (await this.#held()).map(({ instrument, quantity }) => `${quantity} ${instrument}`);
  }

  async #held(): Promise<PositionView[]> {
    const positions = await this.#context.positions();
    return positions.filter(({ quantity }) => !decimal(quantity).eq(0));
  }

  /** What the stream tells: a stop that was hit, or the end of a doubt. */
  async hear(order: OrderView): Promise<void> {
    if (!isTerminal(order.state)) return;
    const { clientOrderId, instrument } = order;
    const wasStop = this.#holdings.get(instrument)?.stopId === clientOrderId;
    if (wasStop) this.#context.log(`stop in ${instrument} ${order.state}`);
    if (this.#doubts.delete(clientOrderId) || wasStop) await this.#read(instrument);
  }

  async #placeStop(
    instrument: string,
    quantity: Decimal,
    stopPrice: string,
  ): Promise<string | null> {
    const outcome = await this.#context.submit({
      instrument,
      side: "sell",
      type: "stop",
      quantity: quantity.toFixed(),
      stopPrice,
      reduceOnly: true,
    });
    if (outcome.outcome === "accepted") return outcome.clientOrderId;
    this.#context.log(`no stop stands in ${instrument}: ${outcome.message}`);
    if (outcome.outcome === "unknown") this.#doubts.set(outcome.clientOrderId, instrument);
    return null;
  }

  /** Sends and waits for the end; null when it was refused or its end is not known. */
  async #trade(order: NewOrder): Promise<OrderView | null> {
    const { instrument, side } = order;
    const outcome = await this.#context.submit(order);
    switch (outcome.outcome) {
      case "accepted": {
        const ended = await this.#ended(outcome.clientOrderId);
        if (ended === null) return null;
        const { state, filledQuantity: filled, averagePrice: at } = ended;
        this.#context.log(`${side} ${instrument} ${state}`, { filled, at });
        return ended;
      }
      case "unknown":
        this.#doubts.set(outcome.clientOrderId, instrument);
        this.#context.log(`${side} ${instrument} is in doubt: ${outcome.message}`);
        return null;
      case "refused":
        this.#context.log(`${side} ${instrument} refused: ${outcome.code}: ${outcome.message}`);
        return null;
      case "not_sent":
        this.#context.log(`${side} ${instrument} was not sent: ${outcome.message}`);
        return null;
    }
  }

  /** The order once it has ended; null, and a doubt, when it does not end in time. */
  async #ended(clientOrderId: string): Promise<OrderView | null> {
    try {
      return await this.#context.waitFor(clientOrderId, undefined, ORDER_END_MS);
    } catch (error) {
      const instrument = (await this.#context.order(clientOrderId))?.instrument;
      if (instrument !== undefined) this.#doubts.set(clientOrderId, instrument);
      this.#context.log(error instanceof Error ? error.message : String(error));
      return null;
    }
  }

  /** What the platform says is held; its stop is kept if it still stands. */
  async #read(instrument: string): Promise<Decimal> {
    const positions = await this.#context.positions();
    const found = positions.find((position) => position.instrument === instrument);
    const quantity = decimal(found?.quantity ?? "0");
    if (quantity.eq(0)) this.#holdings.delete(instrument);
    else {
      const before = this.#holdings.get(instrument)?.stopId ?? null;
      const open = this.#context.openOrders.some((order) => order.clientOrderId === before);
      this.#holdings.set(instrument, { quantity, stopId: open ? before : null });
    }
    return quantity;
  }
}
