/** Pages of lists that are read out of many files: how many are read, where the next page begins, and which are passed over. */
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BOOK_PARTS_PER_PAGE } from "../../src/domain/archive-limits.ts";
import { ordersPage } from "../../src/storage/orders.ts";
import { DEVELOPMENT_KEY, played } from "../support/workers/api.ts";
import { rowsOf } from "../support/workers/moved-events.ts";
import {
  allMoved,
  book,
  DAY,
  DAY_MS,
  execution,
  listedOrders,
  listedTrades,
  movedOf,
  movingOrders,
  order,
  reported,
  written,
} from "../support/workers/moved-rows.ts";

beforeEach(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  await reported();
});

afterEach(() => reset());

describe("a page out of many files", () => {
  const SOME = BOOK_PARTS_PER_PAGE + 5;

  test("reads no more of them than it may, is short where that was not enough, and is gone on with", async () => {
    const rows = Array.from({ length: SOME }, (_, day) =>
      order(`o${String(day).padStart(2, "0")}`, {
        createdAt: DAY + Math.floor((day * DAY_MS) / 2),
        state: day === 0 ? "canceled" : "filled",
      }),
    );
    await written(5, { orders: rows });
    await movedOf(movingOrders(), { sliceRows: 1 });
    expect(await rowsOf("row_parts")).toHaveLength(SOME);
    const query = { from: 0, limit: 5, state: "canceled" } as const;
    const first = await ordersPage(book(), env.ARCHIVE, query);
    expect(first).toMatchObject({ ok: true, value: { items: [], nextCursor: expect.any(String) } });
    expect((await listedOrders(query)).map(({ clientOrderId }) => clientOrderId)).toEqual(["o00"]);
    expect(await listedOrders({ from: 0, limit: 4 })).toHaveLength(SOME);
  });

  test("goes on also where more of them overlap than one page reads", async () => {
    // Orders of one day that ended one by one: each pass leaves a file that spans the whole day.
    const pairs = Array.from({ length: SOME }, (_, pair) => [
      order(`p${pair}-early`, { createdAt: DAY + pair }),
      order(`p${pair}-late`, { createdAt: DAY + DAY_MS - 1 - pair }),
    ]);
    for (const [version, pair] of pairs.entries()) {
      await written(version + 1, { orders: pair });
      await movedOf(movingOrders());
    }
    expect(await rowsOf("row_parts")).toHaveLength(SOME);
    const listed = await listedOrders({ from: 0, limit: 3 });
    expect(listed.map(({ clientOrderId }) => clientOrderId)).toEqual(
      [...pairs.map(([, late]) => late), ...pairs.map(([early]) => early).toReversed()].map(
        (each) => each?.clientOrderId,
      ),
    );
  });

  test("passes over the files that have nothing of an algo or an instrument", async () => {
    await written(5, {
      orders: [
        order("a", { algoId: "one" }),
        order("b", { createdAt: DAY + DAY_MS, instrument: "NSE:TCS" }),
      ],
      executions: [
        execution("x"),
        execution("y", { executedAt: DAY + DAY_MS, instrument: "NSE:TCS" }),
      ],
    });
    await allMoved();
    const day = "2026-03-03";
    for (const { key } of (await env.ARCHIVE.list()).objects)
      if (key.includes(`/${day}/`)) await env.ARCHIVE.delete(key);
    expect(await listedOrders({ from: 0, algoId: "one" })).toHaveLength(1);
    expect(await listedOrders({ from: 0, instrument: "NSE:INFY" })).toHaveLength(1);
    expect(await listedTrades({ instrument: "NSE:INFY" })).toHaveLength(1);
    await expect(listedTrades({ instrument: "NSE:TCS" })).rejects.toThrow("is not there");
  });

  test("asks for no file where D1 alone has the page", async () => {
    await written(5, {
      executions: [execution("x"), execution("y", { executedAt: DAY + 9 * DAY_MS })],
    });
    await allMoved();
    await written(6, {
      executions: [
        execution("new", { executedAt: DAY + 99 * DAY_MS }),
        execution("newer", { executedAt: DAY + 99 * DAY_MS }),
      ],
    });
    for (const { key } of (await env.ARCHIVE.list()).objects) await env.ARCHIVE.delete(key);
    const response = await played().call("GET", "/v1/trades?limit=1", { key: DEVELOPMENT_KEY });
    expect(await response.json()).toMatchObject({ items: [{ executionId: "newer" }] });
  });
});
