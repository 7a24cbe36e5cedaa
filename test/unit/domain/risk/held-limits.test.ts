/** Limits on what is held: over accounts, and over all algos where they are set on an instrument. */
import { describe, expect, test } from "vitest";
import { limitsExceeded } from "../../../../src/domain/risk/above.ts";
import { applyBalances } from "../../../../src/domain/risk/funds.ts";
import { adopt } from "../../../support/ledger/placed-past.ts";
import { LedgerRun, long } from "../../../support/ledger/run.ts";
import { fillOf, INSTRUMENT } from "../../../support/ledger/samples.ts";

describe("a limit on what is held", () => {
  test("what is held at one account makes up for nothing at another", () => {
    const run = new LedgerRun();
    applyBalances(run.state, "second", [{ currency: "USD", available: "1000000" }], run.now);
    run.limit("positionQuantity", "20");
    long(run, "10");
    const short = run.reserve({ account: "second", side: "sell", quantity: "10" });
    run.post(short.order.clientOrderId, fillOf(short.order, "10", "100"));
    expect(run.figures(`algo:algo-a|instrument:${INSTRUMENT.id}`).quantity.toFixed()).toBe("0");
    expect(run.verdict({ quantity: "1" })).toBe("POSITION_LIMIT");
    expect(run.verdict({ account: "second", side: "sell", quantity: "1" })).toBe("POSITION_LIMIT");
    expect(run.verdict({ side: "sell", quantity: "10" })).toBe("approved");
    run.limit("positionQuantity", "21");
    expect(run.verdict({ quantity: "1" })).toBe("approved");
    run.limit("positionQuantity", "19");
    expect(limitsExceeded(run.state, "portfolio", "positionQuantity")).toMatchObject([
      { have: "20" },
    ]);
  });

  test("what rests counts for the position that it can lead to, in money as in units", () => {
    const run = new LedgerRun();
    run.limit("positionNotional", "999");
    run.limit("positionQuantity", "9");
    const flag = adopt(run);
    const at = `algo:external|instrument:${INSTRUMENT.id}`;
    expect(flag).toContain(`positionNotional of ${at} is 1000, above 999`);
    expect(flag).toContain(`positionQuantity of ${at} is 10, above 9`);
    run.limit("positionNotional", "1000");
    expect(limitsExceeded(run.state, "portfolio", "positionNotional")).toEqual([]);
    run.mark(101);
    expect(limitsExceeded(run.state, "portfolio", "positionNotional")).toMatchObject([
      { have: "1010" },
    ]);
  });

  test("algos at one account make up for each other in an instrument's sum", () => {
    const run = new LedgerRun();
    run.limit("positionQuantity", "10", `instrument:${INSTRUMENT.id}`);
    long(run, "10");
    expect(run.verdict({ algoId: "algo-b", quantity: "1" })).toBe("POSITION_LIMIT");
    expect(run.verdict({ algoId: "algo-b", side: "sell", quantity: "10" })).toBe("approved");
  });

  test.each([
    ["positionNotional", "POSITION_LIMIT"],
    ["moneyAtRiskInstrument", "MONEY_AT_RISK_INSTRUMENT"],
  ] as const)("%s on an instrument bounds each algo and all together", (name, code) => {
    const run = new LedgerRun();
    const scope = `instrument:${INSTRUMENT.id}`;
    run.limit(name, "2000", scope);
    for (const algoId of ["a", "b"]) long(run, "8", { algoId });
    expect(run.verdict({ algoId: "c", quantity: "4" })).toBe("approved");
    expect(run.decide({ algoId: "c", quantity: "5" })).toMatchObject({ refusal: { code, scope } });
    run.limit(name, "1500", scope);
    expect(limitsExceeded(run.state, scope, name)).toMatchObject([{ scope, have: "1600" }]);
    run.limit(name, null, scope);
    expect(run.verdict({ algoId: "c", quantity: "5" })).toBe("approved");
  });
});
