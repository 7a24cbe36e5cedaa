import fc from "fast-check";
import { expect, test } from "vitest";
import { legId, type LegName } from "../../../../src/domain/bracket.ts";
import { brokenEquations } from "../../../../src/domain/risk/equation.ts";
import { LedgerRun } from "../../../support/ledger/run.ts";
import { fillOf } from "../../../support/ledger/samples.ts";

const exit = (leg: LegName) => ({
  clientOrderId: legId("e-1", 1, leg),
  side: "sell" as const,
  type: leg === "stop" ? ("stop" as const) : ("limit" as const),
  quantity: "10",
  limitPrice: leg === "stop" ? null : "140",
  stopPrice: leg === "stop" ? "95" : null,
  reduceOnly: true,
  exit: { entry: "e-1", pair: 1, leg },
});

/** A ledger that holds ten, with a stop and a target for them. */
function held() {
  const run = new LedgerRun();
  const entry = run.reserve({ clientOrderId: "e-1", quantity: "10", protectiveStop: "95" }).order;
  run.post("e-1", fillOf(entry, "10", "100"));
  return {
    run,
    exit,
    stop: run.reserve(exit("stop")).order,
    target: run.reserve(exit("target")).order,
  };
}

const broken = (run: LedgerRun) => brokenEquations(run.state.holdings.values());

test("both exits of a bracket pass as orders that only reduce, and reserve what one of them could close", () => {
  const { run } = held();
  const { openSell, openOrders } = run.figures();
  expect([openSell.toFixed(), openOrders]).toEqual(["10", 2]);
  // Nothing beyond the position's own risk: ten units, five each.
  expect(run.risk()).toBe("50");
  expect(broken(run)).toEqual([]);
});

test("a third order on that side is refused, as far as the two exits can close everything", () => {
  const { run } = held();
  const { exit: _, ...plain } = exit("target");
  const third = { ...plain, clientOrderId: "x-1", limitPrice: "100" };
  expect(() => run.reserve(third)).toThrow(/REDUCE_ONLY/);
});

test("when the stop goes, the target holds the whole again", () => {
  const { run, stop } = held();
  run.post(stop.clientOrderId, { kind: "canceled", reason: "asked" });
  expect(run.figures().openSell.toFixed()).toBe("10");
  expect(broken(run)).toEqual([]);
});

test("whatever fills and ends in whatever order, the ledger adds up, and shows what could go beyond the position", () => {
  const news = fc.record({
    leg: fc.constantFrom("stop", "target"),
    kind: fc.constantFrom("filled", "canceled", "rejected"),
    by: fc.integer({ min: 1, max: 4 }),
  });
  fc.assert(
    fc.property(fc.array(news, { maxLength: 12 }), (all) => {
      const { run, stop, target } = held();
      for (const { leg, kind, by } of all) {
        const order = leg === "stop" ? stop : target;
        if (kind === "filled") run.post(order.clientOrderId, fillOf(order, String(by), "100"));
        else run.post(order.clientOrderId, { kind: kind as "canceled", reason: "test" });
        expect(broken(run)).toEqual([]);
        const [holding] = run.state.holdings.values();
        const live = [...(holding?.orders.values() ?? [])];
        const most = Math.max(0, ...live.map((each) => Number(each.quantity.minus(each.filled))));
        expect(Number(run.figures().openSell)).toBe(most);
      }
    }),
  );
});
