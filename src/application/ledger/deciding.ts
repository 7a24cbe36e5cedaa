/** The ledger's decisions as transactions: look up, decide purely, apply and store, in one synchronous run. */
import { errorText } from "../log.ts";
import type {
  IntentFacts,
  OrderProblem,
  ReserveAnswer,
  ReserveAsk,
  ReservedOne,
} from "../ports.ts";
import type { LimitsRequest, LimitView } from "../../contract/risk.ts";
import type { Order, OrderChanges, OrderIntent } from "../../domain/order.ts";
import { err, ok, type Result } from "../../domain/result.ts";
import { limitsExceeded, type LimitExceeded } from "../../domain/risk/above.ts";
import { decide } from "../../domain/risk/decide.ts";
import { explain, type Explanation, type QuestionFacts } from "../../domain/risk/explain.ts";
import { passesByItself, type Refusal } from "../../domain/risk/refusal.ts";
import { decideReplace } from "../../domain/risk/replace.ts";
import type { LedgerState } from "../../domain/risk/state.ts";
import type { LedgerBook } from "./book.ts";
import { deny, findArchived, findRepeated } from "./denials.ts";

export const reserve = (
  book: LedgerBook,
  intent: OrderIntent,
  facts: IntentFacts,
  now: number,
): ReserveAnswer => book.commit(now, (state) => reserveIn(book, state, intent, facts, now));

function reserveIn(
  book: LedgerBook,
  state: LedgerState,
  intent: OrderIntent,
  facts: IntentFacts,
  now: number,
): ReserveAnswer {
  if (facts.mark) book.takeMark(state, facts.mark);
  const { clientOrderId: id } = intent;
  const known =
    book.find(state, id) ?? findRepeated(book, state, id) ?? findArchived(book, state, intent);
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
      if (known || !isRecorded(refusal, intent, facts))
        return { kind: "denied", order: null, refusal };
      deny(book, state, order, now);
      return { kind: "denied", order, refusal };
    }
  }
}

/**
 * One after the other, in one transaction. Where that fails nothing of it has happened, and each gets one
 * of its own: what goes wrong with one is not the others' trouble.
 */
export function reserveAll(
  book: LedgerBook,
  asks: readonly ReserveAsk[],
  now: number,
): ReservedOne[] {
  try {
    return book.commit(now, (state) =>
      asks.map(({ intent, facts }) => answered(reserveIn(book, state, intent, facts, now))),
    );
  } catch {
    return asks.map((ask) => reserveOne(book, ask, now));
  }
}

function reserveOne(book: LedgerBook, { intent, facts }: ReserveAsk, now: number): ReservedOne {
  try {
    return answered(reserve(book, intent, facts, now));
  } catch (error) {
    return { kind: "failed", reason: errorText(error) };
  }
}

/** Without the order as it was reserved: its gateway makes no use of it. */
const answered = (answer: ReserveAnswer): ReservedOne =>
  answer.kind === "approved" ? { kind: "approved", approved: answer.approved } : answer;

/** What `reserve` would decide, and why. It is no transaction: nothing is written or kept. */
export const explainIntent = (
  book: LedgerBook,
  intent: OrderIntent,
  facts: QuestionFacts,
  now: number,
): Explanation => explain(book.state(now), intent, facts, now);

/**
 * A denial is recorded as an order, or counted in a flood, so that it is seen; never over an order that already has the id,
 * whichever check refused, and not when the ledger only asks for what the caller can fetch: a price that it did not
 * bring, or balances that nobody has read yet. Nor when a region asks that may not trade: the one that
 * may has the same intent to answer. Nor a bracket's exit that its gateway asks for until it is approved:
 * its id has to stay free, and its denials would fill the ledger over a night. Nor what a flatten asks for
 * until it is flat: people are told of its refusal by an incident.
 */
const isRecorded = (refusal: Refusal, intent: OrderIntent, facts: IntentFacts): boolean =>
  refusal.code !== "STALE_EPOCH" &&
  !(refusal.code === "STALE_PRICE" && facts.mark === null) &&
  !(refusal.code === "FUNDS" && refusal.have === null) &&
  facts.flattens !== true &&
  !(intent.exit && passesByItself(refusal));

export function reserveReplace(
  book: LedgerBook,
  clientOrderId: string,
  changes: OrderChanges,
  facts: IntentFacts,
  by: string,
  now: number,
): Result<Order, Refusal | OrderProblem> {
  return book.commit(now, (state) => {
    if (facts.mark) book.takeMark(state, facts.mark);
    book.find(state, clientOrderId);
    const decided = decideReplace(state, clientOrderId, changes, facts, by, now);
    if (!decided.ok) return decided;
    const { entry } = book.apply(state, decided.value, now);
    return entry ? ok(entry.order) : err("absent");
  });
}

/** Each change is an event and an audited fact; what already stands above a new limit is answered. */
export function setLimits(
  book: LedgerBook,
  { changes, reason }: LimitsRequest,
  by: string,
  now: number,
): { limits: LimitView[]; above: LimitExceeded[] } {
  return book.commit(now, (state) => {
    for (const { scope, name, value } of changes) {
      const before = state.limits.at(scope, name);
      const event = { kind: "limit", scope, name, value, by, at: now } as const;
      const { version } = book.apply(state, event, now);
      book.storage.saveLimit(scope, name, value, by, now);
      book.audit(version, now, "limit_set", `${scope} ${name}`, before, value, reason, by);
    }
    const above = changes.flatMap(({ scope, name }) => limitsExceeded(state, scope, name));
    return { limits: state.limits.list(), above };
  });
}
