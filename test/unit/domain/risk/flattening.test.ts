/** What the ledger answers to the platform's own closing orders, after a halt. */
import { expect, test } from "vitest";
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
