import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decimal, ZERO, type Decimal } from "../../src/domain/decimal.ts";
import { packControls } from "../../src/domain/risk/controls.ts";
import { worstPosition } from "../../src/domain/risk/case.ts";
import { brokenEquations } from "../../src/domain/risk/equation.ts";
import { refreshHolding } from "../../src/domain/risk/exposure.ts";
import { pairScope } from "../../src/domain/risk/limits.ts";
import type { LimitName } from "../../src/domain/risk/limit-names.ts";
import {
  packBalances,
  packDay,
  packHolding,
  packOrder,
  unpackBalances,
  unpackDay,
  unpackHolding,
  unpackOrder,
} from "../../src/domain/risk/packing.ts";
import { restoreLedger } from "../../src/domain/risk/restore.ts";
import { NO_FIGURES, type Figures, type LedgerState } from "../../src/domain/risk/state.ts";
import { NOON } from "../support/ledger/run.ts";

import { LIMITS, Simulation, step } from "../support/ledger/simulation.ts";

/** Sums over the four kinds of scope, added up afresh from the holdings. */
function freshSum(state: LedgerState, scope: string): Figures {
  const inside = [...state.holdings.values()].filter(({ algoId, instrument }) =>
    [
      "portfolio",
      `algo:${algoId}`,
      `instrument:${instrument}`,
      `algo:${algoId}|instrument:${instrument}`,
    ].includes(scope),
  );
  const add = (key: keyof Figures) =>
    inside.reduce<Decimal>((sum, { figures }) => sum.plus(figures[key]), ZERO);
  return Object.fromEntries(
    (Object.keys(NO_FIGURES) as (keyof Figures)[]).map((key) => [key, add(key)]),
  ) as unknown as Figures;
}

const text = (figures: Figures): Record<string, string> =>
  Object.fromEntries(
    Object.entries(figures).map(([key, value]) => [key, decimal(value).toFixed()]),
  );

/** Splitting a position pro rata rounds at the 18th digit. */
const ROUNDING = decimal("0.000000000001");

function passedLimits(state: LedgerState): string[] {
  const passed: string[] = [];
  for (const { scope, figures } of state.aggregates.values()) {
    const name: LimitName = scope.includes("|")
      ? "moneyAtRiskInstrument"
      : scope.startsWith("algo:")
        ? "moneyAtRiskAlgo"
        : "moneyAtRiskPortfolio";
    const limit = decimal(LIMITS.find(([each]) => each === name)?.[1] ?? "0").plus(ROUNDING);
    if (!scope.startsWith("instrument:") && figures.moneyAtRisk.gt(limit))
      passed.push(`${scope} risks ${figures.moneyAtRisk.toFixed()}`);
    const holdings = [...state.holdings.values()].filter(
      ({ algoId, instrument }) => pairScope(algoId, instrument) === scope,
    );
    if (worstPosition(holdings).gt(40))
      passed.push(`${scope} may reach ${worstPosition(holdings).toFixed()}`);
  }
  return passed;
}

const restored = (state: LedgerState): LedgerState =>
  restoreLedger(
    {
      version: state.version,
      epoch: state.epoch,
      day: state.day,
      orders: [...state.orders.values()]
        .filter(({ share, commitment }) => share || commitment)
        .map((entry) => unpackOrder(packOrder(entry))),
      holdings: [...state.holdings.values()].map((each) => unpackHolding(packHolding(each))),
      days: [...state.aggregates.values()].map(({ scope, day }) => [
        scope,
        unpackDay(packDay(day)),
      ]),
      counts: [],
      recent: [],
      marks: [...state.marks.values()],
      balances: [...state.balances].map(([at, each]) => [at, unpackBalances(packBalances(each))]),
      tradingStates: [...state.tradingStates.values()],
      limits: state.limits.list(),
      controls: packControls(state.controls),
    },
    NOON,
  );

const committed = (state: LedgerState): string[] =>
  [...state.committed]
    .filter(([, sum]) => !sum.eq(ZERO))
    .map(([key, sum]) => `${key} ${sum.toFixed()}`)
    .sort();

const RUNS = { numRuns: 200 };
const TIMEOUT_MS = 120_000;

describe("random lives of many orders", () => {
  test(
    "no limit is passed at any version while the broker keeps to the orders' terms",
    () => {
      fc.assert(
        fc.property(fc.array(step, { minLength: 60, maxLength: 160 }), (steps) => {
          const simulation = new Simulation(true);
          for (const each of steps) {
            simulation.run(each);
            expect(passedLimits(simulation.state)).toEqual([]);
          }
        }),
        RUNS,
      );
    },
    TIMEOUT_MS,
  );

  test(
    "the equation holds and every sum is right after every event, whatever the broker does",
    () => {
      fc.assert(
        fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), (steps) => {
          const simulation = new Simulation(false);
          const { state } = simulation;
          for (const each of steps) {
            simulation.run(each);
            expect(brokenEquations(state.holdings.values())).toEqual([]);
          }
          for (const { scope, figures } of state.aggregates.values())
            expect([scope, text(figures)]).toEqual([scope, text(freshSum(state, scope))]);
        }),
        RUNS,
      );
    },
    TIMEOUT_MS,
  );

  test(
    "a ledger built again from its rows is the same ledger",
    () => {
      fc.assert(
        fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), (steps) => {
          const simulation = new Simulation(false);
          const { state } = simulation;
          for (const each of steps) simulation.run(each);
          const again = restored(state);
          for (const { scope, figures, day } of state.aggregates.values()) {
            expect(text(again.aggregates.get(scope)?.figures ?? NO_FIGURES)).toEqual(text(figures));
            expect(again.aggregates.get(scope)?.day).toEqual(day);
          }
          expect(committed(again)).toEqual(committed(state));
        }),
        RUNS,
      );
    },
    TIMEOUT_MS,
  );

  test("the order in which sums are refreshed does not matter", () => {
    const simulation = new Simulation(false);
    const steps = fc.sample(step, { numRuns: 60, seed: 7 });
    for (const each of steps) simulation.run(each);
    const before = text(simulation.state.aggregates.get("portfolio")?.figures ?? NO_FIGURES);
    for (const holding of [...simulation.state.holdings.values()].reverse())
      refreshHolding(simulation.state, holding);
    const after = simulation.state.aggregates.get("portfolio")?.figures ?? NO_FIGURES;
    expect(text(after)).toEqual(before);
  });
});
