/** A halt is against strangers' orders that may have rested before it, whenever they are heard of and whatever became of them since. */
import { expect, test } from "vitest";
import { HALT_DONE_MS } from "../../../../src/domain/halt-limits.ts";
import type { OrderPost } from "../../../../src/domain/order.ts";
import { intent, reserved } from "../../../support/orders/lone-ledger.ts";
import { executionOf, START } from "../../../support/orders/scripted.ts";

const ID = "external-X1";
const HALTED_AT = START + 1_000;
const HEARD_AT = START + 1_500;

/** As its gateway tells of it: it is in the broker's list since `placedAt`, and was last changed `at`. */
function adopted(at: number, placedAt?: number | null): OrderPost {
  const { account, side, type, quantity, limitPrice, stopPrice, timeInForce } = intent;
  const terms = { account, side, type, quantity, limitPrice, stopPrice, timeInForce };
  const known = placedAt === undefined ? {} : { placedAt };
  const order = { ...terms, brokerOrderId: "X1", instrument: "SIM:NEW", ...known };
  const event = { kind: "adopted", order, pendingTrigger: false, currency: null } as const;
  return { eventId: `${ID}:adopted`, clientOrderId: ID, event, at };
}

function piece(at: number): OrderPost {
  const traded = { ...executionOf("E1", "1"), executedAt: at };
  const execution = { ...traded, clientOrderId: ID, brokerOrderId: "X1", instrument: "SIM:NEW" };
  return { eventId: `${ID}:fill:E1`, clientOrderId: ID, event: { kind: "filled", execution }, at };
}

/** Hears of it under a halt of its account; answers the halt's wish and whether people are told that it stands. */
async function heardUnderHalt(posts: OrderPost[]) {
  const run = await reserved();
  run.advance(HALTED_AT - START);
  await run.calls.trip("account:simulated", "test", "test");
  run.advance(1_000);
  run.canceled.length = 0;
  await run.calls.post(posts);
  // Storage keeps what it goes by.
  run.ledger.evict();
  run.advance(HALT_DONE_MS);
  for (let round = 0; round < 2; round += 1) await run.ledger.alarm();
  const news = [...run.ledger.tradebook.incidents.values()].find(({ id }) =>
    id.startsWith("halt-orders-"),
  );
  return { canceled: run.canceled.includes(ID), told: news?.message.includes(ID) };
}

test.each<[string, OrderPost[], boolean]>([
  ["rested before it", [adopted(HALTED_AT - 1, HALTED_AT - 1)], true],
  ["rested before it and was changed after it", [adopted(HEARD_AT, HALTED_AT - 1)], true],
  [
    "rested before it, and of which a piece filled after it was told of first",
    [piece(HEARD_AT), adopted(HEARD_AT, HALTED_AT - 1)],
    true,
  ],
  ["was placed nobody knows when", [adopted(HEARD_AT, null)], true],
  ["an older gateway tells of", [adopted(HEARD_AT)], true],
  ["was placed after it", [adopted(HEARD_AT, HALTED_AT)], false],
  [
    "was placed after it, and of which a piece was told of first",
    [piece(HEARD_AT), adopted(HEARD_AT, HALTED_AT)],
    false,
  ],
])("of one that %s", async (_, posts, canceled) => {
  expect(await heardUnderHalt(posts)).toEqual({ canceled, told: canceled });
});

test("without a halt it is let be, however old it is", async () => {
  const run = await reserved();
  await run.calls.post([adopted(START, null)]);
  run.advance(HALT_DONE_MS);
  await run.ledger.alarm();
  expect(run.canceled).not.toContain(ID);
});
