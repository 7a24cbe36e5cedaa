/** A full ledger and what one decision in it costs: a thousand open orders of a hundred algos, limits on each level. */
import { decide } from "../../../src/domain/risk/decide.ts";
import { applyMarks } from "../../../src/domain/risk/exposure.ts";
import { apply } from "../../../src/domain/risk/ledger.ts";
import { LedgerRun } from "./run.ts";
import { factsWith, instrumentWith, intentWith, markOf } from "./samples.ts";

const OPEN_ORDERS = 1_000;
const ALGOS = 100;
const DECISIONS = 4_000;

/** Every algo holds an order or more; limits on each level. */
export function ledgerOf(instruments: number): LedgerRun {
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

const idOf = (index: number): string => `XNAS:I${index}`;
const algoOf = (index: number): string => `algo-${index % ALGOS}`;

export function asked(order: number, instruments: number) {
  const instrument = idOf(order % instruments);
  // Both sides stand in each instrument, and nearly meet.
  const terms = order % 3 === 0 ? { side: "sell" as const, limitPrice: "101" } : {};
  const intent = intentWith({ algoId: algoOf(order), instrument, quantity: "1", ...terms });
  return { intent, facts: factsWith({ instrument: instrumentWith({ id: instrument }) }) };
}

/** µs of the median of the calls, each with an intent of its own. */
export function medianMicros(instruments: number, call: (asked: Asked) => unknown): number {
  const times: number[] = [];
  for (let order = 0; order < DECISIONS; order += 1) {
    const each = asked(order * 7, instruments);
    const before = performance.now();
    call(each);
    times.push((performance.now() - before) * 1_000);
  }
  return times.sort((a, b) => a - b)[DECISIONS / 2] ?? 0;
}

export type Asked = ReturnType<typeof asked>;

/** µs of the median decision. Throws when one is not an approval. */
export const decisionMicros = (run: LedgerRun, instruments: number): number =>
  medianMicros(instruments, ({ intent, facts }) => {
    const { kind } = decide(run.state, intent, facts, run.now);
    if (kind !== "approved") throw new Error(kind);
  });
