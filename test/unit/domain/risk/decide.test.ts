import { describe, expect, test } from "vitest";
import { approvedAgain } from "../../../../src/domain/risk/decide.ts";
import { LedgerRun, long, NOON } from "../../../support/ledger/run.ts";
import {
  acceptedAs,
  fillOf,
  INSTRUMENT,
  instrumentWith,
  intentWith,
} from "../../../support/ledger/samples.ts";

const other = { instrument: instrumentWith({ id: "XNAS:OTHER" }) };

describe("limits", () => {
  const SCOPES = ["portfolio", "algo:algo-a", `instrument:${INSTRUMENT.id}`];

  test.each(SCOPES)("the tightest of all levels wins, also when it is that of %s", (scope) => {
    const run = new LedgerRun();
    for (const each of SCOPES) run.limit("orderNotional", each === scope ? "999" : "5000", each);
    expect(run.decide()).toMatchObject({ refusal: { code: "ORDER_NOTIONAL", scope } });
    const expected = scope === "algo:algo-a" ? "approved" : "ORDER_NOTIONAL";
    expect(run.verdict({ algoId: "algo-b" })).toBe(expected);
  });

  test("a limit of an algo in an instrument holds for no other", () => {
    const run = new LedgerRun();
    run.limit("positionQuantity", "5", `algo:algo-a|instrument:${INSTRUMENT.id}`);
    expect(run.verdict()).toBe("POSITION_LIMIT");
    expect(run.verdict({ algoId: "algo-b" })).toBe("approved");
  });

  test("a position limit on an instrument bounds all algos together", () => {
    const run = new LedgerRun();
    run.limit("positionQuantity", "15", `instrument:${INSTRUMENT.id}`);
    run.reserve();
    expect(run.verdict({ algoId: "algo-b", quantity: "5" })).toBe("approved");
    expect(run.verdict({ algoId: "algo-b", quantity: "6" })).toBe("POSITION_LIMIT");
  });

  test("taking a portfolio limit off brings its default back", () => {
    const run = new LedgerRun();
    run.limit("orderNotional", "10");
    expect(run.verdict()).toBe("ORDER_NOTIONAL");
    run.limit("orderNotional", null);
    expect(run.verdict()).toBe("approved");
  });

  test("count other currencies at their rate, and refuse one that has none", () => {
    const run = new LedgerRun();
    run.balance("1000000", "INR");
    run.limit("orderNotional", "11.5");
    const inr = { instrument: instrumentWith({ currency: "INR" }) };
    expect(run.verdict({ quantity: "10" }, inr)).toBe("approved");
    expect(run.verdict({ quantity: "11" }, inr)).toBe("ORDER_NOTIONAL");
    const zar = { instrument: instrumentWith({ currency: "ZAR" }) };
    expect(run.decide({}, zar)).toMatchObject({
      refusal: { code: "ORDER_NOTIONAL", message: expect.stringMatching(/no rate from ZAR/) },
    });
  });
});

describe("orders that can only reduce exposure", () => {
  const exit = { side: "sell", type: "market", limitPrice: null } as const;

  const REFUSING_ENTRIES: [string, (run: LedgerRun) => void][] = [
    ["a stale price", (run) => void (run.now += 60_000)],
    ["a bad price", (run) => run.mark(Number.NaN)],
    ["a reducing portfolio", (run) => run.tradingState("portfolio", "reducing")],
    ["a daily loss", (run) => (run.limit("dailyLoss", "1"), run.mark(99))],
    ["a drawdown", (run) => (run.limit("drawdown", "1"), run.mark(99))],
    ["the day's orders used up", (run) => run.limit("ordersPerDay", "1")],
    ["no funds", (run) => run.balance("0")],
    ["a limit below what is there", (run) => run.limit("moneyAtRiskPortfolio", "1")],
  ];

  test.each(REFUSING_ENTRIES)("pass in spite of %s, which refuses entries", (_, refuse) => {
    const run = new LedgerRun();
    long(run, "10");
    refuse(run);
    expect(run.verdict({ limitPrice: "99" })).not.toBe("approved");
    expect(run.verdict({ ...exit, quantity: "10" })).toBe("approved");
  });

  test("never flip a position: one unit more is an entry", () => {
    const run = new LedgerRun();
    long(run, "10");
    run.tradingState("algo:algo-a", "reducing");
    expect(run.verdict({ ...exit, quantity: "10" })).toBe("approved");
    expect(run.verdict({ ...exit, quantity: "11" })).toBe("KILL_SWITCH");
  });

  test("count the orders that close already", () => {
    const run = new LedgerRun();
    long(run, "10");
    run.tradingState("algo:algo-a", "reducing");
    run.reserve({ ...exit, quantity: "6" });
    expect(run.verdict({ ...exit, quantity: "4" })).toBe("approved");
    expect(run.verdict({ ...exit, quantity: "5" })).toBe("KILL_SWITCH");
  });

  test.each([
    ["reducing", "set algo:algo-a active"],
    ["halted", "reset the kill switch of algo:algo-a"],
  ] as const)("say the way out of a %s scope, which is another for each", (state, wayOut) => {
    const run = new LedgerRun();
    run.tradingState("algo:algo-a", state);
    expect(run.decide()).toMatchObject({
      refusal: { message: expect.stringContaining(`${wayOut} first`) },
    });
  });

  test("do not pass a halted scope, and another account's position is no cover", () => {
    const run = new LedgerRun();
    long(run, "10");
    expect(run.verdict({ ...exit, account: "second" })).toBe("FUNDS");
    run.tradingState("account:paper", "halted");
    expect(run.verdict({ ...exit, quantity: "1" })).toBe("KILL_SWITCH");
  });

  test("add no money at risk", () => {
    const run = new LedgerRun();
    long(run, "10", { protectiveStop: "95" });
    expect(run.risk()).toBe("50");
    run.reserve({ ...exit, quantity: "10" });
    expect(run.risk()).toBe("50");
  });

  test("a halt of another algo, account or instrument stops nobody else", () => {
    const run = new LedgerRun();
    for (const scope of ["algo:algo-b", "account:second", "instrument:XNAS:OTHER"])
      run.tradingState(scope, "halted");
    expect(run.verdict()).toBe("approved");
  });
});

describe("losses", () => {
  test("a loss that recovers keeps the day's budget used up; raising the limit frees it", () => {
    const run = new LedgerRun();
    run.limit("dailyLoss", "50", "algo:algo-a");
    long(run, "10");
    run.mark(94);
    run.mark(100);
    expect(run.verdict()).toBe("DAILY_LOSS");
    expect(run.verdict({ algoId: "algo-b" })).toBe("approved");
    run.limit("dailyLoss", "60", "algo:algo-a");
    expect(run.verdict()).toBe("approved");
  });

  test("a new trading day gives a new budget, and keeps the peak of equity", () => {
    const run = new LedgerRun();
    run.limit("dailyLoss", "50");
    run.limit("drawdown", "70");
    long(run, "10");
    run.mark(94);
    expect(run.verdict({ limitPrice: "94" })).toBe("DAILY_LOSS");
    run.day("2026-11-21");
    expect(run.verdict({ limitPrice: "94" })).toBe("approved");
    run.mark(92);
    expect(run.verdict({ limitPrice: "92" })).toBe("DRAWDOWN");
  });

  test("a new trading day gives new orders", () => {
    const run = new LedgerRun();
    run.limit("ordersPerDay", "1");
    run.reserve();
    expect(run.verdict()).toBe("ORDERS_PER_DAY");
    run.day("2026-11-21");
    expect(run.verdict()).toBe("approved");
  });

  test("a drawdown that recovers lets entries in again", () => {
    const run = new LedgerRun();
    run.limit("drawdown", "50");
    long(run, "10");
    run.mark(94);
    expect(run.verdict({ limitPrice: "95" })).toBe("DRAWDOWN");
    run.mark(100);
    expect(run.verdict()).toBe("approved");
  });

  test("a hedge over two algos loses nothing on the way from one price to the next", () => {
    const run = new LedgerRun();
    run.limit("dailyLoss", "10", "portfolio");
    long(run, "10");
    const { order } = run.reserve({ algoId: "algo-b", side: "sell" });
    run.post(order.clientOrderId, fillOf(order, "10", "100"));
    run.mark(50);
    expect(run.state.aggregates.get("portfolio")?.day.worstProfit.toFixed()).toBe("0");
  });

  test("a position without a good price refuses its algo's entries in anything", () => {
    const run = new LedgerRun();
    run.mark(100, "XNAS:OTHER");
    long(run, "10");
    run.mark(Number.NaN);
    expect(run.verdict({ instrument: "XNAS:OTHER" }, other)).toBe("DAILY_LOSS");
    expect(run.verdict({ instrument: "XNAS:OTHER", algoId: "algo-b" }, other)).toBe("approved");
  });

  test("for the portfolio such a position counts as gone to its stop", () => {
    const run = new LedgerRun();
    run.mark(100, "XNAS:OTHER");
    run.limit("dailyLoss", "49");
    long(run, "10", { protectiveStop: "95" });
    const entry = { instrument: "XNAS:OTHER", algoId: "algo-b" };
    expect(run.verdict(entry, other)).toBe("approved");
    run.mark(Number.NaN);
    expect(run.verdict(entry, other)).toBe("DAILY_LOSS");
    run.limit("dailyLoss", "50");
    expect(run.verdict(entry, other)).toBe("approved");
  });

  test("fees are losses", () => {
    const run = new LedgerRun();
    run.limit("dailyLoss", "1", "algo:algo-a");
    const { order } = run.reserve();
    run.post(order.clientOrderId, fillOf(order, "9", "100", { fee: "1" }));
    expect(run.verdict()).toBe("approved");
    run.post(order.clientOrderId, fillOf(order, "1", "100", { fee: "0.01" }));
    expect(run.verdict()).toBe("DAILY_LOSS");
  });
});

describe("an approved order", () => {
  test("carries the version of its own reservation, and comes again only while it is pending", () => {
    const run = new LedgerRun();
    const intent = intentWith();
    const decision = run.decide(intent);
    const { order } = run.reserve(intent);
    expect(decision).toMatchObject({ approved: { ledgerVersion: run.state.version } });
    expect(order.ledgerVersion).toBe(run.state.version);
    expect(approvedAgain(run.state, order, run.now)).toMatchObject({
      kind: "permitted",
      approvedAt: NOON,
      approved: { intent, ledgerVersion: order.ledgerVersion, approvedAt: NOON },
    });
    run.tradingState("algo:algo-a", "halted");
    expect(approvedAgain(run.state, order, run.now)).toBeNull();
    run.tradingState("algo:algo-a", "active");
    const after = run.post(order.clientOrderId, { kind: "outcome_unknown", reason: "timeout" });
    expect(approvedAgain(run.state, after.order, run.now)).toBeNull();
  });

  test.each([
    ["10", true],
    ["10.0000001", undefined],
  ])("to sell %s of 10 carries the proof that it only reduces: %s", (quantity, expected) => {
    const run = new LedgerRun();
    long(run, "10");
    const instrument = { ...INSTRUMENT, lotSize: "0.0000001" };
    const decision = run.decide({ side: "sell", quantity }, { instrument });
    expect(decision.kind === "approved" && decision.approved.onlyReduces).toBe(expected);
  });

  test("comes again without the proof, which was of another moment", () => {
    const run = new LedgerRun();
    long(run, "10");
    const { order } = run.reserve({ side: "sell" });
    const again = approvedAgain(run.state, order, run.now);
    expect(again?.kind).toBe("permitted");
    expect(again).not.toHaveProperty("approved.onlyReduces");
  });

  test("the same intent again is the same order, also after a modify and in other digits", () => {
    const run = new LedgerRun();
    const intent = intentWith();
    run.reserve(intent);
    run.post(intent.clientOrderId, acceptedAs("b-1"));
    expect(run.replace(intent.clientOrderId, { quantity: "12" })).toBe("reserved");
    run.post(intent.clientOrderId, {
      kind: "replaced",
      changes: { quantity: "12", limitPrice: null, stopPrice: null },
    });
    expect(run.verdict({ ...intent, limitPrice: "100.00" })).toBe("existing");
    expect(run.verdict({ ...intent, quantity: "12" })).toBe("DUPLICATE_INTENT");
    expect(run.verdict({ ...intent, algoId: "algo-b" })).toBe("DUPLICATE_INTENT");
  });

  test("deciding changes nothing", () => {
    const run = new LedgerRun();
    const { version } = run.state;
    run.decide();
    run.decide({ quantity: "0.5" });
    expect(run.state.version).toBe(version);
    expect(run.state.orders.size).toBe(0);
    expect(run.risk()).toBe("0");
  });
});
