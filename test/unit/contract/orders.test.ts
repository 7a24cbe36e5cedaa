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

test.each(["1399", "1499.9"])(
  "a protective stop of %s beside a bracket that closes at 1400 is refused: money at risk would be measured to it",
  (protectiveStop) => {
    const parsed = orderRequest.safeParse({ ...order, protectiveStop });
    expect(parsed.error?.issues).toMatchObject([
      { path: ["protectiveStop"], message: expect.stringContaining("bracket.stopPrice (1400)") },
    ]);
  },
);

test("a protective stop that is the bracket's own is taken, however it is written", () => {
  for (const protectiveStop of ["1400", "1400.00", 1400])
    expect(orderRequest.safeParse({ ...order, protectiveStop }).success).toBe(true);
});

test("a protective stop that is no price beside a bracket is refused once, by its own field", () => {
  const parsed = orderRequest.safeParse({ ...order, protectiveStop: "x" });
  expect(parsed.error?.issues.map(({ path }) => path.join("."))).toEqual(["protectiveStop"]);
});
