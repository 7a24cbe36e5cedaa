/** Late news of an order whose row, executions and events have all left D1 and whose ledger has archived it. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { anyOrder } from "../../src/application/explore-ledger.ts";
import type { OrderIntent } from "../../src/domain/order.ts";
import { tradingDay } from "../../src/domain/risk/state.ts";
import { orderPorts } from "../../src/platform/wiring.ts";
import { moveRowsWhenDue } from "../../src/schedule/old-rows.ts";
import { fillOf, postOf } from "../support/ledger/samples.ts";
import { delivered, ledger, stub } from "../support/workers/ledger.ts";
import {
  archivedByLedger,
  emptied,
  filled,
  historyOf,
  lived,
  minute,
  report,
  rowsOf,
} from "../support/workers/moved-events.ts";
import {
  DAY_MS,
  idsInD1,
  KEPT_MS,
  listedOrders,
  listedTrades,
} from "../support/workers/moved-rows.ts";

beforeEach(filled);

afterEach(emptied);

const AGE_MS = KEPT_MS + 2 * DAY_MS;

/** As if all of it had happened so long ago, in the ledger, its events and the tradebook alike. */
const aged = async (ms = AGE_MS) => {
  const events = `UPDATE TABLE SET at = at - ${ms}, body = json_replace(body,
    '$.order.createdAt', body ->> '$.order.createdAt' - ${ms},
    '$.order.updatedAt', body ->> '$.order.updatedAt' - ${ms})`;
  await runInDurableObject(stub(), (_, { storage }) => {
    storage.sql.exec(`UPDATE orders SET created_at = created_at - ${ms}, body = json_set(body,
      '$.order.createdAt', body ->> '$.order.createdAt' - ${ms},
      '$.order.updatedAt', body ->> '$.order.updatedAt' - ${ms})`);
    storage.sql.exec(events.replace("TABLE", "events"));
    storage.sql.exec("INSERT OR REPLACE INTO settings VALUES ('day_first_version', '1000')");
  });
  await env.DB.batch([
    env.DB.prepare(events.replace("TABLE", "order_events")),
    env.DB.prepare(
      `UPDATE orders SET created_at = created_at - ${ms}, updated_at = updated_at - ${ms}`,
    ),
    env.DB.prepare(`UPDATE executions SET executed_at = ${Date.now() - ms}`),
  ]);
  for (const day of [0, 1]) await report(tradingDay(Date.now() - ms - day * DAY_MS));
  await evictDurableObject(stub());
};

/** The minute's cron, so many days from now, until it has moved all that may go. */
const minutes = async (days = 0) => {
  await minute(days);
  for (let run = 0; run < 3; run += 1) await moveRowsWhenDue(env, Date.now() + days * DAY_MS);
};

const moved = async (): Promise<OrderIntent> => {
  const intent = await lived("a");
  await aged();
  await archivedByLedger("a");
  await minutes();
  expect(await idsInD1("orders")).not.toContain("a");
  expect(await idsInD1("executions")).toEqual([]);
  return intent;
};

const late = (intent: OrderIntent, quantity = "1") =>
  postOf("a", fillOf(intent, quantity, "98", { executionId: "late" }), Date.now());

test("the order is told by its id, whole and with its history, when nothing of it is in D1 any more", async () => {
  await lived("a");
  const before = await ledger().order("a");
  const trades = (await listedTrades()).map(({ executionId }) => executionId);
  const kinds = (await historyOf("a")).items.map(({ kind }) => kind);
  await aged();
  await archivedByLedger("a");
  await minutes();
  expect(await rowsOf("order_events")).not.toContainEqual(
    expect.objectContaining({ client_order_id: "a" }),
  );
  expect(await idsInD1("orders")).not.toContain("a");
  const ages = { createdAt: (before?.createdAt ?? 0) - AGE_MS };
  expect(await anyOrder(orderPorts(env), "a")).toMatchObject({
    ...before,
    ...ages,
    updatedAt: expect.any(Number) as number,
  });
  expect((await historyOf("a")).items.map(({ kind }) => kind)).toEqual(kinds);
  expect((await listedTrades()).map(({ executionId }) => executionId)).toEqual(trades);
  expect(await anyOrder(orderPorts(env), "nobody")).toBeNull();
});

const told = async () => ({
  orders: (await listedOrders({ from: 0 }))
    .filter(({ clientOrderId }) => clientOrderId === "a")
    .map(({ filledQuantity }) => filledQuantity),
  trades: (await listedTrades()).map(({ executionId }) => executionId).toSorted(),
  history: (await historyOf("a")).items.map(({ kind, filledQuantity }) => [kind, filledQuantity]),
});

test("a late fill finds the order through the files, is booked on it once, and is listed once", async () => {
  const intent = await moved();
  const [order] = await ledger().post([late(intent), late(intent)]);
  expect(order).toMatchObject({ algoId: intent.algoId, filledQuantity: "5", state: "canceled" });
  await delivered();
  expect(await idsInD1("orders")).toContain("a");
  expect(await rowsOf("incidents")).toEqual([]);
  const after = await told();
  expect(after.orders).toEqual(["5"]);
  expect(after.trades).toEqual(["late", "x-a"]);
  expect(after.history.at(-1)).toEqual(["filled", "5"]);
  // The broker tells it again, months later: its id is known.
  await ledger().post([late(intent)]);
  await delivered();
  expect(await told()).toEqual(after);
  expect((await ledger().positions()).map(({ quantity }) => quantity)).toEqual(["5"]);

  // And when what came late is old itself, it goes the same way.
  await env.DB.batch([
    env.DB.prepare("UPDATE orders SET updated_at = updated_at - ?").bind(AGE_MS),
    env.DB.prepare("UPDATE executions SET executed_at = ?").bind(Date.now() - AGE_MS),
  ]);
  await report(tradingDay(Date.now() - AGE_MS));
  await runInDurableObject(stub(), (_, { storage }) => {
    for (const table of ["orders", "events"]) storage.sql.exec(`DELETE FROM ${table}`);
  });
  await evictDurableObject(stub());
  await minutes(1);
  expect(await idsInD1("orders")).not.toContain("a");
  expect(await idsInD1("executions")).toEqual([]);
  expect(await told()).toEqual(after);
});

test("of a file of its events that is gone nothing is told in part, and the fill is booked as external and told", async () => {
  const intent = await moved();
  const { objects } = await env.ARCHIVE.list({ prefix: "order-events/" });
  await env.ARCHIVE.delete(objects.map(({ key }) => key));
  await expect(historyOf("a")).rejects.toThrow("is not there");
  await ledger().post([late(intent)]);
  await delivered();
  const positions = (await ledger().positions()).map(({ algoId, quantity }) => [algoId, quantity]);
  expect(positions).toContainEqual(["external", "1"]);
  expect(await rowsOf("incidents")).toMatchObject([{ severity: "critical" }]);
});
