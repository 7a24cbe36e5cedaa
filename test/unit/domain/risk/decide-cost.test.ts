/** What one decision costs in a full ledger, beside the same in a small one: a ratio, so that a slow machine says the same. */
import { describe, expect, test } from "vitest";
import { apply } from "../../../../src/domain/risk/ledger.ts";
import { applyMarks } from "../../../../src/domain/risk/exposure.ts";
import { decide } from "../../../../src/domain/risk/decide.ts";
import { LedgerRun } from "../../../support/ledger/run.ts";
import { factsWith, instrumentWith, intentWith, markOf } from "../../../support/ledger/samples.ts";

const OPEN_ORDERS = 1_000;
const ALGOS = 100;
const DECISIONS = 4_000;

/** Every algo holds an order or more; limits on each level. */
function ledgerOf(instruments: number): LedgerRun {
  const run = new LedgerRun();
  run.balance("1000000000000");
  for (let index = 0; index < instruments; index += 1)
    applyMarks(run.state, [markOf(run.now, 100, idOf(index))]);
  for (let algo = 0; algo < ALGOS; algo += 1)
    run.limit("dailyLoss", "1000", `algo:${algoOf(algo)}`);
  for (const name of ["moneyAtRiskPortfolio", "grossExposure", "netExposure"] as const)
    run.limit(name, "1000000000");
  run.limit("ordersPerSecond", "1000000");
  for (let order = 0; order < OPEN_ORDERS; order += 1) {
    const { intent, facts } = asked(order, instruments);
    const decision = decide(run.state, intent, facts, run.now);
    if (decision.kind !== "approved") throw new Error(JSON.stringify(decision));
    const { order: approved, reservation } = decision;
    apply(run.state, { kind: "reserved", order: approved, reservation });
  }
  return run;
}

const idOf = (index: number) => `XNAS:I${index}`;
const algoOf = (index: number) => `algo-${index % ALGOS}`;

function asked(order: number, instruments: number) {
  const instrument = idOf(order % instruments);
  // Both sides stand in each instrument, and nearly meet.
  const terms = order % 3 === 0 ? { side: "sell" as const, limitPrice: "101" } : {};
  const intent = intentWith({ algoId: algoOf(order), instrument, quantity: "1", ...terms });
  return { intent, facts: factsWith({ instrument: instrumentWith({ id: instrument }) }) };
}

/** µs of the median decision. */
function cost(run: LedgerRun, instruments: number): number {
  const times: number[] = [];
  for (let order = 0; order < DECISIONS; order += 1) {
    const { intent, facts } = asked(order * 7, instruments);
    const before = performance.now();
    const { kind } = decide(run.state, intent, facts, run.now);
    times.push((performance.now() - before) * 1_000);
    if (kind !== "approved") throw new Error(kind);
  }
  return times.sort((a, b) => a - b)[DECISIONS / 2] ?? 0;
}

describe("the cost of a decision", () => {
  test("with a thousand open orders and every check on it is far below 50 µs on a free core, and does not grow with the instruments", async ({
    annotate,
  }) => {
    const few = ledgerOf(50);
    const many = ledgerOf(500);
    cost(few, 50);
    cost(many, 500);
    // Side by side and the best of some rounds: whatever else the machine does slows both.
    const rounds = Array.from({ length: 5 }, () => [cost(few, 50), cost(many, 500)] as const);
    const least = Math.min(...rounds.map(([small]) => small));
    const most = Math.min(...rounds.map(([, large]) => large));
    await annotate(
      `median decision: ${least.toFixed(1)} µs with 50 instruments, ${most.toFixed(1)} µs with 500`,
    );
    expect(most / least).toBeLessThan(2);
    expect(most).toBeLessThan(50);
  });
});
