/** Orders of a span of time through the API: out of the tradebook, also when the ledger has archived them. */
import { env } from "cloudflare:workers";
import { applyD1Migrations, reset } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { orderView, type OrderView } from "../../src/contract/orders.ts";
import type { Page } from "../../src/contract/primitives.ts";
import { tradebook } from "../../src/storage/tradebook.ts";
import { DEVELOPMENT_KEY, errorOf, ORDER, played } from "../support/workers/api.ts";
import { report } from "../support/workers/moved-events.ts";
import { idsInD1, movedOf, movingOrders } from "../support/workers/moved-rows.ts";

const DAY = Date.parse("2026-11-20T00:00:00Z");
const DAY_MS = 86_400_000;
const OF_DAY = `from=${DAY}&to=${DAY + DAY_MS}`;
const key = DEVELOPMENT_KEY;

const order = (clientOrderId: string, createdAt: number, changes: Partial<OrderView> = {}) => ({
  ...ORDER,
  clientOrderId,
  createdAt,
  updatedAt: createdAt + 1,
  ledgerVersion: 7,
  ...changes,
});

beforeEach(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  const orders = [
    order("before", DAY - 1),
    order("first", DAY, { state: "filled", filledQuantity: "10", averagePrice: "1500.05" }),
    order("second", DAY + 1, { algoId: "other", state: "canceled", reason: "as asked" }),
    // Two of the same moment: the page must not lose one between them.
    order("third-a", DAY + 2, { state: "new" }),
    order("third-b", DAY + 2, { instrument: "NSE:TCS", state: "filled" }),
    order("after", DAY + DAY_MS),
  ];
  await tradebook(env.DB).write(
    orders.map((each) => ({ version: 99, row: { kind: "order", order: each } })),
  );
});

afterEach(() => reset());

/** The ledger has none of them, and is not asked. */
const ledger = { orders: () => Promise.reject(new Error("the ledger was asked")) };

const get = (query: string) => played({ ledger }).call("GET", `/v1/orders?${query}`, { key });

const pageOf = async (query: string): Promise<Page<OrderView>> => {
  const response = await get(query);
  expect(response.status).toBe(200);
  return response.json();
};

const ids = async (query: string) =>
  (await pageOf(query)).items.map(({ clientOrderId }) => clientOrderId);

describe("orders of a span of time", () => {
  test("are those that came in it, newest first, with the end left out", async () => {
    expect(await ids(OF_DAY)).toEqual(["third-b", "third-a", "second", "first"]);
    expect(await ids(`from=${DAY + 2}`)).toEqual(["after", "third-b", "third-a"]);
    expect(await ids(`to=${DAY + 1}`)).toEqual(["first", "before"]);
    expect(await ids(`from=${DAY + 10 * DAY_MS}`)).toEqual([]);
  });

  test("are shown like those of the ledger", async () => {
    const { items } = await pageOf(OF_DAY);
    const wanted = order("first", DAY, {
      state: "filled",
      filledQuantity: "10",
      averagePrice: "1500.05",
    });
    expect(items.at(-1)).toEqual(wanted);
    for (const each of items) expect(orderView.strict().safeParse(each).success).toBe(true);
  });

  test("come in pages of any length, each once", async () => {
    for (const limit of [1, 2, 3, 4]) {
      const seen: string[] = [];
      for (let cursor = ""; ;) {
        const page = await pageOf(`${OF_DAY}&limit=${limit}${cursor && `&cursor=${cursor}`}`);
        expect(page.items.length).toBeLessThanOrEqual(limit);
        seen.push(...page.items.map(({ clientOrderId }) => clientOrderId));
        if (page.nextCursor === null) break;
        cursor = page.nextCursor;
      }
      expect(seen).toEqual(["third-b", "third-a", "second", "first"]);
    }
  });

  test.each([
    ["algoId=other", ["second"]],
    ["instrument=NSE:TCS", ["third-b"]],
    ["state=filled", ["third-b", "first"]],
    ["open=true", ["third-a"]],
    ["open=false", ["third-b", "second", "first"]],
    ["algoId=other&state=filled", []],
  ])("are narrowed by %s as the ledger's are", async (query, wanted) => {
    expect(await ids(`${OF_DAY}&${query}`)).toEqual(wanted);
  });
});

test("orders whose day has moved to files are told in the same words, page by page", async () => {
  const before = await pageOf(`${OF_DAY}&limit=2`);
  for (const day of ["2026-11-19", "2026-11-20", "2026-11-21"]) await report(day);
  const keptMs = 60 * DAY_MS;
  const state = await movedOf(movingOrders(), { now: () => DAY + keptMs + 9 * DAY_MS });
  // What is open stays.
  expect(state).toMatchObject({ error: null, stayed: 3 });
  expect(await idsInD1("orders")).toEqual(["after", "before", "third-a"]);
  expect(await pageOf(`${OF_DAY}&limit=2`)).toEqual(before);
  expect(await ids(`${OF_DAY}&limit=2&cursor=${before.nextCursor}`)).toEqual(["second", "first"]);
  expect(await ids(`${OF_DAY}&algoId=other`)).toEqual(["second"]);
  const { items } = await pageOf(OF_DAY);
  for (const each of items) expect(orderView.strict().safeParse(each).success).toBe(true);
});

describe("a wrong span", () => {
  test.each([
    [`from=${DAY}&to=${DAY}`, "to", "must be after from"],
    [`from=${DAY}&to=${DAY - 1}`, "to", "must be after from"],
    ["from=2026-11-20", "from", "must be a whole number"],
    ["from=-1", "from", "must be a whole number"],
    ["from=", "from", "must be a whole number"],
    ["to=1e3", "to", "must be a whole number"],
    ["day=2026-11-20", "query", "day"],
    [`${OF_DAY}&cursor=17`, "cursor", "must be nextCursor of the page before"],
    [`${OF_DAY}&cursor=WzFd`, "cursor", "must be nextCursor of the page before"],
    ["cursor=WzEsImEiXQ", "cursor", "must be nextCursor of the page before"],
  ])("%s is refused by name", async (query, path, message) => {
    const response = await get(query);
    expect(response.status).toBe(400);
    const { code, details } = await errorOf(response);
    expect(code).toBe("BAD_REQUEST");
    expect(details?.issues).toEqual([
      { path, message: expect.stringContaining(message) as string },
    ]);
  });
});
