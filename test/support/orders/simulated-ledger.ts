/**
 * The ledger's pure core behind its port, as its Durable Object runs it: decide and apply in one step,
 * each event once, and a sweep of what nobody carried on.
 */
import type { ReserveAnswer, IntentFacts, OrderProblem } from "../../../src/application/ports.ts";
import type { BrokerBalance } from "../../../src/brokers/broker.ts";
import { ORDER_STEP_OVERDUE_MS } from "../../../src/domain/limits.ts";
import type {
  ApprovedOrder,
  DeadLetterLabel,
  Order,
  OrderChanges,
  OrderIntent,
  OrderPost,
} from "../../../src/domain/order.ts";
import { isTerminal, transition } from "../../../src/domain/order-state.ts";
import { err, ok, type Result } from "../../../src/domain/result.ts";
import { approvedAgain, decide } from "../../../src/domain/risk/decide.ts";
import { brokenEquations } from "../../../src/domain/risk/equation.ts";
import { applyMarks } from "../../../src/domain/risk/exposure.ts";
import { applyBalances } from "../../../src/domain/risk/funds.ts";
import { apply, underScope } from "../../../src/domain/risk/ledger.ts";
import type { Refusal } from "../../../src/domain/risk/refusal.ts";
import { decideReplace } from "../../../src/domain/risk/replace.ts";
import { emptyLedger, type LedgerState } from "../../../src/domain/risk/state.ts";
import type { ScopeText, TradingState } from "../../../src/domain/scope.ts";
import type { Timeline } from "./timeline.ts";

const WAITING: ReadonlySet<Order["state"]> = new Set([
  "pending_new",
  "pending_cancel",
  "pending_replace",
]);

export class SimulatedLedger {
  readonly state: LedgerState;
  readonly #timeline: Timeline;
  readonly #seenEvents = new Set<string>();
  readonly #seenExecutions = new Set<string>();

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
    this.state = emptyLedger(timeline.now());
    for (const name of ["dailyLoss", "drawdown", "ordersPerSecond"] as const) {
      const by = { by: "test", at: timeline.now() };
      apply(this.state, { kind: "limit", scope: "portfolio", name, value: "1000000000", ...by });
    }
  }

  reserve(intent: OrderIntent, facts: IntentFacts): ReserveAnswer {
    const now = this.#timeline.now();
    const mark = { price: 100, bid: 99.9, ask: 100.1, time: now, provider: "simulated" };
    applyMarks(this.state, [{ instrument: intent.instrument, ...mark }]);
    const decision = decide(this.state, intent, facts, now);
    switch (decision.kind) {
      case "existing":
        return decision;
      case "denied":
        return decision;
      case "approved": {
        const { order, approved, reservation } = decision;
        apply(this.state, { kind: "reserved", order, reservation });
        return { kind: "approved", order, approved };
      }
    }
  }

  post(posts: OrderPost[]): Order[] {
    const touched = new Map<string, Order>();
    for (const post of posts) {
      this.#postOnce(post);
      const order = this.order(post.clientOrderId);
      if (order) touched.set(order.clientOrderId, order);
    }
    return structuredClone([...touched.values()]);
  }

  #postOnce(post: OrderPost): void {
    if (this.#seenEvents.has(post.eventId)) return;
    this.#seenEvents.add(post.eventId);
    if (post.event.kind === "filled") {
      const { executionId } = post.event.execution;
      if (this.#seenExecutions.has(executionId)) return;
      this.#seenExecutions.add(executionId);
    }
    apply(this.state, { kind: "posted", post });
  }

  order(clientOrderId: string): Order | null {
    return this.state.orders.get(clientOrderId)?.order ?? null;
  }

  orders(): Order[] {
    return [...this.state.orders.values()].map(({ order }) => order);
  }

  approved(clientOrderId: string): ApprovedOrder | null {
    const order = this.order(clientOrderId);
    return order && approvedAgain(this.state, order);
  }

  requestCancel(clientOrderId: string, by: string): Result<Order, OrderProblem> {
    const order = this.order(clientOrderId);
    if (!order) return err("absent");
    if (isTerminal(order.state)) return err("ended");
    if (!transition(order.state, "cancel_requested").ok) return err("not_permitted");
    const at = this.#timeline.now();
    const event = { kind: "cancel_requested", by } as const;
    apply(this.state, { kind: "posted", post: { eventId: "", clientOrderId, event, at } });
    return ok(this.order(clientOrderId) ?? order);
  }

  /** Orders whose next step did not happen in time. */
  overdue(): Order[] {
    const before = this.#timeline.now() - ORDER_STEP_OVERDUE_MS;
    return this.orders().filter(
      ({ state, updatedAt }) => WAITING.has(state) && updatedAt <= before,
    );
  }

  /** One step of the sweep: the gateway has no record, so nothing was sent. True when a retry is due. */
  sweepUnsent(order: Order, attempts: number): boolean {
    const now = this.order(order.clientOrderId);
    if (now?.state !== "pending_new" || now.updatedAt !== order.updatedAt) return false;
    const { clientOrderId } = order;
    const reason = "nobody handed it to its gateway in time";
    const event =
      this.approved(clientOrderId) === null
        ? ({ kind: "canceled", reason } as const)
        : ({ kind: "not_sent", reason, attempt: attempts } as const);
    const at = this.#timeline.now();
    apply(this.state, { kind: "posted", post: { eventId: "", clientOrderId, event, at } });
    return event.kind === "not_sent";
  }

  askedChanges(clientOrderId: string): OrderChanges | null {
    return this.state.orders.get(clientOrderId)?.asked?.changes ?? null;
  }

  reserveReplace(
    clientOrderId: string,
    changes: OrderChanges,
    facts: IntentFacts,
    by: string,
  ): Result<Order, Refusal | OrderProblem> {
    const now = this.#timeline.now();
    const decided = decideReplace(this.state, clientOrderId, changes, facts, by, now);
    if (!decided.ok) return decided;
    const { entry } = apply(this.state, decided.value);
    return entry ? ok(entry.order) : err("absent");
  }

  deadLetter(clientOrderId: string, label: DeadLetterLabel, reason: string): Order | null {
    const order = this.order(clientOrderId);
    if (!order || !transition(order.state, "dead_lettered").ok) return order;
    const at = this.#timeline.now();
    const event = { kind: "dead_lettered", label, reason } as const;
    apply(this.state, { kind: "posted", post: { eventId: "", clientOrderId, event, at } });
    return this.order(clientOrderId);
  }

  recordBalances(account: string, balances: BrokerBalance[], at: number): void {
    applyBalances(this.state, account, balances, at);
  }

  setTradingState(scope: ScopeText, state: TradingState): { version: number; open: Order[] } {
    const since = this.#timeline.now();
    apply(this.state, {
      kind: "trading_state",
      record: { scope, state, reason: "test", by: "test", since },
    });
    const within = underScope(scope);
    const open = this.orders().filter((order) => !isTerminal(order.state) && within(order));
    return { version: this.state.version, open };
  }

  brokenEquations(): string[] {
    return brokenEquations(this.state.holdings.values());
  }
}
