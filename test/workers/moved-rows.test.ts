/** Orders and executions of old days leave D1 for files, and every list that people read is told as before. */
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { OrderState } from "../../src/domain/order.ts";
import { tradingDay } from "../../src/domain/risk/state.ts";
import { newestExecution } from "../../src/storage/order-counts.ts";
import { reconcileBook } from "../../src/storage/reconciliations.ts";
import { tradebook } from "../../src/storage/tradebook.ts";
import { report, rowsOf } from "../support/workers/moved-events.ts";
import {
  allMoved,
  book,
  DAY,
  DAY_MS,
  execution,
  idsInD1,
  KEPT_MS,
  listedOrders,
  listedTrades,
  movedOf,
  movingExecutions,
  movingOrders,
  NOW,
  order,
  reported,
  written,
} from "../support/workers/moved-rows.ts";

beforeEach(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
});

afterEach(() => reset());

describe("orders and executions of old days", () => {
  test("leave D1 for files, a day each, and lists tell them as before", async () => {
    const orders = [order("a"), order("b", { createdAt: DAY + DAY_MS }), order("c")];
    await written(5, { orders, executions: [execution("x"), execution("y")] });
    await reported();
    const before = { orders: await listedOrders({ from: 0 }), trades: await listedTrades() };
    expect(before.orders.map(({ clientOrderId }) => clientOrderId)).toEqual(["b", "c", "a"]);
    await allMoved();
    expect([await idsInD1("orders"), await idsInD1("executions")]).toEqual([[], []]);
    expect(await listedOrders({ from: 0 })).toEqual(before.orders);
    expect(await listedTrades()).toEqual(before.trades);
    expect(await newestExecution(book())).toBe(DAY);
    const keys = (await rowsOf("row_parts")).map(({ key }) => String(key)).sort();
    expect(keys.map((key) => key.replace(/-[0-9a-f]{16}\./, "-#."))).toEqual([
      `tradebook/executions/2026-03-02/${DAY}-#.ndjson.gz`,
      `tradebook/orders/2026-03-02/${DAY}-#.ndjson.gz`,
      `tradebook/orders/2026-03-03/${DAY + DAY_MS}-#.ndjson.gz`,
    ]);
  });

  test("are plain text to anyone who unpacks the file", async () => {
    await written(5, { orders: [order("a")] });
    await reported();
    const [row] = await rowsOf("orders");
    await allMoved();
    const [part] = await rowsOf("row_parts");
    expect(part).toMatchObject({ algos: '["momentum"]', instruments: '["NSE:INFY"]', rows: 1 });
    const file = await env.ARCHIVE.get(String(part?.["key"]));
    const text = await new Response(file?.body.pipeThrough(new DecompressionStream("gzip"))).text();
    const line = JSON.parse(text.trim()) as Record<string, unknown>;
    expect(line).toMatchObject({ clientOrderId: "a", state: "filled", ledgerVersion: 5 });
    expect(Object.keys(line)).toHaveLength(Object.keys(row ?? {}).length);
  });

  test("stay while they are young", async () => {
    const young = NOW - KEPT_MS;
    await written(5, {
      orders: [
        order("a", { createdAt: young - 1, updatedAt: young - 1 }),
        order("b", { createdAt: young }),
      ],
      executions: [
        execution("x", { executedAt: young - 1 }),
        execution("y", { executedAt: young }),
      ],
    });
    await report(tradingDay(young - 1));
    await report(tradingDay(young));
    await allMoved();
    expect([await idsInD1("orders"), await idsInD1("executions")]).toEqual([["b"], ["y"]]);
  });

  const states: [OrderState][] = [
    ["new"],
    ["unknown"],
    ["dead_lettered"],
    ["pending_cancel"],
    ["partially_filled"],
  ];
  test.each(states)(
    "stay with their executions while their order is %s, and hold up no other",
    async (state) => {
      const executions = [execution("x", { clientOrderId: "a" }), execution("y")];
      await written(5, { orders: [order("a", { state }), order("b")], executions });
      await reported();
      const moving = await movedOf(movingOrders());
      expect(moving.stayed).toBe(1);
      await movedOf(movingExecutions());
      expect([await idsInD1("orders"), await idsInD1("executions")]).toEqual([["a"], ["x"]]);
    },
  );

  test("stay while their order lies on the desk", async () => {
    const desk = { label: "unknown", reason: "no answer", attempts: 1 } as const;
    await written(5, {
      orders: [order("a")],
      executions: [execution("x", { clientOrderId: "a" })],
    });
    await reported();
    const letter = async (status: "open" | "closed", version: number) => {
      const row = { kind: "dead_letter" as const, order: order("a"), ...desk, status };
      await tradebook(env.DB).write([{ version, row }]);
    };
    await letter("open", 6);
    await allMoved();
    expect([await idsInD1("orders"), await idsInD1("executions")]).toEqual([["a"], ["x"]]);
    await letter("closed", 7);
    await allMoved();
    expect([await idsInD1("orders"), await idsInD1("executions")]).toEqual([[], []]);
  });

  test("stay while events of the order are in D1: those go first", async () => {
    await written(5, { orders: [order("a")] });
    await reported();
    await env.DB.prepare("INSERT INTO order_events VALUES ('a', 1, 1, NULL, '{}')").run();
    await allMoved();
    expect(await idsInD1("orders")).toEqual(["a"]);
    await env.DB.exec("DELETE FROM order_events");
    await allMoved();
    expect(await idsInD1("orders")).toEqual([]);
  });

  test.each([["unresolved"], ["failed"]])(
    "stay while the report of their day is %s",
    async (status) => {
      await written(5, { orders: [order("a")], executions: [execution("x")] });
      await reported(10, status);
      await allMoved();
      expect([await idsInD1("orders"), await idsInD1("executions")]).toEqual([["a"], ["x"]]);
      await reported(10, "accepted");
      await allMoved();
      expect([await idsInD1("orders"), await idsInD1("executions")]).toEqual([[], []]);
    },
  );

  test("stay while the day on which they came, or that on which they ended, has no report, and while any of its reports waits for a person", async () => {
    await written(5, { orders: [order("a", { updatedAt: DAY + 3 * DAY_MS })] });
    await report(tradingDay(DAY));
    await allMoved();
    expect(await idsInD1("orders")).toEqual(["a"]);
    await env.DB.exec("DELETE FROM reconciliations");
    await report(tradingDay(DAY + 3 * DAY_MS));
    await allMoved();
    expect(await idsInD1("orders")).toEqual(["a"]);
    await report(tradingDay(DAY));
    const byHand =
      "INSERT INTO reconciliations SELECT 'by-hand', account, day, 'op', 1, 1, 'unresolved', 1, 1, report, NULL, NULL, NULL FROM reconciliations LIMIT 1";
    await env.DB.exec(byHand);
    await allMoved();
    expect(await idsInD1("orders")).toEqual(["a"]);
    await env.DB.exec("UPDATE reconciliations SET status = 'accepted'");
    await allMoved();
    expect(await idsInD1("orders")).toEqual([]);
  });

  test("that people booked by hand stay: reconciliation asks for those of all days", async () => {
    await written(5, { executions: [execution("hand-1"), execution("x")] });
    await reported();
    await allMoved();
    expect(await idsInD1("executions")).toEqual(["hand-1"]);
    expect(await reconcileBook(book(), env.ARCHIVE).byHand("paper")).toHaveLength(1);
  });

  test("are there for a reconciliation that looks back so far", async () => {
    const executions = [
      execution("x", { executedAt: DAY - 1 }),
      execution("y"),
      execution("z", { executedAt: DAY + DAY_MS }),
      execution("of-another", { account: "other" }),
    ];
    await written(5, { executions });
    await reported();
    await report(tradingDay(DAY - 1));
    const of = reconcileBook(book(), env.ARCHIVE);
    const read = async () => ({
      executions: (await of.executions("paper", DAY)).toSorted((a, b) =>
        a.execution.executionId < b.execution.executionId ? -1 : 1,
      ),
      hasTraded: [
        await of.hasTraded("paper", DAY - DAY_MS, DAY),
        await of.hasTraded("paper", DAY + 1, DAY + DAY_MS),
        await of.hasTraded("nobody", 0, NOW),
      ],
    });
    const before = await read();
    expect(before.executions).toHaveLength(2);
    expect(before.hasTraded).toEqual([true, false, false]);
    await allMoved();
    // Of the other account there is no report.
    expect(await idsInD1("executions")).toEqual(["of-another"]);
    expect(await read()).toEqual(before);
  });
});
