import { expect, test } from "vitest";
import { facts, intent, reserved } from "../../../support/orders/lone-ledger.ts";
import { START } from "../../../support/orders/scripted.ts";

test("a kill switch that is pressed again leaves the orders alone that close what stands under it", async () => {
  const { clientOrderId, account, instrument, side } = intent;
  const run = await reserved();
  const execution = {
    executionId: "E1",
    clientOrderId,
    brokerOrderId: "B1",
    account,
    instrument,
    side,
    quantity: "1",
    price: "100",
    fee: "0",
    feeCurrency: "USD",
    executedAt: START,
  };
  const accepted = { kind: "accepted", brokerOrderId: "B1", pendingTrigger: false } as const;
  await run.calls.post([
    { eventId: "a", clientOrderId, event: accepted, at: START },
    { eventId: "E1", clientOrderId, event: { kind: "filled", execution }, at: START },
  ]);
  const press = () => run.calls.trip("portfolio", "test", "test", { flatten: true });
  expect((await press()).toCancel.map((order) => order.clientOrderId)).toEqual([clientOrderId]);

  const closing = {
    ...intent,
    clientOrderId: "closing",
    quantity: "1",
    side: "sell" as const,
    type: "market" as const,
    limitPrice: null,
    timeInForce: "day" as const,
    reduceOnly: true,
  };
  const { kind } = await run.calls.reserve(closing, { ...facts(), flattens: true });
  expect(kind).toBe("approved");
  await run.calls.post([
    {
      eventId: "c",
      clientOrderId: "closing",
      event: { ...accepted, brokerOrderId: "B2" },
      at: START,
    },
  ]);

  const again = (await press()).toCancel.map((order) => order.clientOrderId);
  expect(again).not.toContain("closing");
});
