import { expect, test } from "vitest";
import { externalOrderId } from "../../../../src/domain/reconciliation/synthetic-id.ts";
import { intent, reserved } from "../../../support/orders/lone-ledger.ts";
import { START } from "../../../support/orders/scripted.ts";

const BROKER_ORDER_ID = "12345";

test("orders placed past us at two accounts whose brokers give the same id are two orders", async () => {
  const run = await reserved();
  const { instrument } = intent;
  for (const [account, side] of [
    ["simulated", "buy"],
    ["other", "sell"],
  ] as const) {
    const clientOrderId = externalOrderId(account, BROKER_ORDER_ID);
    const order = {
      account,
      brokerOrderId: BROKER_ORDER_ID,
      instrument,
      side,
      type: "limit",
      quantity: "10",
      limitPrice: "100",
      stopPrice: null,
      timeInForce: "gtc",
    } as const;
    const event = { kind: "adopted", order, pendingTrigger: false, currency: "USD" } as const;
    const eventId = `${clientOrderId}:adopted`;
    await run.calls.post([{ eventId, clientOrderId, at: START, event }]);
  }
  const clientOrderId = externalOrderId("other", BROKER_ORDER_ID);
  const execution = {
    executionId: "E1",
    clientOrderId,
    brokerOrderId: BROKER_ORDER_ID,
    account: "other",
    instrument,
    side: "sell",
    quantity: "10",
    price: "100",
    fee: "0",
    feeCurrency: "USD",
    executedAt: START,
  } as const;
  const event = { kind: "filled", execution } as const;
  await run.calls.post([{ eventId: "E1", clientOrderId, at: START, event }]);
  const held = [...run.ledger.state().holdings.values()]
    .filter(({ algoId }) => algoId === "external")
    .map(({ account, position }) => [account, position.quantity.toFixed()]);
  expect(held).toEqual([
    ["simulated", "0"],
    ["other", "-10"],
  ]);
});
