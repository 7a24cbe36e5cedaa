import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ExternalOrder, OrderEvent } from "../../../../src/domain/order.ts";
import { priceAdopted } from "../../../../src/domain/risk/adoption.ts";
import { brokenEquations } from "../../../../src/domain/risk/equation.ts";
import { fundsLeft } from "../../../../src/domain/risk/funds.ts";
import { apply } from "../../../../src/domain/risk/ledger.ts";
import { adopt, adopted, found } from "../../../support/ledger/placed-past.ts";
import { LedgerRun, long, NOON } from "../../../support/ledger/run.ts";
import { fillOf, INSTRUMENT, postOf } from "../../../support/ledger/samples.ts";

const fill = (quantity: string, changes: Partial<ExternalOrder> = {}): OrderEvent =>
  fillOf({ clientOrderId: "external-X1", ...found(changes) }, quantity, "100");

const fundsOf = (run: LedgerRun) => fundsLeft(run.state, "paper", "USD")?.toFixed();

const known = (run: LedgerRun) => {
  const { openOrders, openBuy, moneyAtRisk, worstGross, quantity } = run.figures();
  return {
    openOrders,
    openBuy: openBuy.toFixed(),
    moneyAtRisk: moneyAtRisk.toFixed(),
    worstGross: worstGross.toFixed(),
    quantity: quantity.toFixed(),
  };
};

describe("an order that rests at the broker and was placed past us", () => {
  test("counts as open order, with its quantity, its notional and its money at risk", () => {
    const run = new LedgerRun();
    adopt(run);
    expect(run.entry("external-X1").order).toMatchObject({ algoId: "external", state: "new" });
    expect(known(run)).toEqual({
      openOrders: 1,
      openBuy: "10",
      moneyAtRisk: "1000",
      worstGross: "1000",
      quantity: "0",
    });
  });

  test.each([
    ["openOrders", "2", "approved"],
    ["openOrders", "1", "OPEN_ORDERS"],
    ["grossExposure", "2000", "approved"],
    ["grossExposure", "1999", "GROSS_EXPOSURE"],
    ["netExposure", "2000", "approved"],
    ["netExposure", "1999", "NET_EXPOSURE"],
    ["moneyAtRiskPortfolio", "2000", "approved"],
    ["moneyAtRiskPortfolio", "1999", "MONEY_AT_RISK_PORTFOLIO"],
  ] as const)("with %s of %s what an algo asks beside it is %s", (name, value, verdict) => {
    const run = new LedgerRun();
    adopt(run);
    run.limit(name, value);
    expect(run.verdict()).toBe(verdict);
  });

  test("bounds what all algos may hold of its instrument together", () => {
    const run = new LedgerRun();
    adopt(run);
    run.limit("positionQuantity", "19", `instrument:${INSTRUMENT.id}`);
    expect([run.verdict(), run.verdict({ quantity: "9" })]).toEqual(["POSITION_LIMIT", "approved"]);
  });

  test.each([
    ["1999", "FUNDS"],
    ["2000", "approved"],
  ])("binds its money until balances count it: with %s an order of 1000 is %s", (free, verdict) => {
    const run = new LedgerRun();
    run.now = NOON + 1;
    run.balance(free, "USD", NOON);
    adopt(run);
    expect(run.verdict()).toBe(verdict);
    // The broker's own figure has it now.
    run.balance("1000", "USD", NOON + 1);
    expect(run.verdict()).toBe("approved");
  });

  test.each([
    ["its currency", { limitPrice: "100" }, null, "4000"],
    ["its price", { type: "market", limitPrice: null } as const, "USD", "3950"],
  ])(
    "binds its money once %s is known, from when it was adopted",
    (what, terms, currency, left) => {
      const learn = (run: LedgerRun) =>
        what === "its price"
          ? priceAdopted(run.state, [INSTRUMENT.id])
          : run.post("external-X1", { kind: "described", currency: "USD" });
      for (const isCounted of [false, true]) {
        const run = new LedgerRun();
        run.state.marks.clear();
        run.balance("5000");
        run.now += 10;
        adopt(run, terms, currency);
        expect(fundsOf(run)).toBe("5000");
        run.now += 10;
        if (isCounted) run.balance("5000");
        run.mark(100);
        learn(run);
        expect(fundsOf(run)).toBe(isCounted ? "5000" : left);
      }
    },
  );

  test("is booked over every limit, and says which it passes", () => {
    const run = new LedgerRun();
    run.limit("openOrders", "0");
    run.limit("grossExposure", "999");
    run.tradingState("portfolio", "halted");
    const flag = adopt(run);
    expect(flag).toContain("placed past the ledger");
    expect(flag).toContain("openOrders of portfolio is 1, above 0");
    expect(flag).toContain("grossExposure of portfolio is 1000, above 999");
    expect(known(run).openOrders).toBe(1);
  });

  test("says nothing of limits that it keeps", () => {
    expect(adopt(new LedgerRun())).toBe("placed past the ledger");
  });

  test("meets an algo's order as any other does", () => {
    const run = new LedgerRun();
    adopt(run, { side: "sell", limitPrice: "101" });
    expect(run.verdict({ limitPrice: "101" })).toBe("SELF_CROSS");
    expect(run.verdict({ limitPrice: "100.99" })).toBe("approved");
  });

  test("leaves an algo's way out open", () => {
    const run = new LedgerRun();
    long(run, "10");
    adopt(run, { side: "sell", type: "stop", limitPrice: null, stopPrice: "95" });
    run.limit("openOrders", "0");
    expect(run.verdict({ side: "sell", reduceOnly: true })).toBe("approved");
  });

  test("moves what fills of it into the position once, and is over with the last piece", () => {
    const run = new LedgerRun();
    adopt(run);
    run.post("external-X1", fill("4"));
    expect(known(run)).toMatchObject({ openBuy: "6", quantity: "4", moneyAtRisk: "1000" });
    expect(run.entry("external-X1").order.state).toBe("partially_filled");
    run.post("external-X1", fill("6"));
    expect(known(run)).toMatchObject({ openBuy: "0", quantity: "10", openOrders: 0 });
    expect(run.entry("external-X1").order.state).toBe("filled");
  });

  test("whose fill was told of first counts with its rest, and with nothing twice", () => {
    const run = new LedgerRun();
    run.post("external-X1", fill("4"));
    adopt(run);
    expect(run.entry("external-X1").order).toMatchObject({
      state: "partially_filled",
      quantity: "10",
      filledQuantity: "4",
    });
    expect(known(run)).toMatchObject({ openBuy: "6", quantity: "4", openOrders: 1 });
    expect(brokenEquations(run.state.holdings.values())).toEqual([]);
  });

  test.each([{ kind: "canceled" }, { kind: "expired" }] as const)(
    "is released when it is $kind",
    ({ kind }) => {
      const run = new LedgerRun();
      adopt(run);
      run.post("external-X1", fill("4"));
      run.post("external-X1", { kind, reason: "by hand" });
      expect(known(run)).toMatchObject({ openBuy: "0", quantity: "4", openOrders: 0 });
    },
  );

  test("is not brought back by older news of it", () => {
    const run = new LedgerRun();
    adopt(run);
    run.post("external-X1", { kind: "canceled", reason: "by hand" });
    adopt(run);
    expect(known(run)).toMatchObject({ openBuy: "0", openOrders: 0 });
  });

  test("takes over the terms that it is given at the broker", () => {
    const run = new LedgerRun();
    adopt(run);
    const changes = { quantity: "20", limitPrice: "90", stopPrice: null };
    run.post("external-X1", { kind: "replaced", changes });
    expect(known(run)).toMatchObject({ openBuy: "20", moneyAtRisk: "1800" });
  });

  test("under the id of an algo's order changes nothing of that order", () => {
    const run = new LedgerRun();
    const { order } = run.reserve();
    const event = adopted({ quantity: "99" });
    const post = postOf(order.clientOrderId, event, run.now);
    const { flag } = apply(run.state, { kind: "posted", post });
    expect(flag).toContain("has its id");
    expect(run.entry(order.clientOrderId).order).toEqual(order);
  });

  test("whatever comes in whatever order, the sums are those of its orders", () => {
    const event = fc.oneof(
      fc.constant("adopt"),
      fc.constant("cancel"),
      fc.integer({ min: 1, max: 4 }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        const run = new LedgerRun();
        let filled = 0;
        for (const each of events) {
          if (each === "adopt") adopt(run);
          else if (each === "cancel") {
            if (run.state.orders.has("external-X1"))
              run.post("external-X1", { kind: "canceled", reason: "by hand" });
          } else {
            filled += each;
            run.post("external-X1", fill(String(each)));
          }
        }
        expect(brokenEquations(run.state.holdings.values())).toEqual([]);
        const figures = run.state.aggregates.get("portfolio")?.figures;
        expect(Number(figures?.quantity ?? 0)).toBe(filled);
        expect(Number(figures?.openBuy ?? 0)).toBeLessThanOrEqual(10);
      }),
    );
  });
});
