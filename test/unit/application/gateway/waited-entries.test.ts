/** What waited for its turn at the broker's rate while the order stream broke: what may raise exposure stays, a way out goes. */
import { expect, test } from "vitest";
import { SIMULATED_RULES } from "../../../support/orders/broker-faults.ts";
import {
  approvalAt,
  approvedWith,
  brokerOrderWith,
  scripted,
  type Script,
} from "../../../support/orders/scripted.ts";

const RAISED = { quantity: "20", limitPrice: null, stopPrice: null };
const LOWERED = { quantity: "4", limitPrice: null, stopPrice: null };

/** A broker's rate that is used up: the next call waits. The stream answers `asks` more questions that it is up, and then breaks. */
async function rateUsedUp(asks: number) {
  let asked = 0;
  let upFor = Infinity;
  const script: Script = {
    orders: [brokerOrderWith()],
    isFrozen: true,
    get ready() {
      asked += 1;
      return asked <= upFor;
    },
  };
  const run = scripted(script);
  await run.gateway.submit(approvedWith(), 1);
  for (let order = 1; order < SIMULATED_RULES.ordersPerSecond; order += 1)
    await run.gateway.submit(approvedWith({ clientOrderId: `before-${order}` }), 1);
  expect(run.gateway.meters()[0]).toMatchObject({ used: SIMULATED_RULES.ordersPerSecond });
  script.isFrozen = false;
  asked = 0;
  upFor = asks;
  return { run, asked: () => asked };
}

const reasons = (run: ReturnType<typeof scripted>): string[] =>
  run.posts.flatMap(({ event }) =>
    event.kind === "rejected" || event.kind === "replace_rejected" ? [event.reason] : [],
  );

test("an entry does not leave", async () => {
  const { run } = await rateUsedUp(1);
  const { outcome } = await run.gateway.submit(approvedWith({ clientOrderId: "entry" }), 1);
  expect(outcome).toBe("stopped");
  expect(run.sent).not.toContain("entry");
  expect(reasons(run)).toEqual([expect.stringMatching(/^NOT_RECONCILED/)]);
});

test("an order that may only reduce leaves", async () => {
  const { run } = await rateUsedUp(0);
  await run.gateway.submit(approvedWith({ clientOrderId: "out", reduceOnly: true }), 1);
  expect(run.sent).toContain("out");
});

test("new terms that raise do not leave, and what lowers goes", async () => {
  const { run } = await rateUsedUp(1);
  await run.gateway.modify("o-1", RAISED, approvalAt(1));
  expect(run.modified).toEqual([]);
  expect(reasons(run)).toEqual([expect.stringMatching(/^NOT_RECONCILED/)]);
  await run.gateway.modify("o-1", LOWERED, approvalAt(1));
  expect(run.modified).toEqual([LOWERED]);
});

test("while the stream stays up, an entry leaves after its wait, and one that had none is asked for once", async () => {
  const { run, asked } = await rateUsedUp(Infinity);
  await run.gateway.submit(approvedWith({ clientOrderId: "waits" }), 1);
  expect(run.sent).toContain("waits");
  expect(asked()).toBe(2);
  run.advance(1_000);
  await run.gateway.submit(approvedWith({ clientOrderId: "at-once" }), 1);
  expect(run.sent).toContain("at-once");
  expect(asked()).toBe(3);
});
