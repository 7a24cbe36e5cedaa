/** Random lives of many orders in a pure ledger, with a broker that keeps to their terms or does not. */
import fc from "fast-check";
import { decimal, decimalText, ZERO } from "../../../src/domain/decimal.ts";
import type { OrderEvent, OrderIntent, Side } from "../../../src/domain/order.ts";
import { isTerminal } from "../../../src/domain/order-state.ts";
import { decide } from "../../../src/domain/risk/decide.ts";
import { applyMarks } from "../../../src/domain/risk/exposure.ts";
import { applyBalances } from "../../../src/domain/risk/funds.ts";
import { apply } from "../../../src/domain/risk/ledger.ts";
import type { LimitName } from "../../../src/domain/risk/limit-names.ts";
import { decideReplace } from "../../../src/domain/risk/replace.ts";
import { emptyLedger, type LedgerOrder, type LedgerState } from "../../../src/domain/risk/state.ts";
import { NOON } from "./run.ts";
import { factsWith, fillOf, instrumentWith, markOf, postOf } from "./samples.ts";

const ALGOS = ["algo-a", "algo-b"];
const INSTRUMENTS = ["XNAS:ACME", "NSE:INFY"];
const CURRENCY: Record<string, string> = { "XNAS:ACME": "USD", "NSE:INFY": "INR" };

/** Small enough that random orders meet all of them. */
export const LIMITS: [LimitName, string][] = [
  ["moneyAtRiskInstrument", "1500"],
  ["moneyAtRiskAlgo", "1700"],
  ["moneyAtRiskPortfolio", "2500"],
  ["positionQuantity", "40"],
  ["openOrders", "12"],
  ["priceCollar", "0.2"],
];

export interface Step {
  kind: "intent" | "fill" | "replace" | "news";
  pick: number;
  algo: number;
  instrument: number;
  side: Side;
  type: OrderIntent["type"];
  quantity: number;
  price: number;
  stop: number | null;
  reduceOnly: boolean;
  share: number;
}

const many = <T>(value: T, times: number): T[] => Array.from({ length: times }, () => value);

export const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom<Step["kind"][]>(
    ...many<Step["kind"]>("intent", 8),
    ...many<Step["kind"]>("fill", 6),
    ...many<Step["kind"]>("replace", 2),
    ...many<Step["kind"]>("news", 4),
  ),
  pick: fc.nat(1_000),
  // Most of it in one holding, so that orders meet there.
  algo: fc.constantFrom(0, 0, 0, 1),
  instrument: fc.constantFrom(0, 0, 0, 1),
  side: fc.constantFrom("buy", "sell"),
  type: fc.constantFrom("market", "limit", "limit", "limit", "stop", "stop_limit"),
  quantity: fc.integer({ min: 1, max: 12 }),
  price: fc.integer({ min: 85, max: 115 }),
  stop: fc.option(fc.integer({ min: 70, max: 130 })),
  reduceOnly: fc.boolean(),
  share: fc.integer({ min: 1, max: 100 }),
});

/** Whether the broker may still have the order: what the ledger makes of it is not asked. */
const mayTrade = ({ order, label }: LedgerOrder): boolean =>
  !isTerminal(order.state) && !(order.state === "dead_lettered" && label !== "unknown");

/** Applies random steps. `honest`: the broker never takes back a refusal, and fills within the order's terms. */
export class Simulation {
  readonly state: LedgerState = emptyLedger(NOON);
  readonly honest: boolean;
  #now = NOON;
  #orders = 0;

  constructor(honest: boolean) {
    this.honest = honest;
    for (const [name, value] of LIMITS)
      apply(this.state, { kind: "limit", scope: "portfolio", name, value, by: "test", at: NOON });
    applyMarks(
      this.state,
      INSTRUMENTS.map((instrument) => markOf(NOON, 100, instrument)),
    );
    const balances = [
      { currency: "USD", available: "1000000" },
      { currency: "INR", available: "1000000" },
    ];
    applyBalances(this.state, "paper", balances, NOON);
  }

  run(each: Step): void {
    this.#now += 400;
    applyMarks(
      this.state,
      INSTRUMENTS.map((instrument) => markOf(this.#now, 100, instrument)),
    );
    const all = [...this.state.orders.values()];
    const live = all.filter(mayTrade);
    const known = this.honest || each.pick % 4 ? live : all;
    const entry = known[each.pick % Math.max(1, known.length)];
    if (!entry || each.kind === "intent") this.#intent(each);
    else if (each.kind === "fill") this.#fill(entry, each);
    else if (each.kind === "replace") this.#replace(entry, each);
    else this.#post(entry, this.#news(entry, each));
  }

  #intent(each: Step): void {
    const instrument = INSTRUMENTS[each.instrument] ?? "";
    const price = String(each.price);
    const { type } = each;
    const intent: OrderIntent = {
      clientOrderId: `o-${++this.#orders}`,
      algoId: ALGOS[each.algo] ?? "",
      account: "paper",
      instrument,
      side: each.side,
      type,
      quantity: String(each.quantity),
      limitPrice: type === "limit" || type === "stop_limit" ? price : null,
      stopPrice: type === "stop" || type === "stop_limit" ? String(each.price - 1) : null,
      timeInForce: "day",
      protectiveStop: each.stop === null ? null : String(each.stop),
      reduceOnly: each.reduceOnly && each.share > 50,
    };
    const decision = decide(this.state, intent, this.#facts(instrument), this.#now);
    if (decision.kind !== "approved") return;
    const { order, reservation } = decision;
    apply(this.state, { kind: "reserved", order, reservation });
  }

  #facts(id: string) {
    return factsWith({ instrument: instrumentWith({ id, currency: CURRENCY[id] ?? "" }) });
  }

  /** A fill of part of what is left, at a price that the order's terms allow. */
  #fill(entry: LedgerOrder, each: Step): void {
    const { order } = entry;
    if (this.honest && !mayTrade(entry)) return;
    const left = this.honest ? entry.quantity.minus(entry.filled) : decimal(each.quantity);
    if (left.lte(ZERO)) return;
    const quantity = left.times(each.share).div(100).round(0, "up");
    const highest = entry.unit.price;
    const lowest = entry.unit.stop
      ? order.side === "sell"
        ? entry.unit.stop.minus(entry.unit.moneyAtRisk)
        : decimal(1)
      : decimal(1);
    const span = highest.minus(lowest);
    const price = lowest.plus(
      span
        .times(each.pick % 101)
        .div(100)
        .round(6, "down"),
    );
    if (price.lte(ZERO)) return;
    const fill = fillOf(order, decimalText(quantity), decimalText(price), {
      feeCurrency: CURRENCY[order.instrument] ?? "",
    });
    this.#post(entry, fill);
  }

  #replace(entry: LedgerOrder, each: Step): void {
    const { order } = entry;
    const changes = {
      quantity: each.share % 2 ? String(each.quantity) : null,
      limitPrice: order.limitPrice && each.share % 3 ? String(each.price) : null,
      stopPrice: null,
    };
    const facts = this.#facts(order.instrument);
    const decided = decideReplace(this.state, order.clientOrderId, changes, facts, "x", this.#now);
    if (decided.ok) apply(this.state, decided.value);
  }

  #news(entry: LedgerOrder, each: Step): OrderEvent {
    const reason = "test";
    const label = (["not_sent", "rejected", "unknown"] as const)[each.pick % 3] ?? "unknown";
    const accepted: OrderEvent = {
      kind: "accepted",
      brokerOrderId: `b-${entry.order.clientOrderId}`,
      pendingTrigger: entry.order.type === "stop",
    };
    // A refusal or a discard that is taken back reserves again without asking: not by an honest broker.
    const revives = this.honest && !mayTrade(entry);
    if (entry.asked && each.share > 60) return { kind: "replaced", changes: entry.asked.changes };
    if (entry.order.state === "unknown" && each.share > 60) return accepted;
    const news: OrderEvent[] = [
      ...many<OrderEvent>(revives ? { kind: "triggered" } : accepted, 6),
      { kind: "canceled", reason },
      { kind: "rejected", reason },
      { kind: "outcome_unknown", reason },
      { kind: "cancel_requested", by: "x" },
      { kind: "cancel_rejected", reason },
      entry.asked
        ? { kind: "replaced", changes: entry.asked.changes }
        : { kind: "replace_rejected", reason },
      { kind: "replace_rejected", reason },
      { kind: "expired", reason },
      { kind: "suspended", reason },
      { kind: "not_sent", reason, attempt: 1 },
      { kind: "triggered" },
      revives ? { kind: "triggered" } : { kind: "dead_lettered", label, reason },
      { kind: "discarded", by: "x", reason },
    ];
    return news[(each.pick + each.share) % news.length] ?? accepted;
  }

  #post(entry: LedgerOrder, event: OrderEvent): void {
    // On the desk without a reservation, only a person brings it back, which reserves nothing new here.
    if (this.honest && !mayTrade(entry)) return;
    const post = postOf(entry.order.clientOrderId, event, this.#now);
    apply(this.state, { kind: "posted", post });
  }
}
