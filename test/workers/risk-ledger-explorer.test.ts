/** The ledger explorer on the real object: it tells everything, and asking leaves no trace. */
import { evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RiskLedgerPort } from "../../src/application/ports.ts";
import { explainView, orderEventView } from "../../src/contract/explorer.ts";
import {
  acceptedAs,
  factsWith,
  fillOf,
  intentWith,
  markOf,
  postOf,
} from "../support/ledger/samples.ts";
import { ledger, page, placed, stub } from "../support/workers/ledger.ts";

beforeEach(async () => {
  const balances = [{ currency: "USD", total: "1000000", available: "1000000" }];
  await ledger().recordBalances("paper", balances, Date.now());
});

afterEach(() => reset());

const evict = () => evictDurableObject(stub());

/** Every row of every table. */
const rowsOf = ({ sql }: DurableObjectStorage): string => {
  const tables =
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'";
  const names = sql.exec<{ name: string }>(tables).toArray();
  return JSON.stringify(
    names.map(({ name }) => [name, sql.exec(`SELECT * FROM "${name}"`).toArray()]),
  );
};

const ask = () =>
  ledger().explain({ ...intentWith(), clientOrderId: "" }, { ...factsWith(), mark: null });

const lived = async () => {
  const intent = await placed({ clientOrderId: "life" });
  await ledger().post([postOf("life", acceptedAs("b-1"), 2)]);
  await placed();
  await ledger().post([
    postOf("life", fillOf(intent, "4", "99"), 3),
    postOf("life", fillOf(intent, "1", "98"), 4),
  ]);
  await ledger().requestCancel("life", "person:ann");
  await ledger().post([postOf("life", { kind: "canceled", reason: "as asked" }, 6)]);
};

/** They change with the clock, or want a price that was heard since the last eviction. */
const UNSTEADY = new Set(["STALE_PRICE", "PRICE_COLLAR", "ORDER_RATE"]);

const stable = async () => (await ask()).checks.filter(({ code }) => !UNSTEADY.has(code));

describe("explain", () => {
  test("leaves version, outbox, memory and every stored row as they were", async () => {
    await placed();
    const intent = { ...intentWith(), clientOrderId: "" };
    // In one run of the object, so that its alarm cannot come between.
    const traces = await runInDurableObject(stub(), async (object, { storage }) => {
      const live = object as unknown as RiskLedgerPort;
      const look = async () => ({
        rows: rowsOf(storage),
        status: await live.status(),
        exposure: await live.exposure(),
        alarm: await storage.getAlarm(),
      });
      const before = await look();
      for (const mark of [null, markOf(Date.now(), 100), markOf(Date.now(), 1)])
        for (const quantity of ["1", "10", "999999999"]) {
          const facts = { ...factsWith(), mark };
          explainView.parse(await live.explain({ ...intent, quantity }, facts));
        }
      return { before, after: await look() };
    });
    expect(traces.before.rows).toContain("order-");
    expect(traces.after).toEqual(traces.before);
    expect((await ledger().orders(page)).items).toHaveLength(1);
  });

  test("says the same after an eviction", async () => {
    await placed();
    const first = await stable();
    await evict();
    expect(await stable()).toEqual(first);
  });
});

describe("history", () => {
  test("tells an order's life from the stored events, also after an eviction", async () => {
    await lived();
    const history = await ledger().history("life", page);
    for (const entry of history.items) orderEventView.parse(entry);
    expect(history.nextCursor).toBeNull();
    expect(history.items.map(({ kind, state }) => [kind, state])).toEqual([
      ["reserved", "pending_new"],
      ["accepted", "new"],
      ["filled", "partially_filled"],
      ["filled", "partially_filled"],
      ["cancel_requested", "pending_cancel"],
      ["canceled", "canceled"],
    ]);
    expect(history.items.at(-1)?.state).toBe((await ledger().order("life"))?.state);
    await evict();
    expect(await ledger().history("life", page)).toEqual(history);
  });

  test("in pages it is the same, each event once", async () => {
    await lived();
    const whole = (await ledger().history("life", page)).items;
    for (const limit of [1, 2, 5, 6, 7]) {
      const seen = [];
      let cursor: string | undefined;
      do {
        const part = await ledger().history("life", { limit, cursor });
        expect(part.items.length).toBeLessThanOrEqual(limit);
        seen.push(...part.items);
        cursor = part.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(seen).toEqual(whole);
    }
  });

  test("of an order that is not there is empty", async () => {
    await lived();
    expect(await ledger().history("nobody", page)).toEqual({ items: [], nextCursor: null });
  });

  test("is found by an index, not by walking through all events", async () => {
    await lived();
    const plan = await runInDurableObject(stub(), (_, { storage }) =>
      storage.sql
        .exec("EXPLAIN QUERY PLAN SELECT * FROM events WHERE client_order_id = ?", "life")
        .toArray(),
    );
    expect(JSON.stringify(plan)).toContain("events_of_order");
  });
});
