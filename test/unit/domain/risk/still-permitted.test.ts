/** An order that was proven not sent: what has changed since is asked again before it goes. */
import { describe, expect, test } from "vitest";
import { legId } from "../../../../src/domain/bracket.ts";
import { approvedAgain } from "../../../../src/domain/risk/decide.ts";
import { LedgerRun, long } from "../../../support/ledger/run.ts";
import { fillOf, INSTRUMENT } from "../../../support/ledger/samples.ts";

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

  test("that may only reduce is not sent late where another has closed what it was for", () => {
    const run = new LedgerRun();
    long(run, "10");
    const close = run.reserve({ side: "sell", quantity: "10", reduceOnly: true }).order;
    const again = () => approvedAgain(run.state, close, run.now);
    expect(again()).toMatchObject({ kind: "permitted" });
    // A plain sell asks nobody what else is open.
    const sell = run.reserve({ side: "sell", quantity: "4" }).order;
    run.post(sell.clientOrderId, fillOf(sell, "4", "100"));
    expect(again()).toMatchObject({
      kind: "refused",
      refusal: { code: "REDUCE_ONLY", limit: "6", asked: "10", have: "6" },
    });
  });

  test.each(["stop", "target"] as const)(
    "that is the %s of a bracket is not sent late once nothing is left to close, and is made smaller when it stands before that",
    (leg) => {
      const run = new LedgerRun();
      long(run, "10", { clientOrderId: "e-1" });
      const exit = (name: "stop" | "target") =>
        run.reserve({
          clientOrderId: legId("e-1", 1, name),
          side: "sell",
          reduceOnly: true,
          exit: { entry: "e-1", pair: 1, leg: name },
        });
      const exits = { stop: exit("stop"), target: exit("target") };
      const sold = (quantity: string) => {
        const { order } = run.reserve({ side: "sell", quantity });
        run.post(order.clientOrderId, fillOf(order, quantity, "100"));
        return approvedAgain(run.state, exits[leg].order, run.now);
      };
      expect(sold("4")).toMatchObject({ kind: "permitted" });
      expect(sold("6")).toMatchObject({ kind: "refused", refusal: { code: "REDUCE_ONLY" } });
    },
  );
});
