/**
 * A broker that behaves badly on purpose: it loses answers, repeats and reorders its stream, forgets
 * for a moment what it took, and does not refuse a second order with the same id, so that one shows.
 */
import type {
  BrokerFailure,
  BrokerOrder,
  BrokerTrading,
  CancelOutcome,
  OrderStreamMessage,
  SubmitOutcome,
} from "../../../src/brokers/broker.ts";
import { decimal, decimalText, ZERO } from "../../../src/domain/decimal.ts";
import type { ApprovedOrder, Execution, OrderChanges } from "../../../src/domain/order.ts";
import { signedQuantity } from "../../../src/domain/reconciliation/compare.ts";
import { err, ok, type Result } from "../../../src/domain/result.ts";
import { SIMULATED_RULES } from "./broker-faults.ts";
import type { BrokerFaults } from "./broker-faults.ts";
import type { Random } from "./random.ts";
import type { Timeline } from "./timeline.ts";
import type { Trouble } from "./trouble.ts";

export type StreamEvent = Extract<OrderStreamMessage, { kind: "order_event" }>;

const TIMEOUT_MS = 3_000;

interface Held {
  order: BrokerOrder;
  acceptedAt: number;
}

export class SimulatedBroker implements BrokerTrading {
  readonly rules = SIMULATED_RULES;
  readonly held: Held[] = [];
  readonly fills: Execution[] = [];
  /** Each submit as it left the gateway. */
  readonly sent: { clientOrderId: string; at: number }[] = [];
  /** Orders of which a submit was left without an answer: nobody can know that they did not arrive. */
  readonly unanswered = new Set<string>();
  onEvent: ((event: StreamEvent) => void) | null = null;
  /** Sees each order as it leaves the gateway. */
  onSend: ((order: ApprovedOrder) => void) | null = null;
  readonly #trouble: Trouble;
  readonly #timeline: Timeline;
  readonly #random: Random;
  #ids = 0;

  constructor(timeline: Timeline, random: Random, trouble: Trouble) {
    this.#timeline = timeline;
    this.#random = random;
    this.#trouble = trouble;
  }

  async submit(order: ApprovedOrder): Promise<SubmitOutcome> {
    this.sent.push({ clientOrderId: order.intent.clientOrderId, at: this.#timeline.now() });
    this.onSend?.(order);
    await this.#latency();
    const strikes = (name: keyof BrokerFaults): boolean => this.#trouble.strikes(name);
    if (this.#trouble.brokerDown || strikes("connectFailure"))
      return { outcome: "not_sent", reason: "no connection" };
    if (strikes("refusedTryAgain")) return { outcome: "not_sent", reason: "try again" };
    if (strikes("rejected")) return { outcome: "rejected", reason: "the broker says no" };
    if (strikes("timeoutBefore")) return this.#timeout(order);
    if (strikes("arrivesLate")) {
      this.#timeline.after(TIMEOUT_MS + this.#random.between(1, 2_000), () => this.#accept(order));
      return this.#timeout(order);
    }
    const brokerOrderId = this.#accept(order);
    if (strikes("timeoutAfter")) return this.#timeout(order);
    await this.#latency();
    return { outcome: "accepted", brokerOrderId, pendingTrigger: false };
  }

  async #timeout({ intent }: ApprovedOrder): Promise<SubmitOutcome> {
    this.unanswered.add(intent.clientOrderId);
    await this.#timeline.sleep(TIMEOUT_MS);
    return { outcome: "unknown", reason: "no answer" };
  }

  #latency(): Promise<void> {
    return this.#timeline.sleep(this.#random.between(1, 60));
  }

  #accept({ intent }: ApprovedOrder): string {
    this.#ids += 1;
    const brokerOrderId = `B${this.#ids}`;
    const now = this.#timeline.now();
    const { clientOrderId, instrument, side, type, quantity } = intent;
    const { limitPrice, stopPrice, timeInForce } = intent;
    const order: BrokerOrder = {
      brokerOrderId,
      clientOrderId,
      instrument,
      side,
      type,
      quantity,
      filledQuantity: "0",
      limitPrice,
      stopPrice,
      timeInForce,
      state: "new",
      reason: null,
      updatedAt: now,
    };
    const held = { order, acceptedAt: now };
    this.held.push(held);
    this.#tell(held, { kind: "accepted", brokerOrderId, pendingTrigger: false });
    this.#live(held);
    return brokerOrderId;
  }

  /** Some orders fill in pieces, some expire, some just stand. */
  #live(held: Held): void {
    const fate = this.#random.next();
    if (fate < 0.2) return;
    const delayMs = this.#random.between(0, 8_000);
    this.#timeline.after(delayMs, () => {
      if (!isOpen(held)) return;
      if (fate < 0.3) this.#end(held, "expired");
      else this.#fill(held);
      if (isOpen(held)) this.#live(held);
    });
  }

  #fill(held: Held): void {
    const { order } = held;
    const rest = decimal(order.quantity).minus(order.filledQuantity);
    const piece = this.#random.chance(0.5) ? rest : decimal(1);
    this.#ids += 1;
    const execution: Execution = {
      executionId: `E${this.#ids}`,
      clientOrderId: order.clientOrderId ?? "",
      brokerOrderId: order.brokerOrderId,
      account: "simulated",
      instrument: order.instrument,
      side: order.side,
      quantity: decimalText(piece),
      price: "100",
      fee: "0",
      feeCurrency: "USD",
      executedAt: this.#timeline.now(),
    };
    this.fills.push(execution);
    const filled = decimal(order.filledQuantity).plus(piece);
    const whole = filled.gte(order.quantity);
    held.order = {
      ...order,
      filledQuantity: decimalText(filled),
      state: whole ? "filled" : "partially_filled",
      updatedAt: this.#timeline.now(),
    };
    this.#tell(held, { kind: "filled", execution });
  }

  /** A trade made by hand: it has no id of ours, and no order that anybody here asked for. */
  external(side: "buy" | "sell", quantity: number): void {
    this.#ids += 1;
    const brokerOrderId = `X${this.#ids}`;
    const execution: Execution = {
      executionId: `E${this.#ids}`,
      clientOrderId: "",
      brokerOrderId,
      account: "simulated",
      instrument: "SIM:AAA",
      side,
      quantity: String(quantity),
      price: "100",
      fee: "0",
      feeCurrency: "USD",
      executedAt: this.#timeline.now(),
    };
    this.fills.push(execution);
    this.#announce(null, brokerOrderId, { kind: "filled", execution });
  }

  #end(held: Held, state: "canceled" | "expired"): void {
    held.order = { ...held.order, state, reason: state, updatedAt: this.#timeline.now() };
    this.#tell(held, { kind: state, reason: state });
  }

  #tell({ order }: Held, event: StreamEvent["event"]): void {
    this.#announce(order.clientOrderId, order.brokerOrderId, event);
  }

  #announce(
    clientOrderId: string | null,
    brokerOrderId: string,
    event: StreamEvent["event"],
  ): void {
    if (this.#trouble.strikes("eventLost")) return;
    this.#ids += 1;
    const message: StreamEvent = {
      kind: "order_event",
      clientOrderId,
      brokerOrderId,
      eventId: `S${this.#ids}`,
      event,
      at: this.#timeline.now(),
    };
    const times = this.#trouble.strikes("eventTwice") ? 2 : 1;
    for (let time = 0; time < times; time += 1) {
      const late = this.#trouble.strikes("eventLate") ? this.#random.between(100, 20_000) : 0;
      this.#timeline.after(this.#random.between(0, 30) + late, () => this.onEvent?.(message));
    }
  }

  async cancel({ brokerOrderId }: { brokerOrderId: string }): Promise<CancelOutcome> {
    await this.#latency();
    if (this.#trouble.brokerDown) return { outcome: "not_sent", reason: "no connection" };
    const trouble = this.#trouble.strikes("cancelTrouble");
    const fate = this.#random.next();
    if (trouble && fate < 0.3) return { outcome: "not_sent", reason: "no connection" };
    if (trouble && fate < 0.5) return { outcome: "unknown", reason: "no answer" };
    const held = this.held.find(({ order }) => order.brokerOrderId === brokerOrderId);
    if (!held || !isOpen(held)) return { outcome: "rejected", reason: "no such open order" };
    if (trouble && fate < 0.6) return { outcome: "rejected", reason: "not now" };
    this.#timeline.after(this.#random.between(0, 500), () => {
      if (isOpen(held)) this.#end(held, "canceled");
    });
    if (trouble && fate < 0.8) return { outcome: "unknown", reason: "no answer" };
    return { outcome: "accepted" };
  }

  async modify(
    { brokerOrderId }: { brokerOrderId: string },
    changes: OrderChanges,
  ): Promise<CancelOutcome> {
    await this.#latency();
    if (this.#trouble.brokerDown) return { outcome: "not_sent", reason: "no connection" };
    const held = this.held.find(({ order }) => order.brokerOrderId === brokerOrderId);
    if (!held || !isOpen(held)) return { outcome: "rejected", reason: "no such open order" };
    if (this.#trouble.strikes("cancelTrouble") && this.#random.chance(0.5))
      return { outcome: "rejected", reason: "not now" };
    const { order } = held;
    held.order = {
      ...order,
      quantity: changes.quantity ?? order.quantity,
      limitPrice: changes.limitPrice ?? order.limitPrice,
      updatedAt: this.#timeline.now(),
    };
    this.#tell(held, { kind: "replaced", changes });
    return this.#trouble.strikes("cancelTrouble")
      ? { outcome: "unknown", reason: "no answer" }
      : { outcome: "accepted" };
  }

  /** Records lag behind: a new order shows in look-ups only after a while. */
  #visible(): BrokerOrder[] {
    const lagMs = this.rules.settlingTimeMs / 2;
    return this.held
      .filter(({ acceptedAt }) => this.#timeline.now() - acceptedAt >= lagMs)
      .map(({ order }) => order);
  }

  async #query<T>(rows: () => T[]): Promise<Result<T[], BrokerFailure>> {
    await this.#latency();
    if (this.#trouble.brokerDown || this.#trouble.strikes("queryFails"))
      return err({ kind: "network", reason: "no connection" });
    return ok(structuredClone(rows()));
  }

  openOrders(): Promise<Result<BrokerOrder[], BrokerFailure>> {
    return this.#query(() => this.#visible().filter((order) => isOpen({ order })));
  }

  closedOrders(since: number): Promise<Result<BrokerOrder[], BrokerFailure>> {
    return this.#query(() =>
      this.#visible().filter((order) => !isOpen({ order }) && order.updatedAt >= since),
    );
  }

  executions(since: number): Promise<Result<Execution[], BrokerFailure>> {
    return this.#query(() => this.fills.filter(({ executedAt }) => executedAt >= since));
  }

  positions(): ReturnType<BrokerTrading["positions"]> {
    return this.#query(() => {
      const quantity = this.fills.reduce((sum, each) => sum.plus(signedQuantity(each)), ZERO);
      return [{ instrument: "SIM:AAA", quantity: decimalText(quantity), averagePrice: "100" }];
    });
  }

  balances(): ReturnType<BrokerTrading["balances"]> {
    return this.#query(() => [{ currency: "USD", total: "1000000", available: "1000000" }]);
  }

  openOrderStream(): Promise<never> {
    throw new Error("the simulation brings stream events by itself");
  }

  parseOrderStream(): never {
    throw new Error("the simulation brings stream events by itself");
  }
}

const isOpen = ({ order }: Pick<Held, "order">): boolean =>
  order.state === "new" || order.state === "partially_filled";
