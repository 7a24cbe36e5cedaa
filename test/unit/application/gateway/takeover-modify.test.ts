/** New terms for an order that stands from before a takeover: who holds the lease changes it, who lost it only makes it smaller. */
import { expect, test } from "vitest";
import type { OrderChanges } from "../../../../src/domain/order.ts";
import { approvalAt, approvedWith, scripted } from "../../../support/orders/scripted.ts";

const changesOf = (changes: Partial<OrderChanges>): OrderChanges => ({
  quantity: null,
  limitPrice: null,
  stopPrice: null,
  ...changes,
});

/** It stands at the broker with 10 at 100 under epoch 1; the lease is at epoch 2. */
async function takenOver() {
  const run = scripted();
  await run.gateway.submit(approvedWith(), 1);
  await run.gateway.fence(2);
  return run;
}

test.each([
  ["less of it", changesOf({ quantity: "4" })],
  ["as much of it", changesOf({ quantity: "10" })],
])("%s that was approved before the takeover goes to the broker", async (_what, changes) => {
  const run = await takenOver();
  await run.gateway.modify("o-1", changes, approvalAt(1));
  expect(run.modified).toEqual([changes]);
  expect(run.kinds()).toEqual(["accepted"]);
  expect(run.store.order("o-1")?.changes).toEqual(changes);
});

test.each([
  ["more of it", changesOf({ quantity: "11" })],
  ["another price", changesOf({ limitPrice: "101" })],
  ["less of it at another price", changesOf({ quantity: "4", limitPrice: "101" })],
  ["another trigger", changesOf({ quantity: "4", stopPrice: "101" })],
])(
  "%s that was approved before the takeover is refused to the ledger, and nothing is sent",
  async (_what, changes) => {
    const run = await takenOver();
    await run.gateway.modify("o-1", changes, approvalAt(1));
    expect(run.modified).toEqual([]);
    expect(run.kinds()).toEqual(["accepted", "replace_rejected"]);
    expect(run.posts.at(-1)?.event).toMatchObject({
      reason: expect.stringContaining("epoch 1 is over"),
    });
  },
);

test.each([
  ["more of it", changesOf({ quantity: "11" })],
  ["another price", changesOf({ limitPrice: "101" })],
  ["less of it", changesOf({ quantity: "4" })],
])("%s that was approved under the present lease goes to the broker", async (_what, changes) => {
  const run = await takenOver();
  await run.gateway.modify("o-1", changes, approvalAt(2));
  expect(run.modified).toEqual([changes]);
  expect(run.kinds()).toEqual(["accepted"]);
});

test("new terms of a newer lease fence what the one before approved, though nobody has fenced the gateway", async () => {
  const run = scripted();
  await run.gateway.submit(approvedWith(), 1);
  await run.gateway.modify("o-1", changesOf({ limitPrice: "101" }), approvalAt(2));
  expect(run.modified).toHaveLength(1);
  const late = approvedWith({ clientOrderId: "o-2" });
  expect((await run.gateway.submit(late, 1)).outcome).toBe("stopped");
  expect(run.sent).toEqual(["o-1"]);
});

test("less of it is measured by what the broker confirmed last, not by the first order", async () => {
  const run = await takenOver();
  await run.gateway.modify("o-1", changesOf({ quantity: "4" }), approvalAt(1));
  await run.gateway.onStream({
    kind: "order_event",
    clientOrderId: "o-1",
    brokerOrderId: "B1",
    eventId: "S1",
    event: { kind: "replaced", changes: changesOf({ quantity: "4" }) },
    at: 1_800_000_000_000,
  });
  await run.gateway.modify("o-1", changesOf({ quantity: "6" }), approvalAt(1));
  expect(run.modified).toHaveLength(1);
  expect(run.kinds()).toEqual(["accepted", "replaced", "replace_rejected"]);
});

test("a kill switch holds back less of it, too", async () => {
  const run = await takenOver();
  await run.gateway.halt("algo:momentum", 9);
  await run.gateway.modify("o-1", changesOf({ quantity: "4" }), approvalAt(1));
  expect(run.modified).toEqual([]);
  expect(run.kinds()).toEqual(["accepted", "replace_rejected"]);
});
