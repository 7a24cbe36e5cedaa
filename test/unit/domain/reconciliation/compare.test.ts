import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Execution } from "../../../../src/domain/order.ts";
import {
  compareExecutions,
  compareFunds,
  comparePositions,
  sumByInstrument,
} from "../../../../src/domain/reconciliation/compare.ts";
import { subjectOf } from "../../../../src/domain/reconciliation/difference.ts";
import { syntheticId } from "../../../../src/domain/reconciliation/synthetic-id.ts";

const execution = (id: string, changes: Partial<Execution> = {}): Execution => ({
  executionId: id,
  clientOrderId: "o-1",
  brokerOrderId: "B1",
  account: "paper",
  instrument: "NSE:INFY",
  side: "buy",
  quantity: "10",
  price: "1500",
  fee: "0",
  feeCurrency: "INR",
  executedAt: 1_000,
  ...changes,
});

const rows = fc.array(
  fc.record({
    instrument: fc.constantFrom("A:1", "A:2", "A:3", "A:4"),
    quantity: fc.integer({ min: -5, max: 5 }).map(String),
  }),
  { maxLength: 8 },
);

describe("positions", () => {
  test("lesson 38: an instrument that only one side names is compared, from either side", () => {
    const ours = [{ instrument: "A:1", quantity: "5" }];
    const theirs = [{ instrument: "A:2", quantity: "-3" }];
    expect(comparePositions(ours, theirs)).toEqual([
      { kind: "position_differs", instrument: "A:1", ours: "5", theirs: "0" },
      { kind: "position_differs", instrument: "A:2", ours: "0", theirs: "-3" },
    ]);
  });

  test("one row of each algo adds up to the broker's one, and flat is the same as absent", () => {
    const ours = [
      { instrument: "A:1", quantity: "5" },
      { instrument: "A:1", quantity: "-2" },
      { instrument: "A:2", quantity: "0" },
    ];
    expect(comparePositions(ours, [{ instrument: "A:1", quantity: "3" }])).toEqual([]);
  });

  test("the order of the rows says nothing, and each difference is what brings both together", () => {
    fc.assert(
      fc.property(rows, rows, (ours, theirs) => {
        const found = comparePositions(ours, theirs);
        expect(comparePositions(ours.toReversed(), theirs.toReversed())).toEqual(found);
        const repaired = [
          ...ours,
          ...found.map(({ instrument, ours: have, theirs: has }) => ({
            instrument,
            quantity: String(Number(has) - Number(have)),
          })),
        ];
        expect(comparePositions(repaired, theirs)).toEqual([]);
      }),
    );
  });

  test("sums are exact", () => {
    const tenths = Array.from({ length: 10 }, () => ({ instrument: "A:1", quantity: "0.1" }));
    expect(sumByInstrument(tenths).get("A:1")?.toFixed()).toBe("1");
  });
});

describe("executions", () => {
  test("what each side alone has, and what both have otherwise, is told apart", () => {
    const ours = [
      execution("E1"),
      execution("E2"),
      execution("E3", { quantity: "9" }),
      execution("E4", { price: "1499" }),
    ];
    const theirs = [execution("E1"), execution("E3"), execution("E4"), execution("E5")];
    const found = compareExecutions(ours, theirs);
    expect(found.map((each) => [each.kind, subjectOf(each)])).toEqual([
      ["missing_there", "E2"],
      ["quantity_differs", "E3"],
      ["price_differs", "E4"],
      ["missing_here", "E5"],
    ]);
  });

  test("the same number written otherwise is the same number", () => {
    const ours = [execution("E1", { quantity: "10.0", price: "1500.00" })];
    expect(compareExecutions(ours, [execution("E1")])).toEqual([]);
  });

  test("the other side or another instrument under one id is a difference", () => {
    expect(compareExecutions([execution("E1", { side: "sell" })], [execution("E1")])).toHaveLength(
      1,
    );
  });

  test("a person's booking stands for the broker's executions of that order, and no further", () => {
    const hand = execution("hand-B7", { brokerOrderId: "B7" });
    const parts = [
      execution("E1", { brokerOrderId: "B7", quantity: "4", executedAt: 1 }),
      execution("E2", { brokerOrderId: "B7", quantity: "6", executedAt: 2 }),
    ];
    expect(compareExecutions([hand], parts)).toEqual([]);
    const more = execution("E3", { brokerOrderId: "B7", quantity: "1", executedAt: 3 });
    expect(compareExecutions([hand], [...parts, more]).map(({ kind }) => kind)).toEqual([
      "missing_here",
    ]);
  });

  test("the order in which rows come says nothing", () => {
    const some = fc.subarray(["E1", "E2", "E3", "E4"]).map((ids) => ids.map((id) => execution(id)));
    fc.assert(
      fc.property(some, some, (ours, theirs) => {
        expect(compareExecutions(ours.toReversed(), theirs.toReversed())).toEqual(
          compareExecutions(ours, theirs),
        );
      }),
    );
  });
});

const usd = (total: string) => [{ currency: "USD", total }];

describe("funds", () => {
  test("differ when they moved without a trade", () => {
    const found = { kind: "funds_differ", currency: "USD", ours: "100", theirs: "90" };
    expect(compareFunds(usd("100"), usd("90"), false)).toEqual([found]);
    expect(compareFunds(usd("100"), usd("100.0"), false)).toEqual([]);
    expect(compareFunds(usd("100"), usd("90"), true)).toEqual([]);
  });

  test("a currency that came or went is compared, too", () => {
    expect(compareFunds([], usd("1"), false)).toHaveLength(1);
    expect(compareFunds(usd("1"), [], false)).toHaveLength(1);
  });
});

describe("ids of our own conclusions", () => {
  test("are the same for the same facts, in this run and in any other", () => {
    expect(syntheticId("paper", "NSE:INFY", "-10", 5)).toBe("324bb200ed71c9cc");
  });

  test("facts do not run into each other", () => {
    expect(syntheticId("a", "bc")).not.toBe(syntheticId("ab", "c"));
  });
});
