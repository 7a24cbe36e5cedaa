/**
 * A broker that behaves badly on purpose: it loses answers, repeats and reorders its stream, forgets
 * for a moment what it took, and does not refuse a second order with the same id, so that one shows.
 */
import type {
  BrokerFailure,
  BrokerOrder,
  BrokerPosition,
  BrokerTrading,
  CancelOutcome,
  SubmitOutcome,
} from "../../../src/brokers/broker.ts";
import type { ApprovedOrder, Execution, OrderChanges } from "../../../src/domain/order.ts";
import { err, ok, type Result } from "../../../src/domain/result.ts";
import { Account, PLENTY } from "./account.ts";
import { SIMULATED_RULES } from "./broker-faults.ts";
import type { BrokerFaults } from "./broker-faults.ts";
import { Exchange, isOpen, type Held, type StreamEvent } from "./exchange.ts";
import type { Random } from "./random.ts";
import type { Timeline } from "./timeline.ts";
import type { Trouble } from "./trouble.ts";

export type { StreamEvent } from "./exchange.ts";

const TIMEOUT_MS = 3_000;

/** A cancel that was taken is not done yet: until then the order may fill. */
const CANCEL_MS = 3_000;

/** The most by which an answer about positions may be behind. */
export const POSITIONS_LAG_MS = 3_000;

export class SimulatedBroker implements BrokerTrading {
  readonly rules = SIMULATED_RULES;
  readonly exchange: Exchange;
  /** Each submit as it left the gateway. */
  readonly sent: { clientOrderId: string; at: number }[] = [];
  /** Orders that the broker refused, and when. */
  readonly refused: { clientOrderId: string; at: number }[] = [];
  /** Orders of which a submit was left without an answer: nobody can know that they did not arrive. */
  readonly unanswered = new Set<string>();
  /** While it is on, every new order is refused. */
  refusesAll = false;
  /** While it is on, every cancel is refused. */
  refusesCancels = false;
  readonly account: Account;
  onEvent: ((event: StreamEvent) => void) | null = null;
  /** Sees each order as it leaves the gateway. */
  onSend: ((order: ApprovedOrder) => void) | null = null;
  /** Sees new terms as they leave the gateway, with the order as it stands here. */
  onModify: ((order: BrokerOrder, changes: OrderChanges) => void) | null = null;
  /** New terms of ours are in force. */
  onModified: ((order: BrokerOrder) => void) | null = null;
  readonly #trouble: Trouble;
  readonly #timeline: Timeline;
  readonly #random: Random;

  constructor(timeline: Timeline, random: Random, trouble: Trouble, money = PLENTY) {
    this.#timeline = timeline;
    this.#random = random;
    this.#trouble = trouble;
    this.exchange = new Exchange(timeline, random);
    this.account = new Account(this.exchange, money);
    this.exchange.onNews = (order, event) => this.#announce(order, event);
  }

  get held(): Held[] {
    return this.exchange.held;
  }

  get fills(): Execution[] {
    return this.exchange.fills;
  }

  async submit(order: ApprovedOrder): Promise<SubmitOutcome> {
    this.sent.push({ clientOrderId: order.intent.clientOrderId, at: this.#timeline.now() });
    this.onSend?.(order);
    await this.#latency();
    const strikes = (name: keyof BrokerFaults): boolean => this.#trouble.strikes(name);
    if (this.#trouble.brokerDown || strikes("connectFailure"))
      return { outcome: "not_sent", reason: "no connection" };
    if (strikes("refusedTryAgain")) return { outcome: "not_sent", reason: "try again" };
    if (this.refusesAll || strikes("rejected")) {
      const { clientOrderId } = order.intent;
      this.refused.push({ clientOrderId, at: this.#timeline.now() });
      return { outcome: "rejected", reason: "the broker says no" };
    }
    if (strikes("timeoutBefore")) return this.#timeout(order);
    if (strikes("arrivesLate")) {
      const lateMs = TIMEOUT_MS + this.#random.between(1, 2_000);
      this.#timeline.after(lateMs, () => void this.exchange.accept(order.intent));
      return this.#timeout(order);
    }
    const held = this.exchange.accept(order.intent);
    this.#strikeLater(held);
    const { brokerOrderId, state } = held.order;
    if (strikes("timeoutAfter")) return this.#timeout(order);
    await this.#latency();
    return { outcome: "accepted", brokerOrderId, pendingTrigger: state === "pending_trigger" };
  }

  /** What becomes of an order that it took, and that nobody asked for. */
  #strikeLater(held: Held): void {
    const later = (mostMs: number, act: () => void): void =>
      void this.#timeline.after(this.#random.between(0, mostMs), act);
    if (this.#trouble.strikes("rejectsLater")) later(5_000, () => this.#rejectLate(held));
    if (this.#trouble.strikes("cancelsItself"))
      later(20_000, () => this.exchange.end(held, "canceled", "canceled by the broker"));
    if (this.#trouble.strikes("forgets")) later(20_000, () => this.exchange.forget(held));
  }

  #rejectLate(held: Held): void {
    const { clientOrderId, filledQuantity } = held.order;
    if (!isOpen(held) || filledQuantity !== "0" || clientOrderId === null) return;
    this.refused.push({ clientOrderId, at: this.#timeline.now() });
    this.exchange.end(held, "rejected", "the exchange says no");
  }

  async #timeout({ intent }: ApprovedOrder): Promise<SubmitOutcome> {
    this.unanswered.add(intent.clientOrderId);
    await this.#timeline.sleep(TIMEOUT_MS);
    return { outcome: "unknown", reason: "no answer" };
  }

  #latency(): Promise<void> {
    return this.#timeline.sleep(this.#random.between(1, 60));
  }

  #announce({ clientOrderId, brokerOrderId }: BrokerOrder, event: StreamEvent["event"]): void {
    if (this.#trouble.strikes("eventLost")) return;
    const message: StreamEvent = {
      kind: "order_event",
      clientOrderId,
      brokerOrderId,
      eventId: this.exchange.nextId("S"),
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
    const held = this.exchange.open(brokerOrderId);
    if (!held) return { outcome: "rejected", reason: "no such open order" };
    if (this.refusesCancels || (trouble && fate < 0.75))
      return { outcome: "rejected", reason: "not now" };
    this.#timeline.after(this.#random.between(0, CANCEL_MS), () => this.exchange.cancel(held));
    if (trouble && fate < 0.9) return { outcome: "unknown", reason: "no answer" };
    return { outcome: "accepted" };
  }

  async modify(
    { brokerOrderId }: { brokerOrderId: string },
    changes: OrderChanges,
  ): Promise<CancelOutcome> {
    const standing = this.exchange.open(brokerOrderId);
    if (standing) this.onModify?.(standing.order, changes);
    await this.#latency();
    if (this.#trouble.brokerDown) return { outcome: "not_sent", reason: "no connection" };
    const held = this.exchange.open(brokerOrderId);
    if (!held) return { outcome: "rejected", reason: "no such open order" };
    if (this.#trouble.strikes("cancelTrouble") && this.#random.chance(0.5))
      return { outcome: "rejected", reason: "not now" };
    if (Number(changes.quantity ?? Infinity) <= Number(held.order.filledQuantity))
      return { outcome: "rejected", reason: "that much has filled already" };
    this.exchange.modify(held, changes);
    this.onModified?.(held.order);
    return this.#trouble.strikes("cancelTrouble")
      ? { outcome: "unknown", reason: "no answer" }
      : { outcome: "accepted" };
  }

  /** Records lag behind: a new order shows in look-ups only after a while. */
  #visible(): Held[] {
    const lagMs = this.rules.settlingTimeMs / 2;
    return this.held.filter(
      ({ acceptedAt, forgotten }) => !forgotten && this.#timeline.now() - acceptedAt >= lagMs,
    );
  }

  /** Rows are flat: a copy of each is one that nobody here sees changed. */
  async #query<T extends object>(rows: () => T[]): Promise<Result<T[], BrokerFailure>> {
    await this.#latency();
    if (this.#trouble.brokerDown || this.#trouble.strikes("queryFails"))
      return err({ kind: "network", reason: "no connection" });
    return ok(rows().map((row) => ({ ...row })));
  }

  openOrders(): Promise<Result<BrokerOrder[], BrokerFailure>> {
    return this.#query(() =>
      this.#visible()
        .filter(isOpen)
        .map(({ order }) => order),
    );
  }

  closedOrders(since: number): Promise<Result<BrokerOrder[], BrokerFailure>> {
    return this.#query(() =>
      this.#visible()
        .filter((held) => !isOpen(held) && held.order.updatedAt >= since)
        .map(({ order }) => order),
    );
  }

  executions(since: number): Promise<Result<Execution[], BrokerFailure>> {
    return this.#query(() =>
      this.fills.filter(
        ({ executionId, executedAt }) =>
          executedAt >= since &&
          (this.exchange.toldFrom.get(executionId) ?? 0) <= this.#timeline.now(),
      ),
    );
  }

  async positions(): Promise<Result<BrokerPosition[], BrokerFailure>> {
    if (this.#trouble.strikes("positionsFail"))
      return err({ kind: "network", reason: "no connection" });
    return this.#query(() => {
      const late = this.#trouble.strikes("positionsLate");
      const at = this.#timeline.now() - (late ? this.#random.between(1, POSITIONS_LAG_MS) : 0);
      const instruments = new Set(this.fills.map(({ instrument }) => instrument));
      return [...instruments].map((instrument) => ({
        instrument,
        quantity: this.exchange.position(instrument, at),
        averagePrice: "100",
      }));
    });
  }

  balances(): ReturnType<BrokerTrading["balances"]> {
    return this.#query(() => this.account.balances());
  }

  openOrderStream(): Promise<never> {
    throw new Error("the simulation brings stream events by itself");
  }

  parseOrderStream(): never {
    throw new Error("the simulation brings stream events by itself");
  }
}
