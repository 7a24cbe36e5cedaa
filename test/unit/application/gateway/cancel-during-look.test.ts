/** A cancel that comes while the gateway looks for something else of the order: it goes when that look is over. */
import { expect, test } from "vitest";
import type { CancelOutcome } from "../../../../src/brokers/broker.ts";
import { ORDER_CONFIRM_WAIT_MS, ORDER_LOOK_DELAY_MS } from "../../../../src/domain/limits.ts";
import {
  approvalAt,
  approvedWith,
  brokerOrderWith,
  scripted,
  type Script,
} from "../../../support/orders/scripted.ts";

const settled = async () => {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
};

/** New terms are not answered, and a look for them is under way: the broker's list comes with `answerList`. */
async function lookingForTerms({ isUnreachable = true } = {}) {
  const script: Script = { isFrozen: true, orders: [brokerOrderWith()] };
  const run = scripted(script);
  await run.gateway.submit(approvedWith(), 1);
  script.modify = () => ({ outcome: "unknown", reason: "no answer" });
  script.isUnreachable = isUnreachable;
  const changes = { quantity: null, limitPrice: "101", stopPrice: null };
  await run.gateway.modify("o-1", changes, approvalAt(1));
  const watchFor = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      run.advance(1_000);
      await run.gateway.watch();
    }
  };
  // The looks back off.
  if (isUnreachable) await watchFor(30);
  const list = Promise.withResolvers<void>();
  script.openOrdersWhen = () => list.promise;
  run.advance(10_000);
  const looking = run.gateway.watch();
  await settled();
  const answerList = async (): Promise<void> => {
    list.resolve();
    await looking;
  };
  return { run, script, answerList, watchFor };
}

test.each([
  ["that fails", true],
  ["that shows the order as it was", false],
])("leaves once, as soon as a look %s is over", async (_, isUnreachable) => {
  const { run, answerList } = await lookingForTerms({ isUnreachable });
  const asked = run.gateway.cancel("o-1");
  await settled();
  expect(run.canceled).toEqual([]);
  await answerList();
  await asked;
  expect(run.canceled).toEqual(["B1"]);
  expect(run.store.order("o-1")).toMatchObject({ cancel: "sent" });
  await run.gateway.cancel("o-1");
  await run.gateway.watch();
  expect(run.canceled).toEqual(["B1"]);
});

test("is not sent when the look shows that it has ended", async () => {
  const { run, script, answerList } = await lookingForTerms({ isUnreachable: false });
  await run.gateway.cancel("o-1");
  script.orders = [brokerOrderWith({ state: "canceled" })];
  await answerList();
  expect(run.canceled).toEqual([]);
  expect(run.store.order("o-1")).toMatchObject({ ended: "canceled", cancel: "none" });
});

test("leaves again soon where the broker did not answer it, however long the looks before had backed off", async () => {
  const { run, script, answerList, watchFor } = await lookingForTerms();
  expect(run.store.order("o-1")?.looks).toBeGreaterThanOrEqual(4);
  script.cancel = (): CancelOutcome => ({ outcome: "unknown", reason: "no answer" });
  const asked = run.gateway.cancel("o-1");
  await settled();
  await answerList();
  await asked;
  expect(run.canceled).toEqual(["B1"]);
  await watchFor(1);
  expect(run.canceled).toEqual(["B1", "B1"]);
});

test("is not sent twice by a look that only finds it unconfirmed", async () => {
  const script: Script = { isFrozen: true, orders: [brokerOrderWith()] };
  const run = scripted(script);
  await run.gateway.submit(approvedWith(), 1);
  await run.gateway.cancel("o-1");
  run.advance(ORDER_CONFIRM_WAIT_MS);
  await run.gateway.watch();
  expect(run.canceled).toEqual(["B1"]);
  run.advance(ORDER_LOOK_DELAY_MS[0]);
  await run.gateway.watch();
  expect(run.canceled).toEqual(["B1", "B1"]);
});
