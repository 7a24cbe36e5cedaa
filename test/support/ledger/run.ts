/** A pure ledger driven step by step: what the shell does in a transaction, without its storage. */
import type { OrderChanges, OrderEvent, OrderIntent } from "../../../src/domain/order.ts";
import { decide, type Decision } from "../../../src/domain/risk/decide.ts";
import { applyMarks } from "../../../src/domain/risk/exposure.ts";
import { applyBalances } from "../../../src/domain/risk/funds.ts";
import { apply } from "../../../src/domain/risk/ledger.ts";
import type { LimitName } from "../../../src/domain/risk/limit-names.ts";
import type { DecideFacts } from "../../../src/domain/risk/case.ts";
import { decideReplace } from "../../../src/domain/risk/replace.ts";
import { emptyLedger, type LedgerOrder, type LedgerState } from "../../../src/domain/risk/state.ts";
import { factsWith, fillOf, INSTRUMENT, intentWith, markOf, postOf } from "./samples.ts";

/** 2026-11-20, noon. */
export const NOON = Date.UTC(2026, 10, 20, 12);

export class LedgerRun {
  state: LedgerState = emptyLedger(NOON);
  now = NOON;

  /** A ledger with a fresh mark of 100 and a million in the bank. */
  constructor() {
    this.mark(100);
    this.balance("1000000");
  }

  mark(price: number, instrument = INSTRUMENT.id, time = this.now): void {
    applyMarks(this.state, [markOf(time, price, instrument)]);
  }

  balance(available: string, currency = "USD", at = this.now): void {
    applyBalances(this.state, "paper", [{ currency, available }], at);
  }

  limit(name: LimitName, value: string | null, scope = "portfolio"): void {
    apply(this.state, { kind: "limit", scope, name, value, by: "person", at: this.now });
  }

  tradingState(scope: string, state: "active" | "reducing" | "halted"): void {
    const record = { scope, state, reason: "test", by: "person", since: this.now };
    apply(this.state, { kind: "trading_state", record });
  }

  /** The positions under a halted scope are to be closed. */
  flattenOwed(scope: string): void {
    const change = { kind: "flatten_owed", scope, at: this.now } as const;
    apply(this.state, { kind: "control", change });
  }

  restrict(scope: string): void {
    const restriction = { scope, reason: "test", by: "person", since: this.now };
    apply(this.state, { kind: "control", change: { kind: "restrict", restriction } });
  }

  decide(changes: Partial<OrderIntent> = {}, facts: Partial<DecideFacts> = {}): Decision {
    return decide(this.state, intentWith(changes), factsWith(facts), this.now);
  }

  /** The code of the refusal, or what else came of it. */
  verdict(changes: Partial<OrderIntent> = {}, facts: Partial<DecideFacts> = {}): string {
    const decision = this.decide(changes, facts);
    return decision.kind === "denied" ? decision.refusal.code : decision.kind;
  }

  /** Decides and applies: the order must be approved. */
  reserve(changes: Partial<OrderIntent> = {}, facts: Partial<DecideFacts> = {}): LedgerOrder {
    const decision = this.decide(changes, facts);
    if (decision.kind !== "approved") throw new Error(`not approved: ${JSON.stringify(decision)}`);
    const { order, reservation } = decision;
    apply(this.state, { kind: "reserved", order, reservation });
    return this.entry(order.clientOrderId);
  }

  post(clientOrderId: string, event: OrderEvent): LedgerOrder {
    apply(this.state, { kind: "posted", post: postOf(clientOrderId, event, this.now) });
    return this.entry(clientOrderId);
  }

  /** The code of the refusal, the trouble, or `reserved` with the event applied. */
  replace(
    clientOrderId: string,
    changes: Partial<OrderChanges>,
    facts: Partial<DecideFacts> = {},
  ): string {
    const whole: OrderChanges = { quantity: null, limitPrice: null, stopPrice: null, ...changes };
    const decided = decideReplace(
      this.state,
      clientOrderId,
      whole,
      factsWith(facts),
      "person",
      this.now,
    );
    if (!decided.ok) return typeof decided.error === "string" ? decided.error : decided.error.code;
    apply(this.state, decided.value);
    return "reserved";
  }

  day(day: string): void {
    apply(this.state, { kind: "day", day });
  }

  entry(clientOrderId: string): LedgerOrder {
    const entry = this.state.orders.get(clientOrderId);
    if (!entry) throw new Error(`no order ${clientOrderId}`);
    return entry;
  }

  /** Money at risk of a scope, as text. */
  risk(scope = "portfolio"): string {
    return this.state.aggregates.get(scope)?.figures.moneyAtRisk.toFixed() ?? "0";
  }

  figures(scope = "portfolio") {
    const aggregate = this.state.aggregates.get(scope);
    if (!aggregate) throw new Error(`nothing at ${scope}`);
    return aggregate.figures;
  }
}

/** Buys at 100 and is filled at once. */
export function long(run: LedgerRun, quantity: string, changes: Partial<OrderIntent> = {}): void {
  const { order } = run.reserve({ quantity, ...changes });
  run.post(order.clientOrderId, fillOf(order, quantity, "100"));
}

/** Whether a scope is that of an algo in an instrument. */
export const isPair = (scope: string): boolean => scope.includes("|");
