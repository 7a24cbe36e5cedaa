/**
 * What the simulated broker holds, and what becomes of it: orders that trigger, fill in pieces, expire or
 * just stand, and trades that were never asked for here. It knows no faults; whatever happens, it tells.
 */
import type { BrokerOrder, OrderStreamMessage } from "../../../src/brokers/broker.ts";
import { decimal, decimalText, minDecimal, ZERO } from "../../../src/domain/decimal.ts";
import type { Execution, OrderChanges, OrderIntent, Side } from "../../../src/domain/order.ts";
import { signedQuantity } from "../../../src/domain/reconciliation/compare.ts";
import { drawFee } from "./fees.ts";
import type { Random } from "./random.ts";
import type { Timeline } from "./timeline.ts";

export type StreamEvent = Extract<OrderStreamMessage, { kind: "order_event" }>;

export interface Held {
  order: BrokerOrder;
  acceptedAt: number;
  /** The broker lost it: it shows in no list, trades no more, and nothing tells of it. */
  forgotten?: true;
}

export interface Trade {
  instrument: string;
  side: Side;
  quantity: number;
  /** How long neither the stream nor the executions tell of it: only the position shows it. */
  hiddenForMs?: number;
}

type Ended = "canceled" | "expired" | "rejected";

export type Placed = Pick<
  BrokerOrder,
  "clientOrderId" | "instrument" | "side" | "type" | "quantity" | "limitPrice" | "stopPrice"
>;

/** The broker's ids of orders that were placed past us, and of no others. */
export const PLACED_PREFIX = "XO";

const FIRST_PRICE = 100;

export class Exchange {
  readonly held: Held[] = [];
  readonly fills: Execution[] = [];
  /** From when on an execution is told of, by its id. */
  readonly toldFrom = new Map<string, number>();
  onNews: ((order: BrokerOrder, event: StreamEvent["event"]) => void) | null = null;
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #prices = new Map<string, number>();
  #ids = 0;

  constructor(timeline: Timeline, random: Random) {
    this.#timeline = timeline;
    this.#random = random;
  }

  nextId(prefix: string): string {
    this.#ids += 1;
    return `${prefix}${this.#ids}`;
  }

  price(instrument: string): number {
    return this.#prices.get(instrument) ?? FIRST_PRICE;
  }

  /** Stops that the new price has reached are triggered. */
  setPrice(instrument: string, price: number): void {
    this.#prices.set(instrument, price);
    for (const held of this.held) {
      const { instrument: of, side, stopPrice, state } = held.order;
      if (of !== instrument || state !== "pending_trigger" || stopPrice === null) continue;
      if (side === "buy" ? price >= Number(stopPrice) : price <= Number(stopPrice))
        this.#trigger(held);
    }
  }

  /** What the account really holds; `at`, as it was then. */
  position(instrument: string, at = Infinity): string {
    const mine = this.fills.filter(
      (each) => each.instrument === instrument && each.executedAt <= at,
    );
    return decimalText(mine.reduce((sum, each) => sum.plus(signedQuantity(each)), ZERO));
  }

  accept(intent: OrderIntent): Held {
    const { clientOrderId, instrument, side, type, quantity } = intent;
    const { limitPrice, stopPrice, timeInForce } = intent;
    const waits = type === "stop" || type === "stop_limit";
    const held = this.#hold({
      brokerOrderId: this.nextId("B"),
      clientOrderId,
      instrument,
      side,
      type,
      quantity,
      limitPrice,
      stopPrice,
      timeInForce,
      state: waits ? "pending_trigger" : "new",
    });
    const { brokerOrderId } = held.order;
    this.#tell(held, { kind: "accepted", brokerOrderId, pendingTrigger: waits });
    if (waits) this.#waitForTrigger(held);
    else this.#live(held);
    return held;
  }

  #hold(order: Omit<BrokerOrder, "filledQuantity" | "reason" | "createdAt" | "updatedAt">): Held {
    const now = this.#timeline.now();
    const held: Held = {
      order: { ...order, filledQuantity: "0", reason: null, createdAt: now, updatedAt: now },
      acceptedAt: now,
    };
    this.held.push(held);
    return held;
  }

  /** Some wait for ever, some are reached by a price that nobody here saw. */
  #waitForTrigger(held: Held): void {
    if (this.#random.chance(0.6)) return;
    this.#timeline.after(this.#random.between(0, 20_000), () => this.#trigger(held));
  }

  #trigger(held: Held): void {
    if (standing(held) !== "pending_trigger") return;
    held.order = { ...held.order, state: "new", updatedAt: this.#timeline.now() };
    this.#tell(held, { kind: "triggered" });
    this.#live(held);
  }

  /** Market orders fill soon, IOC orders at once or never; some others fill in pieces, some just stand. */
  #live(held: Held): void {
    const { type, timeInForce } = held.order;
    const toMarket = type === "market" || type === "stop";
    const fate = toMarket ? 1 : this.#random.next();
    if (timeInForce === "ioc") {
      this.#timeline.after(this.#random.between(0, 300), () => {
        if (isOpen(held) && fate > 0.3) this.#fill(held);
        if (isOpen(held)) this.#end(held, "canceled", "the rest of an IOC order");
      });
      return;
    }
    if (fate < 0.2) return;
    this.#timeline.after(this.#random.between(0, toMarket ? 500 : 8_000), () => {
      if (!isOpen(held)) return;
      if (fate < 0.25) this.#end(held, "expired", "expired");
      else if (fate < 0.3) this.end(held, "canceled", "canceled by the broker");
      else this.#fill(held);
      if (isOpen(held)) this.#live(held);
    });
  }

  #fill(held: Held): void {
    const { order } = held;
    const rest = decimal(order.quantity).minus(order.filledQuantity);
    const piece = this.#random.chance(0.5) ? rest : minDecimal(rest, decimal(1));
    const filled = decimal(order.filledQuantity).plus(piece);
    held.order = {
      ...order,
      filledQuantity: decimalText(filled),
      state: filled.gte(order.quantity) ? "filled" : "partially_filled",
      updatedAt: this.#timeline.now(),
    };
    const execution = this.#execution(held.order, decimalText(piece));
    this.#tell(held, { kind: "filled", execution });
  }

  #execution(order: BrokerOrder, quantity: string): Execution {
    const execution: Execution = {
      executionId: this.nextId("E"),
      clientOrderId: order.clientOrderId ?? "",
      brokerOrderId: order.brokerOrderId,
      account: "simulated",
      instrument: order.instrument,
      side: order.side,
      quantity,
      price: String(this.price(order.instrument)),
      ...drawFee(this.#random),
      executedAt: this.#timeline.now(),
    };
    this.fills.push(execution);
    return execution;
  }

  /** A trade made by hand, or by the broker itself: it has no id of ours. Answers the broker's. */
  trade({ instrument, side, quantity, hiddenForMs = 0 }: Trade): string {
    const brokerOrderId = this.nextId("X");
    const held = this.#hold({
      brokerOrderId,
      clientOrderId: null,
      instrument,
      side,
      type: "market",
      quantity: String(quantity),
      limitPrice: null,
      stopPrice: null,
      timeInForce: "day",
      state: "filled",
    });
    held.order.filledQuantity = held.order.quantity;
    const execution = this.#execution(held.order, held.order.quantity);
    const from = this.#timeline.now() + hiddenForMs;
    held.acceptedAt = from;
    this.toldFrom.set(execution.executionId, from);
    if (hiddenForMs === 0) this.#tell(held, { kind: "filled", execution });
    return brokerOrderId;
  }

  /** An order that was never asked for here, and lives as any other. Answers the broker's id. */
  place(order: Placed): string {
    const waits = order.type === "stop";
    const held = this.#hold({
      ...order,
      brokerOrderId: this.nextId(PLACED_PREFIX),
      timeInForce: "gtc",
      state: waits ? "pending_trigger" : "new",
    });
    const { brokerOrderId } = held.order;
    this.#tell(held, { kind: "accepted", brokerOrderId, pendingTrigger: waits });
    if (waits) this.#waitForTrigger(held);
    else this.#live(held);
    return brokerOrderId;
  }

  /** The broker takes the whole position away, and every order in the instrument with it. */
  liquidate(instrument: string, hiddenForMs: number): void {
    for (const held of this.held)
      if (held.order.instrument === instrument && isOpen(held))
        this.#end(held, "canceled", "margin call");
    const position = Number(this.position(instrument));
    if (position === 0) return;
    const side = position > 0 ? "sell" : "buy";
    this.trade({ instrument, side, quantity: Math.abs(position), hiddenForMs });
  }

  /** The session ends: day orders expire. */
  endSession(): void {
    for (const held of this.held)
      if (held.order.timeInForce === "day" && isOpen(held))
        this.#end(held, "expired", "the session has ended");
  }

  open(brokerOrderId: string): Held | null {
    const held = this.held.find(({ order }) => order.brokerOrderId === brokerOrderId);
    return held && isOpen(held) ? held : null;
  }

  cancel(held: Held): void {
    this.end(held, "canceled", "canceled");
  }

  /** Nobody here asked for it. */
  end(held: Held, state: Ended, reason: string): void {
    if (isOpen(held)) this.#end(held, state, reason);
  }

  forget(held: Held): void {
    if (isOpen(held)) held.forgotten = true;
  }

  modify(held: Held, changes: OrderChanges): void {
    const { order } = held;
    const quantity = changes.quantity ?? order.quantity;
    held.order = {
      ...order,
      quantity,
      limitPrice: changes.limitPrice ?? order.limitPrice,
      stopPrice: changes.stopPrice ?? order.stopPrice,
      state: decimal(order.filledQuantity).gte(quantity) ? "filled" : order.state,
      updatedAt: this.#timeline.now(),
    };
    this.#tell(held, { kind: "replaced", changes });
  }

  #end(held: Held, state: Ended, reason: string): void {
    held.order = { ...held.order, state, reason, updatedAt: this.#timeline.now() };
    this.#tell(held, { kind: state, reason });
  }

  #tell({ order }: Held, event: StreamEvent["event"]): void {
    this.onNews?.(order, event);
  }
}

/** Where it stands, or stood at its end; a broker that has forgotten it has it nowhere. */
export const standing = ({ order, forgotten }: Held): BrokerOrder["state"] | "nowhere" =>
  forgotten ? "nowhere" : order.state;

export const isOpen = (held: Held): boolean =>
  ["new", "pending_trigger", "partially_filled"].includes(standing(held));
