/** Follows the trend of 1-minute candles, one small position per instrument. Class style. */
import {
  Algo,
  decimal,
  isTerminal,
  type AlgoOptions,
  type Decimal,
  type InstrumentView,
  type OrderView,
  type Tick,
} from "../../sdk/index.ts";
import { movedPrice, positionQuantity } from "../shared/sizing.ts";
import { trendOf, wantedOrder, type CrossoverRule, type WantedOrder } from "./crossover.ts";

const RULE: CrossoverRule = { fast: 3, slow: 8, band: 0.00005 };

/** The stop that the platform measures this position's money at risk with. */
const STOP_FRACTION = 0.01;

/** Market time between two orders in one instrument, and after a refusal. */
const PAUSE_MS = 5_000;
const PAUSE_AFTER_REFUSAL_MS = 10_000;

export class MovingAverage extends Algo {
  readonly #wanted: readonly string[];
  readonly #instruments = new Map<string, InstrumentView>();
  #held = new Map<string, Decimal>();
  /** The order in each instrument whose end is awaited: until then no other one is sent. */
  readonly #pending = new Map<string, string>();
  readonly #quietUntil = new Map<string, number>();

  constructor(options: AlgoOptions & { instruments: readonly string[] }) {
    super({ ...options, conflate: true });
    this.#wanted = options.instruments;
  }

  override async onStart(): Promise<void> {
    for (const order of this.openOrders) await this.cancel(order.clientOrderId);
    for (const instrument of await this.client.instruments()) {
      this.#instruments.set(instrument.id, instrument);
    }
    await this.subscribe(this.#wanted, { history: RULE.slow * 3, interval: "1m" });
    await this.#readPositions();
    this.log("following", { instruments: this.#wanted });
  }

  override async onTick(tick: Tick): Promise<void> {
    const { instrument, last } = tick;
    const listing = this.#instruments.get(instrument);
    const now = tick.exchangeTime ?? tick.receivedTime;
    if (last === null || listing === undefined || this.#pending.has(instrument)) return;
    // Told after a gap: the price of then is nothing to trade by.
    if (tick.late) return;
    if (now < (this.#quietUntil.get(instrument) ?? 0)) return;
    const closes = this.candles(instrument).map((candle) => candle.close);
    const held = this.#held.get(instrument) ?? decimal(0);
    const order = wantedOrder(trendOf(closes, RULE), held, positionQuantity(last, listing));
    if (order === null) return;
    this.#quietUntil.set(instrument, now + PAUSE_MS);
    await this.#send(listing, order, last, now);
  }

  override async onOrder(order: OrderView): Promise<void> {
    if (!isTerminal(order.state)) return;
    this.log(`${order.side} ${order.instrument} ${order.state}`, {
      filled: order.filledQuantity,
      at: order.averagePrice,
    });
    await this.#readPositions();
    // Only now: with the position read, the next order starts from what is really held.
    if (this.#pending.get(order.instrument) === order.clientOrderId) {
      this.#pending.delete(order.instrument);
    }
  }

  override async onStop(): Promise<void> {
    for (const order of this.openOrders) await this.cancel(order.clientOrderId);
    this.log("stopped; positions stay as they are");
  }

  async #send(listing: InstrumentView, order: WantedOrder, price: number, now: number) {
    const outcome = await this.submit({
      instrument: listing.id,
      side: order.side,
      type: "market",
      quantity: order.quantity.toFixed(),
      reduceOnly: order.reduceOnly,
      ...(order.reduceOnly ? {} : { protectiveStop: protectiveStop(order, price, listing) }),
    });
    switch (outcome.outcome) {
      case "accepted":
        if (!isTerminal(outcome.order.state)) this.#pending.set(listing.id, outcome.clientOrderId);
        else await this.#readPositions();
        return;
      case "unknown":
        // It may have traded: nothing more in this instrument until the platform knows.
        this.#pending.set(listing.id, outcome.clientOrderId);
        return this.log(`order in ${listing.id} is in doubt: ${outcome.message}`);
      case "refused":
        this.#quietUntil.set(listing.id, now + PAUSE_AFTER_REFUSAL_MS);
        return this.log(`order in ${listing.id} refused: ${outcome.code}: ${outcome.message}`);
      case "not_sent":
        return this.log(`order in ${listing.id} was not sent: ${outcome.message}`);
    }
  }

  async #readPositions(): Promise<void> {
    const positions = await this.positions();
    this.#held = new Map(positions.map((each) => [each.instrument, decimal(each.quantity)]));
  }
}

/** Below a bought position, above a short one. */
function protectiveStop(
  { side }: WantedOrder,
  price: number,
  { tickSize }: InstrumentView,
): string {
  return movedPrice(price, side === "buy" ? -STOP_FRACTION : STOP_FRACTION, tickSize);
}
