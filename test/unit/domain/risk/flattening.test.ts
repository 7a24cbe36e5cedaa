/** What the ledger answers to the platform's own closing orders, under a halt and after it. */
import { describe, expect, test } from "vitest";
import { LedgerRun, long } from "../../../support/ledger/run.ts";

const CLOSING = { side: "sell", type: "market", limitPrice: null, reduceOnly: true } as const;

/** Ten are held, one of them is on its way out; then all is shut that can be. */
function shut(): LedgerRun {
  const run = new LedgerRun();
  long(run, "10");
  run.reserve({ ...CLOSING, clientOrderId: "out", quantity: "1" });
  run.restrict("portfolio");
  run.restrict("algo:algo-a");
  run.tradingState("portfolio", "halted");
  run.flattenOwed("portfolio");
  run.mark(Number.NaN);
  return run;
}

const asked = (run: LedgerRun, quantity: string, facts = {}) => {
  const decision = run.decide({ ...CLOSING, quantity }, { flattens: true, ...facts });
  return decision.kind === "denied"
    ? { code: decision.refusal.code, limit: decision.refusal.limit }
    : decision.kind;
};

test("a flatten that asks for more than is left hears how much is left, whatever is shut", () => {
  expect(asked(shut(), "10")).toEqual({ code: "REDUCE_ONLY", limit: "9" });
  expect(asked(shut(), "9")).toBe("approved");
});

test("a flatten hears the true cause where it is another one", () => {
  expect(asked(shut(), "9", { instrument: null })).toMatchObject({ code: "INSTRUMENT_UNKNOWN" });
  expect(asked(shut(), "9", { marketOpen: false })).toMatchObject({ code: "MARKET_CLOSED" });
});

test("what may do more than reduce passes no halt, whoever asks", () => {
  const run = shut();
  expect(run.verdict({ quantity: "1" }, { flattens: true })).toBe("KILL_SWITCH");
  expect(run.verdict({ ...CLOSING, quantity: "9" })).toBe("KILL_SWITCH");
});

/** Ten are held, and nothing is shut. */
function held(): LedgerRun {
  const run = new LedgerRun();
  long(run, "10");
  return run;
}

describe("a flatten that comes when nothing is to be closed any more", () => {
  test.each(["active", "reducing"] as const)("is refused: its scope is %s again", (state) => {
    const run = held();
    run.flattenOwed("algo:algo-a");
    run.tradingState("algo:algo-a", state);
    expect(asked(run, "10")).toMatchObject({ code: "KILL_SWITCH" });
    // What anybody may ask for is not held up.
    expect(run.verdict({ ...CLOSING, quantity: "10" })).toBe("approved");
  });

  test("is refused where a halt stands that closes nothing", () => {
    const run = held();
    run.tradingState("portfolio", "halted");
    expect(asked(run, "10")).toMatchObject({ code: "KILL_SWITCH" });
  });

  test.each(["portfolio", "account:paper", "algo:algo-a", "instrument:XNAS:ACME"])(
    "passes every other halt as long as that of %s closes what is under it",
    (scope) => {
      const run = held();
      for (const each of ["portfolio", "algo:algo-a", scope]) run.tradingState(each, "halted");
      run.flattenOwed(scope);
      expect(asked(run, "10")).toBe("approved");
    },
  );

  test("is refused where only a scope beside its own is to be closed", () => {
    const run = held();
    run.tradingState("portfolio", "halted");
    run.tradingState("algo:algo-b", "halted");
    run.flattenOwed("algo:algo-b");
    expect(asked(run, "10")).toMatchObject({ code: "KILL_SWITCH" });
  });
});
