/** Orders' events on their way from the ledger to the tradebook, and an order's history told from there. */
import { applyD1Migrations, evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { anyOrder, orderHistory } from "../../src/application/explore-ledger.ts";
import type { PageQuery } from "../../src/contract/primitives.ts";
import type { TradebookRow } from "../../src/application/ports.ts";
import { tradebook } from "../../src/storage/tradebook.ts";
import { orderPorts } from "../../src/platform/wiring.ts";
import { acceptedAs, fillOf, postOf } from "../support/ledger/samples.ts";
import { until } from "../support/until.ts";
import { delivered, ledger, page, placed, stub } from "../support/workers/ledger.ts";
import { ADMIN } from "../support/workers/orders.ts";

beforeEach(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  const balances = [{ currency: "USD", total: "1000000", available: "1000000" }];
  await ledger().recordBalances("paper", balances, Date.now());
});

afterEach(() => reset());

const EVENT: TradebookRow = {
  kind: "order_event",
  clientOrderId: "a",
  at: 1_000,
  eventId: null,
  body: "{}",
};

const lived = async (id: string) => {
  const intent = await placed({ clientOrderId: id });
  await ledger().post([postOf(id, acceptedAs(`b-${id}`), 2)]);
  await placed();
  await ledger().post([
    postOf(id, fillOf(intent, "4", "99"), 3),
    postOf(id, fillOf(intent, "1", "98"), 4),
  ]);
  await ledger().requestCancel(id, "person:ann");
  await ledger().post([postOf(id, { kind: "canceled", reason: "as asked" }, 6)]);
};

const inLedger = (...statements: string[]) =>
  runInDurableObject(stub(), (_, { storage }) => {
    for (const statement of statements) storage.sql.exec(statement);
  });

const ledgersEvents = () =>
  runInDurableObject(stub(), (_, { storage }) =>
    storage.sql
      .exec(
        `SELECT client_order_id, version, at, event_id, body FROM events
         WHERE client_order_id IS NOT NULL ORDER BY version`,
      )
      .toArray(),
  );

const toldEvents = async () =>
  (await env.DB.prepare("SELECT * FROM order_events ORDER BY version").all()).results;

const ordersRows = async () => (await env.DB.prepare("SELECT * FROM orders").all()).results;

/** As if the ledger had archived everything. */
const emptied = async () => {
  await delivered();
  await inLedger("DELETE FROM orders", "DELETE FROM events", "DELETE FROM holdings");
  await evictDurableObject(stub());
};

const historyOf = async (id: string, query: PageQuery) => {
  const answer = await orderHistory(orderPorts(env), ADMIN, id, query);
  if (!answer.ok) throw new Error(answer.error.code);
  return answer.value;
};

describe("orders' events", () => {
  test("come to the tradebook word for word, each once, whatever is posted again", async () => {
    await lived("a");
    await ledger().post([postOf("a", acceptedAs("b-a"), 2)]);
    await delivered();
    const told = await toldEvents();
    expect(told.length).toBeGreaterThanOrEqual(7);
    expect(told).toEqual(await ledgersEvents());
  });

  test("that were written before the crash which forgot it are written again, and are the same", async () => {
    await lived("a");
    await delivered();
    const before = await toldEvents();
    await inLedger("DELETE FROM settings WHERE name = 'events_written'");
    await evictDurableObject(stub());
    expect((await ledger().status()).outbox).toBe(before.length);
    await ledger().ensure();
    await delivered();
    expect(await toldEvents()).toEqual(before);
  });

  test("wait for a tradebook that is away, and are all there once it is back", async () => {
    await env.DB.exec("ALTER TABLE order_events RENAME TO events_away");
    await lived("a");
    await until("a row waits", async () => (await ledger().status()).outbox > 0);
    await ledger().ensure();
    // All of a batch or nothing: no order's row without its events.
    expect(await ordersRows()).toEqual([]);
    await evictDurableObject(stub());
    await env.DB.exec("ALTER TABLE events_away RENAME TO order_events");
    await ledger().ensure();
    await delivered();
    expect(await toldEvents()).toEqual(await ledgersEvents());
  });

  test("cost one row written each, and none when they come again", async () => {
    const batches: number[] = [];
    const counting = {
      prepare: (text: string) => env.DB.prepare(text),
      batch: async (statements: D1PreparedStatement[]) => {
        const results = await env.DB.batch(statements);
        batches.push(...results.map(({ meta }) => meta.rows_written));
        return results;
      },
    } as unknown as D1Database;
    await tradebook(counting).write([{ version: 4, row: EVENT }]);
    await tradebook(counting).write([{ version: 4, row: EVENT }]);
    expect(batches).toEqual([1, 0]);
  });
});

describe("an order that the ledger does not hold any more", () => {
  test("has the same history as before, whole and in pages", async () => {
    await lived("a");
    const whole = await historyOf("a", page);
    expect(whole.items).toHaveLength(6);
    const first = await historyOf("a", { limit: 2 });
    await emptied();
    expect(await ledger().order("a")).toBeNull();
    expect(await historyOf("a", page)).toEqual(whole);
    expect(await historyOf("a", { limit: 2 })).toEqual(first);
    const second = await historyOf("a", { limit: 2, cursor: first.nextCursor ?? "" });
    expect(second.items).toEqual(whole.items.slice(2, 4));
  });

  test("is shown as it last stood", async () => {
    await lived("a");
    const order = await ledger().order("a");
    await emptied();
    expect(await anyOrder(orderPorts(env), "a")).toEqual(order);
    expect(await anyOrder(orderPorts(env), "nobody")).toBeNull();
  });

  test("is another algo's all the same: its key hears that there is none", async () => {
    await lived("a");
    await emptied();
    const other = { kind: "algo", id: "k", algoId: "other", scopes: ["read" as const] } as const;
    const caller = { ...other, scopes: [...other.scopes] };
    const answer = await orderHistory(orderPorts(env), caller, "a", page);
    expect(answer).toMatchObject({ ok: false, error: { code: "UNKNOWN_ORDER" } });
  });
});
