import { evictDurableObject, reset, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, expect, test } from "vitest";
import { PAPER_INSTRUMENTS } from "../../src/brokers/paper/instruments.ts";
import {
  approved,
  crash,
  eventsOf,
  exchange,
  subscribe,
  tapFeed,
  tapOrders,
  until,
} from "../support/workers/paper.ts";

afterEach(() => reset());

test("a subscribed instrument sends a snapshot and then moves, and no other one comes", async () => {
  const paper = exchange("paper");
  const tap = await tapFeed(paper);
  subscribe(tap, paper, ["NSE:INFY"]);
  await until(() => tap.updates.length > 10);
  const [clock, answer] = tap.messages;
  expect(clock).toMatchObject({ kind: "heartbeat", speed: 1, isSet: true });
  expect(answer).toEqual({ kind: "subscribed", instruments: ["NSE:INFY"] });
  expect(tap.updates[0]).toMatchObject({ instrument: "NSE:INFY", lastQuantity: null });
  expect(new Set(tap.updates.map(({ instrument }) => instrument))).toEqual(new Set(["NSE:INFY"]));
  for (const { bid, ask, last } of tap.updates) {
    expect(bid).toBeLessThan(ask ?? 0);
    expect([bid, ask]).toContain(last);
  }
});

test("100 instruments on two connections are 100 upstream subscriptions", async () => {
  const paper = exchange("paper");
  const ids = PAPER_INSTRUMENTS.slice(0, 100).map(({ id }) => id);
  const taps = [await tapFeed(paper), await tapFeed(paper)];
  for (const [index, tap] of taps.entries()) {
    subscribe(tap, paper, ids.slice(index * 50, index * 50 + 50));
  }
  await until(() => taps.every((tap) => tap.updates.length > 50));
  const view = await paper.control();
  expect(view.subscriptions).toBe(100);
  expect(view.connections.map(({ subscriptions }) => subscriptions)).toEqual([50, 50]);
});

test("a market order is accepted, filled, and seen in every look-up", async () => {
  const paper = exchange("paper");
  const stream = await tapOrders(paper);
  const order = approved();
  const outcome = await paper.trading.submit(order);
  expect(outcome).toEqual({ outcome: "accepted", brokerOrderId: "P1", pendingTrigger: false });
  await until(() => eventsOf(stream, order.intent.clientOrderId).length === 2);
  expect(eventsOf(stream, order.intent.clientOrderId)).toEqual(["accepted", "filled"]);
  expect(stream.messages[0]).toEqual({ kind: "ready" });

  const closed = await paper.trading.closedOrders(0);
  expect(closed).toMatchObject({ ok: true, value: [{ state: "filled", filledQuantity: "10" }] });
  const executions = await paper.trading.executions(0);
  expect(executions).toMatchObject({
    ok: true,
    value: [{ executionId: "E1", account: "paper", quantity: "10", feeCurrency: "INR" }],
  });
  const positions = await paper.trading.positions();
  expect(positions).toMatchObject({
    ok: true,
    value: [{ instrument: "NSE:INFY", quantity: "10" }],
  });
});

test("a limit order away from the market rests, and is canceled once", async () => {
  const paper = exchange("paper");
  const stream = await tapOrders(paper);
  const order = approved({ type: "limit", limitPrice: "1200" });
  const outcome = await paper.trading.submit(order);
  expect(outcome.outcome).toBe("accepted");
  const open = await paper.trading.openOrders();
  expect(open).toMatchObject({ ok: true, value: [{ state: "new", limitPrice: "1200" }] });
  const ids = { clientOrderId: order.intent.clientOrderId, brokerOrderId: "P1" };
  expect(await paper.trading.cancel(ids)).toEqual({ outcome: "accepted" });
  expect(await paper.trading.cancel(ids)).toEqual({
    outcome: "rejected",
    reason: "ORDER_NOT_OPEN: order P1 is canceled",
  });
  await until(() => eventsOf(stream, ids.clientOrderId).length === 2);
  expect(eventsOf(stream, ids.clientOrderId)).toEqual(["accepted", "canceled"]);
});

test("a second order with the same client order id is refused, and its outcome is unknown until looked up", async () => {
  const paper = exchange("paper");
  const order = approved({ type: "limit", limitPrice: "1200" });
  await paper.trading.submit(order);
  expect((await paper.trading.submit(order)).outcome).toBe("unknown");
  const view = await paper.control();
  expect([view.orders, view.ordersReceived]).toEqual([1, 2]);
});

test("eviction loses no order, and an order that waits is filled afterwards", async () => {
  const paper = exchange("paper");
  const resting = approved({ type: "limit", limitPrice: "1200" });
  await paper.trading.submit(resting);
  await paper.trading.submit(approved());
  await evictDurableObject(paper.stub());
  const open = await paper.trading.openOrders();
  expect(open).toMatchObject({ ok: true, value: [{ brokerOrderId: "P1", state: "new" }] });
  expect(await paper.trading.submit(resting)).toMatchObject({ outcome: "unknown" });
  const ids = { clientOrderId: resting.intent.clientOrderId, brokerOrderId: "P1" };
  const changes = { quantity: null, limitPrice: "1700", stopPrice: null };
  expect(await paper.trading.modify(ids, changes)).toEqual({ outcome: "accepted" });
  const closed = await paper.trading.closedOrders(0);
  expect(closed).toMatchObject({ ok: true, value: [{ state: "filled" }, { state: "filled" }] });
});

test("a crash with open sockets closes them, and the next connection sees every order", async () => {
  const paper = exchange("paper");
  const [tap, stream] = [await tapFeed(paper), await tapOrders(paper)];
  subscribe(tap, paper, ["NSE:INFY"]);
  await paper.trading.submit(approved({ type: "limit", limitPrice: "1200" }));
  await crash(paper);
  await until(() => tap.isClosed && stream.isClosed);
  expect(await paper.trading.openOrders()).toMatchObject({ ok: true, value: [{ state: "new" }] });
  const again = await tapFeed(paper);
  subscribe(again, paper, ["NSE:INFY"]);
  await until(() => again.updates.length > 2);
});

test("an order that waits while nobody is connected is filled by alarm", async () => {
  const paper = exchange("paper");
  await paper.trading.submit(approved({ quantity: "5000" }));
  const filled = async () => {
    await runDurableObjectAlarm(paper.stub());
    const executions = await paper.trading.executions(0);
    return (
      executions.ok && executions.value.reduce((sum, e) => sum + Number(e.quantity), 0) === 5_000
    );
  };
  await until(filled);
  expect(await paper.trading.openOrders()).toEqual({ ok: true, value: [] });
});
