import { describe, expect, test } from "vitest";
import { limitsExceeded } from "../../../../src/domain/risk/above.ts";
import { fundsLeft } from "../../../../src/domain/risk/funds.ts";
import { packOrder, unpackOrder } from "../../../../src/domain/risk/packing.ts";
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

  test("a modify that turns an exit into an opening needs the money of all that opens", () => {
    const run = new LedgerRun();
    long(run, "10");
    const { order } = run.reserve({ side: "sell", quantity: "10" });
    run.post(order.clientOrderId, acceptedAs("b-2"));
    run.now += 1_000;
    run.balance("999");
    expect(run.replace(order.clientOrderId, { quantity: "20" })).toBe("FUNDS");
    run.balance("1000");
    expect(run.replace(order.clientOrderId, { quantity: "20" })).toBe("reserved");
    expect(fundsOf(run)).toBe("0");
  });

  test("refused new terms give back what they needed, whether a reading came before or not", () => {
    for (const isRead of [true, false]) {
      const run = new LedgerRun();
      run.balance("5000");
      const { order } = run.reserve();
      run.post(order.clientOrderId, acceptedAs("b-1"));
      run.post(order.clientOrderId, fillOf(order, "5", "100"));
      run.now += 10;
      run.mark(100);
      if (isRead) run.balance("4000");
      expect(run.replace(order.clientOrderId, { quantity: "20" })).toBe("reserved");
      expect(fundsOf(run)).toBe("3000");
      run.post(order.clientOrderId, { kind: "replace_rejected", reason });
      expect(fundsOf(run)).toBe("4000");
      run.now += 10;
      run.balance("4000");
      expect(fundsOf(run)).toBe("4000");
    }
  });

  test("a fill while new terms are not answered does not let their money go", () => {
    const run = new LedgerRun();
    run.balance("5000");
    const { order } = run.reserve();
    run.post(order.clientOrderId, acceptedAs("b-1"));
    expect(run.replace(order.clientOrderId, { quantity: "20" })).toBe("reserved");
    run.post(order.clientOrderId, fillOf(order, "5", "100"));
    run.now += 10;
    run.balance("4000");
    expect(fundsOf(run)).toBe("2000");
    const changes = { quantity: "20", limitPrice: null, stopPrice: null };
    run.post(order.clientOrderId, { kind: "replaced", changes });
    run.now += 10;
    run.balance("3000");
    expect(fundsOf(run)).toBe("3000");
  });

  test("a trigger while new terms are not answered does not let their money go; their answer does", () => {
    const run = new LedgerRun();
    run.balance("5000");
    const { order } = run.reserve({ type: "stop", limitPrice: null, stopPrice: "100" });
    run.post(order.clientOrderId, { kind: "accepted", brokerOrderId: "b-1", pendingTrigger: true });
    run.now += 10;
    run.balance("4000");
    expect(run.replace(order.clientOrderId, { quantity: "40" })).toBe("reserved");
    const asked = fundsOf(run);
    expect(Number(asked)).toBeLessThan(1_000);
    run.post(order.clientOrderId, { kind: "triggered" });
    run.now += 10;
    run.balance("4000");
    expect(fundsOf(run)).toBe(asked);
    const changes = { quantity: "40", limitPrice: null, stopPrice: null };
    run.post(order.clientOrderId, { kind: "replaced", changes });
    run.now += 10;
    run.balance("900");
    expect(fundsOf(run)).toBe("900");
  });

  test("an order that ends under new terms holds what its fills cost until the next reading", () => {
    const run = new LedgerRun();
    run.balance("5000");
    const { order } = run.reserve();
    run.post(order.clientOrderId, acceptedAs("b-1"));
    run.post(order.clientOrderId, fillOf(order, "5", "100"));
    run.now += 10;
    run.mark(100);
    run.balance("4000");
    expect(run.replace(order.clientOrderId, { quantity: "20" })).toBe("reserved");
    run.post(order.clientOrderId, { kind: "canceled", reason });
    expect(fundsOf(run)).toBe("3500");
    run.now += 10;
    run.balance("4500");
    expect(fundsOf(run)).toBe("4500");
    expect(run.state.committers.size).toBe(0);
  });

  test("new terms on their way keep what their refusal brings back through storage", () => {
    const run = new LedgerRun();
    const { order } = run.reserve();
    run.post(order.clientOrderId, acceptedAs("b-1"));
    expect(run.replace(order.clientOrderId, { quantity: "20" })).toBe("reserved");
    const entry = run.entry(order.clientOrderId);
    expect(unpackOrder(packOrder(entry)).asked?.before?.amount.toFixed()).toBe("1000");
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
