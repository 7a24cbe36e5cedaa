/** Old events on their way from D1 to files in R2, and orders whose life is told from there. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { anyOrder } from "../../src/application/explore-ledger.ts";
import { EVENTS_KEPT_MS } from "../../src/domain/archive-limits.ts";
import { closedDay } from "../../src/domain/reconciliation/due-day.ts";
import { tradingDay } from "../../src/domain/risk/state.ts";
import { orderPorts } from "../../src/platform/wiring.ts";
import { moveEventsWhenDue } from "../../src/schedule/old-rows.ts";
import { fillOf, postOf } from "../support/ledger/samples.ts";
import { delivered, ledger, stub } from "../support/workers/ledger.ts";
import {
  aged,
  archivedByLedger,
  DAY_MS,
  emptied,
  filled,
  historyOf,
  inD1,
  lived,
  minute,
  OLD_MS,
  report,
  rowsOf,
} from "../support/workers/moved-events.ts";

beforeEach(filled);

afterEach(emptied);

describe("events of orders that ended long ago", () => {
  test("leave D1 for a file, and the order's life is told as before, whole and in pages", async () => {
    await lived("a");
    await lived("b");
    const whole = { a: await historyOf("a"), b: await historyOf("b") };
    const order = await ledger().order("a");
    await aged();
    await archivedByLedger("a");
    const first = await historyOf("a", { limit: 2 });
    await minute();
    expect(await inD1()).toEqual([]);
    const [part, ...others] = await rowsOf("event_parts");
    expect(others).toEqual([]);
    expect(part).toMatchObject({
      day: tradingDay(Date.now() - OLD_MS),
      first_id: "a",
      last_id: "b",
    });
    expect(part?.["key"]).toMatch(/^order-events\/\d{4}-\d\d-\d\d\/a-[0-9a-f]{16}\.ndjson\.gz$/);
    expect(await historyOf("a")).toEqual(whole.a);
    expect(await historyOf("b")).toEqual(whole.b);
    expect(await historyOf("a", { limit: 2 })).toEqual(first);
    const second = await historyOf("a", { limit: 2, cursor: first.nextCursor ?? "" });
    expect(second.items).toEqual(whole.a.items.slice(2, 4));
    expect(await anyOrder(orderPorts(env), "a")).toEqual(order);
    expect(await anyOrder(orderPorts(env), "nobody")).toBeNull();
  });

  test("are plain text to anyone who unpacks the file", async () => {
    await lived("a");
    await aged();
    const before = await inD1();
    await minute();
    const [part] = await rowsOf("event_parts");
    const file = await env.ARCHIVE.get(String(part?.["key"]));
    const text = await new Response(file?.body.pipeThrough(new DecompressionStream("gzip"))).text();
    const lines = text.trim().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
      before.map((row) => ({
        clientOrderId: row["client_order_id"],
        version: row["version"],
        at: row["at"],
        eventId: row["event_id"],
        body: row["body"],
      })),
    );
  });

  test("stay while they are young, while the order lives, and while its day is not compared", async () => {
    await lived("a");
    await aged(EVENTS_KEPT_MS - DAY_MS);
    await minute();
    expect(await rowsOf("event_parts")).toEqual([]);
    await env.DB.exec("UPDATE orders SET updated_at = 1, state = 'new'");
    await minute(1);
    expect(await rowsOf("event_parts")).toEqual([]);
    await env.DB.exec("UPDATE orders SET state = 'canceled'");
    const tomorrow = Date.now() + 2 * DAY_MS;
    await moveEventsWhenDue(env, ["paper"], tomorrow);
    await report(closedDay(tomorrow), "failed");
    await moveEventsWhenDue(env, ["paper"], tomorrow);
    await report(closedDay(tomorrow));
    await moveEventsWhenDue(env, ["paper", "second"], tomorrow);
    expect(await rowsOf("event_parts")).toEqual([]);
    await moveEventsWhenDue(env, ["paper"], tomorrow);
    expect(await rowsOf("event_parts")).toHaveLength(1);
  });

  test("a late fill finds its order through the files, is joined to its life, and moves later without doubling", async () => {
    const intent = await lived("a");
    const before = await historyOf("a");
    await aged();
    await archivedByLedger("a");
    await minute();
    const late = postOf("a", fillOf(intent, "1", "98", { executionId: "late" }), Date.now());
    const [order] = await ledger().post([late, late]);
    expect(order).toMatchObject({ algoId: intent.algoId, filledQuantity: "5", state: "canceled" });
    await delivered();
    expect(await inD1()).toHaveLength(1);
    const after = await historyOf("a");
    expect(after.items.slice(0, -1)).toEqual(before.items);
    expect(after.items.at(-1)).toMatchObject({ kind: "filled", filledQuantity: "5" });
    const updated = Date.now() - OLD_MS;
    await aged(0);
    await env.DB.prepare("UPDATE orders SET updated_at = ?").bind(updated).run();
    await runInDurableObject(stub(), (_, { storage }) => {
      for (const table of ["orders", "events"]) storage.sql.exec(`DELETE FROM ${table}`);
    });
    await evictDurableObject(stub());
    expect(await historyOf("a")).toEqual(after);
    expect((await ledger().status()).outbox).toBe(0);
    await minute(1);
    expect(await inD1()).toEqual([]);
    expect((await rowsOf("event_parts")).map((part) => part["events"])).toEqual(
      expect.arrayContaining([before.items.length, 1]),
    );
    expect(await historyOf("a")).toEqual(after);
    const [moves] = await rowsOf("event_moves");
    expect(moves).toMatchObject({ events: after.items.length });
  });

  test("a ledger that hands over what was moved already doubles nothing", async () => {
    await lived("a");
    const before = await historyOf("a");
    await aged();
    const events = await inD1();
    await minute();
    for (const row of events)
      await env.DB.prepare("INSERT INTO order_events VALUES (?, ?, ?, ?, ?)")
        .bind(...Object.values(row))
        .run();
    await archivedByLedger("a");
    expect(await historyOf("a")).toEqual(before);
    await minute(1);
    expect(await inD1()).toEqual([]);
    // The same events are the same file: it is listed, and counted, once.
    expect(await rowsOf("event_parts")).toHaveLength(1);
    expect(await rowsOf("event_moves")).toMatchObject([{ events: events.length }]);
    expect(await historyOf("a")).toEqual(before);
  });
});
