/** A halt is against strangers' orders that may have rested before it, whenever they are heard of and whatever became of them since. */
import { expect, test } from "vitest";
import { HALT_DONE_MS } from "../../../../src/domain/halt-limits.ts";
import type { OrderPost } from "../../../../src/domain/order.ts";
import { facts, intent, reserved } from "../../../support/orders/lone-ledger.ts";
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

interface Found {
  side?: "buy" | "sell";
  quantity?: string;
  placedAt?: number | null;
  account?: string;
}

/** Ten are held, what else stood was canceled by the halt, and then the broker's list shows an order that nobody here knows. */
async function foundBesidePosition(
  { side = "sell", quantity = "10", placedAt = null, account = intent.account }: Found,
  { flatten = false, before = false, standing = false } = {},
) {
  const run = await reserved();
  const { clientOrderId, instrument, limitPrice } = intent;
  const fill = { kind: "filled", execution: executionOf("E0", "10") } as const;
  await run.calls.post([{ eventId: "E0", clientOrderId, event: fill, at: START }]);
  if (standing) {
    const exit = { ...intent, clientOrderId: "exit", side: "sell" as const, quantity: "1" };
    const { kind: answer } = await run.calls.reserve(exit, facts());
    if (answer !== "approved") throw new Error(`the order that is to stand was ${answer}`);
  }
  const terms = { account, instrument, side, quantity, limitPrice, placedAt };
  const kind = { type: "limit", stopPrice: null, timeInForce: "day" } as const;
  const order = { ...terms, ...kind, brokerOrderId: "X1" };
  const event = { kind: "adopted", order, pendingTrigger: false, currency: "USD" } as const;
  const hear = () =>
    run.calls.post([{ eventId: `${ID}:adopted`, clientOrderId: ID, event, at: HEARD_AT }]);
  run.advance(HALTED_AT - START);
  if (before) await hear();
  await run.calls.trip("portfolio", "test", "test", { flatten });
  run.advance(1_000);
  if (!before) await hear();
  run.ledger.evict();
  const look = async () => {
    run.advance(HALT_DONE_MS);
    for (let round = 0; round < 2; round += 1) await run.ledger.alarm();
    const state = (await run.calls.order(ID))?.state;
    const told = [...run.ledger.tradebook.incidents.values()].some(
      ({ id, message }) => id.startsWith("halt-orders-") && message.includes(ID),
    );
    return { state, told };
  };
  return { run, look };
}

const LEFT_ALONE = { state: "new", told: false };
const CANCELED = { state: "pending_cancel", told: true };

test.each<[string, Found, Parameters<typeof foundBesidePosition>[1], object]>([
  ["closes what its account has", {}, {}, LEFT_ALONE],
  ["closes a part of it", { quantity: "4" }, {}, LEFT_ALONE],
  ["closes more than there is", { quantity: "11" }, {}, CANCELED],
  ["adds to it", { side: "buy" }, {}, CANCELED],
  ["closes what another account has", { account: "other" }, {}, CANCELED],
  ["closes what another order may close, too", {}, { standing: true }, CANCELED],
  ["closes what the halt closes by itself", {}, { flatten: true }, CANCELED],
  ["stood before the halt for all we know", {}, { before: true }, CANCELED],
  ["was placed before the halt by the broker's word", { placedAt: START }, {}, CANCELED],
])(
  "under a halt, of one of which the broker does not say when it was placed, and that %s",
  async (_, found, how, expected) => {
    const { look } = await foundBesidePosition(found, how);
    expect(await look()).toEqual(expected);
  },
);

test("what was left alone as a way out is canceled once there is nothing left for it to close", async () => {
  const { run, look } = await foundBesidePosition({ quantity: "6" });
  expect(await look()).toEqual(LEFT_ALONE);
  const other = { ...executionOf("E2", "5"), side: "sell" as const };
  const execution = { ...other, clientOrderId: "external-X2", brokerOrderId: "X2" };
  const event = { kind: "filled", execution } as const;
  const post = { eventId: "X2:E2", clientOrderId: "external-X2", event, at: HEARD_AT };
  await run.calls.post([post]);
  expect(await look()).toEqual(CANCELED);
});
