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

const holdingOf = (run: LedgerRun, algoId: string) =>
  run.state.holdings.get(holdingKey(algoId, INSTRUMENT.id, "paper")) ?? null;

/** What can be closed of what it holds, signed as it is held. */
const leftOf = (run: LedgerRun, algoId: string) => {
  const holding = holdingOf(run, algoId);
  const isShort = holding?.position.quantity.lt(0) === true;
  const left = closableNow(run.state, holding, isShort ? "buy" : "sell");
  return isShort ? left.times(-1) : left;
};

const left = (run: LedgerRun, algoId: string): string => leftOf(run, algoId).toFixed();

/** Takes a position, below 0 a short one. */
const hold = (run: LedgerRun, algoId: string, quantity: number) => {
  const side = quantity < 0 ? "sell" : "buy";
  if (quantity === 0) return;
  if (algoId === "external") outside(run, side, String(Math.abs(quantity)));
  else long(run, String(Math.abs(quantity)), { algoId, side });
};

const ALGOS = ["algo-a", "algo-b", "external"] as const;

const holdingAll = (held: readonly number[]): LedgerRun => {
  const run = new LedgerRun();
  for (const [place, algoId] of ALGOS.entries()) hold(run, algoId, held[place] ?? 0);
  return run;
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

  const signed = fc.tuple(
    fc.integer({ min: -50, max: 50 }),
    fc.integer({ min: -50, max: 50 }),
    fc.integer({ min: -110, max: 110 }),
  );

  test("a list of positions gives the same as the ledger", () => {
    fc.assert(
      fc.property(signed, (held) => {
        const run = holdingAll(held);
        const rows = ALGOS.map((algoId, place) => row(algoId, held[place] ?? 0));
        for (const each of rows)
          expect(closableOf(rows, each).toFixed()).toBe(leftOf(run, each.algoId).abs().toFixed());
      }),
    );
  });

  test("whoever holds what, all that can be closed is what the account has, and nothing of it is closed twice", () => {
    fc.assert(
      fc.property(signed, (held) => {
        const run = holdingAll(held);
        const account = held.reduce((all, each) => all + each, 0);
        const sum = ALGOS.reduce((all, algoId) => all.plus(leftOf(run, algoId)), decimal("0"));
        expect(sum.minus(account).abs().lt("0.000001")).toBe(true);
      }),
    );
  });

  test.each([
    [10, -4, "6", "0"],
    [10, -12, "0", "-2"],
    [-10, 4, "-6", "0"],
    [10, 4, "10", "4"],
  ])("of %s beside an external %s, %s and %s can be closed", (own, external, algo, other) => {
    const run = holdingAll([own, 0, external]);
    expect([left(run, "algo-a"), left(run, "external")]).toEqual([algo, other]);
  });

  test("while one of two closing orders fills, no more is asked for than the account has", () => {
    const size = fc.integer({ min: 1, max: 400 });
    fc.assert(
      fc.property(size, size, size, fc.nat(), fc.nat(), (first, second, cut, part, more) => {
        const run = holdingAll([first, second, -Math.min(cut, first + second)]);
        const open = ["algo-a", "algo-b"].map((algoId) => {
          const quantity = Math.floor(Number(left(run, algoId)));
          const terms = { side: "sell", reduceOnly: true, algoId } as const;
          if (quantity > 0)
            run.reserve({ ...terms, clientOrderId: algoId, quantity: String(quantity) });
          return quantity;
        });
        const filled = part % ((open[0] ?? 0) + 1);
        if (filled > 0)
          run.post("algo-a", fillOf(run.entry("algo-a").order, String(filled), "100"));
        const again = 1 + (more % 400);
        const verdict = run.verdict({
          side: "sell",
          reduceOnly: true,
          quantity: String(again),
          clientOrderId: "more",
        });
        const added = verdict === "approved" ? again : 0;
        const closing = open.reduce((all, each) => all + each, added);
        expect(closing).toBeLessThanOrEqual(first + second - Math.min(cut, first + second));
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
