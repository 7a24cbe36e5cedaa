/** What each check would say to an intent, and with what margin. It changes nothing, not even in memory. */
import { decimalText, type Decimal, type DecimalText } from "../decimal.ts";
import type { OrderIntent } from "../order.ts";
import { caseOf, type DecideFacts } from "./case.ts";
import { appliesTo } from "./checks/check.ts";
import { RISK_CHECKS } from "./checks/index.ts";
import { applyMarks } from "./exposure.ts";
import { apply } from "./ledger.ts";
import type { Margin, MarginUnit } from "./margin.ts";
import type { RefusalCode } from "./refusal.ts";
import { tradingDay, type LedgerState } from "./state.ts";

/** Stands for the id of an intent that has none: no order can have it. */
export const NO_CLIENT_ORDER_ID = "";

export const VERDICTS = ["passes", "refuses", "skipped"] as const;

/** `clears`: what is open on its side would be canceled first, and so is not counted. */
export type QuestionFacts = DecideFacts & { clears?: true };

export interface MarginFacts {
  scope: string;
  unit: MarginUnit;
  limit: DecimalText | null;
  asked: DecimalText | null;
  have: DecimalText | null;
  room: DecimalText | null;
}

export interface CheckExplained {
  code: RefusalCode;
  /** `skipped`: the check is for orders that may raise exposure, and this one cannot. */
  verdict: (typeof VERDICTS)[number];
  /** Why it refuses, in one sentence; null when it does not. */
  message: string | null;
  /** One for each comparison that was made; a check stops at the first that refuses. */
  margins: MarginFacts[];
}

export interface Explanation {
  /** The ledger's version that it was judged at. */
  version: number;
  /** The first check that refuses, which is what an order would be denied with; null when all pass. */
  refusedBy: RefusalCode | null;
  /** True when it can only lower exposure. */
  onlyReduces: boolean;
  /** What it would add, in the base currency; null when a price or a rate is missing. */
  moneyAtRisk: DecimalText | null;
  notional: DecimalText | null;
  /** Every check in the order in which they run, also those after the first refusal. */
  checks: CheckExplained[];
}

/** Judges as `decide` would at `now`. */
export function explain(
  state: LedgerState,
  intent: OrderIntent,
  facts: QuestionFacts,
  now: number,
): Explanation {
  const each = caseOf(asOf(state, facts, now), intent, facts, now, null, facts.clears === true);
  const checks = RISK_CHECKS.map(([code, check]): CheckExplained => {
    if (!appliesTo(check, each)) return { code, verdict: "skipped", message: null, margins: [] };
    const margins: MarginFacts[] = [];
    const refusal = check.check(each, (margin) => void margins.push(factsOf(margin)));
    const verdict = refusal ? "refuses" : "passes";
    return { code, verdict, message: refusal?.message ?? null, margins };
  });
  return {
    version: state.version,
    refusedBy: checks.find(({ verdict }) => verdict === "refuses")?.code ?? null,
    onlyReduces: each.onlyReduces,
    moneyAtRisk: text(each.addedRisk),
    notional: text(each.notional),
    checks,
  };
}

/** The state as a decision would find it: with the mark that was fetched, on the trading day of `now`. */
function asOf(state: LedgerState, { mark }: DecideFacts, now: number): LedgerState {
  const day = tradingDay(now);
  if (!mark && day <= state.day) return state;
  const copy = copyOf(state);
  if (day > copy.day) apply(copy, { kind: "day", day });
  if (mark) applyMarks(copy, [mark]);
  return copy;
}

/** Everything that a mark or a new day changes is a copy of its own; orders are shared. */
function copyOf(state: LedgerState): LedgerState {
  const copies = new Map([...state.holdings.values()].map((holding) => [holding, { ...holding }]));
  const copied = <T>(holding: T) => (copies as Map<T, T>).get(holding) ?? holding;
  return {
    ...state,
    marks: new Map(state.marks),
    holdings: new Map([...state.holdings].map(([key, holding]) => [key, copied(holding)])),
    holdingsOf: new Map(
      [...state.holdingsOf].map(([id, holdings]) => [id, new Set([...holdings].map(copied))]),
    ),
    aggregates: new Map([...state.aggregates].map(([scope, each]) => [scope, { ...each }])),
    unstored: new Set(),
  };
}

const factsOf = ({ scope, unit, limit, asked, have, room }: Margin): MarginFacts => ({
  scope,
  unit,
  limit: text(limit),
  asked: text(asked),
  have: text(have),
  room: text(room),
});

const text = (value: Decimal | null | undefined): DecimalText | null =>
  value ? decimalText(value) : null;
