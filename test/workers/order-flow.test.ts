import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cancelOrder } from "../../src/application/cancel-order.ts";
import { modifyOrder } from "../../src/application/modify-order.ts";
import { submitOrder } from "../../src/application/submit-order.ts";
import { orderRequest } from "../../src/contract/orders.ts";
import {
  ALGO,
  atBroker,
  endFlow,
  watchNow,
  pollIsDue,
  RESTING,
  sentLongAgo,
  startFlow,
  until,
  type Flow,
} from "../support/workers/orders.ts";

let flow: Flow;

beforeEach(async () => {
  flow = await startFlow();
});

afterEach(() => endFlow(flow));

const becomes = (id: string, state: string) =>
  until(async () => (await flow.order(id)).state === state);

const cancel = (id: string) => cancelOrder(flow.ports, ALGO, id, Date.now());

describe("an order that goes well", () => {
  test("is accepted, fills, and stands in the tradebook with its execution", async () => {
    const { clientOrderId } = await flow.place();
    await becomes(clientOrderId, "filled");
    const order = await flow.order(clientOrderId);
    expect(order).toMatchObject({ filledQuantity: "10", brokerOrderId: expect.any(String) });
    await until(async () => (await rows("executions", clientOrderId)).length === 1);
    await until(async () => (await rows("orders", clientOrderId))[0]?.["state"] === "filled");
  });

  test("lesson 29: the same intent sent at once from many places is one order at the broker", async () => {
    const request = orderRequest.parse({
      clientOrderId: "same-1",
      instrument: "NSE:INFY",
      side: "buy",
      quantity: 10,
      ...RESTING,
    });
    const sends = Array.from({ length: 8 }, () =>
      submitOrder(flow.ports, ALGO, request, Date.now()),
    );
    const answers = await Promise.all(sends);
    const fresh = answers.filter((answer) => answer.ok && !answer.value.existing);
    expect(fresh).toHaveLength(1);
    expect(await atBroker(flow, "same-1")).toHaveLength(1);
  });

  test("a resting order gets new terms, and then is canceled", async () => {
    const { clientOrderId, state } = await flow.place(RESTING);
    expect(state).toBe("new");
    const changes = { quantity: null, limitPrice: "1440", stopPrice: null };
    const modified = await modifyOrder(flow.ports, ALGO, clientOrderId, changes, Date.now());
    expect(modified.ok).toBe(true);
    await becomes(clientOrderId, "replaced");
    expect(await flow.order(clientOrderId)).toMatchObject({ limitPrice: "1440" });
    expect((await cancel(clientOrderId)).ok).toBe(true);
    await becomes(clientOrderId, "canceled");
    expect((await flow.ledger.status()).openOrders).toBe(0);
  });

  test("an order that the broker refuses is rejected with its reason, and reserves nothing", async () => {
    await flow.fault("reject_order");
    const order = await flow.place();
    expect(order.state).toBe("rejected");
    expect(order.reason).not.toBeNull();
    expect((await flow.ledger.status()).openOrders).toBe(0);
  });
});

/** A broker that says nothing is given up after ten seconds. */
describe("an answer that does not come", { timeout: 40_000 }, () => {
  const FAULTS = ["timeout_after_accept", "error_5xx_after_accept", "malformed_answer"] as const;

  test.each(FAULTS)("%s: the order stream tells that it was accepted", async (fault) => {
    await flow.fault(fault, { durationMs: 300 });
    const { clientOrderId, state } = await flow.place(RESTING);
    if (state !== "new") await becomes(clientOrderId, "new");
    expect(await atBroker(flow, clientOrderId)).toHaveLength(1);
  });

  test("a time-out with a silent stream: the stream is replaced, and brings the order", async () => {
    await flow.fault("silent_order_stream", { durationMs: 60_000 });
    await flow.fault("timeout_after_accept");
    const { clientOrderId } = await flow.place(RESTING);
    await becomes(clientOrderId, "new");
    expect(await atBroker(flow, clientOrderId)).toHaveLength(1);
  });

  test.each(["error_5xx_after_accept", "malformed_answer"] as const)(
    "lesson 18: %s after it was sent, with a silent stream, is unknown, then found, and nothing is sent again",
    async (fault) => {
      await flow.fault("silent_order_stream", { durationMs: 60_000 });
      await flow.fault(fault, { durationMs: 100 });
      const { clientOrderId, state } = await flow.place(RESTING);
      expect(state).toBe("unknown");
      expect((await flow.ledger.status()).openOrders).toBe(1);
      await becomes(clientOrderId, "new");
      expect(await atBroker(flow, clientOrderId)).toHaveLength(1);
      expect(flow.retries).toEqual([]);
    },
  );

  test.each(["timeout_before_accept", "error_5xx_before_accept"] as const)(
    "lesson 21: %s ends the order in no state that the broker did not say: unknown until the deadline, then on the desk",
    async (fault) => {
      await flow.fault(fault, { durationMs: 100 });
      const { clientOrderId, state } = await flow.place(RESTING);
      expect(state).toBe("unknown");
      await sentLongAgo(clientOrderId, 61_000);
      await watchNow();
      await becomes(clientOrderId, "dead_lettered");
      await until(async () => (await rows("dead_letters", clientOrderId)).length === 1);
      expect(await rows("dead_letters", clientOrderId)).toMatchObject([{ label: "unknown" }]);
      expect(await atBroker(flow, clientOrderId)).toEqual([]);
      expect(flow.retries).toEqual([]);
      expect((await flow.ledger.status()).openOrders).toBe(1);
    },
  );

  test("lesson 22: an answer to a market order that cannot be read is unknown and warned of, and the position is not missed", async () => {
    await flow.fault("silent_order_stream", { durationMs: 60_000 });
    await flow.fault("malformed_answer");
    const { clientOrderId, state } = await flow.place();
    expect(state).toBe("unknown");
    const { items } = await flow.ledger.history(clientOrderId, { limit: 10 });
    expect(items.at(-1)).toMatchObject({ kind: "outcome_unknown", source: "gateway" });
    await becomes(clientOrderId, "filled");
    expect((await flow.ledger.positions())[0]?.quantity).toBe("10");
    expect(await atBroker(flow, clientOrderId)).toHaveLength(1);
  });

  test("a cancel of an order in doubt is sent as soon as the order is found", async () => {
    await flow.fault("silent_order_stream", { durationMs: 60_000 });
    await flow.fault("timeout_after_accept", { durationMs: 100 });
    const { clientOrderId } = await flow.place(RESTING);
    expect((await cancel(clientOrderId)).ok).toBe(true);
    await pollIsDue();
    await until(async () => {
      await watchNow();
      return (await flow.order(clientOrderId)).state === "canceled";
    });
    expect(await atBroker(flow, clientOrderId)).toMatchObject([{ state: "canceled" }]);
  });
});

describe("a stream that loses news", () => {
  test("a lost fill is found by the poll although the stream is healthy", async () => {
    await flow.fault("lost_fill");
    const { clientOrderId } = await flow.place();
    await until(async () => (await atBroker(flow, clientOrderId))[0]?.state === "filled");
    expect((await flow.order(clientOrderId)).state).toBe("new");
    await pollIsDue();
    await watchNow();
    await becomes(clientOrderId, "filled");
  });

  test("lesson 24: a fill after the cancel is booked, once, though the order had ended", async () => {
    const { clientOrderId } = await flow.place(RESTING);
    await flow.fault("late_fill", { durationMs: 200 });
    await cancel(clientOrderId);
    await until(async () => (await flow.order(clientOrderId)).filledQuantity !== "0");
    await pollIsDue();
    await watchNow();
    expect(await flow.order(clientOrderId)).toMatchObject({ filledQuantity: "10" });
    const [position] = await flow.ledger.positions();
    expect(position?.quantity).toBe("10");
  });

  test("a dropped order stream is opened again, and what was missed is read in", async () => {
    const { clientOrderId } = await flow.place(RESTING);
    await flow.fault("drop_order_socket");
    const [order] = await atBroker(flow, clientOrderId);
    await flow.paper.trading.cancel({ clientOrderId, brokerOrderId: order?.brokerOrderId ?? "" });
    await becomes(clientOrderId, "canceled");
    await until(async () => (await flow.gateway.streamState()) === "ready");
    expect((await flow.ledger.status()).openOrders).toBe(0);
  });
});

async function rows(table: string, clientOrderId: string): Promise<Record<string, unknown>[]> {
  const query = `SELECT * FROM ${table} WHERE client_order_id = ?`;
  return (await env.DB.prepare(query).bind(clientOrderId).all()).results;
}
