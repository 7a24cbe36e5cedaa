/** Orders that are no orders: each is refused with its code and the place of the trouble, and nothing hears of it. */
import { beforeAll, describe, expect, test } from "vitest";
import { errorOf, failing, makeKey, ORDER, played } from "../support/workers/api.ts";
import { INTENT } from "../support/workers/api-routes.ts";

const trade = { key: "" };

beforeAll(async () => {
  trade.key = await makeKey(["trade"], "momentum");
});

/** A platform whose ledger and gateway must not be asked to change anything. */
const untouched = () =>
  played({
    ledger: {
      reserve: failing,
      reserveReplace: failing,
      requestCancel: failing,
      requestCancels: failing,
    },
    gateway: { submit: failing, cancel: failing, modify: failing },
  });

const BRACKET = { stopPrice: "1450", targetPrice: "1600" };

const BAD: [string, string, Record<string, unknown>][] = [
  ["a negative limit", "limitPrice", { limitPrice: "-1" }],
  ["a limit of NaN", "limitPrice", { limitPrice: "NaN" }],
  ["a limit with an exponent", "limitPrice", { limitPrice: "1e3" }],
  ["a limit that is too long", "limitPrice", { limitPrice: "1".repeat(19) }],
  ["a stop price of nothing", "stopPrice", { type: "stop_limit", stopPrice: "" }],
  ["a stop without its price", "stopPrice", { type: "stop", limitPrice: undefined }],
  ["a market order with a limit", "limitPrice", { type: "market" }],
  ["a protective stop below 0", "protectiveStop", { protectiveStop: -3 }],
  ["an unknown side", "side", { side: "hold" }],
  ["an unknown type", "type", { type: "iceberg" }],
  ["an unknown time in force", "timeInForce", { timeInForce: "fok" }],
  ["an instrument that is none", "instrument", { instrument: "infy" }],
  ["an id that is too long", "clientOrderId", { clientOrderId: "x".repeat(37) }],
  ["an account that is not there", "account", { account: "elsewhere" }],
  [
    "a bracket with its stop above a buy's limit",
    "bracket.stopPrice",
    { bracket: { ...BRACKET, stopPrice: "1550" } },
  ],
  [
    "a bracket with its target below a buy's limit",
    "bracket.targetPrice",
    { bracket: { ...BRACKET, targetPrice: "1490" } },
  ],
  [
    "a bracket's stop with an exponent",
    "bracket.stopPrice",
    { bracket: { ...BRACKET, stopPrice: "1e3" } },
  ],
  [
    "a bracket on an order that only reduces",
    "bracket.stopPrice",
    { bracket: BRACKET, reduceOnly: true },
  ],
];

describe("an order with", () => {
  test.each(BAD)("%s is refused at %s, and the ledger hears nothing", async (_, path, terms) => {
    const body = { ...INTENT, ...terms };
    const response = await untouched().call("POST", "/v1/orders", { ...trade, body });
    expect(response.status).toBe(400);
    const { code, details } = await errorOf(response);
    expect(code).toBe("BAD_REQUEST");
    expect(details?.issues?.map((issue) => issue.path)).toContain(path);
  });

  test("a field that nobody knows is refused", async () => {
    const body = { ...INTENT, exit: { entry: "order-1", pair: 1, leg: "target" } };
    const response = await untouched().call("POST", "/v1/orders", { ...trade, body });
    expect(response.status).toBe(400);
  });
});

const foreign = async () => ({ ...ORDER, algoId: "other" });

describe("another algo's order is absent", () => {
  test.each([
    ["PATCH", "/v1/orders/order-1", { quantity: 5 }],
    ["DELETE", "/v1/orders/order-1", undefined],
    ["GET", "/v1/orders/order-1/history", undefined],
  ])("to %s %s", async (method, path, body) => {
    const { call } = played({
      ledger: { order: foreign, reserveReplace: failing, requestCancel: failing },
    });
    const response = await call(method, path, { ...trade, body });
    expect(response.status).toBe(method === "GET" ? 403 : 404);
  });

  test("and its orders and positions are not to be canceled or closed at once", async () => {
    const cancel = { ...trade, body: { algoId: "other" } };
    const close = { ...trade, body: { closeId: "c-1", algoId: "other" } };
    expect((await untouched().call("POST", "/v1/orders/cancel-all", cancel)).status).toBe(403);
    expect((await untouched().call("POST", "/v1/positions/close-all", close)).status).toBe(403);
  });
});
