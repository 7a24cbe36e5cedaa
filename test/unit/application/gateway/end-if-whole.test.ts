/** When an order has all it can get, while new terms are on their way. */
import { expect, test } from "vitest";
import { applyEvidence, endIfWhole } from "../../../../src/application/gateway/evidence.ts";
import {
  newRecord,
  termsOf,
  type GatewayOrder,
} from "../../../../src/application/gateway/record.ts";
import { approvedWith, executionOf } from "../../../support/orders/scripted.ts";

const from = { brokerOrderId: "B1", at: 1, executionKnown: false };

/** An accepted order for 10, with a wish for another quantity that the broker has not answered. */
function wishing(quantity: string | null): GatewayOrder {
  const approved = approvedWith();
  const order = newRecord("o-1", approved, 0);
  const changes = { quantity, limitPrice: "99.9", stopPrice: null };
  return { ...order, record: "accepted", brokerOrderId: "B1", terms: termsOf(approved), changes };
}

const fillOf = (quantity: string) =>
  ({ kind: "filled", execution: executionOf("E1", quantity) }) as const;

test("a fill of the old quantity does not end an order whose larger one may stand at the broker", () => {
  const { order } = applyEvidence(wishing("12"), fillOf("10"), from);
  expect(order).toMatchObject({ ended: null, filledQuantity: "10" });
  expect(order.changes).not.toBe(null);
  const changes = { quantity: "12", limitPrice: null, stopPrice: null };
  const replaced = applyEvidence(order, { kind: "replaced", changes }, from).order;
  expect(replaced.ended).toBe(null);
});

test("once the wish is off, the old quantity is all", () => {
  const { order } = applyEvidence(wishing("12"), fillOf("10"), from);
  expect(endIfWhole({ ...order, changes: null }).ended).toBe("filled");
});

test("a smaller quantity that is filled already ends the order when the broker confirms it", () => {
  const { order } = applyEvidence(wishing("4"), fillOf("4"), from);
  expect(order.ended).toBe(null);
  const changes = { quantity: "4", limitPrice: "99.9", stopPrice: null };
  expect(applyEvidence(order, { kind: "replaced", changes }, from).order.ended).toBe("filled");
});

test("a wish for another price leaves the quantity that ends it", () => {
  expect(applyEvidence(wishing(null), fillOf("10"), from).order.ended).toBe("filled");
});
