/** The tradebook and its readers, on a real D1. */
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import type { TradebookRow } from "../../src/application/ports.ts";
import type { Page, PageQuery } from "../../src/contract/primitives.ts";
import type { Execution, Order } from "../../src/domain/order.ts";
import type { Result } from "../../src/domain/result.ts";
import { apiKeysPage } from "../../src/storage/api-keys.ts";
import { auditPage } from "../../src/storage/audit.ts";
import { database, type Database } from "../../src/storage/database.ts";
import { deadLettersPage } from "../../src/storage/dead-letters.ts";
import { newestExecution, orderCounts } from "../../src/storage/order-counts.ts";
import { riskHistoryPage } from "../../src/storage/risk-history.ts";
import * as tables from "../../src/storage/schema.ts";
import { tradebook } from "../../src/storage/tradebook.ts";
import { tradesPage } from "../../src/storage/trades.ts";
import { value } from "../support/workers/value.ts";

const book = database(env.DB);
const trades = (of: Database, query: Parameters<typeof tradesPage>[2]) =>
  tradesPage(of, env.ARCHIVE, query);

const ORDER: Order = {
  clientOrderId: "order-1",
  algoId: "momentum",
  account: "paper",
  instrument: "NSE:INFY",
  side: "buy",
  type: "limit",
  quantity: "10",
  limitPrice: "1500.05",
  stopPrice: null,
  timeInForce: "day",
  protectiveStop: "1490",
  reduceOnly: false,
  state: "pending_new",
  filledQuantity: "0",
  averagePrice: null,
  brokerOrderId: null,
  refusal: null,
  reason: null,
  ledgerVersion: 3,
  epoch: 1,
  createdAt: 1_000,
  updatedAt: 1_000,
};

const EXECUTION: Execution = {
  executionId: "e-1",
  clientOrderId: "order-1",
  brokerOrderId: "b-1",
  account: "paper",
  instrument: "NSE:INFY",
  side: "buy",
  quantity: "10",
  price: "1500.05",
  fee: "0.1",
  feeCurrency: "INR",
  executedAt: 2_000,
};

const write = (version: number, ...rows: TradebookRow[]): Promise<void> =>
  tradebook(env.DB).write(rows.map((row) => ({ version, row })));

const execution = (executionId: string, executedAt: number): TradebookRow => ({
  kind: "execution",
  execution: { ...EXECUTION, executionId, executedAt },
  algoId: "momentum",
});

afterEach(async () => {
  await env.DB.batch(
    Object.values(tables).map((table) => env.DB.prepare(book.delete(table).toSQL().sql)),
  );
});

const INCIDENT = { id: "trip-1", at: 5, account: "portfolio", title: "halted", message: "a loss" };

describe("the tradebook", () => {
  test("writes every kind of row, and writing all of them again changes nothing", async () => {
    const rows: TradebookRow[] = [
      { kind: "order", order: { ...ORDER, refusal: null } },
      { kind: "order_event", clientOrderId: "order-1", at: 1, eventId: null, body: "{}" },
      execution("e-1", 2_000),
      {
        kind: "position_day",
        day: "2026-11-20",
        algoId: "momentum",
        instrument: "NSE:INFY",
        account: "paper",
        quantity: "10",
        averagePrice: "1500.05",
        realisedProfit: "-0.000000000000000001",
      },
      {
        kind: "risk_day",
        day: "2026-11-20",
        algoId: "momentum",
        instrument: "NSE:INFY",
        moneyAtRiskMax: "100.5",
        notionalMax: "15000.5",
        realisedProfit: "0",
      },
      {
        kind: "dead_letter",
        order: ORDER,
        label: "unknown",
        reason: "no answer",
        attempts: 1,
        status: "open",
      },
      { kind: "incident", incident: { ...INCIDENT, severity: "critical" } },
      {
        kind: "audit",
        by: "person@example.com",
        action: "limit_set",
        subject: "portfolio",
        before: null,
        after: { orderNotional: "1000" },
        reason: "first limits",
        at: 5,
      },
    ];
    await write(7, ...rows);
    const once = await everything();
    const counts = Object.keys(tables)
      .map((name, index): [string, number] => [name, once[index]?.length ?? 0])
      .toSorted(([a], [b]) => a.localeCompare(b));
    expect(counts.filter(([, count]) => count !== 0)).toEqual([
      ["auditLog", 1],
      ["deadLetters", 1],
      ["executions", 1],
      ["incidents", 1],
      ["orderEvents", 1],
      ["orders", 1],
      ["positionsByDay", 1],
      ["riskByDay", 1],
    ]);
    await write(7, ...rows);
    expect(await everything()).toEqual(once);
  });

  test("an empty write is no write", async () => {
    await expect(tradebook(env.DB).write([])).resolves.toBeUndefined();
  });

  test("an older version never overwrites a newer row, in whatever order the batches come", async () => {
    const versions = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.uuid(), versions, async (clientOrderId, shuffled) => {
        for (const version of shuffled)
          await write(version, {
            kind: "order",
            order: { ...ORDER, clientOrderId, filledQuantity: String(version) },
          });
        const rows = await book.select().from(tables.orders);
        const row = rows.find((found) => found.clientOrderId === clientOrderId);
        expect(row?.filledQuantity).toBe(String(Math.max(...shuffled)));
        expect(row?.ledgerVersion).toBe(Math.max(...shuffled));
      }),
      { numRuns: 20 },
    );
  });

  test("of two rows for one order in one version the later stands", async () => {
    await write(
      4,
      { kind: "order", order: { ...ORDER, state: "new" } },
      { kind: "order", order: { ...ORDER, state: "filled" } },
    );
    expect((await book.select().from(tables.orders))[0]?.state).toBe("filled");
  });

  test("one bad row of a batch leaves nothing of the batch behind", async () => {
    const bad = { ...execution("e-2", 1), algoId: null } as unknown as TradebookRow;
    await expect(write(1, { kind: "order", order: ORDER }, bad)).rejects.toThrow(/NOT NULL/);
    expect(await book.select().from(tables.orders)).toEqual([]);
  });

  test("a dead letter keeps the time at which it first came to the desk", async () => {
    const letter = { kind: "dead_letter", label: "unknown", reason: "no answer" } as const;
    await write(1, { ...letter, order: ORDER, attempts: 1, status: "open" });
    const later = { ...ORDER, updatedAt: 9_000 };
    await write(2, { ...letter, order: later, attempts: 3, status: "closed" });
    const page = await value(deadLettersPage(book, { limit: 10 }));
    expect(page.items).toMatchObject([{ createdAt: 1_000, attempts: 3, status: "closed" }]);
    expect(page.items[0]?.intent).toMatchObject({ limitPrice: "1500.05", side: "buy" });
    expect(page.items[0]?.intent).not.toHaveProperty("state");
  });

  test("the same audit row of one version is kept once, two different ones both", async () => {
    const row = { kind: "audit", by: "a", action: "limit_set", before: null, at: 1 } as const;
    const first = { ...row, subject: "portfolio", after: "1", reason: null };
    await write(3, first, { ...first, after: "2" });
    await write(3, first);
    await write(4, first);
    expect((await value(auditPage(book, { limit: 10 }))).items).toHaveLength(3);
  });
});

describe("the counts of the metrics", () => {
  test("hold the orders and executions since a time, and each refusal by its code", async () => {
    const facts = { message: "m", scope: "portfolio", limit: null, asked: null, have: null };
    const refusal = { code: "FUNDS" as const, ...facts };
    const denied = { ...ORDER, clientOrderId: "order-2", state: "denied" as const, refusal };
    const old = { ...ORDER, clientOrderId: "order-3", createdAt: 10 };
    await write(
      1,
      { kind: "order", order: ORDER },
      { kind: "order", order: denied },
      { kind: "order", order: old },
      execution("e-1", 10),
    );
    expect(await newestExecution(book)).toBe(10);
    expect(await orderCounts(book, 1_000)).toEqual({
      states: [
        { state: "denied", count: 1 },
        { state: "pending_new", count: 1 },
      ],
      refusals: [{ code: "FUNDS", count: 1 }],
      executions: 0,
    });
    expect((await orderCounts(book, 10)).executions).toBe(1);
  });
});

describe("paging", () => {
  test("gives every row once while newer and older rows are being written", async () => {
    const there = Array.from({ length: 25 }, (_, n) => `e-${n}`);
    // Several executions share a time, so the page border falls between equal times too.
    await write(1, ...there.map((id, n) => execution(id, 1_000 + Math.floor(n / 4))));
    const seen: string[] = [];
    for (let turn = 0, page = await value(trades(book, { limit: 4 })); ; turn += 1) {
      seen.push(...page.items.map((trade) => trade.executionId));
      await write(1, execution(`newer-${turn}`, 5_000 + turn));
      if (page.nextCursor === null) break;
      page = await value(trades(book, { limit: 4, cursor: page.nextCursor }));
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.toSorted()).toEqual(there.toSorted());
  });

  test.each([
    ["trades", trades],
    ["dead letters", deadLettersPage],
    ["risk history", riskHistoryPage],
    ["audit", auditPage],
    ["keys", apiKeysPage],
  ])("of %s refuses a cursor that is not its own", async (_, page) => {
    for (const cursor of [
      "",
      "x",
      "%%%",
      btoa("[]"),
      btoa('[{"a":1}]'),
      btoa("[null,null,null]"),
    ]) {
      const answer: Result<Page<unknown>, { code: string }> = await page(book, {
        limit: 10,
        cursor,
      });
      expect(answer).toMatchObject({ ok: false, error: { code: "BAD_REQUEST" } });
    }
  });

  test("of risk history goes by day downwards, then by algo and instrument upwards", async () => {
    const day = { kind: "risk_day", moneyAtRiskMax: "1", notionalMax: "1" } as const;
    const keys = ["2026-11-20", "2026-11-19"].flatMap((name) =>
      ["a", "b", "c"].map((algoId) => ({ day: name, algoId, instrument: "NSE:INFY" })),
    );
    await write(1, ...keys.map((key) => ({ ...day, ...key, realisedProfit: "0" })));
    expect(await everyPage((query) => riskHistoryPage(book, query), 2)).toMatchObject(keys);
    const filtered = await value(riskHistoryPage(book, { limit: 9, to: "2026-11-19" }));
    expect(filtered.items).toHaveLength(3);
  });

  test("of trades takes its filters: from is included, to is not", async () => {
    await write(1, execution("e-1", 1), execution("e-2", 2), execution("e-3", 3));
    const { items } = await value(trades(book, { limit: 10, from: 2, to: 3 }));
    expect(items.map((trade) => trade.executionId)).toEqual(["e-2"]);
    expect((await value(trades(book, { limit: 10, algoId: "other" }))).items).toEqual([]);
  });
});

const everything = () =>
  Promise.all(Object.values(tables).map((table) => book.select().from(table)));

async function everyPage<T>(
  read: (query: PageQuery) => Promise<Result<Page<T>, unknown>>,
  limit: number,
): Promise<T[]> {
  const all: T[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page: Page<T> = await value(read({ limit, ...(cursor === undefined ? {} : { cursor }) }));
    all.push(...page.items);
    cursor = page.nextCursor;
  }
  return all;
}
