import { reset, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sessionAt } from "../../src/domain/calendar.ts";
import type { OrderIntent } from "../../src/domain/order.ts";
import { approved, eventsOf, exchange, tapOrders, until } from "../support/workers/paper.ts";
import type { TestExchange } from "../support/workers/paper.ts";

let paper: TestExchange;

beforeEach(async () => {
  paper = exchange("paper");
  // A market that stands still, so that each test says itself what trades.
  await paper.control("/market", { ticksPerSecond: 0 });
});
afterEach(() => reset());

const idsOf = (order: { intent: OrderIntent }, brokerOrderId: string) => ({
  clientOrderId: order.intent.clientOrderId,
  brokerOrderId,
});

test.each([
  ["market", {}, "filled"],
  ["limit", { limitPrice: "1800" }, "filled"],
  ["limit", { limitPrice: "1200" }, "new"],
  ["stop", { stopPrice: "1200" }, "filled"],
  ["stop", { stopPrice: "1800" }, "pending_trigger"],
  ["stop_limit", { stopPrice: "1800", limitPrice: "1850" }, "pending_trigger"],
  ["stop_limit", { stopPrice: "1200", limitPrice: "1850" }, "filled"],
] as const)("a %s buy order with %j is %s", async (type, prices, state) => {
  const outcome = await paper.trading.submit(approved({ type, ...prices }));
  expect(outcome).toMatchObject({
    outcome: "accepted",
    pendingTrigger: state === "pending_trigger",
  });
  const [open, closed] = [await paper.trading.openOrders(), await paper.trading.closedOrders(0)];
  const orders = [...(open.ok ? open.value : []), ...(closed.ok ? closed.value : [])];
  expect(orders).toMatchObject([{ type, state }]);
});

test("a partial fill shows in the order, and immediate-or-cancel gives back the rest", async () => {
  const resting = approved({ quantity: "5000" });
  await paper.trading.submit(resting);
  const open = await paper.trading.openOrders();
  expect(open).toMatchObject({ ok: true, value: [{ state: "partially_filled" }] });
  const stream = await tapOrders(paper);
  const order = approved({ quantity: "9000", side: "sell", timeInForce: "ioc" });
  await paper.trading.submit(order);
  await until(() => eventsOf(stream, order.intent.clientOrderId).includes("canceled"));
  expect(eventsOf(stream, order.intent.clientOrderId)[0]).toBe("accepted");
  const [bought, sold] = await Promise.all([
    paper.trading.openOrders(),
    paper.trading.closedOrders(0),
  ]);
  // The market stands still: what the seller found was its bid and our own buyer's rest.
  expect(bought).toEqual({ ok: true, value: [] });
  expect(sold).toMatchObject({ value: [{ state: "filled" }, { state: "canceled" }] });
});

test("new terms are told and traded on, by their own event", async () => {
  const stream = await tapOrders(paper);
  const order = approved({ type: "limit", limitPrice: "1200" });
  await paper.trading.submit(order);
  const changes = { quantity: "20", limitPrice: "1800", stopPrice: null };
  expect(await paper.trading.modify(idsOf(order, "P1"), changes)).toEqual({ outcome: "accepted" });
  await until(() => eventsOf(stream, order.intent.clientOrderId).includes("filled"));
  expect(eventsOf(stream, order.intent.clientOrderId)).toEqual(["accepted", "replaced", "filled"]);
  const replaced = stream.messages.find(
    (message) => message.kind === "order_event" && message.event.kind === "replaced",
  );
  expect(replaced).toMatchObject({ eventId: "P1:replaced:1", event: { changes } });
});

test("what the exchange will not have is rejected with its reason, and never filled", async () => {
  const cases = [
    [approved({ instrument: "NSE:NOPE" }), /no instrument NSE:NOPE/],
    [approved({ instrument: "NSE:NIFTY 50" }), /watched but not traded/],
    [approved({ quantity: "1.5" }), /multiple of 1/],
    [approved({ type: "limit", limitPrice: "1500.03" }), /multiple of 0.05/],
    [approved({ quantity: "1000000" }), /insufficient funds/],
  ] as const;
  for (const [order, reason] of cases) {
    const outcome = await paper.trading.submit(order);
    expect(outcome).toEqual({ outcome: "rejected", reason: expect.stringMatching(reason) });
  }
  expect(await paper.trading.executions(0)).toEqual({ ok: true, value: [] });
});

test("a cancel of what does not exist says so, and proves nothing else", async () => {
  const cancel = await paper.trading.cancel({ clientOrderId: "c", brokerOrderId: "P99" });
  expect(cancel).toEqual({ outcome: "rejected", reason: "NOT_FOUND: there is no order P99" });
});

test("during exchange hours only an open market takes orders, and crypto never shuts", async () => {
  const view = await paper.control("/market", { hours: "exchange" });
  expect(view.hours).toBe("exchange");
  const isOpen = sessionAt("NSE", Date.now()) !== null;
  const indian = await paper.trading.submit(approved());
  expect(indian.outcome).toBe(isOpen ? "accepted" : "rejected");
  const crypto = await paper.trading.submit(
    approved({ instrument: "KRAKEN:BTC/USD", quantity: "0.001" }),
  );
  expect(crypto.outcome).toBe("accepted");
});

test("a day order that waits expires when the market it is in shuts", async () => {
  const order = approved({ type: "limit", limitPrice: "1200" });
  await paper.trading.submit(order);
  const stream = await tapOrders(paper);
  await paper.control("/market", { hours: "exchange" });
  // Outside the session it expires at once; inside it waits for the session's end.
  const isOpen = sessionAt("NSE", Date.now()) !== null;
  await until(() => isOpen || eventsOf(stream, order.intent.clientOrderId).includes("expired"));
  const open = await paper.trading.openOrders();
  expect(open).toMatchObject({ ok: true, value: isOpen ? [{ state: "new" }] : [] });
});

test("look-ups come in pages, and the client reads them all", async () => {
  await runInDurableObject(paper.stub(), (_, { storage }) => {
    const body = {
      clientOrderId: "old",
      instrument: "NSE:INFY",
      side: "buy",
      type: "market",
      timeInForce: "day",
      quantityLots: 1,
      filledLots: 1,
      limitTicks: null,
      stopTicks: null,
      state: "filled",
      reason: null,
      createdAt: 5,
      updatedAt: 5,
    };
    for (let number = 1; number <= 2_001; number += 1) {
      const row = JSON.stringify({ ...body, number, brokerOrderId: `P${number}` });
      storage.sql.exec("INSERT INTO orders VALUES (?, ?, 0, 5, ?)", number, `old-${number}`, row);
    }
  });
  const closed = await paper.trading.closedOrders(0);
  expect(closed.ok && new Set(closed.value.map(({ brokerOrderId }) => brokerOrderId)).size).toBe(
    2_001,
  );
  expect(await paper.trading.closedOrders(6)).toEqual({ ok: true, value: [] });
});

test.each([
  ["no JSON", "POST", "/orders", "{"],
  ["a missing side", "POST", "/orders", JSON.stringify({ clientOrderId: "c" })],
  ["a field too many", "PATCH", "/orders/P1", JSON.stringify({ price: "1" })],
  ["a bad since", "GET", "/executions?since=abc", undefined],
  ["a bad range", "GET", "/candles?instrument=NSE:INFY&interval=1m&from=2&to=1", undefined],
  ["an unknown interval", "GET", "/candles?instrument=NSE:INFY&interval=2m&from=1&to=2", undefined],
  ["too many bars", "GET", "/candles?instrument=NSE:INFY&interval=1s&from=0&to=9000000", undefined],
  ["a fault nobody knows", "POST", "/control/faults", JSON.stringify({ fault: "fire" })],
  ["too many ticks", "POST", "/control/market", JSON.stringify({ ticksPerSecond: 20_001 })],
  ["a plain request to a socket", "GET", "/feed", undefined],
])("%s is answered 400 with what is wrong", async (_, method, path, body) => {
  const response = await paper.stub().fetch(`https://object${path}`, {
    method,
    ...(body === undefined ? {} : { body }),
  });
  expect(response.status).toBe(400);
  const { error } = await response.json<{ error: { code: string; message: string } }>();
  expect(error.code).toBe("BAD_REQUEST");
  expect(error.message.length).toBeGreaterThan(5);
});
