/** The name under which trades past the platform are kept: nobody's, and what stands under it can be closed. */
import { expect, test } from "vitest";
import { keyRequest } from "../../../src/contract/operations.ts";
import { orderRequest } from "../../../src/contract/orders.ts";
import { algoRequest } from "../../../src/contract/risk-controls.ts";

const order = {
  clientOrderId: "o-1",
  instrument: "XNAS:ACME",
  side: "sell",
  type: "market",
  quantity: "10",
};

const key = { name: "mine", scopes: ["trade"] };

test.each([
  ["an order that may open something", orderRequest, order],
  ["a key", keyRequest, key],
  ["an algo that is registered", algoRequest, { reason: "a test" }],
])("is refused for %s, by field and in words", (_what, request, body) => {
  expect(request.safeParse({ ...body, algoId: "external-2" }).success).toBe(true);
  const issues = request.safeParse({ ...body, algoId: "external" }).error?.issues;
  expect(issues).toMatchObject([
    { path: ["algoId"], message: expect.stringContaining("past the platform") },
  ]);
});

test("is taken for an order that may only reduce, so that a person can close what was traded past us", () => {
  const close = { ...order, algoId: "external", reduceOnly: true };
  expect(orderRequest.safeParse(close).success).toBe(true);
});
