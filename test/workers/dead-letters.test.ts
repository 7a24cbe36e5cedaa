/** The desk in workerd: the real ledger, gateway and paper exchange under what people do to a dead letter. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { OrderIntent } from "../../src/domain/order.ts";
import type { OrderRequestInput } from "../../src/contract/orders.ts";
import { database } from "../../src/storage/database.ts";
import { acknowledge } from "../../src/storage/alerts.ts";
import { deadLetter } from "../../src/storage/dead-letters.ts";
import { executeDeadLetter, discardDeadLetter } from "../../src/application/work-dead-letter.ts";
import { takeDeadLetter } from "../../src/application/take-dead-letter.ts";
import { approved } from "../support/workers/paper.ts";
import {
  atBroker,
  crashGateway,
  endFlow,
  inGatewayStorage,
  pollIsDue,
  RESTING,
  sentLongAgo,
  startFlow,
  unknownLetter,
  until,
  watchNow,
  type Flow,
} from "../support/workers/orders.ts";

let flow: Flow;

beforeEach(async () => {
  flow = await startFlow();
});

afterEach(() => endFlow(flow));

/** Near enough to any price that the exchange may have by then. */
const LIMIT = { type: "limit", limitPrice: 1540 } as const;

const BY = "person:op@x.io";
const claim = (brokerOrderId: string, quantity = "10", price = "1501") => ({
  brokerOrderId,
  quantity,
  price,
  by: BY,
  reason: "bought by phone",
});

/** An order that was proven not sent, laid on the desk as the dead-letter queue does. */
async function notSentLetter(terms: Partial<OrderRequestInput> = LIMIT): Promise<string> {
  await flow.fault("refuse_not_accepted");
  const { clientOrderId } = await flow.place(terms);
  const message = flow.retries.find((each) => each.clientOrderId === clientOrderId);
  if (!message) throw new Error("no retry was queued");
  expect(await takeDeadLetter(flow.ports, message)).toBe(true);
  expect((await flow.order(clientOrderId)).state).toBe("dead_lettered");
  return clientOrderId;
}

/** What a person places by other means: an order at the broker that is none of ours. */
async function placedByHand(terms: Partial<OrderIntent> = {}): Promise<string> {
  const placed = await flow.paper.trading.submit(approved(terms));
  if (placed.outcome !== "accepted") throw new Error(JSON.stringify(placed));
  return placed.brokerOrderId;
}

const positions = async () =>
  (await flow.ledger.positions())
    .filter(({ quantity }) => quantity !== "0")
    .map(({ algoId, quantity }) => `${algoId} ${quantity}`)
    .sort();

const executions = async (): Promise<Record<string, unknown>[]> => {
  await until(async () => {
    await flow.ledger.ensure();
    return (await flow.ledger.status()).outbox === 0;
  });
  const query =
    "SELECT execution_id, algo_id, side, quantity FROM executions ORDER BY execution_id";
  return (await env.DB.prepare(query).all()).results;
};

test("a dead letter of the queue stays on the desk when the gateway's sweep comes by", async () => {
  const id = await notSentLetter();
  await inGatewayStorage(
    "UPDATE orders SET next_look_at = 0, body = json_set(body, '$.nextLookAt', 0)",
  );
  await watchNow();
  expect((await flow.order(id)).state).toBe("dead_lettered");
  expect(await atBroker(flow, id)).toEqual([]);
});

describe("executed by hand", () => {
  test("books the fill, frees the rest of the reservation and closes the letter", async () => {
    const id = await notSentLetter();
    const done = await executeDeadLetter(flow.ports, id, claim("phone-1"));
    expect(done).toMatchObject({
      ok: true,
      value: {
        state: "filled",
        filledQuantity: "10",
        averagePrice: "1501",
        brokerOrderId: "phone-1",
      },
    });
    expect(await positions()).toEqual(["momentum 10"]);
    expect(await executions()).toMatchObject([{ execution_id: "hand-phone-1", quantity: "10" }]);
    const closed = { status: "closed", label: "not_sent" };
    expect(await deadLetter(database(env.DB), id)).toMatchObject(closed);
  });

  test("the same again is the same answer, after a crash too, and other figures are refused", async () => {
    const id = await notSentLetter();
    const first = await executeDeadLetter(flow.ports, id, claim("phone-1"));
    await crashGateway();
    expect(await executeDeadLetter(flow.ports, id, claim("phone-1"))).toEqual(first);
    for (const other of [claim("phone-1", "9"), claim("phone-1", "10", "1502"), claim("phone-2")])
      expect(await executeDeadLetter(flow.ports, id, other)).toMatchObject({
        ok: false,
        error: { code: "CONFLICT" },
      });
    expect(await positions()).toEqual(["momentum 10"]);
  });

  test("an order of the broker stands for one dead letter only", async () => {
    const first = await notSentLetter();
    const second = await notSentLetter();
    await executeDeadLetter(flow.ports, first, claim("phone-1"));
    expect(await executeDeadLetter(flow.ports, second, claim("phone-1"))).toMatchObject({
      ok: false,
      error: { code: "CONFLICT" },
    });
    expect((await flow.order(second)).state).toBe("dead_lettered");
  });

  test("of a part books that part and gives the rest up", async () => {
    const id = await notSentLetter();
    const done = await executeDeadLetter(flow.ports, id, claim("phone-1", "4"));
    expect(done).toMatchObject({ ok: true, value: { state: "canceled", filledQuantity: "4" } });
    expect(await positions()).toEqual(["momentum 4"]);
    expect((await flow.ledger.status()).openOrders).toBe(0);
  });

  test.each([
    ["10.0000001", false],
    ["10", true],
  ])("of %s where 10 are open: %s", async (quantity, isTaken) => {
    const id = await notSentLetter();
    const done = await executeDeadLetter(flow.ports, id, claim("phone-1", quantity));
    expect(done.ok).toBe(isTaken);
  });

  test("a fill that the broker reported before moves from external to the algo", async () => {
    const id = await notSentLetter();
    const brokerOrderId = await placedByHand();
    await until(async () => (await positions()).join() === "external 10");
    const done = await executeDeadLetter(flow.ports, id, claim(brokerOrderId));
    expect(done).toMatchObject({ ok: true, value: { state: "filled" } });
    expect(await positions()).toEqual(["momentum 10"]);
    await pollIsDue();
    await watchNow();
    expect(await positions()).toEqual(["momentum 10"]);
    const sum = (await executions()).reduce(
      (total, { side, quantity }) => total + (side === "buy" ? 1 : -1) * Number(quantity),
      0,
    );
    expect(sum).toBe(10);
  });

  test("a fill that the broker reports after is not booked again, and what goes beyond is external", async () => {
    const id = await notSentLetter();
    const resting = { type: "limit", limitPrice: "1430", quantity: "12" } as const;
    const brokerOrderId = await placedByHand(resting);
    const done = await executeDeadLetter(flow.ports, id, claim(brokerOrderId));
    expect(done).toMatchObject({ ok: true, value: { state: "filled" } });
    expect(await positions()).toEqual(["momentum 10"]);
    // A cancel that the fill beats: the exchange tells of it only now.
    await flow.fault("late_fill", { durationMs: 50 });
    await flow.paper.trading.cancel({ clientOrderId: "", brokerOrderId });
    await until(async () => (await positions()).length === 2);
    await pollIsDue();
    await watchNow();
    expect(await positions()).toEqual(["external 2", "momentum 10"]);
  });

  test("is refused when the broker shows that order as another trade", async () => {
    const id = await notSentLetter();
    const brokerOrderId = await placedByHand({ side: "sell" });
    const done = await executeDeadLetter(flow.ports, id, claim(brokerOrderId));
    expect(done).toMatchObject({ ok: false, error: { code: "CONFLICT" } });
    expect((await flow.order(id)).state).toBe("dead_lettered");
  });

  test("is refused for an order that the broker has after all", async () => {
    const { clientOrderId } = await flow.place(RESTING);
    await unknownLetter(flow, clientOrderId);
    const done = await executeDeadLetter(flow.ports, clientOrderId, claim("phone-1"));
    expect(done).toMatchObject({ ok: false, error: { code: "CONFLICT" } });
    expect(await positions()).toEqual([]);
  });
});

describe("discard", () => {
  test("ends the order with the person's name, and it is never sent", async () => {
    const id = await notSentLetter();
    const done = await discardDeadLetter(flow.ports, id, BY, "no longer wanted");
    expect(done).toMatchObject({
      ok: true,
      value: { state: "canceled", reason: `discarded by ${BY}: no longer wanted` },
    });
    const again = await discardDeadLetter(flow.ports, id, BY, "no longer wanted");
    expect(again).toMatchObject({ ok: false, error: { code: "CONFLICT" } });
    await sentLongAgo(id, 1_000_000);
    await watchNow();
    expect(await atBroker(flow, id)).toEqual([]);
    await executions();
    expect(await deadLetter(database(env.DB), id)).toMatchObject({ status: "closed" });
  });

  test("of an order that nobody knows is refused by name", async () => {
    expect(await discardDeadLetter(flow.ports, "nothing", BY, "why not")).toMatchObject({
      ok: false,
      error: { code: "UNKNOWN_ORDER" },
    });
  });
});

test("whoever acknowledges first stays, and it is written down", async () => {
  const id = await notSentLetter();
  await executions();
  const book = database(env.DB);
  await acknowledge(book, id, BY, 5, null);
  await acknowledge(book, id, "person:late@x.io", 9, null);
  expect(await deadLetter(book, id)).toMatchObject({ acknowledgedBy: BY, acknowledgedAt: 5 });
});
