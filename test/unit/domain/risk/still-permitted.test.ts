/** An order that was proven not sent: what has changed since is asked again before it goes. */
import { describe, expect, test } from "vitest";
import { approvedAgain } from "../../../../src/domain/risk/decide.ts";
import { LedgerRun, long } from "../../../support/ledger/run.ts";
import { INSTRUMENT } from "../../../support/ledger/samples.ts";

describe("an approved order", () => {
  test.each<[string, (run: LedgerRun) => void]>([
    ["its algo is paused", (run) => run.restrict("algo:algo-a")],
    ["its instrument is blocked", (run) => run.restrict(`instrument:${INSTRUMENT.id}`)],
    ["its algo may only reduce", (run) => run.tradingState("algo:algo-a", "reducing")],
    ["its price is old", (run) => void (run.now += 3_600_000)],
    ["its algo has lost too much", (run) => (run.limit("dailyLoss", "1"), run.mark(90))],
    ["its algo is too far from its peak", (run) => (run.limit("drawdown", "1"), run.mark(90))],
  ])("is not sent late once %s, while an exit is", (_, change) => {
    const run = new LedgerRun();
    long(run, "10");
    const entry = run.reserve({ quantity: "5" });
    const exit = run.reserve({ side: "sell", quantity: "10" });
    for (const { order } of [entry, exit])
      run.post(order.clientOrderId, { kind: "not_sent", reason: "refused", attempt: 1 });
    const again = (id: string) => approvedAgain(run.state, run.entry(id).order, run.now)?.kind;
    expect(again(entry.order.clientOrderId)).toBe("permitted");
    change(run);
    expect(again(entry.order.clientOrderId)).toBe("refused");
    expect(again(exit.order.clientOrderId)).toBe("permitted");
  });

  test("is not sent late once the portfolio is asleep, be it an exit or not", () => {
    const run = new LedgerRun();
    long(run, "10");
    const { order } = run.reserve({ side: "sell", quantity: "10" });
    run.restrict("portfolio");
    expect(approvedAgain(run.state, order, run.now)).toMatchObject({
      kind: "refused",
      refusal: { code: "PORTFOLIO_ASLEEP" },
    });
  });
});
