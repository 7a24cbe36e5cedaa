/** What is no order, or no business of the caller's: refused with its code, its place and its reason, on the real ledger, which stays as it was to the last number. */
import { beforeAll, describe, expect, test } from "vitest";
import type { Page } from "../../src/contract/primitives.ts";
import type { OrderView } from "../../src/contract/orders.ts";
import { REQUEST_BODY_BYTES_MAX } from "../../src/domain/limits.ts";
import { acceptedAs, postOf } from "../support/ledger/samples.ts";
import { errorOf, makeKey } from "../support/workers/api.ts";
import { BAD_NUMBERS } from "../support/workers/bad-values.ts";
import { RefusalWorld } from "../support/workers/refusal-world.ts";

const world = new RefusalWorld("bad-input");
const keys = { own: "", other: "", reader: "" };

beforeAll(async () => {
  await world.open();
  keys.own = await makeKey(["read", "trade"], "algo-a");
  keys.other = await makeKey(["read", "trade"], "algo-b");
  keys.reader = await makeKey(["read"], "algo-a");
  // However long these tests take, the price that all of them are held to stays good.
  await world.limit("markAgeMs", "3600000");
  await world.long();
  await world.placed({ clientOrderId: "resting", side: "sell", quantity: "4", limitPrice: "102" });
  await world.ledger.post([postOf("resting", acceptedAs("b-resting"))]);
});

/** Where the ledger must hear of nothing: its version, and every order, denied ones included. */
const all = async () => ({
  status: await world.status(),
  orders: await world.json<Page<OrderView>>("/v1/orders?limit=100"),
  positions: await world.ledger.positions(),
  left: [...world.left],
});

async function untouched(act: () => Promise<Response>): Promise<Response> {
  const before = await all();
  const response = await act();
  expect(await all()).toEqual({
    ...before,
    status: { ...before.status, outbox: expect.any(Number) },
  });
  return response;
}

describe.each(["quantity", "limitPrice", "protectiveStop"])("a %s that is", (field) => {
  test.each(BAD_NUMBERS)("%s is refused by its name, and nothing hears of it", async (_, text) => {
    const response = await untouched(() => world.sendRaw(field, text));
    expect(response.status).toBe(400);
    const { code, details } = await errorOf(response);
    expect(code).toBe("BAD_REQUEST");
    const [issue] = details?.issues ?? [];
    expect(issue?.path).toBe(field);
    expect(issue?.message).toMatch(/\S/);
  });
});

const WORDS: [string, string][] = [
  ["side", '"hold"'],
  ["side", '"BUY"'],
  ["side", "1"],
  ["type", '"iceberg"'],
  ["type", '"__proto__"'],
  ["instrument", '"acme"'],
  ["instrument", `"XNAS:${"A".repeat(100)}"`],
  ["clientOrderId", '"a b"'],
  ["clientOrderId", `"${"a".repeat(37)}"`],
  ["algoId", '"../x"'],
  ["account", '"nowhere"'],
  ["timeInForce", '"fok"'],
  ["reduceOnly", '"yes"'],
  ["round", "2"],
];

test.each(WORDS)(
  "%s of %s is refused by its name, and nothing hears of it",
  async (field, text) => {
    const response = await untouched(() => world.sendRaw(field, text));
    expect(response.status).toBe(400);
    const { code, details } = await errorOf(response);
    expect([code, details?.issues?.[0]?.path]).toEqual(["BAD_REQUEST", field]);
  },
);

test.each([
  ["NaN that is no JSON", "NaN"],
  ["Infinity that is no JSON", "-Infinity"],
  ["an end too early", '"10"'.slice(0, 2)],
])("%s in a body is refused as no JSON", async (_, text) => {
  const response = await untouched(() => world.sendRaw("quantity", text));
  expect(response.status).toBe(400);
  expect((await errorOf(response)).code).toBe("BAD_REQUEST");
});

test("a body beyond its bound is refused with the bound", async () => {
  const text = JSON.stringify("1".repeat(REQUEST_BODY_BYTES_MAX));
  const response = await untouched(() => world.sendRaw("quantity", text));
  expect(response.status).toBe(413);
  const { code, details } = await errorOf(response);
  expect([code, details?.limit]).toEqual(["BODY_TOO_LARGE", String(REQUEST_BODY_BYTES_MAX)]);
});

/** Well formed, and refused by the ledger: kept as a denied order, and nothing else is changed. */
describe("an order that the ledger refuses", () => {
  test.each([
    ["price", "PRICE_OFF_GRID", { limitPrice: "99.999" }, ["0.01", "99.999"]],
    [
      "stop price",
      "PRICE_OFF_GRID",
      { type: "stop", limitPrice: undefined, stopPrice: "101.001" },
      ["0.01", "101.001"],
    ],
    ["quantity", "QUANTITY_OFF_GRID", { quantity: "1.5" }, ["1", "1.5"]],
    ["largest quantity", "QUANTITY_LIMITS", { quantity: "100001" }, ["100000", "100001"]],
  ] as const)(
    "for its %s leaves one denied order and no other trace",
    async (what, code, terms, facts) => {
      const before = await world.standing();
      const { version } = await world.status();
      const clientOrderId = `off-${what.replace(" ", "-")}`;
      const response = await world.send({ clientOrderId, ...terms });
      expect(response.status).toBe(422);
      const error = await errorOf(response);
      expect([error.code, error.details?.limit, error.details?.asked]).toEqual([code, ...facts]);
      expect(await world.standing()).toEqual(before);
      // A second one for the same reason within a second is counted, and not stored beside the first.
      expect((await world.status()).version - version).toBeLessThanOrEqual(1);
      expect(await world.json(`/v1/orders/${clientOrderId}`)).toMatchObject({
        state: "denied",
        filledQuantity: "0",
        refusal: { code },
      });
      // Asked again it is the same refusal, and not even the version moves.
      await untouched(() => world.send({ clientOrderId, ...terms }));
    },
  );
});

test.each([
  ["stop", { stopPrice: "95.001" }],
  ["stop's limit", { stopLimitPrice: "94.001" }],
  ["target", { targetPrice: "105.005" }],
])(
  "a bracket whose %s is off the grid is refused, and no entry is left of it",
  async (_, price) => {
    const bracket = { stopPrice: "95", targetPrice: "105", ...price };
    const response = await untouched(() => world.send({ clientOrderId: "off-bracket", bracket }));
    expect(response.status).toBe(422);
    const { code, details } = await errorOf(response);
    expect([code, details?.limit, details?.asked]).toEqual([
      "PRICE_OFF_GRID",
      "0.01",
      Object.values(price)[0],
    ]);
  },
);

test("a close of a quantity off the grid is refused by its name, and the position stays", async () => {
  const before = await world.standing();
  const body = { closeId: "off-grid", instrument: "XNAS:ACME", quantity: "1.5" };
  const response = await world.call("POST", "/v1/positions/close", body, keys.own);
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    positions: [{ order: null, refusal: { code: "QUANTITY_OFF_GRID", details: { limit: "1" } } }],
  });
  expect(await world.standing()).toEqual(before);
});

describe("the order of another algo", () => {
  const closing = { closeId: "c-1", algoId: "algo-a" };
  test.each([
    ["PATCH", "/v1/orders/resting", { quantity: "2" }, 404, "UNKNOWN_ORDER"],
    ["DELETE", "/v1/orders/resting", undefined, 404, "UNKNOWN_ORDER"],
    ["GET", "/v1/orders/resting/history", undefined, 404, "UNKNOWN_ORDER"],
    ["POST", "/v1/orders/cancel-all", { algoId: "algo-a" }, 403, "FORBIDDEN"],
    ["POST", "/v1/positions/close-all", closing, 403, "FORBIDDEN"],
    ["POST", "/v1/positions/close", { ...closing, instrument: "XNAS:ACME" }, 403, "FORBIDDEN"],
    ["POST", "/v1/kill-switch", { scope: "algo:algo-a", reason: "a test" }, 403, "FORBIDDEN"],
  ])("is out of reach of %s %s", async (method, path, body, status, code) => {
    const response = await untouched(() => world.call(method, path, body, keys.other));
    expect(response.status).toBe(status);
    const error = await errorOf(response);
    expect(error.code).toBe(code);
    expect(error.message).not.toContain("102");
  });

  test("nor may one be sent or asked about in its name", async () => {
    const order = {
      clientOrderId: "x",
      algoId: "algo-a",
      instrument: "XNAS:ACME",
      side: "buy",
      type: "market",
      quantity: 1,
    };
    const sent = await untouched(() => world.call("POST", "/v1/orders", order, keys.other));
    expect(sent.status).toBe(403);
    const { clientOrderId: _, ...terms } = order;
    const query = new URLSearchParams(Object.entries({ ...terms, quantity: "1" }));
    const asked = await untouched(() =>
      world.call("GET", `/v1/risk/explain?${query.toString()}`, undefined, keys.other),
    );
    expect(asked.status).toBe(403);
  });

  test("is taken for a repeat by nobody: the same id from another algo is refused, and the order stays", async () => {
    const body = {
      clientOrderId: "resting",
      instrument: "XNAS:ACME",
      side: "sell",
      type: "limit",
      quantity: "4",
      limitPrice: "102",
    };
    const response = await untouched(() => world.call("POST", "/v1/orders", body, keys.other));
    expect(response.status).toBe(409);
    expect((await errorOf(response)).code).toBe("DUPLICATE_INTENT");
  });

  test("is closed or canceled by a key without its own, or with no right to trade, in no way", async () => {
    for (const [path, body] of [
      ["/v1/orders/cancel-all", {}],
      ["/v1/positions/close-all", { closeId: "c-2" }],
    ] as const) {
      const response = await untouched(() => world.call("POST", path, body, keys.reader));
      expect(response.status).toBe(403);
    }
    const mine = await untouched(() =>
      world.call("POST", "/v1/positions/close-all", { closeId: "c-3" }, keys.other),
    );
    expect(await mine.json()).toMatchObject({ positions: [] });
  });
});

describe("new terms that are none", () => {
  test.each([
    ["quantity", "-1"],
    ["quantity", "1e3"],
    ["limitPrice", "NaN"],
    ["stopPrice", "Infinity"],
    ["quantity", "1".repeat(19)],
  ])("%s of %s is refused by its name, and the order stays", async (field, value) => {
    const response = await untouched(() =>
      world.call("PATCH", "/v1/orders/resting", { [field]: value }, keys.own),
    );
    expect(response.status).toBe(400);
    expect((await errorOf(response)).details?.issues?.[0]?.path).toBe(field);
  });

  test.each([
    ["PRICE_OFF_GRID", { limitPrice: "102.005" }],
    ["QUANTITY_OFF_GRID", { quantity: "1.5" }],
    ["QUANTITY_LIMITS", { quantity: "1000000" }],
    ["PRICE_COLLAR", { limitPrice: "150" }],
  ])("%s is the ledger's answer, and the order stays on its old ones", async (code, changes) => {
    const response = await untouched(() =>
      world.call("PATCH", "/v1/orders/resting", changes, keys.own),
    );
    expect(response.status).toBe(422);
    expect((await errorOf(response)).code).toBe(code);
  });
});
