/** Orders through the API: which status says what, and that every decimal arrives exactly or not at all. */
import { beforeAll, describe, expect, test } from "vitest";
import type { Refusal } from "../../src/domain/risk/refusal.ts";
import { errorOf, failing, makeKey, ORDER, type Played, played } from "../support/workers/api.ts";
import { INTENT } from "../support/workers/api-routes.ts";

const trade = { key: "" };

beforeAll(async () => {
  trade.key = await makeKey(["trade"], "momentum");
});

const send = (objects: Played, body: unknown = INTENT) =>
  played(objects).call("POST", "/v1/orders", { ...trade, body });

const seen = async () => ({ kind: "existing" as const, order: ORDER });

const foreign = async () => ({ ...ORDER, algoId: "other" });

describe("orders", () => {
  test.each(["pending_new", "new", "unknown", "rejected"] as const)(
    "one that the ledger approved answers 201, also when it is %s",
    async (state) => {
      const submit = async () => ({ outcome: "accepted" as const, order: { ...ORDER, state } });
      const response = await send({ gateway: { submit } });
      expect(response.status).toBe(201);
      expect(await response.json()).toMatchObject({ state, quantity: "10" });
    },
  );

  test("one that was seen before answers 200 and sends nothing", async () => {
    expect((await send({ ledger: { reserve: seen }, gateway: { submit: failing } })).status).toBe(
      200,
    );
  });

  test.each([
    ["MONEY_AT_RISK_ALGO", 422],
    ["KILL_SWITCH", 422],
    ["DUPLICATE_INTENT", 409],
  ] as const)("a denied one answers %s with its facts as %i", async (code, status) => {
    const facts = { scope: "algo:momentum", limit: "100", asked: "150", have: "20" };
    const refusal: Refusal = { code, message: "too much", ...facts };
    const reserve = async () => ({ kind: "denied" as const, order: null, refusal });
    const response = await send({ ledger: { reserve } });
    expect(response.status).toBe(status);
    expect(await errorOf(response)).toMatchObject({ code, details: facts });
  });

  test.each([
    Number.NaN,
    null,
    -1,
    0,
    "0",
    "-1",
    "1e3",
    1e21,
    1e-9,
    "NaN",
    "Infinity",
    "0x10",
    "",
    " 1",
    "01",
    "1.",
    ".5",
    "+1",
    "1,000",
    "1".repeat(19),
    "0.".padEnd(21, "1"),
    true,
    {},
    [1],
  ])("a quantity of %j is refused by its path", async (quantity) => {
    const response = await send({}, { ...INTENT, quantity });
    expect(response.status).toBe(400);
    expect((await errorOf(response)).details?.issues?.[0]?.path).toBe("quantity");
  });

  test.each([
    ["10", "10"],
    [10, "10"],
    ["10.50", "10.5"],
    [0.1, "0.1"],
    ["0.000000000000000001", "0.000000000000000001"],
    ["1".repeat(18), "1".repeat(18)],
  ])("a quantity of %j reaches the ledger as %s exactly", async (quantity, exact) => {
    const response = await send({}, { ...INTENT, quantity });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ quantity: exact });
  });

  test("a key trades for its own algo only", async () => {
    expect((await send({}, { ...INTENT, algoId: "other" })).status).toBe(403);
    expect((await send({}, { ...INTENT, algoId: "momentum" })).status).toBe(201);
  });

  test("another algo's order is absent to a key that would cancel it", async () => {
    const { call } = played({ ledger: { order: foreign } });
    const response = await call("DELETE", "/v1/orders/order-1", trade);
    expect(response.status).toBe(404);
  });
});
