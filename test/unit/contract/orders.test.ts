/** Orders as they come in: what is wrong is told by field, whatever stands in the others. */
import { expect, test } from "vitest";
import { orderRequest } from "../../../src/contract/orders.ts";

const order = {
  clientOrderId: "one",
  instrument: "NSE:INFY",
  side: "buy",
  type: "limit",
  quantity: "1",
  limitPrice: "1500",
  bracket: { stopPrice: "1400", stopLimitPrice: "1390", targetPrice: "1700" },
};

test("an order with a bracket is taken", () => {
  expect(orderRequest.safeParse(order).success).toBe(true);
});

test.each(["stopPrice", "stopLimitPrice", "targetPrice"] as const)(
  "a bracket whose %s is no price is refused by that name, and nothing is thrown",
  (field) => {
    for (const wrong of ["", "x", "1e3", "-", {}, null, Infinity]) {
      const bracket = { ...order.bracket, [field]: wrong };
      const parsed = orderRequest.safeParse({ ...order, bracket });
      expect(parsed.error?.issues.map(({ path }) => path.join("."))).toEqual([`bracket.${field}`]);
    }
  },
);

test("a bracket beside a limit price that is none is refused by the limit price", () => {
  const parsed = orderRequest.safeParse({ ...order, limitPrice: "x" });
  expect(parsed.error?.issues.map(({ path }) => path.join("."))).toEqual(["limitPrice"]);
});

test("a bracket on the wrong side of the limit price is still refused", () => {
  const parsed = orderRequest.safeParse({ ...order, limitPrice: "1800" });
  expect(parsed.error?.issues.map(({ path }) => path.join("."))).toEqual(["bracket.targetPrice"]);
});
