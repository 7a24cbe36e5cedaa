import { reset } from "cloudflare:test";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { FaultRequest } from "../../src/contract/paper.ts";
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
import type { FeedTap, TestExchange } from "../support/workers/paper.ts";

let paper: TestExchange;

beforeEach(() => {
  paper = exchange("paper");
});
afterEach(() => reset());

const arm = (fault: FaultRequest["fault"], terms: Partial<FaultRequest> = {}) =>
  paper.control("/faults", { fault, ...terms });

/** How often a fault can still strike, and has struck. */
async function tally(fault: FaultRequest["fault"]): Promise<{ left: number; struck: number }> {
  const entry = (await paper.control()).faults.find((other) => other.fault === fault);
  return { left: entry?.left ?? 0, struck: entry?.struck ?? 0 };
}

async function listening(instruments = ["NSE:INFY"]): Promise<FeedTap> {
  const tap = await tapFeed(paper);
  subscribe(tap, paper, instruments);
  await until(() => tap.updates.length > 2);
  return tap;
}

test("drop_feed_socket closes one connection and leaves the others", async () => {
  const [first, second] = [await listening(), await listening()];
  await arm("drop_feed_socket");
  await until(() => first.isClosed);
  expect(second.isClosed).toBe(false);
  expect(await tally("drop_feed_socket")).toEqual({ left: 0, struck: 1 });
  expect((await paper.control()).connections).toHaveLength(1);
});

test("a fault of one instrument strikes only where that one is held", async () => {
  const [infy, tcs] = [await listening(["NSE:INFY"]), await listening(["NSE:TCS"])];
  await arm("drop_feed_socket", { instrument: "NSE:TCS" });
  await until(() => tcs.isClosed);
  expect(infy.isClosed).toBe(false);
});

test("silent_feed sends nothing, heartbeats neither, and leaves the socket open; a new one hears", async () => {
  const tap = await listening();
  await arm("silent_feed", { durationMs: 600_000 });
  const heard = tap.messages.length;
  const other = await listening();
  await until(() => other.messages.some(({ kind }) => kind === "heartbeat"));
  expect(tap.messages.length - heard).toBeLessThanOrEqual(1);
  expect(tap.isClosed).toBe(false);
  expect(await tally("silent_feed")).toEqual({ left: 0, struck: 1 });
  await arm("silent_feed", { count: 0 });
  const silent = tap.messages.length;
  await until(() => tap.messages.length > silent + 3);
});

test("delay lets a tick arrive after later ones", async () => {
  const tap = await listening();
  await arm("delay", { durationMs: 150 });
  await until(() => isOutOfOrder(tap));
  expect(await tally("delay")).toEqual({ left: 0, struck: 1 });
});

test("reorder swaps a tick with the next of its instrument", async () => {
  const tap = await listening();
  await arm("reorder", { instrument: "NSE:INFY" });
  await until(() => isOutOfOrder(tap));
  expect(await tally("reorder")).toEqual({ left: 0, struck: 1 });
});

const isOutOfOrder = ({ updates }: FeedTap): boolean =>
  updates.some(
    (update, index) => (update.exchangeTime ?? 0) < (updates[index - 1]?.exchangeTime ?? 0),
  );

test("duplicate sends a tick twice", async () => {
  const tap = await listening();
  await arm("duplicate");
  await until(() =>
    tap.updates.some(
      (update, index) =>
        index > 0 && JSON.stringify(update) === JSON.stringify(tap.updates[index - 1]),
    ),
  );
  expect(await tally("duplicate")).toEqual({ left: 0, struck: 1 });
});

test("malformed_feed sends a frame that nobody can read, and goes on", async () => {
  const tap = await listening();
  await arm("malformed_feed");
  await until(() => tap.failures.length === 1);
  const before = tap.updates.length;
  await until(() => tap.updates.length > before + 2);
  expect(tap.failures).toEqual(["not JSON"]);
  expect(await tally("malformed_feed")).toEqual({ left: 0, struck: 1 });
});

test("refuse_connection refuses the next data connection, and no more", async () => {
  await arm("refuse_connection");
  await expect(paper.feed.open()).rejects.toThrow("503");
  await listening();
  expect(await tally("refuse_connection")).toEqual({ left: 0, struck: 1 });
});

test("refuse_subscribe refuses by name", async () => {
  await arm("refuse_subscribe", { instrument: "NSE:INFY" });
  const tap = await tapFeed(paper);
  subscribe(tap, paper, ["NSE:TCS"]);
  subscribe(tap, paper, ["NSE:INFY"]);
  await until(() => tap.messages.some(({ kind }) => kind === "refused"));
  expect(tap.messages.find(({ kind }) => kind === "refused")).toEqual({
    kind: "refused",
    instruments: ["NSE:INFY"],
    reason: "the exchange refuses subscriptions",
  });
  expect((await paper.control()).subscriptions).toBe(1);
});

test("drop_order_socket and silent_order_stream strike the order-updates; look-ups still tell", async () => {
  const dropped = await tapOrders(paper);
  await arm("drop_order_socket");
  await until(() => dropped.isClosed);
  const silent = await tapOrders(paper);
  await until(() => silent.messages.length > 0);
  await arm("silent_order_stream", { durationMs: 600_000 });
  const heard = silent.messages.length;
  const other = await tapOrders(paper);
  const order = approved();
  await paper.trading.submit(order);
  await until(() => eventsOf(other, order.intent.clientOrderId).includes("filled"));
  expect(silent.messages).toHaveLength(heard);
  expect(silent.isClosed).toBe(false);
  expect(await tally("drop_order_socket")).toEqual({ left: 0, struck: 1 });
  expect(await tally("silent_order_stream")).toEqual({ left: 0, struck: 1 });
});

/** What stands at the exchange after one submit under a fault. */
async function submitUnder(fault: FaultRequest["fault"], answerTimeoutMs = 5_000) {
  await arm(fault);
  const outcome = await exchange("paper", answerTimeoutMs).trading.submit(approved());
  const closed = await paper.trading.closedOrders(0);
  if (!closed.ok) throw new Error(closed.error.reason);
  expect(await tally(fault)).toEqual({ left: 0, struck: 1 });
  return { outcome: outcome.outcome, booked: closed.value.map(({ state }) => state) };
}

test.each([
  ["reject_order", "rejected", ["rejected"]],
  ["refuse_not_accepted", "not_sent", []],
  ["error_5xx_before_accept", "unknown", []],
  ["error_5xx_after_accept", "unknown", ["filled"]],
  ["malformed_answer", "unknown", ["filled"]],
] as const)(
  "%s makes a submit %s, and the exchange has booked %j",
  async (fault, outcome, booked) => {
    expect(await submitUnder(fault)).toEqual({ outcome, booked });
  },
);

test.each([
  ["timeout_before_accept", []],
  ["timeout_after_accept", ["filled"]],
] as const)("%s makes a submit unknown, and the exchange has booked %j", async (fault, booked) => {
  expect(await submitUnder(fault, 200)).toEqual({ outcome: "unknown", booked });
});

test("late_fill fills an order after its cancel was confirmed, also when the exchange crashed between", async () => {
  const order = approved({ type: "limit", limitPrice: "1200" });
  await paper.trading.submit(order);
  await arm("late_fill", { durationMs: 100 });
  const ids = { clientOrderId: order.intent.clientOrderId, brokerOrderId: "P1" };
  expect(await paper.trading.cancel(ids)).toEqual({ outcome: "accepted" });
  expect(await paper.trading.closedOrders(0)).toMatchObject({ value: [{ state: "canceled" }] });
  await crash(paper);
  const stream = await tapOrders(paper);
  await until(() => eventsOf(stream, ids.clientOrderId).includes("filled"));
  expect(await paper.trading.closedOrders(0)).toMatchObject({
    value: [{ state: "filled", filledQuantity: "10" }],
  });
  expect(await paper.trading.positions()).toMatchObject({ value: [{ quantity: "10" }] });
  expect(await paper.trading.balances()).toMatchObject({
    value: expect.arrayContaining([{ currency: "INR", total: "50000000", available: "49988000" }]),
  });
});

test("lost_fill is never told on the stream, but look-ups have it", async () => {
  const stream = await tapOrders(paper);
  await arm("lost_fill");
  const order = approved();
  await paper.trading.submit(order);
  const next = approved();
  await paper.trading.submit(next);
  await until(() => eventsOf(stream, next.intent.clientOrderId).includes("filled"));
  expect(eventsOf(stream, order.intent.clientOrderId)).toEqual(["accepted"]);
  const executions = await paper.trading.executions(0);
  expect(executions).toMatchObject({
    ok: true,
    value: [{ executionId: "E1" }, { executionId: "E2" }],
  });
});

test("faults that were set survive a crash with their count", async () => {
  await arm("reject_order", { count: 3 });
  await paper.trading.submit(approved());
  await crash(paper);
  expect(await tally("reject_order")).toEqual({ left: 2, struck: 1 });
  await arm("reject_order", { count: 0 });
  expect((await paper.trading.submit(approved())).outcome).toBe("accepted");
});
