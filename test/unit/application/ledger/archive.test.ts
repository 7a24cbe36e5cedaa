/** What the ledger lets go of, and what it keeps of it. */
import { describe, expect, test } from "vitest";
import { ARCHIVE_BOUNDS } from "../../../../src/application/ledger/archive.ts";
import { endedOf, orderOf, postAll } from "../../../../src/application/ledger/orders.ts";
import {
  GATEWAY_RECORD_KEPT_MS,
  LEDGER_ORDER_KEPT_MS,
  LEDGER_SLICE_MS,
  LEDGER_SLICE_ORDERS,
} from "../../../../src/domain/archive-limits.ts";
import { ageing, DAY_MS, isArchived, LATER } from "../../../support/ledger/ageing.ts";
import { NOON } from "../../../support/ledger/run.ts";
import { intentWith, postOf } from "../../../support/ledger/samples.ts";

describe("the ledger lets go of", () => {
  test("an order that ended more than a week ago, later than its gateway does", async () => {
    expect(LEDGER_ORDER_KEPT_MS).toBeGreaterThan(GATEWAY_RECORD_KEPT_MS);
    const world = ageing();
    const { intent } = world.filled();
    await world.days(NOON + LEDGER_ORDER_KEPT_MS - DAY_MS);
    expect(isArchived(world, intent)).toBe(false);
    await world.days(LATER);
    expect(isArchived(world, intent)).toBe(true);
    expect(orderOf(world.run.book, intent.clientOrderId, LATER)).toBeNull();
    expect(endedOf(world.run.book, [intent.clientOrderId, "nobody"], LATER)).toEqual([
      intent.clientOrderId,
    ]);
  });

  test("no order that may still trade, whatever its age", async () => {
    const world = ageing();
    const intent = intentWith({ timeInForce: "gtc" });
    world.ask(intent);
    await world.days();
    expect(isArchived(world, intent)).toBe(false);
  });

  test("no order that lies on the desk", async () => {
    const world = ageing();
    const intent = intentWith();
    world.ask(intent);
    const event = { kind: "dead_lettered", label: "not_sent", reason: "no line" } as const;
    postAll(world.run.book, [postOf(intent.clientOrderId, event, NOON)], NOON);
    await world.days();
    expect(isArchived(world, intent)).toBe(false);
  });

  test("nothing that is not in the tradebook with all its events", async () => {
    const world = ageing();
    const { intent } = world.filled();
    world.outbox.away = () => true;
    await world.days();
    expect(isArchived(world, intent)).toBe(false);
    world.outbox.away = () => false;
    await world.days(LATER + LEDGER_SLICE_MS);
    expect(isArchived(world, intent)).toBe(true);
  });

  test("nothing of a day whose report waits for a person", async () => {
    const world = ageing({ settled: false });
    const { intent } = world.filled();
    await world.days();
    expect(isArchived(world, intent)).toBe(false);
    world.world.settled = true;
    await world.days(LATER + LEDGER_SLICE_MS);
    expect(isArchived(world, intent)).toBe(true);
  });

  test.each([false, true])(
    "nothing of the trading day itself, whose orders are counted, unless it may (%s)",
    async (sameDay) => {
      const world = ageing({ sameDay });
      const intent = intentWith();
      world.ask(intent, NOON, false);
      // It is not the newest; but the day has not been closed: nothing has happened since.
      world.ask(intentWith());
      await world.outbox.flush();
      await world.run.archive.run(LATER);
      expect(isArchived(world, intent)).toBe(sameDay);
    },
  );

  test("so many in one slice, and after a while the next ones", async () => {
    const world = ageing();
    for (let number = 0; number < LEDGER_SLICE_ORDERS + 3; number += 1)
      world.filled({ quantity: "10", side: number % 2 === 0 ? "buy" : "sell" });
    await world.days();
    expect(world.store.archivedOrders).toBe(LEDGER_SLICE_ORDERS);
    await world.run.archive.run(LATER + LEDGER_SLICE_MS - 1);
    expect(world.store.archivedOrders).toBe(LEDGER_SLICE_ORDERS);
    await world.run.archive.run(LATER + LEDGER_SLICE_MS);
    expect(world.store.archivedOrders).toBe(LEDGER_SLICE_ORDERS + 3);
    expect(ARCHIVE_BOUNDS.pastDaysOnly).toBe(true);
  });
});

describe("an archived id", () => {
  test("is the same order for the same intent, decimals by value", async () => {
    const world = ageing();
    const { intent } = world.filled();
    const order = orderOf(world.run.book, intent.clientOrderId, NOON);
    await world.days();
    const again = world.ask({ ...intent, quantity: "10.0", limitPrice: "100.00" }, LATER);
    expect(again).toEqual({
      kind: "existing",
      order: { ...order, quantity: "10.0", limitPrice: "100.00", reason: null },
    });
    expect(world.ask(intent, LATER).kind).toBe("existing");
  });

  test.each([
    ["quantity", { quantity: "11" }],
    ["price", { limitPrice: "101" }],
    ["side", { side: "sell" }],
    ["algo", { algoId: "algo-b" }],
    ["protective stop", { protectiveStop: "90" }],
    ["time in force", { timeInForce: "gtc" }],
  ] as const)("is refused with another %s", async (_, changes) => {
    const world = ageing();
    const { intent } = world.filled();
    await world.days();
    const events = world.store.events.length;
    const answer = world.ask({ ...intent, ...changes }, LATER);
    expect(answer).toMatchObject({
      kind: "denied",
      order: null,
      refusal: { code: "DUPLICATE_INTENT" },
    });
    expect(world.store.events).toHaveLength(events);
  });

  test("of a denial is refused by the same words", async () => {
    const world = ageing();
    const intent = intentWith();
    const denied = world.ask(intent, NOON, false);
    await world.days();
    expect(isArchived(world, intent)).toBe(true);
    const again = world.ask(intent, LATER);
    expect(again).toMatchObject({ kind: "existing", order: { state: "denied" } });
    expect(again.kind === "existing" && again.order.refusal).toEqual(
      denied.kind === "denied" && denied.refusal,
    );
  });
});
