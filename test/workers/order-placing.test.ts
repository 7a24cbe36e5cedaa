/** New orders on their one call in workerd: the Worker's call to the gateway, the gateway's to the ledger, and what a crash in between leaves. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  atBroker,
  crashGateway,
  endFlow,
  RESTING,
  startFlow,
  watchNow,
  type Flow,
} from "../support/workers/orders.ts";

let flow: Flow;

beforeEach(async () => {
  flow = await startFlow();
});

afterEach(() => endFlow(flow));

const outboxRows = (): Promise<number> =>
  runInDurableObject(
    env.ORDER_GATEWAY.getByName("paper"),
    (_, { storage }) =>
      storage.sql.exec<{ rows: number }>("SELECT COUNT(*) AS rows FROM outbox").one().rows,
  );

test("orders that come together are each decided, sent once and answered as their own", async () => {
  const placed = await Promise.all(
    [5, 6, 7, 8].map((quantity) => flow.place({ ...RESTING, quantity })),
  );
  expect(placed.map(({ state, quantity }) => [state, quantity])).toEqual([
    ["new", "5"],
    ["new", "6"],
    ["new", "7"],
    ["new", "8"],
  ]);
  expect((await flow.paper.control()).ordersReceived).toBe(4);
});

test("the same intent twice at once is one order, and the second is told so", async () => {
  const order = { ...RESTING, clientOrderId: "twice" };
  const [one, other] = await Promise.all([flow.place(order), flow.place(order)]);
  expect(one?.clientOrderId).toBe(other?.clientOrderId);
  expect(await atBroker(flow, "twice")).toHaveLength(1);
});

test("rows that the ledger has stay until the next ones come, and posted again after a crash they change nothing", async () => {
  const { clientOrderId } = await flow.place(RESTING);
  expect(await outboxRows()).toBe(1);
  const before = await flow.order(clientOrderId);
  const { version } = await flow.ledger.status();
  await crashGateway();
  await watchNow();
  expect(await flow.order(clientOrderId)).toEqual(before);
  expect((await flow.ledger.status()).version).toBe(version);
  await flow.place(RESTING);
  expect(await outboxRows()).toBe(1);
});
