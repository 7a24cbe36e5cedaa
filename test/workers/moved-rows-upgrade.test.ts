/** A tradebook from before old rows moved: its tables are brought up to date with all that is in them. */
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test } from "vitest";
import { pastOrdersIn } from "../../src/storage/order-events.ts";
import { rowsOf } from "../support/workers/moved-events.ts";
import {
  allMoved,
  book,
  execution,
  idsInD1,
  listedOrders,
  listedTrades,
  order,
  reported,
  written,
} from "../support/workers/moved-rows.ts";

afterEach(() => reset());

const dropped = async () => {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
  ).all<{ name: string }>();
  for (const { name } of results) await env.DB.exec(`DROP TABLE "${name}"`);
};

test("a database that has lived for months keeps every row, and then moves the old ones", async () => {
  await dropped();
  const place = env.TEST_MIGRATIONS.findIndex(({ name }) => name.startsWith("0008"));
  expect(place).toBeGreaterThan(0);
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS.slice(0, place));
  await written(5, { orders: [order("a"), order("b")], executions: [execution("x")] });
  await env.DB.exec("INSERT INTO order_events VALUES ('a', 1, 1, NULL, '{}')");
  await reported();
  const before = [await rowsOf("orders"), await rowsOf("executions")];
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  expect([await rowsOf("orders"), await rowsOf("executions")]).toEqual(before);
  const lists = [await listedOrders({ from: 0 }), await listedTrades()];
  expect(await pastOrdersIn(book(), env.ARCHIVE).events("a")).toHaveLength(1);
  await allMoved();
  expect([await idsInD1("orders"), await idsInD1("executions")]).toEqual([["a"], []]);
  expect([await listedOrders({ from: 0 }), await listedTrades()]).toEqual(lists);
});
