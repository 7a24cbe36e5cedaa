/** What a gateway's own SQLite keeps of orders that ended long ago, on the real object. */
import { afterEach, expect, test } from "vitest";
import { reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { memoryOf } from "../../durable-objects/order-gateway.memory.ts";
import { OrderGatewayStorage } from "../../durable-objects/order-gateway.storage.ts";
import { newRecord, pastOf, type GatewayOrder } from "../../src/application/gateway/record.ts";
import type { Execution } from "../../src/domain/order.ts";
import {
  endFlow,
  inGatewayStorage,
  startFlow,
  until,
  watchNow,
} from "../support/workers/orders.ts";

afterEach(() => reset());

const DAY_MS = 86_400_000;

const ended = (clientOrderId: string, updatedAt: number): GatewayOrder => ({
  ...newRecord(clientOrderId, null, updatedAt),
  record: "accepted",
  ended: "filled",
  brokerOrderId: `b-${clientOrderId}`,
  updatedAt,
});

const executionOf = (clientOrderId: string, executedAt: number): Execution => ({
  executionId: `e-${clientOrderId}`,
  clientOrderId,
  brokerOrderId: `b-${clientOrderId}`,
  account: "paper",
  instrument: "NSE:INFY",
  side: "buy",
  quantity: "1",
  price: "1",
  fee: "0",
  feeCurrency: "INR",
  executedAt,
});

/** On a storage of its own: the object's alarm has nothing to do with it. */
const onStorage = <T>(work: (store: OrderGatewayStorage, sql: SqlStorage) => T): Promise<T> =>
  runInDurableObject(env.ORDER_GATEWAY.getByName("paper"), async (_, { storage }) => {
    await storage.deleteAlarm();
    const answer = work(new OrderGatewayStorage(storage), storage.sql);
    memoryOf(storage).forget();
    return answer;
  });

const idsIn = (sql: SqlStorage, table: string, column = "client_order_id") =>
  sql
    .exec<{ id: string }>(`SELECT ${column} AS id FROM ${table} ORDER BY 1`)
    .toArray()
    .map(({ id }) => id);

test("a past record is found by either id, and the whole one is gone", async () => {
  const found = await onStorage((store, sql) => {
    store.save({ order: ended("a", 1), posts: [], executions: [] });
    store.past.add([pastOf(ended("a", 1))]);
    return {
      byId: store.order("a"),
      byBroker: store.orderOfBroker("b-a"),
      whole: idsIn(sql, "orders"),
      live: store.hasLive(),
    };
  });
  expect(found.byId).toMatchObject({ clientOrderId: "a", ended: "filled", approved: null });
  expect(found.byBroker).toEqual(found.byId);
  expect(found).toMatchObject({ whole: [], live: false });
});

test("a past record that is written whole again is past no more", async () => {
  const tables = await onStorage((store, sql) => {
    store.past.add([pastOf(ended("a", 1)), pastOf(ended("b", 1))]);
    const order = store.order("a");
    if (!order) throw new Error("it is not there");
    store.save({ order: { ...order, filledQuantity: "2" }, posts: [], executions: [] });
    return [idsIn(sql, "orders"), idsIn(sql, "past_orders"), store.order("a")?.filledQuantity];
  });
  expect(tables).toEqual([["a"], ["b"], "2"]);
});

test("orders that have ended are walked through by their id, those that live are not among them", async () => {
  const pages = await onStorage((store) => {
    for (const id of ["c", "a", "d", "b"])
      store.save({ order: ended(id, 1), posts: [], executions: [] });
    store.save({ order: { ...ended("aa", 1), ended: null }, posts: [], executions: [] });
    const ids = (after: string) => store.past.ended(after, 2).map((each) => each.clientOrderId);
    return [ids(""), ids("b"), ids("d")];
  });
  expect(pages).toEqual([["a", "b"], ["c", "d"], []]);
});

test("ids go by their age, and no execution goes before its order", async () => {
  const left = await onStorage((store, sql) => {
    for (const [id, at] of [
      ["new", 900],
      ["old", 100],
      ["past", 100],
    ] as const)
      store.save({ order: ended(id, at), posts: [], executions: [executionOf(id, at)] });
    store.past.add([pastOf(ended("past", 100))]);
    store.past.add([pastOf(ended("young", 900))]);
    store.noteExternal("b-old", 100);
    store.noteExternal("x-old", 100);
    store.noteExternal("x-new", 900);
    const untilThen = store.past.forgetIds(500, "", 100);
    return {
      untilThen,
      past: idsIn(sql, "past_orders"),
      executions: idsIn(sql, "executions", "execution_id"),
      external: idsIn(sql, "external_orders", "broker_order_id"),
    };
  });
  expect(left).toEqual({
    untilThen: null,
    past: ["young"],
    executions: ["e-new", "e-old"],
    external: ["b-old", "x-new"],
  });
});

test("an execution of a past order keeps its id alone, and is still known", async () => {
  const known = await onStorage((store, sql) => {
    store.save({ order: ended("a", 100), posts: [], executions: [executionOf("a", 100)] });
    store.past.add([pastOf(ended("a", 100))]);
    store.past.forgetIds(50, "", 100);
    store.past.forgetIds(50, "", 100);
    const [row] = sql.exec<{ body: string }>("SELECT body FROM executions").toArray();
    return [store.hasExecution("e-a"), row?.body];
  });
  expect(known).toEqual([true, '{"executedAt":100}']);
});

test("a slice looks at so many executions, and the next one goes on from there", async () => {
  const seen = await onStorage((store, sql) => {
    for (const id of ["a", "b", "c"])
      store.save({ order: ended(id, 100), posts: [], executions: [executionOf(id, 100)] });
    store.past.add(["a", "b", "c"].map((id) => pastOf(ended(id, 100))));
    const first = store.past.forgetIds(500, "", 2);
    const then = idsIn(sql, "executions", "execution_id");
    const second = store.past.forgetIds(500, first ?? "", 2);
    return [first, then, second, idsIn(sql, "executions", "execution_id")];
  });
  expect(seen).toEqual(["e-b", ["e-c"], null, []]);
});

test("what the storage remembers of a whole order is forgotten with its row", async () => {
  const [past, forgotten] = await onStorage((store) => {
    for (const id of ["a", "b"])
      store.save({ order: { ...ended(id, 1), replacements: 2 }, posts: [], executions: [] });
    store.past.add([pastOf(ended("a", 1))]);
    store.past.forget(ended("b", 1));
    return [store.order("a"), store.order("b")];
  });
  // A past record does not say how often its terms were replaced.
  expect(past).toMatchObject({ ended: "filled", replacements: 0 });
  expect(forgotten).toBeNull();
});

test("an order placed past us that is forgotten is news if the broker tells of it again", async () => {
  const isNew = await onStorage((store) => {
    store.save({ order: ended("x", 1), posts: [], executions: [] });
    const first = store.noteExternal("b-x", 1);
    const again = store.noteExternal("b-x", 1);
    store.past.forget(ended("x", 1));
    return [first, again, store.noteExternal("b-x", 2)];
  });
  expect(isNew).toEqual([true, false, true]);
});

test("a slice lets go of so many past records, the oldest first", async () => {
  const left = await onStorage((store, sql) => {
    store.past.add([pastOf(ended("a", 300)), pastOf(ended("b", 100)), pastOf(ended("c", 200))]);
    store.past.forgetIds(500, "", 2);
    return idsIn(sql, "past_orders");
  });
  expect(left).toEqual(["a"]);
});

test("an execution of an order that is kept whole stays whole", async () => {
  const kept = await onStorage((store) => {
    store.save({ order: ended("a", 100), posts: [], executions: [executionOf("a", 100)] });
    store.past.forgetIds(500, "", 100);
    return store.executionsOfBroker("b-a");
  });
  expect(kept).toEqual([executionOf("a", 100)]);
});

const tables = () =>
  runInDurableObject(env.ORDER_GATEWAY.getByName("paper"), (_, { storage }) => [
    idsIn(storage.sql, "orders"),
    idsIn(storage.sql, "past_orders"),
  ]);

test("an order that the ledger has ended becomes a past one by the alarm, and is not sent again", async () => {
  const flow = await startFlow();
  const { clientOrderId } = await flow.place();
  const approved = await flow.reserve();
  await until(async () => (await flow.order(clientOrderId)).state === "filled");
  await watchNow();
  await inGatewayStorage(
    "UPDATE orders SET body = json_set(body, '$.updatedAt', ?) WHERE client_order_id = ?",
    Date.now() - 10 * DAY_MS,
    clientOrderId,
  );
  await inGatewayStorage("DELETE FROM notes WHERE name LIKE 'archive:%'");
  await until(async () => {
    await watchNow();
    return (await tables())[1]?.includes(clientOrderId);
  });
  expect((await tables())[0]).not.toContain(clientOrderId);
  const again = { ...approved, intent: { ...approved.intent, clientOrderId } };
  expect((await flow.gateway.submit(again, 2)).outcome).toBe("accepted");
  const evidence = await flow.gateway.lookUp(clientOrderId);
  expect(evidence).toMatchObject({ record: "accepted", attempts: 1 });
  await endFlow(flow);
});
