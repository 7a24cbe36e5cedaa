import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cancelOrder } from "../../src/application/cancel-order.ts";
import type { OrderRetryMessage } from "../../src/contract/queue.ts";
import { consumeDeadLetters } from "../../src/queues/dead-letters.ts";
import { dispatchQueue } from "../../src/queues/dispatch.ts";
import { consumeOrderRetries } from "../../src/queues/order-retries.ts";
import {
  ALGO,
  atBroker,
  endFlow,
  crashGateway,
  inGatewayStorage,
  RESTING,
  startFlow,
  until,
  type Flow,
} from "../support/workers/orders.ts";

let flow: Flow;

beforeEach(async () => {
  flow = await startFlow();
});

afterEach(() => endFlow(flow));

/** Delivers one message as the queue would, and tells what became of it. */
async function deliver(
  queue: "order-retries" | "order-dead-letters",
  body: unknown,
  attempts = 1,
): Promise<{ acked: boolean; retried: boolean }> {
  const message = { id: "m1", timestamp: new Date(), attempts, body };
  const batch = createMessageBatch(queue, [message]);
  const context = createExecutionContext();
  if (queue === "order-retries") await consumeOrderRetries(flow.ports, batch);
  else await consumeDeadLetters(flow.ports, batch);
  const result = await getQueueResult(batch, context);
  return {
    acked: result.explicitAcks.includes("m1"),
    retried: result.retryMessages.some(({ msgId }) => msgId === "m1"),
  };
}

const ACKED = { acked: true, retried: false };
const RETRIED = { acked: false, retried: true };

async function notSent(): Promise<OrderRetryMessage> {
  const order = await flow.place(RESTING);
  expect(order.state).toBe("pending_new");
  const [message] = flow.retries;
  if (!message) throw new Error("no retry was queued");
  expect(message).toMatchObject({ clientOrderId: order.clientOrderId, account: "paper" });
  return message;
}

const received = async (): Promise<number> => {
  const struck = (await flow.paper.control()).faults.find(
    ({ fault }) => fault === "refuse_not_accepted",
  );
  return struck?.struck ?? 0;
};

describe("order-retries", () => {
  test("an order refused as not accepted is sent again at the first delivery", async () => {
    await flow.fault("refuse_not_accepted");
    const message = await notSent();
    expect(await deliver("order-retries", message, 1)).toEqual(ACKED);
    expect((await flow.order(message.clientOrderId)).state).toBe("new");
    expect(await atBroker(flow, message.clientOrderId)).toHaveLength(1);
  });

  test("exactly two retries follow the first attempt; the last delivery only looks; then the desk has it", async () => {
    await flow.fault("refuse_not_accepted", { count: 10 });
    const message = await notSent();
    expect(await deliver("order-retries", message, 1)).toEqual(RETRIED);
    expect(await received()).toBe(2);
    expect(await deliver("order-retries", message, 2)).toEqual(RETRIED);
    expect(await received()).toBe(3);
    expect(await deliver("order-retries", message, 3)).toEqual(RETRIED);
    expect(await received()).toBe(3);
    expect(await deliver("order-dead-letters", message)).toEqual(ACKED);
    const order = await flow.order(message.clientOrderId);
    expect(order.state).toBe("dead_lettered");
    expect((await flow.ledger.status()).openOrders).toBe(0);
    await until(async () => (await desk(message.clientOrderId)).length === 1);
    expect(await desk(message.clientOrderId)).toMatchObject([
      { label: "not_sent", status: "open" },
    ]);
    expect(await deliver("order-dead-letters", message)).toEqual(ACKED);
    expect(await desk(message.clientOrderId)).toHaveLength(1);
  });

  test("a message delivered twice sends once", async () => {
    await flow.fault("refuse_not_accepted");
    const message = await notSent();
    const both = await Promise.all([
      deliver("order-retries", message, 1),
      deliver("order-retries", message, 1),
    ]);
    expect(both).toEqual([ACKED, ACKED]);
    expect(await atBroker(flow, message.clientOrderId)).toHaveLength(1);
  });

  test("lesson 20: evidence at the broker cancels the retry, whatever the record says", async () => {
    await flow.fault("refuse_not_accepted");
    const message = await notSent();
    const standing = await flow.ledger.approved(message.clientOrderId);
    if (standing?.kind !== "permitted") throw new Error("it should still be wanted");
    await flow.paper.trading.submit(standing.approved);
    expect(await deliver("order-retries", message, 1)).toEqual(ACKED);
    expect(await atBroker(flow, message.clientOrderId)).toHaveLength(1);
    expect((await flow.order(message.clientOrderId)).state).toBe("new");
  });

  test("a canceled order is not sent any more", async () => {
    await flow.fault("refuse_not_accepted");
    const message = await notSent();
    await cancelOrder(flow.ports, ALGO, message.clientOrderId, Date.now());
    expect((await flow.order(message.clientOrderId)).state).toBe("canceled");
    expect(await deliver("order-retries", message, 1)).toEqual(ACKED);
    expect(await atBroker(flow, message.clientOrderId)).toEqual([]);
  });

  test("an order that never reached its gateway is sent by its retry", async () => {
    const { intent } = await flow.reserve(RESTING);
    const { clientOrderId, account } = intent;
    const message = { clientOrderId, account, reason: "swept", firstAttemptAt: Date.now() };
    expect(await deliver("order-retries", message, 1)).toEqual(ACKED);
    expect((await flow.order(clientOrderId)).state).toBe("new");
  });

  test("a message that cannot be read is taken off the queue", async () => {
    expect(await deliver("order-retries", { nonsense: true })).toEqual(ACKED);
    expect(await deliver("order-dead-letters", "nonsense")).toEqual(ACKED);
  });

  test("a lost message is made again by the gateway's sweep", async () => {
    await flow.fault("refuse_not_accepted");
    const { clientOrderId } = await notSent();
    await inGatewayStorage(
      "UPDATE orders SET next_look_at = 0, body = json_set(body, '$.nextLookAt', 0)",
    );
    await crashGateway();
    await flow.gateway.ensure();
    // The sweep's message goes to the real queue, whose consumer is this very Worker.
    await until(async () => (await flow.order(clientOrderId)).state === "new");
    expect(await atBroker(flow, clientOrderId)).toHaveLength(1);
  });
});

test("a queue that nobody knows is a mistake that shows", async () => {
  const batch = createMessageBatch("no-such-queue", []);
  await expect(dispatchQueue(batch, env)).rejects.toThrow("nobody consumes");
});

async function desk(clientOrderId: string): Promise<Record<string, unknown>[]> {
  const query = "SELECT * FROM dead_letters WHERE client_order_id = ?";
  return (await env.DB.prepare(query).bind(clientOrderId).all()).results;
}
