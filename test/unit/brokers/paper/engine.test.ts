import { describe, expect, test } from "vitest";
import { bench, INFY, price } from "./bench.ts";

describe("market and limit orders", () => {
  test("a market order takes what the market shows, and the rest follows with the next quote", () => {
    const b = bench();
    b.quote(29_999, 30_001, { askLots: 60 });
    const order = b.submit({ quantity: "100" });
    expect(order.state).toBe("partially_filled");
    expect(b.fillsOf(order)).toEqual([{ lots: 60, ticks: 30_001 }]);
    b.quote(30_001, 30_003);
    expect(b.fillsOf(order)).toEqual([
      { lots: 60, ticks: 30_001 },
      { lots: 40, ticks: 30_003 },
    ]);
    expect(order.state).toBe("filled");
  });

  test("two orders share one quote and never take more than it shows", () => {
    const b = bench();
    b.quote(29_999, 30_001, { askLots: 15 });
    const [first, second] = [b.submit(), b.submit()];
    expect(b.fillsOf(first)).toEqual([{ lots: 10, ticks: 30_001 }]);
    expect(b.fillsOf(second)).toEqual([{ lots: 5, ticks: 30_001 }]);
  });

  test("an incoming limit order trades at the better price of the market; a resting one at its own", () => {
    const b = bench();
    b.quote(29_999, 30_001);
    const taker = b.submit({ type: "limit", limitPrice: price(30_010) });
    expect(b.fillsOf(taker)).toEqual([{ lots: 10, ticks: 30_001 }]);
    const maker = b.submit({ type: "limit", limitPrice: price(29_990) });
    expect(maker.state).toBe("new");
    b.quote(29_970, 29_980);
    expect(b.fillsOf(maker)).toEqual([{ lots: 10, ticks: 29_990 }]);
  });

  test("a recorded trade fills at its own price, and up to its quantity", () => {
    const b = bench();
    b.quote(30_000, 30_000, { kind: "trade", askLots: 0, bidLots: 0 });
    const order = b.submit({ type: "limit", limitPrice: price(30_000) });
    b.quote(29_990, 29_990, { kind: "trade", askLots: 4, bidLots: 4 });
    expect(b.fillsOf(order)).toEqual([{ lots: 4, ticks: 29_990 }]);
  });

  test("better price comes first, then the older order", () => {
    const b = bench();
    b.quote(29_999, 30_001);
    const late = b.submit({ type: "limit", limitPrice: price(29_990) });
    const better = b.submit({ type: "limit", limitPrice: price(29_995) });
    const later = b.submit({ type: "limit", limitPrice: price(29_990) });
    b.quote(29_900, 29_980, { askLots: 15 });
    expect(b.fillsOf(better)).toEqual([{ lots: 10, ticks: 29_995 }]);
    expect(b.fillsOf(late)).toEqual([{ lots: 5, ticks: 29_990 }]);
    expect(b.fillsOf(later)).toEqual([]);
  });

  test("our own orders trade with each other inside the spread, at the older one's price", () => {
    const b = bench();
    b.quote(29_990, 30_010);
    const maker = b.submit({ side: "sell", type: "limit", limitPrice: price(30_002) });
    const taker = b.submit({ side: "buy", quantity: "25" });
    expect(b.fillsOf(maker)).toEqual([{ lots: 10, ticks: 30_002 }]);
    expect(b.fillsOf(taker)).toEqual([
      { lots: 10, ticks: 30_002 },
      { lots: 15, ticks: 30_010 },
    ]);
  });

  test("at the same price our own resting order comes before the market's quote", () => {
    const b = bench();
    b.quote(29_990, 30_010);
    const maker = b.submit({ side: "sell", type: "limit", limitPrice: price(30_010) });
    b.submit({ side: "buy" });
    expect(maker.state).toBe("filled");
    expect(b.engine.liquidity(INFY)?.askLots).toBe(100);
  });

  test.each([
    ["the last price", {}, null, 30_000],
    [
      "the limit of who comes, if that is lower",
      { type: "limit", limitPrice: 29_995 },
      null,
      29_995,
    ],
    ["another of our orders, if that is better", {}, 29_998, 29_998],
  ] as const)("the rest of a market order trades at %s", (_, taker, other, ticks) => {
    const b = bench();
    b.quote(29_990, 30_010, { bidLots: 0, lastTicks: 30_000 });
    const waiting = b.submit({ side: "sell" });
    expect(waiting.state).toBe("new");
    if (other !== null) b.submit({ side: "sell", type: "limit", limitPrice: price(other) });
    const limitPrice = "limitPrice" in taker ? price(taker.limitPrice) : null;
    b.submit({ side: "buy", ...taker, limitPrice });
    expect(b.fillsOf(waiting)).toEqual([{ lots: 10, ticks }]);
  });

  test("immediate-or-cancel leaves nothing behind", () => {
    const b = bench();
    b.quote(29_999, 30_001, { askLots: 4 });
    const order = b.submit({ timeInForce: "ioc" });
    expect(b.fillsOf(order)).toEqual([{ lots: 4, ticks: 30_001 }]);
    expect(order.state).toBe("canceled");
    expect(b.engine.openOrders).toEqual([]);
  });
});

describe("stop orders", () => {
  test.each([
    ["buy", 30_010, 30_009, 30_010],
    ["sell", 29_990, 29_991, 29_990],
  ] as const)("a %s stop waits until the last price is at its price", (side, stop, before, at) => {
    const b = bench();
    b.quote(29_999, 30_001, { lastTicks: 30_000 });
    const order = b.submit({ side, type: "stop", stopPrice: price(stop) });
    expect(order.state).toBe("pending_trigger");
    b.quote(before - 1, before + 1, { lastTicks: before });
    expect(order.state).toBe("pending_trigger");
    const told = b.quote(at - 1, at + 1, { lastTicks: at });
    expect(told.map(({ kind }) => kind)).toEqual(["triggered", "filled"]);
    expect(order.state).toBe("filled");
  });

  test("a triggered stop-limit order rests at its limit", () => {
    const b = bench();
    b.quote(29_999, 30_001, { lastTicks: 30_000 });
    const terms = { stopPrice: price(30_010), limitPrice: price(30_005) };
    const order = b.submit({ type: "stop_limit", ...terms });
    b.quote(30_009, 30_011, { lastTicks: 30_011 });
    expect(order.state).toBe("new");
    b.quote(30_002, 30_004, { lastTicks: 30_004 });
    expect(b.fillsOf(order)).toEqual([{ lots: 10, ticks: 30_005 }]);
  });

  test("a triggered order takes its place behind those that rest at its price", () => {
    const b = bench();
    b.quote(29_999, 30_001, { lastTicks: 30_000 });
    const terms = { stopPrice: price(30_010), limitPrice: price(30_000) };
    const stop = b.submit({ type: "stop_limit", ...terms });
    const rests = b.submit({ type: "limit", limitPrice: price(30_000) });
    b.quote(30_009, 30_011, { lastTicks: 30_011 });
    b.quote(29_990, 29_995, { lastTicks: 29_995, askLots: 10 });
    expect([rests.state, stop.state]).toEqual(["filled", "new"]);
  });

  test("a stop whose price is passed already triggers at once", () => {
    const b = bench();
    b.quote(29_999, 30_001, { lastTicks: 30_001 });
    const order = b.submit({ type: "stop", stopPrice: price(30_001) });
    expect(order.state).toBe("filled");
    expect(b.events.map(({ kind }) => kind)).toEqual(["accepted", "triggered", "filled"]);
  });
});

/** An exchange with one buy order of 20 that rests below the market. */
const resting = () => {
  const b = bench();
  b.quote(29_999, 30_001);
  return { b, order: b.submit({ type: "limit", limitPrice: price(29_990), quantity: "20" }) };
};

describe("changes and ends", () => {
  const none = { quantity: null, limitPrice: null, stopPrice: null };

  test("a lower quantity keeps the place in time, a new price loses it", () => {
    const { b, order } = resting();
    const second = b.submit({ type: "limit", limitPrice: price(29_990) });
    b.engine.modify(order.brokerOrderId, { ...none, quantity: "10" }, 9);
    b.quote(29_980, 29_985, { askLots: 10 });
    expect([order.state, second.state]).toEqual(["filled", "new"]);
    const third = b.submit({ type: "limit", limitPrice: price(29_980) });
    b.engine.modify(second.brokerOrderId, { ...none, limitPrice: price(29_980) }, 9);
    b.quote(29_970, 29_975, { askLots: 10 });
    expect([third.state, second.state]).toEqual(["filled", "new"]);
  });

  test("a higher quantity loses the place in time", () => {
    const { b, order } = resting();
    const second = b.submit({ type: "limit", limitPrice: price(29_990) });
    b.engine.modify(order.brokerOrderId, { ...none, quantity: "21" }, 9);
    b.quote(29_980, 29_985, { askLots: 10 });
    expect([order.filledLots, second.state]).toEqual([0, "filled"]);
  });

  test("new terms that the funds cannot hold are refused, and the old ones are held on", () => {
    const { b, order } = resting();
    const before = b.account.balances();
    const changes = { ...none, quantity: "1000000" };
    expect(b.engine.modify(order.brokerOrderId, changes, 9)).toMatchObject({
      ok: false,
      error: { message: expect.stringMatching(/insufficient funds/) },
    });
    expect(b.account.balances()).toEqual(before);
    expect(order.quantityLots).toBe(20);
  });

  test("new terms that cross the market trade at once", () => {
    const { b, order } = resting();
    const step = b.engine.modify(order.brokerOrderId, { ...none, limitPrice: price(30_005) }, 9);
    expect(step.ok && step.value.events.map(({ kind }) => kind)).toEqual(["replaced", "filled"]);
    expect(order.state).toBe("filled");
  });

  test("a quantity at or below what is filled is refused, and the order stays as it was", () => {
    const { b, order } = resting();
    b.quote(29_980, 29_985, { askLots: 5 });
    expect(b.engine.modify(order.brokerOrderId, { ...none, quantity: "5" }, 9).ok).toBe(false);
    expect(b.engine.modify(order.brokerOrderId, { ...none, quantity: "6" }, 9).ok).toBe(true);
    expect(order).toMatchObject({ quantityLots: 6, filledLots: 5, state: "partially_filled" });
  });

  test("a day order ends with its session, not before, and gtc stays", () => {
    const b = bench();
    b.quote(29_999, 30_001);
    const session = { refusal: null, endsAt: 1_000 };
    const terms = {
      instrument: INFY,
      side: "buy",
      type: "limit",
      quantity: "1",
      limitPrice: price(29_000),
      stopPrice: null,
    } as const;
    b.engine.submit({ ...terms, clientOrderId: "day", timeInForce: "day" }, 1, session);
    b.engine.submit({ ...terms, clientOrderId: "gtc", timeInForce: "gtc" }, 1, session);
    expect(b.engine.expire(999)).toEqual([]);
    expect(b.engine.expire(1_000)).toMatchObject([
      { kind: "expired", order: { clientOrderId: "day", state: "expired" } },
    ]);
    expect(b.engine.openOrders).toHaveLength(1);
  });

  test("an order is canceled once; afterwards it is not open", () => {
    const { b, order } = resting();
    expect(b.engine.cancel(order.brokerOrderId, 9, "asked").ok).toBe(true);
    expect(b.engine.cancel(order.brokerOrderId, 9, "asked")).toMatchObject({
      ok: false,
      error: { code: "ORDER_NOT_OPEN" },
    });
  });
});

describe("what is no order here", () => {
  test.each([
    [{ instrument: "NSE:NOPE" }, /no instrument NSE:NOPE/],
    [{ instrument: INFY, quantity: "1.5" }, /not a multiple of 1/],
    [{ quantity: "1000001" }, /must be 1 to 1000000/],
    [{ type: "limit" }, /needs a limitPrice/],
    [{ limitPrice: "1500" }, /takes no limitPrice/],
    [{ type: "limit", limitPrice: "1500.03" }, /1500.03 is not a multiple of 0.05/],
    [{ type: "stop", stopPrice: "1500.01" }, /1500.01 is not a multiple of 0.05/],
  ] as const)("%j is refused", (terms, message) => {
    const b = bench();
    b.quote(29_999, 30_001);
    expect(() => b.submit(terms)).toThrow(message);
    expect(b.orders.size).toBe(0);
  });

  test("the largest quantity is allowed", () => {
    const b = bench();
    b.quote(1, 2);
    expect(b.submit({ quantity: "1000000" }).state).toBe("partially_filled");
  });

  test("what only closes a position needs no free funds, what goes beyond it does", () => {
    const b = bench();
    b.quote(1_999_999, 2_000_000, { askLots: 1_000 });
    b.submit({ quantity: "500" });
    expect(b.account.balance("INR").available.toFixed()).toBe("0");
    const terms = { side: "sell", type: "limit", limitPrice: "100000" } as const;
    expect(b.submit({ ...terms, quantity: "501" }).state).toBe("rejected");
    expect(b.submit({ ...terms, quantity: "500" }).state).toBe("new");
  });

  test("a position that is sold through turns short at the new price", () => {
    const b = bench();
    b.quote(29_999, 30_000);
    b.submit({ quantity: "10" });
    b.quote(30_100, 30_101);
    b.submit({ side: "sell", quantity: "25" });
    expect(b.account.positions()).toEqual([
      { instrument: INFY, quantity: "-15", averagePrice: "1505" },
    ]);
    expect(b.account.balance("INR").total.toFixed()).toBe("50000050");
  });

  test("funds hold exactly what they are worth: one lot more is rejected", () => {
    const b = bench();
    b.quote(1, 2_000_000, { askLots: 0, bidLots: 0 });
    // 50,000,000 INR hold 500 lots at 100,000.
    const limitPrice = "100000";
    expect(b.submit({ type: "limit", limitPrice, quantity: "501" }).state).toBe("rejected");
    expect(b.submit({ type: "limit", limitPrice, quantity: "500" }).state).toBe("new");
    expect(b.submit({ type: "limit", limitPrice, quantity: "1" }).state).toBe("rejected");
  });
});
