/** Files of old rows: when they are believed, what they cost, and what people see of their moving. */
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EVENTS_FAILING_TOLD_MS } from "../../src/domain/archive-limits.ts";
import { closedDay } from "../../src/domain/reconciliation/due-day.ts";
import { moveRowsWhenDue, tellOfSize, tellOfTradebookSize } from "../../src/schedule/old-rows.ts";
import { bytesUsed, database } from "../../src/storage/database.ts";
import { ordersToMove } from "../../src/storage/moving-rows.ts";
import { DEVELOPMENT_KEY, played } from "../support/workers/api.ts";
import { rowsOf } from "../support/workers/moved-events.ts";
import {
  allMoved,
  book,
  DAY,
  DAY_MS,
  execution,
  idsInD1,
  listedOrders,
  movedOf,
  movingExecutions,
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

/** A bucket that does something else to what it is given than it says. */
const bucketThat = (changes: Partial<R2Bucket>): R2Bucket =>
  Object.assign(Object.create(env.ARCHIVE), {
    put: (key: string, bytes: Uint8Array) => env.ARCHIVE.put(key, bytes),
    get: (key: string) => env.ARCHIVE.get(key),
    ...changes,
  }) as R2Bucket;

const cut = async (key: string, bytes: Uint8Array) => env.ARCHIVE.put(key, bytes.slice(0, -9));
const other = async (key: string) => {
  await env.ARCHIVE.put(key, "something else");
  return env.ARCHIVE.get(key);
};

describe("a file that cannot be trusted", () => {
  test.each([
    ["cut", { put: cut as unknown as R2Bucket["put"] }, /is not what was written/],
    ["lost", { get: (async () => null) as unknown as R2Bucket["get"] }, /is not there/],
    ["changed", { get: other }, /is not what was written/],
  ])("one that was %s takes nothing out of D1, and is written again", async (_, changes, why) => {
    await written(5, { orders: [order("a")], executions: [execution("x")] });
    const bucket = bucketThat(changes);
    for (const state of [
      await movedOf(movingOrders(bucket)),
      await movedOf(movingExecutions(bucket)),
    ]) {
      expect(state.error).toMatch(why);
      expect(state.failingSince).toBeGreaterThan(0);
    }
    expect([await idsInD1("orders"), await idsInD1("executions")]).toEqual([["a"], ["x"]]);
    expect(await rowsOf("row_parts")).toEqual([]);
    await allMoved();
    expect([await idsInD1("orders"), await idsInD1("executions")]).toEqual([[], []]);
  });

  test("one that is gone fails the list as a whole: half a list is never told", async () => {
    await written(5, { orders: [order("a"), order("b", { createdAt: DAY + DAY_MS })] });
    await allMoved();
    const [part] = await rowsOf("row_parts");
    await env.ARCHIVE.delete(String(part?.["key"]));
    await expect(listedOrders({ from: 0 })).rejects.toThrow("is not there");
    const response = await played().call("GET", "/v1/orders?from=0", { key: DEVELOPMENT_KEY });
    expect(response.status).toBeGreaterThanOrEqual(500);
    // What is asked of other days is told.
    const days = String(part?.["day"]) === "2026-03-02" ? { from: DAY + DAY_MS } : { to: DAY + 1 };
    expect(await listedOrders(days)).toHaveLength(1);
  });
});

describe("between two steps of a move", () => {
  test("a row that changes after it was read stays, and is told as it is", async () => {
    await written(5, { orders: [order("a"), order("b")] });
    const { book: rows, files } = movingOrders();
    const seen = (await rows.rows(null, DAY + DAY_MS, 10)).map(({ row }) => row);
    const part = await files.write("2026-03-02", seen);
    await written(6, { orders: [order("a", { state: "canceled" })] });
    await rows.move(part, seen, 1);
    expect(await idsInD1("orders")).toEqual(["a"]);
    const told = (await listedOrders({ from: 0 })).map(({ clientOrderId: id, state }) => [
      id,
      state,
    ]);
    expect(told).toEqual([
      ["b", "filled"],
      ["a", "canceled"],
    ]);
    expect(await listedOrders({ state: "filled", from: 0 })).toHaveLength(1);
  });

  test("another run of the same minute, which saw more, doubles nothing", async () => {
    await written(5, { orders: [order("a"), order("b")] });
    const { book: rows, files } = movingOrders();
    const read = async () => (await rows.rows(null, DAY + DAY_MS, 10)).map(({ row }) => row);
    const first = await read();
    await written(6, { orders: [order("c")] });
    const second = await read();
    const parts = [
      await files.write("2026-03-02", first),
      await files.write("2026-03-02", second),
    ] as const;
    await Promise.all([rows.move(parts[0], first, 1), rows.move(parts[1], second, 1)]);
    expect(await idsInD1("orders")).toEqual([]);
    const told = (await listedOrders({ from: 0, limit: 2 })).map((row) => row.clientOrderId);
    expect(told).toEqual(["c", "b", "a"]);
  });

  test("one that was cut off after it is done over with the same file, and counted once", async () => {
    await written(5, { orders: [order("a"), order("b")] });
    const { book: rows, files } = movingOrders();
    const seen = (await rows.rows(null, DAY + DAY_MS, 10)).map(({ row }) => row);
    await rows.move(await files.write("2026-03-02", seen), seen, 1);
    await rows.move(await files.write("2026-03-02", seen), seen, 2);
    expect((await env.ARCHIVE.list()).objects).toHaveLength(1);
    expect(await rowsOf("row_parts")).toHaveLength(1);
    expect(await rowsOf("row_moves")).toMatchObject([{ rows: 2 }]);
    const marks = (await rowsOf("moved_ids")).map((row) => String(row["marks"]).length);
    expect(marks.reduce((sum, length) => sum + length, 0)).toBe(2 * 5);
  });
});

test("a move writes what deleting a row costs and little besides, and reads few others for it", async () => {
  const rows = Array.from({ length: 200 }, (_, place) =>
    order(`o${String(place).padStart(3, "0")}`, { createdAt: DAY + place }),
  );
  await written(5, { orders: rows });
  const metas: Record<"rows_read" | "rows_written", number>[] = [];
  const counting = {
    prepare: (text: string) => env.DB.prepare(text),
    batch: async (statements: D1PreparedStatement[]) => {
      const results = await env.DB.batch(statements);
      metas.push(...results.map(({ meta }) => meta));
      return results;
    },
  } as unknown as D1Database;
  const counted = ordersToMove(database(counting));
  const some = (await counted.rows(null, DAY + 100, 1_000)).map(({ row }) => row);
  expect(some).toHaveLength(100);
  const part = await movingOrders().files.write("2026-03-02", some);
  await counted.move(part, some, 1);
  const deleted = metas.at(-1);
  expect(deleted?.rows_read).toBeLessThanOrEqual(8 * some.length);
  // The row and its three entries in indexes; a mark each; the file and how far it came.
  const sum = metas.reduce((total, meta) => total + meta.rows_written, 0);
  expect(sum).toBeLessThanOrEqual(5 * some.length + 10);
  expect(await idsInD1("orders")).toHaveLength(100);
});

const component = async (wanted: string) => {
  const response = await played().call("GET", "/v1/status", { key: DEVELOPMENT_KEY });
  const { components }: { components: { name: string }[] } = await response.json();
  return components.find(({ name }) => name === wanted);
};
const metrics = async () =>
  (await played().call("GET", "/metrics", { key: DEVELOPMENT_KEY })).text();
const failing = () =>
  env.DB.prepare("UPDATE row_moves SET failing_since = failing_since - ?")
    .bind(EVENTS_FAILING_TOLD_MS)
    .run();
/** The events of the day have gone before. */
const minute = async () => {
  await env.DB.prepare(
    "INSERT OR REPLACE INTO event_moves VALUES (1, ?, '', 1, NULL, NULL, 0, NULL)",
  )
    .bind(closedDay(Date.now()))
    .run();
  await moveRowsWhenDue(env, Date.now());
};

describe("what people see of it", () => {
  test("is how much was moved, what stays, what keeps it from going, and an incident when that lasts", async () => {
    expect(await component("old days")).toMatchObject({
      state: "ok",
      message: "none moved to files yet",
    });
    await written(5, {
      orders: [order("a"), order("b", { state: "new" })],
      executions: [execution("x")],
    });
    await env.DB.exec("ALTER TABLE row_parts RENAME TO parts_away");
    await expect(minute()).rejects.toThrow("row_parts");
    expect(await component("old days")).toMatchObject({
      state: "degraded",
      message: expect.stringMatching(
        /^0 orders moved to files, the pass after \S+ goes on, nothing goes since .*row_parts/,
      ) as string,
    });
    expect(await metrics()).toContain('trunkline_old_rows_failing{kind="orders"} 1');
    expect(await rowsOf("incidents")).toEqual([]);
    await failing();
    await expect(minute()).rejects.toThrow("row_parts");
    await expect(minute()).rejects.toThrow("row_parts");
    expect(await rowsOf("incidents")).toMatchObject([
      { severity: "serious", title: "Orders and executions of old days cannot be moved to files" },
    ]);
    await env.DB.exec("ALTER TABLE parts_away RENAME TO row_parts");
    await minute();
    expect(await rowsOf("incidents")).toMatchObject([{ acknowledged_by: "recovery" }]);
    await minute();
    expect(await component("old days")).toMatchObject({
      state: "ok",
      message: expect.stringMatching(
        /^1 executions moved to files, last at \S+Z; 1 orders moved to files, last at \S+Z, 1 old ones stay$/,
      ) as string,
    });
    expect(await metrics()).toContain('trunkline_old_rows_moved_total{kind="orders"} 1');
    expect(await metrics()).toContain('trunkline_old_rows_stayed{kind="orders"} 1');
  });

  test("waits for the day's events to go first", async () => {
    await written(5, { orders: [order("a")] });
    await moveRowsWhenDue(env, Date.now());
    expect(await idsInD1("orders")).toEqual(["a"]);
    expect(await rowsOf("row_moves")).toEqual([]);
  });

  test("is a wrong TRADEBOOK_KEPT_DAYS, which moves nothing and stops nothing else", async () => {
    await written(5, { orders: [order("a")] });
    Object.assign(env, { TRADEBOOK_KEPT_DAYS: "soon" });
    try {
      await expect(minute()).rejects.toThrow("TRADEBOOK_KEPT_DAYS must be");
    } finally {
      Object.assign(env, { TRADEBOOK_KEPT_DAYS: "" });
    }
    expect(await idsInD1("orders")).toEqual(["a"]);
    expect(await component("old days")).toMatchObject({
      state: "degraded",
      message: expect.stringContaining("TRADEBOOK_KEPT_DAYS must be") as string,
    });
  });

  test("is the database's size, and an incident before it is full, once for each level", async () => {
    const bytes = await bytesUsed(book());
    expect(bytes).toBeGreaterThan(50_000);
    expect(await component("tradebook")).toMatchObject({
      state: "ok",
      message: expect.stringMatching(/^no execution yet; 0\.00 GB of 10$/) as string,
    });
    expect(await metrics()).toMatch(/^trunkline_tradebook_bytes \d+$/m);
    await tellOfTradebookSize(env, 1);
    await tellOfSize(book(), null, 1);
    expect(await rowsOf("incidents")).toEqual([]);
    for (const size of [7.5e9, 7.6e9, 9e9, 9.1e9]) await tellOfSize(book(), size, 1);
    expect((await rowsOf("incidents")).map(({ severity }) => String(severity)).sort()).toEqual([
      "critical",
      "serious",
    ]);
  });
});
