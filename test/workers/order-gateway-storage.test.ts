/** A gateway's own SQLite: what a poll asks for must not grow with all that was ever executed. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { OrderGatewayStorage } from "../../durable-objects/order-gateway.storage.ts";
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
