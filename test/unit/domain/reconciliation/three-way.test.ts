import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { externalOrderId } from "../../../../src/domain/reconciliation/synthetic-id.ts";
import type { Execution } from "../../../../src/domain/order.ts";
import { signedQuantity } from "../../../../src/domain/reconciliation/compare.ts";
import {
  applyRepairs,
  threeWay,
  type DayBooks,
} from "../../../../src/domain/reconciliation/three-way.ts";

const execution = (id: string, changes: Partial<Execution> = {}): Execution => ({
  executionId: id,
  clientOrderId: "o-1",
  brokerOrderId: "B1",
  account: "paper",
  instrument: "A:1",
  side: "buy",
  quantity: "10",
  price: "1500",
  fee: "0",
  feeCurrency: "INR",
  executedAt: 1_000,
  ...changes,
});

const position = (quantity: string | number) => [{ instrument: "A:1", quantity: String(quantity) }];

const books = (changes: Partial<DayBooks> = {}): DayBooks => ({
  ours: [],
  external: new Set(),
  theirs: [],
  ledger: [],
  positions: [],
  funds: [],
  fundsBefore: null,
  tradedBefore: false,
  ...changes,
});

const outcomes = (result: ReturnType<typeof threeWay>) =>
  result.findings.map(({ difference, outcome }) => [difference.kind, outcome]);

describe("the day three ways", () => {
  test("agrees when all three lead to the same", () => {
    const [row] = [execution("E1")];
    const result = threeWay(
      books({ ours: [row], theirs: [row], ledger: position(10), positions: position(10) }),
    );
    expect(result).toMatchObject({ findings: [], repairs: [] });
    expect(result.positions).toEqual([
      {
        instrument: "A:1",
        opening: "0",
        ours: "10",
        byBrokerExecutions: "10",
        brokerPosition: "10",
      },
    ]);
  });

  test("lesson 36: a position older than the day is carried forward from our own ledger", () => {
    const row = execution("E1");
    const same = { ours: [row], theirs: [row] };
    const result = threeWay(books({ ...same, ledger: position(110), positions: position(110) }));
    expect(result.findings).toEqual([]);
    expect(result.positions).toMatchObject([{ opening: "100", byBrokerExecutions: "110" }]);
  });

  test("a row that our tradebook lost is added, and then all agrees", () => {
    const row = execution("E1");
    const result = threeWay(
      books({ theirs: [row], ledger: position(10), positions: position(10) }),
    );
    expect(outcomes(result)).toEqual([["missing_here", "repaired"]]);
    expect(result.repairs).toEqual([{ kind: "add", execution: row }]);
  });

  test("another price is corrected by the broker's word, and stays our order's", () => {
    const ours = execution("E1", { price: "1400", clientOrderId: "o-7" });
    const theirs = execution("E1", { clientOrderId: "" });
    const result = threeWay(
      books({ ours: [ours], theirs: [theirs], ledger: position(10), positions: position(10) }),
    );
    const [repair] = result.repairs;
    expect(repair).toMatchObject({ after: { price: "1500", clientOrderId: "o-7" } });
    expect(outcomes(result)).toEqual([["price_differs", "repaired"]]);
  });

  test("what only we have, and a position that differs, wait for a person", () => {
    const row = execution("E1");
    const result = threeWay(books({ ours: [row], ledger: position(10), positions: [] }));
    expect(outcomes(result)).toEqual([
      ["missing_there", "unresolved"],
      ["position_differs", "unresolved"],
    ]);
    expect(result.repairs).toEqual([]);
  });

  test("lesson 38: a position that only the broker names is compared", () => {
    const result = threeWay(books({ positions: position(-3) }));
    expect(result.findings).toMatchObject([
      { outcome: "unresolved", difference: { ours: "0", theirs: "-3" } },
    ]);
  });

  test("a trade from outside is noted, and wants nobody", () => {
    const row = execution("E1", { clientOrderId: externalOrderId("paper", "X1") });
    const both = { ours: [row], theirs: [row], external: new Set(["E1"]) };
    const result = threeWay(books({ ...both, ledger: position(10), positions: position(10) }));
    expect(outcomes(result)).toEqual([["external_fill", "noted"]]);
  });

  test("a person's booking of a dead letter agrees with the broker's executions of that order", () => {
    const hand = execution("hand-B7", { brokerOrderId: "B7", price: "1501" });
    const told = execution("E1", { brokerOrderId: "B7" });
    const result = threeWay(
      books({ ours: [hand], theirs: [told], ledger: position(10), positions: position(10) }),
    );
    expect(result.findings).toEqual([]);
  });

  describe("a booking by hand of what had been adopted before", () => {
    const external = { clientOrderId: externalOrderId("paper", "B7"), brokerOrderId: "B7" };
    const adopted = (id: string, quantity: string) => execution(id, { ...external, quantity });
    const givenBack = (id: string, quantity: string) =>
      execution(`given-back-${id}`, { ...external, quantity, side: "sell" });
    const hand = execution("hand-B7", { brokerOrderId: "B7" });

    test("agrees with the broker, and is none of external any more", () => {
      const result = threeWay(
        books({
          ours: [adopted("E1", "10"), givenBack("E1", "10"), hand],
          external: new Set(["E1", "given-back-E1"]),
          theirs: [adopted("E1", "10")],
          ledger: position(10),
          positions: position(10),
        }),
      );
      expect(result.findings).toEqual([]);
    });

    test("agrees when the broker tells of a part before it and of the rest after it", () => {
      const result = threeWay(
        books({
          ours: [adopted("E1", "4"), givenBack("E1", "4"), hand],
          external: new Set(["E1", "given-back-E1"]),
          theirs: [adopted("E1", "4"), adopted("E2", "6")],
          ledger: position(10),
          positions: position(10),
        }),
      );
      expect(result.findings).toEqual([]);
    });

    test("is still no reason to believe in what the broker does not hold", () => {
      const result = threeWay(
        books({
          ours: [adopted("E1", "10"), givenBack("E1", "10"), hand],
          external: new Set(["E1", "given-back-E1"]),
          theirs: [adopted("E1", "10")],
          ledger: position(10),
          positions: position(4),
        }),
      );
      expect(outcomes(result)).toEqual([["position_differs", "unresolved"]]);
    });

    test("still shows an adopted fill that the broker does not tell of", () => {
      const result = threeWay(
        books({
          ours: [adopted("E1", "10"), givenBack("E1", "10"), hand],
          external: new Set(["E1", "given-back-E1"]),
          ledger: position(10),
          positions: position(10),
        }),
      );
      expect(outcomes(result)).toContainEqual(["missing_there", "unresolved"]);
    });
  });

  test("an inferred fill waits for a person until the real one has replaced it", () => {
    const inferred = execution("inferred-1");
    const undo = execution("inferred-2", { side: "sell" });
    const real = execution("E1");
    const held = { ledger: position(10), positions: position(10) };
    const open = threeWay(books({ ours: [inferred], ...held }));
    expect(outcomes(open)).toContainEqual(["missing_there", "unresolved"]);
    const done = threeWay(books({ ours: [inferred, undo, real], theirs: [real], ...held }));
    expect(done.findings).toEqual([]);
  });

  test("funds that moved with no trade wait for a person; with one they may move", () => {
    const before = [{ currency: "INR", total: "100" }];
    const funds = [{ currency: "INR", total: "90" }];
    expect(outcomes(threeWay(books({ funds, fundsBefore: before })))).toEqual([
      ["funds_differ", "unresolved"],
    ]);
    const row = execution("E1");
    const traded = { ours: [row], theirs: [row], ledger: position(10), positions: position(10) };
    expect(threeWay(books({ ...traded, funds, fundsBefore: before })).findings).toEqual([]);
    const since = books({ funds, fundsBefore: before, tradedBefore: true });
    expect(threeWay(since).findings).toEqual([]);
  });

  const rows = fc.uniqueArray(
    fc.record({
      id: fc.integer({ min: 1, max: 6 }),
      side: fc.constantFrom<"buy" | "sell">("buy", "sell"),
      quantity: fc.integer({ min: 1, max: 9 }).map(String),
      price: fc.integer({ min: 1, max: 3 }).map(String),
    }),
    { selector: ({ id }) => id, maxLength: 6 },
  );
  const executions = rows.map((all) =>
    all.map(({ id, ...rest }) => execution(`E${id}`, { ...rest, executedAt: id })),
  );

  test("lesson 35: repaired once, there is nothing left to repair, and the order of rows says nothing", () => {
    fc.assert(
      fc.property(executions, executions, fc.integer({ min: -9, max: 9 }), (ours, theirs, held) => {
        const ledger = position(held);
        const asked = books({ ours, theirs, ledger, positions: position(held) });
        const first = threeWay(asked);
        const turned = { ...asked, ours: ours.toReversed(), theirs: theirs.toReversed() };
        expect(threeWay(turned)).toEqual(first);
        const repaired = applyRepairs(ours, first.repairs);
        expect(applyRepairs(repaired, first.repairs)).toEqual(repaired);
        const second = threeWay({ ...asked, ours: repaired });
        expect(second.repairs).toEqual([]);
        expect(threeWay({ ...asked, ours: repaired })).toEqual(second);
      }),
    );
  });

  test("with the same executions on both sides the opening position explains the rest exactly", () => {
    fc.assert(
      fc.property(executions, fc.integer({ min: -9, max: 9 }), (all, opening) => {
        const traded = all.reduce((sum, each) => sum + Number(signedQuantity(each)), 0);
        const held = position(opening + traded);
        const result = threeWay(books({ ours: all, theirs: all, ledger: held, positions: held }));
        expect(result.findings).toEqual([]);
        for (const each of result.positions) expect(each.opening).toBe(String(opening));
      }),
    );
  });
});
