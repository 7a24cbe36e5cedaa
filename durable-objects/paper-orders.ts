/**
 * The trading side of the exchange: requests to the engine, the faults that befall them, and what the
 * engine tells. What happened is stored before anybody hears of it.
 */
import type { Account } from "../src/brokers/paper/engine/account.ts";
import type { PaperEngine } from "../src/brokers/paper/engine/engine.ts";
import type { SubmitSession } from "../src/brokers/paper/engine/orders.ts";
import type {
  EngineEvent,
  EngineOrder,
  EngineRefusal,
  Liquidity,
  Listing,
} from "../src/brokers/paper/engine/types.ts";
import type { FaultSwitches } from "../src/brokers/paper/faults.ts";
import {
  executionRowOf,
  HAND_ORDER_PREFIX,
  orderRowOf,
  streamFrameOf,
} from "../src/brokers/paper/view.ts";
import type {
  ChangeOrderRequest,
  ExecutionRow,
  NewOrderRequest,
  OrderRow,
} from "../src/brokers/paper/wire.ts";
import type { HandOrderRequest } from "../src/contract/paper.ts";
import { sessionAt } from "../src/domain/calendar.ts";
import { err, ok } from "../src/domain/result.ts";
import type { Result } from "../src/domain/result.ts";
import type { PaperStorage, RowPage } from "./paper-broker.storage.ts";
import type { PaperOrderStream } from "./paper-order-stream.ts";

export type MarketHours = "always" | "exchange";

export interface OrderRefusal {
  code: EngineRefusal["code"] | "DUPLICATE_CLIENT_ORDER_ID";
  message: string;
}

export class PaperOrders {
  readonly #storage: PaperStorage;
  readonly #stream: PaperOrderStream;
  readonly #faults: FaultSwitches;
  readonly #listings: ReadonlyMap<string, Listing>;
  readonly #engine: PaperEngine;
  readonly #account: Account;
  #hours: MarketHours;
  #lateFills: { number: number; dueAt: number }[];
  /** Called with each stored fill, so that whoever made the price can store how far it has come. */
  onTraded: () => void = () => {};
  /** What the engine told and nobody has stored or announced yet. */
  #events: EngineEvent[] = [];

  constructor(
    storage: PaperStorage,
    stream: PaperOrderStream,
    faults: FaultSwitches,
    listings: ReadonlyMap<string, Listing>,
    hours: MarketHours,
  ) {
    this.#storage = storage;
    this.#stream = stream;
    this.#faults = faults;
    this.#listings = listings;
    this.#hours = hours;
    const { engine, account } = storage.load(listings);
    this.#engine = engine;
    this.#account = account;
    this.#lateFills = storage.lateFills();
  }

  /** True while something may happen without anybody asking. */
  get isWorking(): boolean {
    return this.#engine.hasOpen || this.#lateFills.length > 0;
  }

  workingInstruments(): string[] {
    return this.#engine.workingInstruments();
  }

  liquidity(instrument: string): Liquidity | null {
    return this.#engine.liquidity(instrument);
  }

  /** `refusal` rejects the order whatever it is; null leaves it to the exchange's rules. */
  submit(
    request: NewOrderRequest,
    now: number,
    refusal: string | null,
  ): Result<OrderRow, OrderRefusal> {
    const known = this.#storage.orderByClientId(request.clientOrderId);
    if (known) {
      this.#storage.countDuplicate();
      const message = `client order id ${request.clientOrderId} is order ${known.brokerOrderId}`;
      return err({ code: "DUPLICATE_CLIENT_ORDER_ID", message });
    }
    const session = this.#session(request.instrument, now);
    const step = this.#engine.submit(request, now, {
      ...session,
      refusal: refusal ?? session.refusal,
    });
    if (!step.ok) return step;
    const { order, events } = step.value;
    this.#commit(events, [order]);
    if (order.state === "rejected") return err({ code: "REJECTED", message: order.reason ?? "" });
    return ok(this.#row(order));
  }

  /** An order that no client sent: a person at the exchange's own terminal, or the exchange closing a position. */
  byHand(request: HandOrderRequest, now: number): Result<OrderRow, OrderRefusal> {
    const { instrument, limitPrice = null } = request;
    const held = this.#account.positions().find((each) => each.instrument === instrument);
    const quantity = request.quantity ?? held?.quantity.replace("-", "");
    if (quantity === undefined)
      return err({ code: "NOT_FOUND", message: `there is no position in ${instrument}` });
    const side = request.side ?? (held?.quantity.startsWith("-") ? "buy" : "sell");
    const clientOrderId = `${HAND_ORDER_PREFIX}${this.#storage.countOrders() + 1}`;
    const type = limitPrice === null ? "market" : "limit";
    const order = { clientOrderId, instrument, side, type, quantity, limitPrice } as const;
    return this.submit({ ...order, stopPrice: null, timeInForce: "day" }, now, null);
  }

  cancel(brokerOrderId: string, now: number): Result<OrderRow, OrderRefusal> {
    const step = this.#engine.cancel(brokerOrderId, now, "canceled on request");
    if (!step.ok) return err(this.#explain(brokerOrderId, step.error));
    const { order, events } = step.value;
    const late = this.#faults.strike("late_fill", (id) => id === order.instrument);
    if (late) {
      const dueAt = now + late.durationMs;
      this.#storage.addLateFill(order.number, dueAt);
      this.#lateFills.push({ number: order.number, dueAt });
    }
    this.#commit(events, []);
    return ok(this.#row(order));
  }

  modify(
    brokerOrderId: string,
    changes: ChangeOrderRequest,
    now: number,
  ): Result<OrderRow, OrderRefusal> {
    const step = this.#engine.modify(brokerOrderId, changes, now);
    if (!step.ok) return err(this.#explain(brokerOrderId, step.error));
    this.#commit(step.value.events, []);
    return ok(this.#row(step.value.order));
  }

  /** "Not open" has two meanings, and the answer tells which. */
  #explain(brokerOrderId: string, refusal: EngineRefusal): OrderRefusal {
    if (refusal.code !== "ORDER_NOT_OPEN") return refusal;
    const order = this.order(brokerOrderId);
    if (!order) return { code: "NOT_FOUND", message: `there is no order ${brokerOrderId}` };
    return { code: "ORDER_NOT_OPEN", message: `order ${brokerOrderId} is ${order.state}` };
  }

  /** The order as stored; null when there is none. */
  order(brokerOrderId: string): EngineOrder | null {
    const number = /^P([1-9]\d{0,14})$/.exec(brokerOrderId)?.[1];
    return number === undefined ? null : this.#storage.orderByNumber(Number(number));
  }

  /** The market moved. Call `settle` after the last instrument of a beat. */
  market(instrument: string, liquidity: Liquidity, now: number): void {
    const events = this.#engine.market(instrument, liquidity, now);
    if (events.length > 0) this.#events.push(...events);
  }

  /** Ends what is over, fills what is due late, then stores and announces everything that happened. */
  settle(now: number): void {
    this.#events.push(...this.#engine.expire(now));
    for (const due of this.#lateFills.filter(({ dueAt }) => dueAt <= now)) {
      const order = this.#storage.orderByNumber(due.number);
      this.#storage.removeLateFill(due.number);
      if (order?.state === "canceled")
        this.#events.push(...this.#engine.fillLate(order, now).events);
    }
    this.#lateFills = this.#lateFills.filter(({ dueAt }) => dueAt > now);
    if (this.#events.length > 0) this.#commit([], []);
  }

  get hours(): MarketHours {
    return this.#hours;
  }

  setHours(hours: MarketHours, now: number): void {
    this.#hours = hours;
    const restated = this.#engine.restateSessions((id) => this.#session(id, now).endsAt ?? null);
    this.#commit([], restated);
  }

  isMarketOpen(instrument: string, now: number): boolean {
    return this.#session(instrument, now).refusal === null;
  }

  /** Another market begins, or the same one anew. */
  forgetPrices(): void {
    this.#engine.forgetPrices();
  }

  #session(instrument: string, now: number): SubmitSession {
    const listing = this.#listings.get(instrument);
    if (this.#hours === "always" || !listing) return { refusal: null, endsAt: null };
    const session = sessionAt(listing.instrument.calendar, now);
    if (!session) return { refusal: `the market of ${instrument} is closed`, endsAt: now };
    const isEndless = session.closesAt === Number.MAX_SAFE_INTEGER;
    return { refusal: null, endsAt: isEndless ? null : session.closesAt };
  }

  /** Stores what happened, then tells it: an order-update that is not stored could never be looked up. */
  #commit(events: readonly EngineEvent[], touched: readonly EngineOrder[]): void {
    const all = [...this.#events, ...events];
    this.#events = [];
    const orders = new Set(touched);
    const executions: ExecutionRow[] = [];
    const traded = new Set<Listing>();
    for (const event of all) {
      orders.add(event.order);
      if (event.kind !== "filled") continue;
      const listing = this.#listing(event.order);
      executions.push(executionRowOf(listing, event.order, event.fill));
      traded.add(listing);
    }
    const currencies = new Set([...traded].map(({ instrument }) => instrument.currency));
    this.#storage.save({
      orders,
      executions,
      cash: [...currencies].map((currency) => this.#account.cashRecord(currency)),
      positions: [...traded].map(({ instrument }) => this.#account.positionRecord(instrument.id)),
    });
    if (traded.size > 0) this.onTraded();
    for (const event of all) this.#announce(event);
  }

  #announce(event: EngineEvent): void {
    const concerns = (id: string) => id === event.order.instrument;
    if (event.kind === "filled" && this.#faults.strike("lost_fill", concerns)) return;
    this.#stream.send(streamFrameOf(this.#listing(event.order), event), event.at);
  }

  #listing(order: EngineOrder): Listing {
    const listing = this.#listings.get(order.instrument);
    if (!listing) throw new Error(`order ${order.brokerOrderId} is in an unlisted instrument`);
    return listing;
  }

  #row(order: EngineOrder): OrderRow {
    return orderRowOf(this.#listing(order), order);
  }

  openOrders(after: number): RowPage<OrderRow> {
    return this.#rows(this.#storage.openOrders(after));
  }

  closedOrders(since: number, after: number): RowPage<OrderRow> {
    return this.#rows(this.#storage.closedOrders(since, after));
  }

  #rows(page: RowPage<EngineOrder>): RowPage<OrderRow> {
    return { items: page.items.map((order) => this.#row(order)), next: page.next };
  }

  balances() {
    return { items: this.#account.balances() };
  }

  positions() {
    return { items: this.#account.positions() };
  }
}
