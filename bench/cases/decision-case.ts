/** What the ledger's decision costs by itself, every check on: a pure function on a full ledger, beside one look at a map. */
import { decisionMicros, ledgerOf, medianMicros } from "../../test/support/ledger/decision-cost.ts";
import {
  atMost,
  type Case,
  type CaseOptions,
  type CaseResult,
  median,
  range,
  times,
} from "./case.ts";

const FEW = 50;
const MANY = 500;

/** Rounds that are not counted: code that was just loaded is not yet compiled. */
const WARM_UP_ROUNDS = 3;

const tenths = (value: number | null): number | null =>
  value === null ? null : Math.round(value * 10) / 10;

async function decision({ rounds, say }: CaseOptions): Promise<CaseResult> {
  const few = ledgerOf(FEW);
  const many = ledgerOf(MANY);
  const seen = new Map([["nobody", 0]]);
  const measured = range(rounds + WARM_UP_ROUNDS)
    .map(() => ({
      few: decisionMicros(few, FEW),
      many: decisionMicros(many, MANY),
      look: medianMicros(MANY, ({ intent }) => seen.get(intent.clientOrderId)),
    }))
    .slice(WARM_UP_ROUNDS);
  const of = (name: "few" | "many" | "look"): number | null =>
    median(measured.map((each) => each[name]));
  const most = tenths(of("many"));
  const micros: [string, number | null][] = [
    [`one decision, ${FEW} instruments`, tenths(of("few"))],
    [`one decision, ${MANY} instruments`, most],
    ["one look at a map", tenths(of("look"))],
  ];
  for (const [what, value] of micros) say(`${what}: ${value} µs`);
  return {
    rows: [],
    figures: { head: ["what", "median µs"], rows: micros },
    checks: [
      atMost(`one decision with ${MANY} instruments`, most, 50, " µs"),
      atMost(`${MANY} instruments ÷ ${FEW}`, times(of("many"), of("few")), 2, ""),
    ],
    notes: [
      "1,000 open orders of 100 algos, limits on each level, every check on; nothing is stored. The look at a map is what a clock reading costs, which each figure holds.",
    ],
  };
}

export const DECISION_CASES: Case[] = [
  { name: "decision", title: "the ledger's decision alone, in a full ledger", run: decision },
];
