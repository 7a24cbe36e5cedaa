/** How rows of ended orders leave the ledger's own SQLite, on the real one. */
import { reset, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test } from "vitest";
import { archivedUntil, LedgerPast } from "../../durable-objects/risk-ledger.archive.ts";
import type { Order } from "../../src/domain/order.ts";
import { archivedOf } from "../../src/domain/risk/archived.ts";
import { newEntry } from "../../src/domain/risk/entry.ts";
import { NO_UNIT_RISK } from "../../src/domain/risk/money-at-risk.ts";
import { packOrder } from "../../src/domain/risk/packing.ts";
import { intentWith } from "../support/ledger/samples.ts";
import { stub } from "../support/workers/ledger.ts";

afterEach(() => reset());

const entryOf = (clientOrderId: string, ledgerVersion: number) => {
  const order: Order = {
    ...intentWith({ clientOrderId }),
    state: "canceled",
    filledQuantity: "0",
    averagePrice: null,
    brokerOrderId: null,
    refusal: null,
    reason: null,
    ledgerVersion,
    epoch: 1,
    createdAt: 1,
    updatedAt: 1,
  };
  return newEntry(order, NO_UNIT_RISK);
};

/** Rows of orders, each with the version that made it, the one that last changed it, and whether memory holds it. */
const onRows = <T>(
  rows: readonly [id: string, version: number, changed: number, hot: 0 | 1][],
  work: (past: LedgerPast, sql: SqlStorage) => T,
): Promise<T> =>
  runInDurableObject(stub(), (_, { storage: { sql } }) => {
    for (const [id, version, changed, hot] of rows)
      sql.exec(
        "INSERT INTO orders VALUES (?, ?, 'a', 'i', 'canceled', 1, ?, ?, ?)",
        version,
        id,
        changed,
        hot,
        packOrder(entryOf(id, version)),
      );
    return work(new LedgerPast(sql), sql);
  });

const keptOf = (id: string, version: number, changed: number) =>
  archivedOf(entryOf(id, version), changed);

const ordersIn = (sql: SqlStorage): string[] =>
  sql
    .exec<{ id: string }>("SELECT client_order_id AS id FROM orders ORDER BY version")
    .toArray()
    .map(({ id }) => id);

test("an order that has changed since it was looked at stays, and one that memory holds", async () => {
  const left = await onRows(
    [
      ["changed", 11, 21, 0],
      ["hot", 12, 12, 1],
      ["gone", 13, 13, 0],
    ],
    (past, sql) => {
      past.archive("changed", keptOf("changed", 11, 20), 20);
      past.archive("hot", keptOf("hot", 12, 12), 12);
      past.archive("gone", keptOf("gone", 13, 13), 13);
      const ids = ["changed", "hot", "gone"];
      return [ordersIn(sql), ids.map((id) => past.archived(id) !== null)];
    },
  );
  expect(left).toEqual([
    ["changed", "hot"],
    [false, false, true],
  ]);
});

test("the first one that is archived is found by the very run that found none before", async () => {
  const found = await onRows([["first", 11, 11, 0]], (past) => {
    const before = past.archived("first");
    past.archive("first", keptOf("first", 11, 11), 11);
    return [before, past.archived("first")];
  });
  expect(found).toEqual([null, keptOf("first", 11, 11)]);
});

test("events may be gone up to the latest that ever went, in whatever order orders go", async () => {
  const until = await onRows(
    [
      ["late", 11, 109, 0],
      ["early", 12, 22, 0],
    ],
    (past, sql) => {
      past.archive("late", keptOf("late", 11, 109), 109);
      past.archive("early", keptOf("early", 12, 22), 22);
      return archivedUntil(sql);
    },
  );
  // By number: as a text, 22 would be later than 109.
  expect(until).toBe(109);
});

test("a slice is of what memory does not hold, in the order of their versions, between two of them", async () => {
  const seen = await onRows(
    [
      ["d", 14, 14, 0],
      ["a", 11, 31, 0],
      ["hot", 12, 12, 1],
      ["c", 13, 13, 0],
      ["day", 20, 20, 0],
    ],
    (past) => {
      const ids = (after: number, limit: number) =>
        past.ended(after, 20, limit).map(({ entry }) => entry.order.clientOrderId);
      return [ids(10, 2), ids(13, 9), past.ended(10, 20, 1)[0]?.changedVersion];
    },
  );
  expect(seen).toEqual([["a", "c"], ["d"], 31]);
});
