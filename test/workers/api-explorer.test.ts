/** The ledger explorer through the API: who sees what, and that a wrong question is refused by its field. */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { errorBody } from "../../src/contract/errors.ts";
import { explainView } from "../../src/contract/explorer.ts";
import { errorOf, failing, makeKey, ORDER, played } from "../support/workers/api.ts";
import { EXPLAIN } from "../support/workers/api-routes.ts";

const own = { key: "" };
const other = { key: "" };
const reader = { key: "" };

beforeAll(async () => {
  own.key = await makeKey(["read"], ORDER.algoId);
  other.key = await makeKey(["read"], "somebody-else");
  reader.key = await makeKey(["read"]);
});

/** Whatever would place or record something fails. */
const QUIET = {
  ledger: { reserve: failing, post: failing, setLimits: failing },
  gateway: { submit: failing },
};

const ask = (changes: Record<string, string | null>, key = reader) => {
  const query = new URLSearchParams(EXPLAIN);
  for (const [name, value] of Object.entries(changes))
    if (value === null) query.delete(name);
    else query.set(name, value);
  return played(QUIET).call("GET", `/v1/risk/explain?${query.toString()}`, key);
};

describe("an order's history", () => {
  const path = `/v1/orders/${ORDER.clientOrderId}/history`;

  test("is its algo's and a reader's; another algo's key hears that there is no such order", async () => {
    const { call } = played(QUIET);
    expect((await call("GET", path, own)).status).toBe(200);
    expect((await call("GET", path, reader)).status).toBe(200);
    const refused = await call("GET", path, other);
    expect(refused.status).toBe(404);
    expect((await errorOf(refused)).code).toBe("UNKNOWN_ORDER");
  });

  test.each([
    ["/v1/orders/nobody/history", 404, "UNKNOWN_ORDER"],
    ["/v1/orders/no%20id/history", 400, "BAD_REQUEST"],
    [`${path}?cursor=x`, 400, "BAD_REQUEST"],
    [`${path}?limit=0`, 400, "BAD_REQUEST"],
    [`${path}?from=1`, 400, "BAD_REQUEST"],
  ])("%s is refused plainly", async (wrong, status, code) => {
    const response = await played(QUIET).call("GET", wrong, reader);
    expect(response.status).toBe(status);
    expect((await errorOf(response)).code).toBe(code);
  });

  test("hands the ledger the page that was asked for", async () => {
    const asked: unknown[] = [];
    const history = async (...args: unknown[]) => {
      asked.push(args);
      return { items: [], nextCursor: null };
    };
    await played({ ledger: { history } }).call("GET", `${path}?cursor=17&limit=2`, reader);
    expect(asked).toEqual([[ORDER.clientOrderId, { cursor: "17", limit: 2 }]]);
  });
});

describe("what an order would meet", () => {
  test("is answered without placing or recording anything", async () => {
    const response = await ask({});
    expect(response.status).toBe(200);
    explainView.parse(await response.json());
  });

  test("is an algo's own business", async () => {
    expect((await ask({}, own)).status).toBe(200);
    expect((await ask({ algoId: null }, own)).status).toBe(200);
    expect((await ask({}, other)).status).toBe(403);
    expect((await errorOf(await ask({ algoId: null }))).details?.issues?.[0]?.path).toBe("algoId");
  });

  test.each([
    ["quantity", null],
    ["quantity", "-1"],
    ["quantity", "0"],
    ["quantity", "NaN"],
    ["quantity", "1e3"],
    ["quantity", "1".repeat(19)],
    ["limitPrice", null],
    ["limitPrice", "abc"],
    ["stopPrice", "5"],
    ["side", "long"],
    ["type", "peg"],
    ["timeInForce", "week"],
    ["instrument", "infy"],
    ["account", "../x"],
    ["account", "nowhere"],
    ["protectiveStop", "0"],
    ["reduceOnly", "perhaps"],
  ])("%s of %j is refused by its name", async (name, value) => {
    const response = await ask({ [name]: value });
    expect(response.status).toBe(400);
    expect((await errorOf(response)).details?.issues?.[0]?.path).toBe(name);
  });

  test("an id has no place in the question", async () => {
    expect((await ask({ clientOrderId: "order-1" })).status).toBe(400);
  });

  test("any question is answered or refused in the one shape", async () => {
    const fields = [...new URLSearchParams(EXPLAIN).keys(), "round", "stopPrice", "x"];
    const value = fc.oneof(fc.string(), fc.constantFrom("0", "-0", "1e9", "true", "\u0000", "é"));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...fields), value, async (name, text) => {
        const response = await ask({ [name]: text });
        expect([200, 400]).toContain(response.status);
        if (response.status === 400) errorBody.strict().parse(await response.json());
      }),
      { numRuns: 40 },
    );
  });
});
