import { describe, expect, test } from "vitest";
import type { HandExecution } from "../../../../src/application/desk-port.ts";
import type { Order } from "../../../../src/domain/order.ts";
import { approvedWith, START, type Script } from "../../../support/orders/scripted.ts";
import { beside, ID, later, piece, resting } from "../../../support/orders/strangers.ts";

const claim = (quantity: string): HandExecution => ({
  brokerOrderId: "X1",
  quantity,
  price: "100",
  currency: "USD",
  by: "ann",
  reason: "by telephone",
});

describe("an order past us that a person names as the execution of a dead letter", () => {
  const lettered = approvedWith({ clientOrderId: "o-9" });
  const letter: Order = {
    ...lettered.intent,
    state: "dead_lettered",
    filledQuantity: "0",
    averagePrice: null,
    brokerOrderId: null,
    refusal: null,
    reason: null,
    ledgerVersion: 1,
    epoch: 1,
    createdAt: START,
    updatedAt: START,
  };

  test.each([
    ["10", "canceled", null],
    ["4", "replaced", "8"],
  ] as const)(
    "of 12, with %s claimed its own reservation is %s, and its end releases what is left",
    async (quantity, kind, left) => {
      const script: Script = {
        orders: [resting({ quantity: left === null ? "10" : "12" })],
        ledgerOrder: async () => letter,
      };
      const desk = await beside(script);
      const done = await desk.gateway.executeByHand("o-9", claim(quantity));
      expect(done.ok).toBe(true);
      expect(desk.posts.at(-1)).toMatchObject({ clientOrderId: ID, event: { kind } });
      const [live = null] = desk.store.live();
      expect(live?.terms?.quantity ?? null).toBe(left);
      // The broker tells of the claimed fill late, and then of the end.
      script.executions = [piece("E1", quantity)];
      await later(desk);
      expect(desk.posts.at(-1)?.event.kind).toBe(kind);
      script.orders = [resting({ quantity: "12", state: "canceled", filledQuantity: quantity })];
      await later(desk);
      expect(desk.store.live()).toEqual([]);
      const ours = desk.posts.filter(({ clientOrderId }) => clientOrderId === ID);
      expect(ours.map(({ event }) => event.kind)).toEqual([
        "adopted",
        ...new Set([kind, "canceled"]),
      ]);
    },
  );
});
