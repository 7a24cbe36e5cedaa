/** Files of old events: when they are believed, how many a day needs, what they cost, and what people see of their moving. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { moveEvents, type MoveEventsPorts } from "../../src/application/move-events.ts";
import { EVENTS_FAILING_TOLD_MS } from "../../src/domain/archive-limits.ts";
import { tradingDay } from "../../src/domain/risk/state.ts";
import { database } from "../../src/storage/database.ts";
import { eventFilesIn } from "../../src/storage/event-files.ts";
import { layDown } from "../../src/storage/incidents.ts";
import { eventsBook } from "../../src/storage/moving-events.ts";
import { pastOrdersIn } from "../../src/storage/order-events.ts";
import { fillOf, postOf } from "../support/ledger/samples.ts";
import { DEVELOPMENT_KEY, played } from "../support/workers/api.ts";
import { delivered, ledger } from "../support/workers/ledger.ts";
import {
  aged,
  archivedByLedger,
  emptied,
  filled,
  historyOf,
  inD1,
  lived,
  minute,
  OLD_MS,
  rowsOf,
} from "../support/workers/moved-events.ts";

beforeEach(filled);

afterEach(emptied);

/** A bucket that does something else to what it is given than it says. */
const bucketThat = (changes: Partial<R2Bucket>): R2Bucket =>
  Object.assign(Object.create(env.ARCHIVE), {
    put: (key: string, bytes: Uint8Array) => env.ARCHIVE.put(key, bytes),
    get: (key: string) => env.ARCHIVE.get(key),
    ...changes,
  }) as R2Bucket;

const portsOn = (bucket: R2Bucket, sliceOrders = 1_000): MoveEventsPorts => ({
  book: eventsBook(database(env.DB)),
  files: eventFilesIn(bucket),
  sliceOrders,
  now: () => Date.now(),
});

/** Rows of D1 as so many orders would have left them, `each` events an order. */
const many = async (orders: number, each: number, createdAt: number) => {
  const events = `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)`;
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO orders ${events} SELECT printf('o-%05d', i), 'a', 'paper', 'NSE:INFY', 'buy', 'market', '1', NULL, NULL,
        'day', NULL, 0, 'filled', '1', '1', NULL, NULL, NULL, 1, 1, ?2, ?2, 1 FROM n`,
    ).bind(orders, createdAt),
    env.DB.prepare(
      `INSERT INTO order_events ${events} SELECT printf('o-%05d', i / ?2), i, i, NULL, '{"i":' || i || '}' FROM n`,
    ).bind(orders * each, each),
  ]);
};

const cut = async (key: string, bytes: Uint8Array) => env.ARCHIVE.put(key, bytes.slice(0, -9));
const nothing = async () => null;
const other = async (key: string) => {
  await env.ARCHIVE.put(key, "something else");
  return env.ARCHIVE.get(key);
};

const past = () => pastOrdersIn(database(env.DB), env.ARCHIVE);

const components = async () => {
  const response = await played().call("GET", "/v1/status", { key: DEVELOPMENT_KEY });
  const { components: all }: { components: { name: string }[] } = await response.json();
  return all.find(({ name }) => name === "order events");
};
const metrics = async () =>
  (await played().call("GET", "/metrics", { key: DEVELOPMENT_KEY })).text();

test("an event that comes between the reading and the deleting of its order's stays", async () => {
  await lived("a");
  await aged();
  const { book, files } = portsOn(env.ARCHIVE);
  const events = await book.events(["a"]);
  const part = await files.write("2030-01-01", events);
  const late = env.DB.prepare("INSERT INTO order_events VALUES ('a', ?, 1, NULL, '{}')");
  // Newer than what was read, and older: a ledger may hand over again what it handed over before.
  await env.DB.batch([late.bind(0), late.bind(99)]);
  await book.move(part, events, 1);
  expect((await inD1()).map(({ version }) => version)).toEqual([0, 99]);
});

test("a run that was cut off after any of its steps is done over, with the same file", async () => {
  await lived("a");
  await aged();
  const before = await historyOf("a");
  const { book, files } = portsOn(env.ARCHIVE);
  const events = await book.events(["a"]);
  // Written and not listed; then listed, and how far it came was not stored.
  const part = await files.write(tradingDay(Date.now() - OLD_MS), events);
  expect(await historyOf("a")).toEqual(before);
  expect(await inD1()).toHaveLength(events.length);
  await book.move(part, events, 1);
  expect(await inD1()).toEqual([]);
  await book.move(part, events, 2);
  await minute();
  expect((await env.ARCHIVE.list()).objects.map(({ key }) => key)).toEqual([part.key]);
  expect(await rowsOf("event_parts")).toHaveLength(1);
  expect(await rowsOf("event_moves")).toMatchObject([{ events: events.length }]);
  expect(await historyOf("a")).toEqual(before);
});

describe("a file that cannot be trusted", () => {
  test.each([
    ["cut", { put: cut as unknown as R2Bucket["put"] }, /is not what was written/],
    ["lost", { get: nothing as unknown as R2Bucket["get"] }, /is not there/],
    ["changed", { get: other }, /is not what was written/],
  ])("one that was %s takes nothing out of D1, and is written again", async (_, changes, why) => {
    await lived("a");
    await aged();
    const events = await inD1();
    const state = await moveEvents(portsOn(bucketThat(changes)), "2030-01-01");
    expect(state.error).toMatch(why);
    expect(state.failingSince).toBeGreaterThan(0);
    expect(await inD1()).toEqual(events);
    expect(await rowsOf("event_parts")).toEqual([]);
    expect(await moveEvents(portsOn(env.ARCHIVE), "2030-01-01")).toMatchObject({ error: null });
    expect(await inD1()).toEqual([]);
  });

  test.each([
    ["is gone", (key: string) => env.ARCHIVE.delete(key), "is not there"],
    ["was changed", (key: string) => env.ARCHIVE.put(key, "?"), "is not what was written"],
  ])(
    "an order whose file %s is not told in part, and its late fill is booked and told",
    async (_, harm, why) => {
      const intent = await lived("a");
      await aged();
      await archivedByLedger("a");
      await minute();
      const [part] = await rowsOf("event_parts");
      await harm(String(part?.["key"]));
      await expect(historyOf("a")).rejects.toThrow(why);
      await ledger().post([postOf("a", fillOf(intent, "1", "98"), Date.now())]);
      expect(
        (await ledger().positions()).map(({ algoId, quantity }) => [algoId, quantity]),
      ).toEqual(expect.arrayContaining([["external", "1"]]));
      await delivered();
      expect(await rowsOf("incidents")).toMatchObject([{ severity: "critical" }]);
    },
  );
});

describe("a day of many orders", () => {
  const CREATED = Date.now() - OLD_MS;
  test("goes in several files, and any one order is found in the one or two that may have it", async () => {
    await many(4_000, 3, CREATED);
    const state = await moveEvents(portsOn(env.ARCHIVE, 3_000), "2030-01-01");
    expect(state).toMatchObject({ error: null, afterId: "o-03999" });
    expect(await rowsOf("order_events")).toEqual([]);
    const parts = await rowsOf("event_parts");
    const found = new Map(parts.map(({ first_id: first, events }) => [first, events]));
    expect(Object.fromEntries(found)).toEqual({
      "o-00000": 4_998,
      "o-01666": 4_002,
      "o-03000": 3_000,
    });
    for (const [id, first] of [
      ["o-00000", 0],
      ["o-01665", 4_995],
      ["o-01666", 4_998],
      ["o-03999", 11_997],
    ] as const)
      expect((await past().events(id)).map(({ version }) => version)).toEqual([
        first,
        first + 1,
        first + 2,
      ]);
    expect(await past().events("o-04000")).toEqual([]);
  });

  test("costs one row written for each event that goes, and reads no others for it", async () => {
    await many(2_000, 2, CREATED);
    const metas: Record<"rows_read" | "rows_written", number>[] = [];
    const counting = {
      prepare: (text: string) => env.DB.prepare(text),
      batch: async (statements: D1PreparedStatement[]) => {
        const results = await env.DB.batch(statements);
        metas.push(...results.map(({ meta }) => meta));
        return results;
      },
    } as unknown as D1Database;
    const book = eventsBook(database(counting));
    const events = await book.events(["o-00007", "o-01000"]);
    const part = await eventFilesIn(env.ARCHIVE).write("2030-01-01", events);
    const sum = (of: keyof (typeof metas)[number]) =>
      metas.splice(0).reduce((total, meta) => total + meta[of], 0);
    await book.move(part, events, 1);
    const [last] = metas.slice(-1);
    expect(last?.rows_read).toBeLessThanOrEqual(4 * events.length);
    // The list's own row and the one that says how far it has come are the two besides.
    expect(sum("rows_written")).toBe(events.length + 2);
    await book.move(part, events, 2);
    expect(sum("rows_written")).toBe(1);
    expect(await rowsOf("order_events")).toHaveLength(3_996);
  });
});

test("a person sees how much was moved and what keeps it from going, and hears of it when that lasts", async () => {
  expect(await components()).toMatchObject({ state: "ok", message: "none moved to files yet" });
  await lived("a");
  await aged();
  await env.DB.exec("ALTER TABLE event_parts RENAME TO parts_away");
  await expect(minute()).rejects.toThrow("event_parts");
  expect(await components()).toMatchObject({
    state: "degraded",
    message: expect.stringMatching(
      /^0 moved to files; nothing goes since .*: .*event_parts/,
    ) as string,
  });
  expect(await metrics()).toContain("trunkline_order_events_failing 1");
  expect(await rowsOf("incidents")).toEqual([]);
  await env.DB.prepare("UPDATE event_moves SET failing_since = failing_since - ?")
    .bind(EVENTS_FAILING_TOLD_MS)
    .run();
  await expect(minute()).rejects.toThrow("event_parts");
  await expect(minute()).rejects.toThrow("event_parts");
  expect(await rowsOf("incidents")).toMatchObject([
    {
      severity: "serious",
      title: "Old order events cannot be moved to files",
      acknowledged_by: null,
    },
  ]);
  await env.DB.exec("ALTER TABLE parts_away RENAME TO event_parts");
  await minute();
  expect(await rowsOf("incidents")).toMatchObject([{ acknowledged_by: "recovery" }]);
  expect(await components()).toMatchObject({
    state: "ok",
    message: expect.stringMatching(/^4 moved to files, last at /) as string,
  });
  expect(await metrics()).toContain("trunkline_order_events_moved_total 4");
});

test("what people were told of a moving that failed is taken back also where that failed at first", async () => {
  await lived("a");
  await aged();
  await env.DB.exec("ALTER TABLE event_parts RENAME TO parts_away");
  await expect(minute()).rejects.toThrow("event_parts");
  await env.DB.prepare("UPDATE event_moves SET failing_since = failing_since - ?")
    .bind(EVENTS_FAILING_TOLD_MS)
    .run();
  await expect(minute()).rejects.toThrow("event_parts");
  await env.DB.exec("ALTER TABLE parts_away RENAME TO event_parts");
  await env.DB.exec(
    "CREATE TRIGGER gone BEFORE UPDATE ON incidents BEGIN SELECT RAISE(ABORT, 'gone'); END",
  );
  await expect(minute()).rejects.toThrow("incidents");
  // The events went meanwhile: there is nothing left that the minute would move.
  expect(await inD1()).toEqual([]);
  expect(await rowsOf("incidents")).toMatchObject([{ acknowledged_by: null }]);
  await env.DB.exec("DROP TRIGGER gone");
  const apart = { severity: "serious", account: "paper", title: "t", message: "m", at: 1 } as const;
  await layDown(database(env.DB), { ...apart, id: "order-event" });
  await minute();
  const told = await rowsOf("incidents");
  const takenOn = Object.fromEntries(told.map((row) => [row["account"], row["acknowledged_by"]]));
  expect(takenOn).toEqual({ paper: null, tradebook: "recovery" });
});
