import { describe, expect, test } from "vitest";
import { RISK_CHECKS } from "../../../../src/domain/risk/checks/index.ts";
import { apply } from "../../../../src/domain/risk/ledger.ts";
import { REFUSAL_CODES } from "../../../../src/domain/risk/refusal.ts";
import { BOTH_SIDES } from "../../../support/ledger/both-sides.ts";
import { long, LedgerRun } from "../../../support/ledger/run.ts";
import { fillOf, INSTRUMENT, instrumentWith } from "../../../support/ledger/samples.ts";

describe("each check on both sides of its limit", () => {
  test.each(REFUSAL_CODES)("%s", (code) => {
    const { given, passes, change, refused } = BOTH_SIDES[code];
    const run = new LedgerRun();
    given?.(run);
    expect(run.verdict(...passes)).toBe("approved");
    change?.(run);
    expect(run.decide(...refused)).toMatchObject({ kind: "denied", refusal: { code } });
  });

  test("the smallest order, too", () => {
    const run = new LedgerRun();
    const facts = { instrument: instrumentWith({ minQuantity: "5" }) };
    expect(run.verdict({ quantity: "5" }, facts)).toBe("approved");
    expect(run.verdict({ quantity: "4" }, facts)).toBe("QUANTITY_LIMITS");
  });

  test("the notional of a position, too, with the orders that may enlarge it", () => {
    const run = new LedgerRun();
    run.limit("positionNotional", "2500");
    long(run, "10");
    run.reserve({ quantity: "5" });
    expect(run.verdict({ quantity: "10" })).toBe("approved");
    expect(run.verdict({ quantity: "11" })).toBe("POSITION_LIMIT");
  });

  test("nobody opens anything as external, be it known or not, and what is held there can be closed", () => {
    const run = new LedgerRun();
    const by = { reason: "a test", by: "person", at: run.now };
    apply(run.state, { kind: "control", change: { kind: "register", algoId: "external", ...by } });
    for (const facts of [{}, { algoKnown: true }])
      expect(run.verdict({ algoId: "external" }, facts)).toBe("ALGO_UNKNOWN");
    const fill = { clientOrderId: "external-1", account: "paper", instrument: INSTRUMENT.id };
    run.post("external-1", fillOf({ ...fill, side: "buy" }, "10", "100"));
    const close = { algoId: "external", side: "sell", reduceOnly: true } as const;
    expect(run.verdict(close)).toBe("approved");
  });

  test("a limit price below the market, too, and a stop-limit's against its own stop", () => {
    const run = new LedgerRun();
    expect(run.verdict({ limitPrice: "95" })).toBe("approved");
    expect(run.verdict({ limitPrice: "94.99" })).toBe("PRICE_COLLAR");
    const stopLimit = { type: "stop_limit", stopPrice: "120" } as const;
    expect(run.verdict({ ...stopLimit, limitPrice: "126" })).toBe("approved");
    expect(run.verdict({ ...stopLimit, limitPrice: "126.01" })).toBe("PRICE_COLLAR");
  });

  test("gross exposure is the larger side of a position and its orders, not their sum", () => {
    const run = new LedgerRun();
    run.limit("grossExposure", "1000");
    long(run, "10");
    expect(run.verdict({ side: "sell", quantity: "20" })).toBe("approved");
    expect(run.verdict({ side: "sell", quantity: "21" })).toBe("GROSS_EXPOSURE");
  });

  test("an instrument that can only be watched is refused", () => {
    const run = new LedgerRun();
    const facts = { instrument: instrumentWith({ tradable: false }) };
    expect(run.verdict({}, facts)).toBe("NOT_PERMITTED_BY_BROKER");
  });

  test("balances that were never read refuse entries", () => {
    const run = new LedgerRun();
    run.state.balances.clear();
    expect(run.verdict()).toBe("FUNDS");
  });

  test("the order rate is that of any second, not of the clock's", () => {
    const run = new LedgerRun();
    run.limit("ordersPerSecond", "1");
    run.reserve();
    run.now += 999;
    expect(run.verdict()).toBe("ORDER_RATE");
    run.now += 1;
    expect(run.verdict()).toBe("approved");
  });

  test("the order rate holds up no way out, and every entry", () => {
    const run = new LedgerRun();
    long(run, "10");
    run.limit("ordersPerSecond", "1");
    const exit = { side: "sell", type: "market", limitPrice: null } as const;
    expect(run.verdict({ ...exit, quantity: "10" })).toBe("approved");
    expect(run.verdict({ ...exit, quantity: "11" })).toBe("ORDER_RATE");
    expect(run.verdict({ quantity: "1" })).toBe("ORDER_RATE");
  });

  test("the checks run in the order of the codes", () => {
    expect(RISK_CHECKS.map(([code]) => code)).toEqual([...REFUSAL_CODES]);
  });

  test("a refusal is a sentence that names its scope, and has its facts", () => {
    const run = new LedgerRun();
    run.limit("moneyAtRiskAlgo", "900", "algo:algo-a");
    expect(run.decide()).toMatchObject({
      kind: "denied",
      refusal: {
        code: "MONEY_AT_RISK_ALGO",
        scope: "algo:algo-a",
        limit: "900",
        asked: "1000",
        have: "0",
        message: expect.stringMatching(/^algo:algo-a has 0 at risk .* ask for less.*\.$/),
      },
      order: { state: "denied" },
    });
  });
});
