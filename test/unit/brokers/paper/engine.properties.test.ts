import fc from "fast-check";
import { expect, test } from "vitest";
import { decimal } from "../../../../src/domain/decimal.ts";
import { notional } from "../../../../src/brokers/paper/grid.ts";
import { isOpen, remainingLots } from "../../../../src/brokers/paper/engine/types.ts";
import type { EngineOrder } from "../../../../src/brokers/paper/engine/types.ts";
import { bench, INFY, price } from "./bench.ts";
import type { Bench } from "./bench.ts";

/** One thing that happens at the exchange. Prices stay near 30,000 ticks so that orders meet. */
const ticks = fc.integer({ min: 29_980, max: 30_020 });
const side = fc.constantFrom("buy", "sell");
const order = fc.record({
  do: fc.constant("submit" as const),
  side,
  type: fc.constantFrom("market", "limit", "stop", "stop_limit"),
  lots: fc.integer({ min: 1, max: 200 }),
  limit: ticks,
  stop: ticks,
  timeInForce: fc.constantFrom("gtc", "ioc", "day"),
});
const quote = fc.record({
  do: fc.constant("quote" as const),
  bid: ticks,
  spread: fc.integer({ min: 1, max: 6 }),
  bidLots: fc.integer({ min: 0, max: 120 }),
  askLots: fc.integer({ min: 0, max: 120 }),
  lastIsBid: fc.boolean(),
});
const cancel = fc.record({ do: fc.constant("cancel" as const), which: fc.nat(50) });
const modify = fc.record({
  do: fc.constant("modify" as const),
  which: fc.nat(50),
  lots: fc.option(fc.integer({ min: 1, max: 200 })),
  limit: fc.option(ticks),
});
const action = fc.oneof(
  { weight: 4, arbitrary: order },
  { weight: 4, arbitrary: quote },
  { weight: 1, arbitrary: cancel },
  { weight: 1, arbitrary: modify },
);
const actions = fc.array(action, { maxLength: 60 });
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

function perform(b: Bench, what: Action): void {
  switch (what.do) {
    case "submit": {
      const takesLimit = what.type === "limit" || what.type === "stop_limit";
      const takesStop = what.type === "stop" || what.type === "stop_limit";
      b.submit({
        side: what.side,
        type: what.type,
        quantity: String(what.lots),
        limitPrice: takesLimit ? price(what.limit) : null,
        stopPrice: takesStop ? price(what.stop) : null,
        timeInForce: what.timeInForce,
      });
      return;
    }
    case "quote": {
      const ask = what.bid + what.spread;
      b.quote(what.bid, ask, { ...what, lastTicks: what.lastIsBid ? what.bid : ask });
      return;
    }
    case "cancel":
    case "modify": {
      const open = b.engine.openOrders;
      const chosen = open[what.which % Math.max(1, open.length)];
      if (!chosen) return;
      const step =
        what.do === "cancel"
          ? b.engine.cancel(chosen.brokerOrderId, 1, "asked")
          : b.engine.modify(
              chosen.brokerOrderId,
              {
                quantity: what.lots === null ? null : String(what.lots),
                limitPrice:
                  what.limit === null || chosen.limitTicks === null ? null : price(what.limit),
                stopPrice: null,
              },
              1,
            );
      if (step.ok) b.events.push(...step.value.events);
    }
  }
}

/** What an invariant found wrong, in words; nothing when it holds. */
type Violations = unknown[];
type Before = { one: EngineOrder; filledLots: number }[];

type Invariant = (b: Bench, what: Action, before: Before) => Violations;

/** Checks an invariant after each thing that happens; `before` are the orders that could trade just then. */
function holds(invariant: Invariant, schedule: Action[]): void {
  const b = bench();
  b.quote(29_999, 30_001);
  for (const what of schedule) {
    const before = tradable(b).map((one) => ({ one, filledLots: one.filledLots }));
    perform(b, what);
    expect(invariant(b, what, before)).toEqual([]);
  }
}

/** The shortest schedule that breaks an invariant, with its seed; null when none was found. */
function counterexample(invariant: Invariant): string | null {
  const property = fc.property(actions, (schedule) => holds(invariant, schedule));
  const found = fc.check(property, { numRuns: 200 });
  return found.failed ? (fc.defaultReportMessage(found) ?? "failed") : null;
}

const tradable = (b: Bench) =>
  b.engine.openOrders.filter(({ state }) => state !== "pending_trigger");

const all = (b: Bench) => [...b.orders.values()];

test("quantity is conserved: fills add up to what is filled, and never to more than was ordered", () => {
  expect(
    counterexample((b) =>
      all(b).filter((one) => {
        const filled = b.fillsOf(one).reduce((sum, { lots }) => sum + lots, 0);
        const isFilled = filled === one.quantityLots;
        return (
          filled !== one.filledLots ||
          filled > one.quantityLots ||
          (one.state === "filled") !== isFilled
        );
      }),
    ),
  ).toBeNull();
});

test("no fill goes through the limit that the order had at that time", () => {
  expect(
    counterexample((b) => {
      const limits = new Map(b.firstLimits);
      return b.events.filter((event) => {
        const { brokerOrderId, side: of } = event.order;
        if (event.kind === "replaced" && event.changes.limitPrice !== null) {
          limits.set(brokerOrderId, Math.round(Number(event.changes.limitPrice) * 20));
        }
        const limit = limits.get(brokerOrderId) ?? null;
        if (event.kind !== "filled" || limit === null) return false;
        return of === "buy" ? event.fill.ticks > limit : event.fill.ticks < limit;
      });
    }),
  ).toBeNull();
});

test("a quote is never taken for more than it shows", () => {
  expect(
    counterexample((b) => {
      const left = b.engine.liquidity(INFY);
      const lots = [left?.bidLots ?? -1, left?.askLots ?? -1];
      return lots.filter((count, at) => count < 0 || count > (b.shown[at] ?? -1));
    }),
  ).toBeNull();
});

test("nothing is left untraded: no open order could still trade with what is shown, or with another", () => {
  expect(
    counterexample((b) => {
      const market = b.engine.liquidity(INFY);
      const bid = Math.max(...tradable(b).filter(isBuy).map(eagerness));
      const ask = -Math.max(...tradable(b).filter(isSell).map(eagerness));
      const crossed = Number.isFinite(bid) && Number.isFinite(ask) && bid >= ask;
      const missedAsk = (market?.askLots ?? 0) > 0 && bid >= (market?.askTicks ?? 0);
      const missedBid = (market?.bidLots ?? 0) > 0 && ask <= (market?.bidTicks ?? 0);
      return crossed || missedAsk || missedBid ? [{ bid, ask, market }] : [];
    }),
  ).toBeNull();
});

const isBuy = ({ side: of }: EngineOrder) => of === "buy";
const isSell = ({ side: of }: EngineOrder) => of === "sell";

/** How far an order goes: said anew here, so that the engine's own sorting is checked by it. */
const eagerness = ({ side: of, limitTicks }: EngineOrder) => {
  if (limitTicks === null) return Infinity;
  return of === "buy" ? limitTicks : -limitTicks;
};

test("when a quote comes, nobody trades before a better price, nor before an older order at the same", () => {
  expect(
    counterexample((_, what, before) => {
      if (what.do !== "quote") return [];
      const traded = before.filter(({ one, filledLots }) => one.filledLots > filledLots);
      return traded.flatMap(({ one }) =>
        before.filter(({ one: other }) => isAhead(other, one) && remainingLots(other) > 0),
      );
    }),
  ).toBeNull();
});

function isAhead(a: EngineOrder, b: EngineOrder): boolean {
  if (a.side !== b.side || a === b) return false;
  const [first, second] = [eagerness(a), eagerness(b)];
  return first === second ? a.rank < b.rank : first > second;
}

test("immediate-or-cancel orders never stay open", () => {
  expect(
    counterexample((b) => tradable(b).filter(({ timeInForce }) => timeInForce === "ioc")),
  ).toBeNull();
});

test("a stop waits as long as the last price is not at its price, trades nothing before, and triggers once", () => {
  expect(
    counterexample((b) => {
      const last = b.engine.liquidity(INFY)?.lastTicks ?? 0;
      const wrong = b.engine.openOrders.filter((one) => {
        if (one.state !== "pending_trigger" || one.stopTicks === null) return false;
        const isPast = isBuy(one) ? last >= one.stopTicks : last <= one.stopTicks;
        return isPast || one.filledLots > 0;
      });
      const triggered = b.events.filter(({ kind }) => kind === "triggered").map(({ id }) => id);
      return new Set(triggered).size === triggered.length ? wrong : triggered;
    }),
  ).toBeNull();
});

test("cash, positions and what is held are exactly what executions and open orders make them", () => {
  expect(
    counterexample((b) => {
      let lots = 0;
      let cash = decimal("50000000");
      for (const event of b.events) {
        if (event.kind !== "filled") continue;
        const value = notional(b.listing.grid, event.fill.lots, event.fill.ticks);
        lots += isBuy(event.order) ? event.fill.lots : -event.fill.lots;
        cash = isBuy(event.order) ? cash.minus(value) : cash.plus(value);
      }
      const { total, available } = b.account.balance("INR");
      const { cost } = b.account.positionRecord(INFY);
      const reserved = b.engine.openOrders
        .map((one) => notional(b.listing.grid, remainingLots(one), one.reserveTicks))
        .reduce((sum, value) => sum.plus(value), decimal(0));
      const held = total.minus(available).minus(decimal(cost).abs());
      // Average cost divides, so sums with it may differ in the last places.
      const isNear = (a: typeof held, other: typeof held) => a.minus(other).abs().lt("0.000001");
      return [
        ["position", b.account.lots(INFY) === lots],
        ["cash", b.account.cashRecord("INR").cash === cash.toFixed()],
        ["total", isNear(total, cash.plus(cost))],
        ["held", isNear(held, reserved)],
      ].filter(([, isSo]) => !isSo);
    }),
  ).toBeNull();
});

test("every id is given once, and exactly the open orders are in the engine", () => {
  expect(
    counterexample((b) => {
      const ids = b.events.map(({ id }) => id);
      const doubles = ids.filter((id, index) => ids.indexOf(id) !== index);
      const open = new Set(b.engine.openOrders);
      return [...doubles, ...all(b).filter((one) => open.has(one) !== isOpen(one))];
    }),
  ).toBeNull();
});
