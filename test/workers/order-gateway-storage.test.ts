/** A gateway's own SQLite: what a poll asks for must not grow with all that was ever executed. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { OrderGatewayStorage } from "../../durable-objects/order-gateway.storage.ts";
import { GATEWAY_MIGRATIONS } from "../../durable-objects/order-gateway.schema.ts";
import { migrate } from "../../durable-objects/schema-migrations.ts";
import { newRecord, pastOf } from "../../src/application/gateway/record.ts";
import type { Execution } from "../../src/domain/order.ts";

const executionOf = (number: number): Execution => ({
  executionId: `E${number}`,
  clientOrderId: `o-${number}`,
  brokerOrderId: number % 100 === 0 ? "B-asked" : `B${number}`,
  account: "paper",
  instrument: "NSE:INFY",
  side: "buy",
  quantity: "1",
  price: "100",
  fee: "0",
  feeCurrency: "INR",
  executedAt: number,
});

test("an order that was looked for before it was there is found as soon as it is, also as a past one", async () => {
  const gateway = env.ORDER_GATEWAY.getByName("paper");
  await runInDurableObject(gateway, (_, { storage }) => {
    const store = new OrderGatewayStorage(storage);
    const order = newRecord("sought", null, 1);
    expect([store.order("sought"), store.order("sought")]).toEqual([null, null]);
    store.save({ order, posts: [], executions: [] });
    expect(store.order("sought")).toEqual(order);
    store.past.add([pastOf({ ...order, ended: "canceled" })]);
    expect(store.order("sought")?.ended).toBe("canceled");
  });
});

test("the executions of a broker's order are found without reading those of all others", async () => {
  const gateway = env.ORDER_GATEWAY.getByName("paper");
  await runInDurableObject(gateway, (_, { storage }) => {
    const asked: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
    const sql = {
      exec: (query: string, ...bindings: SqlStorageValue[]) => {
        const cursor = storage.sql.exec(query, ...bindings);
        asked.push(cursor);
        return cursor;
      },
    };
    const transactionSync = <T>(work: () => T): T => storage.transactionSync(work);
    const watched = { sql, transactionSync } as unknown as DurableObjectStorage;
    const store = new OrderGatewayStorage(watched);
    for (let number = 1; number <= 300; number += 1) {
      const execution = executionOf(number);
      const { executionId, clientOrderId, executedAt: at } = execution;
      const event = { kind: "filled", execution } as const;
      store.adopt(execution, { eventId: executionId, clientOrderId, event, at });
    }
    const found = store.executionsOfBroker("B-asked");
    expect(found.map(({ executionId }) => executionId)).toEqual(["E100", "E200", "E300"]);
    expect(asked.at(-1)?.rowsRead).toBeLessThanOrEqual(10);
  });
});

test("orders of a gateway from before are there, by either id, after its tables have changed", async () => {
  const gateway = env.ORDER_GATEWAY.getByName("paper");
  await runInDurableObject(gateway, (_, { storage }) => {
    const { sql } = storage;
    const tables = sql
      .exec<{ name: string }>(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
      )
      .toArray();
    for (const { name } of tables) sql.exec(`DROP TABLE ${name}`);
    migrate(storage, GATEWAY_MIGRATIONS.slice(0, 5));
    const orders = [1, 2, 3].map((number) => ({
      ...newRecord(`o-${number}`, null, number),
      record: "accepted" as const,
      brokerOrderId: `B${number}`,
      nextLookAt: number === 2 ? 7 : null,
    }));
    for (const order of orders.toReversed())
      sql.exec(
        "INSERT INTO orders VALUES (?, ?, 1, 'accepted', ?, ?, ?)",
        order.clientOrderId,
        order.brokerOrderId,
        order.recordedAt,
        order.nextLookAt,
        JSON.stringify(order),
      );
    const store = new OrderGatewayStorage(storage);
    expect(store.live()).toEqual(orders);
    expect(store.orderOfBroker("B3")).toEqual(orders[2]);
    expect(store.order("o-1")).toEqual(orders[0]);
    expect(store.nextLookAt()).toBe(7);
    expect(store.due(7)).toEqual([orders[1]]);
    const [first] = orders;
    if (first) store.save({ order: { ...first, ended: "canceled" }, posts: [], executions: [] });
    expect(store.open().map(({ clientOrderId }) => clientOrderId)).toEqual(["o-2", "o-3"]);
  });
});
