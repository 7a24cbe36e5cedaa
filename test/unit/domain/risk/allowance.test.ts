import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decimal } from "../../../../src/domain/decimal.ts";
import { closableNow, closableOf } from "../../../../src/domain/risk/allowance.ts";
import { holdingKey } from "../../../../src/domain/risk/state.ts";
import { LedgerRun, long } from "../../../support/ledger/run.ts";
import { fillOf, INSTRUMENT, intentWith } from "../../../support/ledger/samples.ts";

/** Traded past the ledger: nobody reserved it. */
const outside = (run: LedgerRun, side: "buy" | "sell", quantity: string) => {
  const intent = intentWith({ side, algoId: "external" });
  run.post(intent.clientOrderId, fillOf(intent, quantity, "100"));
};

const row = (algoId: string, quantity: number) => ({
  algoId,
  account: "paper",
  instrument: INSTRUMENT.id,
  quantity: String(quantity),
});

const left = (run: LedgerRun, algoId: string): string => {
  const holding = run.state.holdings.get(holdingKey(algoId, INSTRUMENT.id, "paper")) ?? null;
  return closableNow(run.state, holding, "sell").toFixed();
};

describe("lesson 41: a liquidation by the broker cuts what the algo may still close", () => {
  test.each([
    ["6", "reserve"],
    ["7", "REDUCE_ONLY"],
  ])("of 10 with 4 liquidated, an exit of %s: %s", (quantity, verdict) => {
    const run = new LedgerRun();
    long(run, "10");
    outside(run, "sell", "4");
    const exit = run.verdict({ side: "sell", quantity, reduceOnly: true });
    expect(exit).toBe(verdict === "reserve" ? "approved" : verdict);
  });

  test("algos that hold the same way bear it by what each holds", () => {
    const run = new LedgerRun();
    long(run, "30");
    long(run, "10", { algoId: "algo-b" });
    outside(run, "sell", "8");
    expect([left(run, "algo-a"), left(run, "algo-b")]).toEqual(["24", "8"]);
  });

  test("a list of positions gives the same as the ledger", () => {
    const size = fc.integer({ min: 0, max: 50 });
    fc.assert(
      fc.property(size, size, fc.integer({ min: -60, max: 60 }), (first, second, traded) => {
        const run = new LedgerRun();
        if (first > 0) long(run, String(first));
        if (second > 0) long(run, String(second), { algoId: "algo-b" });
        if (traded !== 0) outside(run, traded > 0 ? "buy" : "sell", String(Math.abs(traded)));
        const rows = [row("algo-a", first), row("algo-b", second), row("external", traded)];
        for (const each of rows.slice(0, 2))
          expect(closableOf(rows, each).toFixed()).toBe(left(run, each.algoId));
      }),
    );
  });

  test("a trade the same way cuts nothing", () => {
    const run = new LedgerRun();
    long(run, "10");
    outside(run, "buy", "4");
    expect(left(run, "algo-a")).toBe("10");
  });

  test("whatever is liquidated, all allowances together are what is really there", () => {
    const size = fc.integer({ min: 1, max: 100 });
    fc.assert(
      fc.property(size, size, size, (first, second, liquidated) => {
        const run = new LedgerRun();
        long(run, String(first));
        long(run, String(second), { algoId: "algo-b" });
        outside(run, "sell", String(liquidated));
        const sum = decimal(left(run, "algo-a")).plus(left(run, "algo-b"));
        const there = Math.max(0, first + second - liquidated);
        expect(sum.minus(there).abs().lt("0.000001")).toBe(true);
      }),
    );
  });
});
