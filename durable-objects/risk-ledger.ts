/**
 * RiskLedger: the only maker of an approved order for one portfolio. Decide, reserve and record are
 * one synchronous transaction; nothing is awaited in between, and nothing here reaches a broker.
 */
import { DurableObject } from "cloudflare:workers";
import type { BrokerBalance } from "../src/brokers/broker.ts";
import type {
  IntentFacts,
  KillAnswer,
  LedgerNotice,
  OrderProblem,
  ReserveAnswer,
  RiskLedgerPort,
} from "../src/application/ports.ts";
import type { ApiError } from "../src/contract/errors.ts";
import type { OrdersQuery, OrderView, PositionView } from "../src/contract/orders.ts";
import type { Page } from "../src/contract/primitives.ts";
import type {
  ExposureView,
  LimitsRequest,
  LimitView,
  RiskStatusView,
} from "../src/contract/risk.ts";
import { KILL_SWITCH_HOLD_MS } from "../src/domain/limits.ts";
import type {
  ApprovedOrder,
  DeadLetterLabel,
  Order,
  OrderChanges,
  OrderEvent,
  OrderIntent,
  OrderPost,
} from "../src/domain/order.ts";
import { isTerminal, transition } from "../src/domain/order-state.ts";
import { err, ok, type Result } from "../src/domain/result.ts";
import { limitsExceeded, type LimitExceeded } from "../src/domain/risk/above.ts";
import { approvedAgain, decide } from "../src/domain/risk/decide.ts";
import { applyBalances } from "../src/domain/risk/funds.ts";
import { openOrders, underScope } from "../src/domain/risk/ledger.ts";
import type { Refusal } from "../src/domain/risk/refusal.ts";
import { decideReplace } from "../src/domain/risk/replace.ts";
import type { LedgerOrder, LedgerState } from "../src/domain/risk/state.ts";
import type { ScopeText } from "../src/domain/scope.ts";
import { PORTFOLIO } from "../src/platform/deployment.ts";
import { market } from "../src/platform/objects.ts";
import { tradebook } from "../src/storage/tradebook.ts";
import { LedgerBook } from "./risk-ledger.book.ts";
import { GatewayCalls } from "./risk-ledger.gateway-calls.ts";
import { Notices } from "./risk-ledger.notices.ts";
import { Outbox } from "./risk-ledger.outbox.ts";
import { LedgerStorage } from "./risk-ledger.storage.ts";
import { exposureViews, positionViews, statusView } from "./risk-ledger.views.ts";

export class RiskLedger extends DurableObject<Env> implements RiskLedgerPort {
  readonly #book: LedgerBook;
  readonly #notices: Notices;
  readonly #gateways: GatewayCalls;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#book = new LedgerBook({
      storage: new LedgerStorage(ctx.storage),
      outbox: new Outbox(ctx.storage, tradebook(env.DB)),
      transaction: (work) => ctx.storage.transactionSync(work),
      onCommit: (notices) => this.#committed(notices),
    });
    this.#notices = new Notices((name, notices) => market(env, name).publish(notices));
    this.#gateways = new GatewayCalls(ctx.storage.sql, env);
  }

  async reserve(intent: OrderIntent, facts: IntentFacts): Promise<ReserveAnswer> {
    const now = Date.now();
    return this.#book.commit(now, (state): ReserveAnswer => {
      const book = this.#book;
      if (facts.mark) book.takeMark(state, facts.mark);
      book.find(state, intent.clientOrderId);
      const decision = decide(state, intent, facts, now);
      switch (decision.kind) {
        case "existing":
          return decision;
        case "approved": {
          const { order, reservation, approved } = decision;
          book.apply(state, { kind: "reserved", order, reservation }, now);
          return { kind: "approved", order, approved };
        }
        case "denied": {
          const { order, refusal } = decision;
          if (!isRecorded(refusal, facts)) return { kind: "denied", order: null, refusal };
          book.apply(state, { kind: "denied", order }, now);
          return { kind: "denied", order, refusal };
        }
      }
    });
  }

  async post(posts: OrderPost[]): Promise<Order[]> {
    return this.#book.commit(Date.now(), (state) => {
      const orders = new Map<string, LedgerOrder>();
      for (const post of posts) {
        const entry = this.#book.post(state, post);
        if (entry) orders.set(post.clientOrderId, entry);
      }
      return [...orders.values()].map(({ order }) => order);
    });
  }

  async reserveReplace(
    clientOrderId: string,
    changes: OrderChanges,
    facts: IntentFacts,
    by: string,
  ): Promise<Result<Order, Refusal | OrderProblem>> {
    const now = Date.now();
    return this.#book.commit(now, (state) => {
      if (facts.mark) this.#book.takeMark(state, facts.mark);
      this.#book.find(state, clientOrderId);
      const decided = decideReplace(state, clientOrderId, changes, facts, by, now);
      if (!decided.ok) return decided;
      const { entry } = this.#book.apply(state, decided.value, now);
      return entry ? ok(entry.order) : err("absent");
    });
  }

  async requestCancel(clientOrderId: string, by: string): Promise<Result<Order, OrderProblem>> {
    const now = Date.now();
    return this.#book.commit(now, (state) => {
      const entry = this.#book.find(state, clientOrderId);
      if (!entry) return err("absent");
      if (isTerminal(entry.order.state)) return err("ended");
      if (!transition(entry.order.state, "cancel_requested").ok) return err("not_permitted");
      return ok(this.#wishCancel(state, entry, by, now).order);
    });
  }

  /** Saying it again changes nothing, so it is no new event. */
  #wishCancel(state: LedgerState, entry: LedgerOrder, by: string, now: number): LedgerOrder {
    if (entry.order.state === "pending_cancel") return entry;
    return this.#append(state, entry, { kind: "cancel_requested", by }, now);
  }

  /** An event that the ledger makes itself: its version is its id. */
  #append(state: LedgerState, entry: LedgerOrder, event: OrderEvent, now: number): LedgerOrder {
    const { clientOrderId } = entry.order;
    const eventId = `ledger:${state.version + 1}`;
    return this.#book.post(state, { eventId, clientOrderId, event, at: now }) ?? entry;
  }

  async order(clientOrderId: string): Promise<Order | null> {
    const known = this.#book.state(Date.now()).orders.get(clientOrderId);
    return (known ?? this.#book.storage.order(clientOrderId))?.order ?? null;
  }

  async approved(clientOrderId: string): Promise<ApprovedOrder | null> {
    const order = await this.order(clientOrderId);
    return order && approvedAgain(this.#book.state(Date.now()), order);
  }

  async orders(query: OrdersQuery): Promise<Page<OrderView>> {
    return this.#book.storage.orders(query);
  }

  async positions(): Promise<PositionView[]> {
    const now = Date.now();
    return positionViews(this.#book.state(now), now);
  }

  async exposure(): Promise<ExposureView[]> {
    return exposureViews(this.#book.state(Date.now()));
  }

  async status(): Promise<RiskStatusView> {
    return this.#status();
  }

  #status(): RiskStatusView {
    return statusView(this.#book.state(Date.now()), PORTFOLIO, this.#book.outbox.size);
  }

  async limits(): Promise<LimitView[]> {
    return this.#book.state(Date.now()).limits.list();
  }

  async setLimits(
    request: LimitsRequest,
    by: string,
  ): Promise<{ limits: LimitView[]; above: LimitExceeded[] }> {
    const now = Date.now();
    return this.#book.commit(now, (state) => {
      for (const { scope, name, value } of request.changes) {
        const before = state.limits.at(scope, name);
        const { version } = this.#book.apply(
          state,
          { kind: "limit", scope, name, value, by, at: now },
          now,
        );
        this.#book.storage.saveLimit(scope, name, value, by, now);
        const subject = `${scope} ${name}`;
        this.#book.audit(version, now, "limit_set", subject, before, value, request.reason, by);
      }
      const above = request.changes.flatMap(({ scope, name }) =>
        limitsExceeded(state, scope, name),
      );
      return { limits: state.limits.list(), above };
    });
  }

  /** Latches first, tells every gateway, and only then says that it is done. */
  async trip(scope: ScopeText, reason: string, by: string): Promise<KillAnswer> {
    const now = Date.now();
    const record = this.#book.commit(now, (state) => {
      const known = state.tradingStates.get(scope);
      const version = state.version + 1;
      const again = known?.state === "halted";
      const next = again
        ? known
        : ({ scope, state: "halted", reason, by, since: now, version } as const);
      // Tripping it again keeps who did it first and since when, but tells the gateways once more.
      if (!again) {
        this.#book.apply(state, { kind: "trading_state", record: next }, now);
        this.#book.storage.saveTradingState(next);
        this.#book.audit(version, now, "kill_switch", scope, known ?? null, next, reason, by);
      }
      this.#gateways.owe(scope, "halt", next.version);
      return next;
    });
    await this.#gateways.settle();
    const toCancel = this.#book.commit(now, (state) =>
      openOrders(state, underScope(scope))
        .filter(({ order }) => transition(order.state, "cancel_requested").ok)
        .map((entry) => this.#wishCancel(state, entry, by, now).order),
    );
    return this.#killAnswer(record, toCancel);
  }

  async resetTrip(
    scope: ScopeText,
    reason: string,
    by: string,
  ): Promise<Result<KillAnswer, ApiError>> {
    const now = Date.now();
    const reset = this.#book.commit(now, (state): Result<KillAnswer, ApiError> => {
      const known = state.tradingStates.get(scope);
      if (known?.state !== "halted")
        return err({ code: "CONFLICT", message: `${scope} is not halted`, details: { scope } });
      const left = known.since + KILL_SWITCH_HOLD_MS - now;
      if (left > 0)
        return err({
          code: "TOO_EARLY",
          message: `${scope} was halted a moment ago; reset it in ${left} ms`,
          details: { scope, limit: String(KILL_SWITCH_HOLD_MS), have: String(now - known.since) },
        });
      const record = { scope, state: "active", reason, by, since: now } as const;
      const { version } = this.#book.apply(state, { kind: "trading_state", record }, now);
      const next = { ...record, version };
      this.#book.storage.saveTradingState(next);
      this.#book.audit(version, now, "kill_switch_reset", scope, known, next, reason, by);
      this.#gateways.owe(scope, "resume", version);
      return ok(this.#killAnswer(next, []));
    });
    if (reset.ok) await this.#gateways.settle();
    return reset;
  }

  #killAnswer(
    record: Pick<KillAnswer, "scope" | "state" | "version" | "since">,
    toCancel: Order[],
  ): KillAnswer {
    const { scope, state, version, since } = record;
    const open = openOrders(this.#book.state(Date.now()), underScope(scope));
    return { scope, state, version, openOrders: open.length, since, toCancel };
  }

  async recordBalances(account: string, balances: BrokerBalance[], at: number): Promise<void> {
    this.#book.commit(Date.now(), (state) => {
      const counted = applyBalances(state, account, balances, at);
      const kept = state.balances.get(account);
      if (kept) this.#book.storage.saveBalances(account, kept);
      for (const entry of counted) this.#book.storage.saveOrder(entry, state.version);
    });
  }

  async deadLetter(
    clientOrderId: string,
    label: DeadLetterLabel,
    reason: string,
  ): Promise<Order | null> {
    const now = Date.now();
    return this.#book.commit(now, (state) => {
      const entry = this.#book.find(state, clientOrderId);
      if (!entry) return null;
      const { order } = entry;
      if (order.state === "dead_lettered" && entry.label === label) return order;
      if (!transition(order.state, "dead_lettered").ok) return order;
      return this.#append(state, entry, { kind: "dead_lettered", label, reason }, now).order;
    });
  }

  async follow(name: string): Promise<{ version: number }> {
    this.#book.storage.follow(name);
    return { version: this.#book.state(Date.now()).version };
  }

  async unfollow(name: string): Promise<void> {
    this.#book.storage.unfollow(name);
    this.#notices.drop(name);
  }

  async ensure(): Promise<void> {
    await this.#book.outbox.flush();
    await this.#gateways.settle();
  }

  #committed(notices: LedgerNotice[]): void {
    this.ctx.waitUntil(this.#book.outbox.flush());
    const followers = this.#book.storage.followers();
    if (followers.length === 0) return;
    this.#notices.add(followers, notices);
    this.ctx.waitUntil(this.#notices.send());
  }
}

/**
 * A denial is recorded as an order, so that it is seen; not when the id already stands for another
 * order, and not when the ledger only asks for a price that the caller did not bring.
 */
const isRecorded = ({ code }: Refusal, facts: IntentFacts): boolean =>
  code !== "DUPLICATE_INTENT" && !(code === "STALE_PRICE" && facts.mark === null);
