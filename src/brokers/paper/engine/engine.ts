/**
 * The matching engine: takes, matches, changes and ends orders, and tells what happened. It has no
 * clock, no randomness and no storage: time comes in, and whoever calls stores before announcing.
 */
import { assert } from "../../../domain/assert.ts";
import { err, ok } from "../../../domain/result.ts";
import type { Result } from "../../../domain/result.ts";
import type { ChangeOrderRequest, NewOrderRequest } from "../wire.ts";
import type { Account } from "./account.ts";
import { Book } from "./book.ts";
import { matchIncoming, matchResting, takeTriggered } from "./match.ts";
import {
  changedTerms,
  isTriggeredBy,
  newOrder,
  notOpen,
  rejectedStep,
  reservePrice,
  unknownInstrument,
} from "./orders.ts";
import type { EngineCounters, EventBody, Step, SubmitSession } from "./orders.ts";
import { isOpen, remainingLots } from "./types.ts";
import type { EngineEvent, EngineOrder, EngineRefusal, Liquidity, Listing } from "./types.ts";
import { checkFunds, termsOf } from "./validate.ts";
import type { Terms } from "./validate.ts";

export class PaperEngine {
  readonly #listings: ReadonlyMap<string, Listing>;
  readonly #account: Account;
  readonly #counters: EngineCounters;
  readonly #books = new Map<string, Book>();
  readonly #open = new Map<string, EngineOrder>();
  #events: EngineEvent[] = [];

  /** `open` are the orders that can still trade; each is held against the account's funds here. */
  constructor(
    listings: ReadonlyMap<string, Listing>,
    account: Account,
    counters: EngineCounters,
    open: readonly EngineOrder[],
  ) {
    this.#listings = listings;
    this.#account = account;
    this.#counters = { ...counters };
    for (const order of [...open].sort((a, b) => a.rank - b.rank)) {
      this.#open.set(order.brokerOrderId, order);
      this.#book(order.instrument).add(order);
      account.reserve(order);
    }
  }

  get openOrders(): readonly EngineOrder[] {
    return [...this.#open.values()];
  }

  get hasOpen(): boolean {
    return this.#open.size > 0;
  }

  /** Instruments with an order that waits for a price. */
  workingInstruments(): string[] {
    return [...this.#books].filter(([, book]) => !book.isEmpty).map(([id]) => id);
  }

  /**
   * Takes a new order. One that is no order of this exchange is refused and leaves no trace; one that
   * is rejected for another reason is booked as such, so that look-ups can prove its end. Whether its
   * client order id is new is the caller's to know, and so is whether the market is open.
   */
  submit(
    request: NewOrderRequest,
    now: number,
    session: SubmitSession,
  ): Result<Step, EngineRefusal> {
    const listing = this.#listings.get(request.instrument);
    if (!listing) return err(unknownInstrument(request.instrument));
    const terms = termsOf(listing, request);
    if (!terms.ok) return terms;
    const book = this.#book(request.instrument);
    const order = this.#newOrder(request, terms.value, now);
    order.expiresAt = request.timeInForce === "day" ? session.endsAt : null;
    if (session.refusal !== null) return ok(rejectedStep(order, session.refusal));
    const reserveTicks = reservePrice(order, book.liquidity);
    if (reserveTicks === null) {
      return ok(rejectedStep(order, `no price of ${request.instrument} is known yet`));
    }
    order.reserveTicks = reserveTicks;
    const funds = checkFunds(this.#account, listing, order, order.quantityLots);
    if (!funds.ok) return ok(rejectedStep(order, funds.error.message));

    this.#open.set(order.brokerOrderId, order);
    this.#account.reserve(order);
    const waits = order.stopTicks !== null && !isTriggeredBy(order, book.liquidity);
    if (waits) order.state = "pending_trigger";
    this.#tell(order, now, "accepted", { kind: "accepted", pendingTrigger: waits });
    if (waits) book.add(order);
    else {
      if (order.stopTicks !== null) this.#tell(order, now, "triggered", { kind: "triggered" });
      this.#enter(book, order, now);
    }
    return ok({ order, events: this.#takeEvents() });
  }

  cancel(brokerOrderId: string, now: number, reason: string): Result<Step, EngineRefusal> {
    const order = this.#open.get(brokerOrderId);
    if (!order) return err(notOpen(brokerOrderId));
    this.#end(order, "canceled", reason, now);
    return ok({ order, events: this.#takeEvents() });
  }

  /** New terms. A lower quantity keeps the order's place in time; anything else loses it. */
  modify(
    brokerOrderId: string,
    changes: ChangeOrderRequest,
    now: number,
  ): Result<Step, EngineRefusal> {
    const order = this.#open.get(brokerOrderId);
    if (!order) return err(notOpen(brokerOrderId));
    const listing = this.#listing(order.instrument);
    const terms = changedTerms(listing, order, changes);
    if (!terms.ok) return terms;
    return this.#replace(listing, order, terms.value, changes, now);
  }

  #replace(
    listing: Listing,
    order: EngineOrder,
    terms: Terms,
    changes: ChangeOrderRequest,
    now: number,
  ): Result<Step, EngineRefusal> {
    const book = this.#book(order.instrument);
    const keepsPlace =
      terms.limitTicks === order.limitTicks &&
      terms.stopTicks === order.stopTicks &&
      terms.quantityLots <= order.quantityLots;
    const after = { ...order, ...terms };
    after.reserveTicks = reservePrice(after, book.liquidity) ?? order.reserveTicks;
    this.#account.release(order);
    const funds = checkFunds(this.#account, listing, after, remainingLots(after));
    if (!funds.ok) {
      this.#account.reserve(order);
      return funds;
    }
    if (!keepsPlace) after.rank = this.#nextRank();
    book.remove(order);
    Object.assign(order, after);
    order.replacements += 1;
    order.updatedAt = now;
    this.#account.reserve(order);
    const name = `replaced:${order.replacements}`;
    this.#tell(order, now, name, { kind: "replaced", changes: { ...changes } });
    const waits = order.state === "pending_trigger" && !isTriggeredBy(order, book.liquidity);
    if (waits || keepsPlace) book.add(order);
    else {
      if (order.state === "pending_trigger") this.#trigger(order, now);
      this.#enter(book, order, now);
    }
    return ok({ order, events: this.#takeEvents() });
  }

  /** The market moved: resting orders trade first, then the stops that the last price triggered. */
  market(instrument: string, liquidity: Liquidity, now: number): EngineEvent[] {
    const book = this.#book(instrument);
    book.liquidity = liquidity;
    if (book.isEmpty) return [];
    const trade = this.#trade(now);
    matchResting(book, "buy", trade);
    matchResting(book, "sell", trade);
    for (const order of takeTriggered(book, liquidity.lastTicks)) {
      this.#trigger(order, now);
      this.#enter(book, order, now);
    }
    return this.#takeEvents();
  }

  /** What the market last offered, less what was taken of it. */
  liquidity(instrument: string): Liquidity | null {
    return this.#books.get(instrument)?.liquidity ?? null;
  }

  /** Another market begins: what the last one offered is worth nothing now. */
  forgetPrices(): void {
    for (const book of this.#books.values()) book.liquidity = null;
  }

  /** Ends the day orders whose session is over. */
  expire(now: number): EngineEvent[] {
    for (const order of this.#open.values()) {
      if (order.expiresAt !== null && order.expiresAt <= now) {
        this.#end(order, "expired", "the session ended", now);
      }
    }
    return this.#takeEvents();
  }

  /** Gives every open day order the end of its session anew, after the market's hours changed. Answers those. */
  restateSessions(endsAt: (instrument: string) => number | null): EngineOrder[] {
    const dayOrders = this.openOrders.filter((order) => order.timeInForce === "day");
    for (const order of dayOrders) order.expiresAt = endsAt(order.instrument);
    return dayOrders;
  }

  /** A fill that comes after the cancel was confirmed, as it happens at real exchanges. */
  fillLate(order: EngineOrder, now: number): Step {
    assert(order.state === "canceled", "only a canceled order is filled late");
    const last = this.liquidity(order.instrument)?.lastTicks ?? order.reserveTicks;
    const ticks = order.limitTicks ?? last;
    order.state = "partially_filled";
    this.#open.set(order.brokerOrderId, order);
    this.#account.reserve(order);
    this.#fill(order, remainingLots(order), ticks, now);
    return { order, events: this.#takeEvents() };
  }

  /** Lets an order trade, then rests or ends what is left. */
  #enter(book: Book, order: EngineOrder, now: number): void {
    matchIncoming(book, order, this.#trade(now));
    if (!isOpen(order)) return;
    if (order.timeInForce === "ioc") {
      this.#end(order, "canceled", "immediate or cancel: the rest found no match", now);
    } else book.add(order);
  }

  #trigger(order: EngineOrder, now: number): void {
    order.state = order.filledLots > 0 ? "partially_filled" : "new";
    order.rank = this.#nextRank();
    order.updatedAt = now;
    this.#tell(order, now, "triggered", { kind: "triggered" });
  }

  readonly #trade =
    (now: number) =>
    (taker: EngineOrder, maker: EngineOrder | null, lots: number, ticks: number): void => {
      if (maker) this.#fill(maker, lots, ticks, now);
      this.#fill(taker, lots, ticks, now);
    };

  #fill(order: EngineOrder, lots: number, ticks: number, now: number): void {
    assert(lots > 0 && lots <= remainingLots(order), `overfill of ${order.brokerOrderId}`);
    this.#account.release(order, lots);
    order.filledLots += lots;
    order.state = remainingLots(order) === 0 ? "filled" : "partially_filled";
    order.updatedAt = now;
    this.#counters.executions += 1;
    const fill = { executionId: `E${this.#counters.executions}`, lots, ticks, at: now };
    this.#account.fill(this.#listing(order.instrument), order.side, fill);
    if (order.state === "filled") this.#open.delete(order.brokerOrderId);
    this.#tell(order, now, fill.executionId, { kind: "filled", fill });
  }

  #end(order: EngineOrder, state: "canceled" | "expired", reason: string, now: number): void {
    this.#account.release(order);
    this.#book(order.instrument).remove(order);
    this.#open.delete(order.brokerOrderId);
    order.state = state;
    order.reason = reason;
    order.updatedAt = now;
    this.#tell(order, now, state, { kind: state, reason });
  }

  #newOrder(request: NewOrderRequest, terms: Terms, now: number): EngineOrder {
    this.#counters.orders += 1;
    return newOrder(request, terms, {
      number: this.#counters.orders,
      rank: this.#nextRank(),
      now,
    });
  }

  #nextRank(): number {
    this.#counters.ranks += 1;
    return this.#counters.ranks;
  }

  #book(instrument: string): Book {
    let book = this.#books.get(instrument);
    if (!book) this.#books.set(instrument, (book = new Book()));
    return book;
  }

  #listing(instrument: string): Listing {
    const listing = this.#listings.get(instrument);
    assert(listing, `an order stands in ${instrument}, which is not listed`);
    return listing;
  }

  /** `name` makes the event's id, together with the order's: deterministic, so that telling it twice is once. */
  #tell(order: EngineOrder, at: number, name: string, what: EventBody): void {
    this.#events.push({ id: `${order.brokerOrderId}:${name}`, order, at, ...what });
  }

  #takeEvents(): EngineEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
