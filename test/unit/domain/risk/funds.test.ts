import { describe, expect, test } from "vitest";
import { limitsExceeded } from "../../../../src/domain/risk/above.ts";
import { fundsLeft } from "../../../../src/domain/risk/funds.ts";
import { LedgerRun, long } from "../../../support/ledger/run.ts";
import { acceptedAs, fillOf, INSTRUMENT } from "../../../support/ledger/samples.ts";

const reason = "test";

const fundsOf = (run: LedgerRun) => fundsLeft(run.state, "paper", "USD")?.toFixed();

describe("funds", () => {
  test("an order holds its money until a balance reading can have counted it", () => {
    const run = new LedgerRun();
    run.balance("5000");
    const { order } = run.reserve();
    expect(fundsOf(run)).toBe("4000");
    run.now += 10;
    run.balance("5000");
    expect(fundsOf(run)).toBe("4000");
    run.post(order.clientOrderId, acceptedAs("b-1"));
    run.balance("4000", "USD", run.now - 1);
    expect(fundsOf(run)).toBe("4000");
    run.now += 10;
    run.balance("4000");
    expect(fundsOf(run)).toBe("4000");
  });

  test("an order that ends unfilled gives it back, one half filled half of it", () => {
    const run = new LedgerRun();
    run.balance("5000");
    const first = run.reserve();
    run.post(first.order.clientOrderId, { kind: "rejected", reason });
    expect(fundsOf(run)).toBe("5000");
    const second = run.reserve();
    run.post(second.order.clientOrderId, fillOf(second.order, "5", "100"));
    run.post(second.order.clientOrderId, { kind: "canceled", reason });
    expect(fundsOf(run)).toBe("4500");
  });

  test("a modify needs only what it adds", () => {
    const run = new LedgerRun();
    run.balance("1500");
    const { order } = run.reserve();
    run.post(order.clientOrderId, acceptedAs("b-1"));
    expect(run.replace(order.clientOrderId, { quantity: "16" })).toBe("FUNDS");
    expect(run.replace(order.clientOrderId, { quantity: "15" })).toBe("reserved");
    expect(fundsOf(run)).toBe("0");
  });

  test("an older reading never replaces a newer one", () => {
    const run = new LedgerRun();
    run.balance("100", "USD", run.now - 1);
    expect(fundsOf(run)).toBe("1000000");
  });
});

describe("limits below what is there", () => {
  test("are reported by the scope that is above them, and not otherwise", () => {
    const run = new LedgerRun();
    long(run, "10", { protectiveStop: "95" });
    const over = (
      name: Parameters<typeof limitsExceeded>[2],
      value: string,
      scope = "portfolio",
    ) => {
      run.limit(name, value, scope);
      return limitsExceeded(run.state, scope, name).map((each) => `${each.scope} ${each.have}`);
    };
    const pair = `algo:algo-a|instrument:${INSTRUMENT.id}`;
    expect(over("moneyAtRiskPortfolio", "50")).toEqual([]);
    expect(over("moneyAtRiskPortfolio", "49")).toEqual(["portfolio 50"]);
    expect(over("moneyAtRiskAlgo", "49")).toEqual(["algo:algo-a 50"]);
    expect(over("moneyAtRiskAlgo", "49", "algo:algo-b")).toEqual([]);
    expect(over("moneyAtRiskInstrument", "49")).toEqual([`${pair} 50`]);
    expect(over("positionQuantity", "9")).toEqual([`${pair} 10`]);
    expect(over("positionNotional", "999")).toEqual([`${pair} 1000`]);
    expect(over("orderNotional", "1")).toEqual([]);
    run.reserve({ side: "sell", quantity: "5" });
    expect(over("openOrders", "1")).toEqual([]);
    run.mark(90);
    expect(over("dailyLoss", "99", "algo:algo-a")).toEqual(["algo:algo-a 100"]);
    expect(over("drawdown", "100")).toEqual([]);
  });
});
