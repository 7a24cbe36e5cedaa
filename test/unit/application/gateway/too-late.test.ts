/** Cancels and new terms that come after the last fill: the ledger hears that they will never be. */
import { expect, test } from "vitest";
import {
  approvalAt,
  approvedWith,
  executionOf,
  scripted,
} from "../../../support/orders/scripted.ts";

async function filled() {
  const run = scripted();
  await run.gateway.submit(approvedWith(), 1);
  const execution = executionOf("E1", "10");
  await run.gateway.onStream({
    kind: "order_event",
    clientOrderId: "o-1",
    brokerOrderId: "B1",
    eventId: "S1",
    event: { kind: "filled", execution },
    at: execution.executedAt,
  });
  expect(run.store.order("o-1")?.ended).toBe("filled");
  expect(run.kinds()).toEqual(["accepted", "filled"]);
  return run;
}

test("new terms for an order that has filled are refused to the ledger, which has reserved for them", async () => {
  const run = await filled();
  await run.gateway.modify(
    "o-1",
    { quantity: "12", limitPrice: null, stopPrice: null },
    approvalAt(1),
  );
  expect(run.kinds()).toEqual(["accepted", "filled", "replace_rejected"]);
  expect(run.store.order("o-1")).toMatchObject({ ended: "filled", changes: null });
});

test("a cancel of an order that has filled is refused to the ledger, and nothing is sent", async () => {
  const run = await filled();
  await run.gateway.cancel("o-1");
  expect(run.kinds()).toEqual(["accepted", "filled", "cancel_rejected"]);
  expect(run.canceled).toEqual([]);
});
