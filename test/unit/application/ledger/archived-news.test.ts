/** News of an order that the ledger has archived: it finds its order, or people hear of it. */
import { describe, expect, test } from "vitest";
import { postAll } from "../../../../src/application/ledger/orders.ts";
import { ARCHIVED_READ_WAIT_MS } from "../../../../src/domain/archive-limits.ts";
import { ageing, isArchived, LATER } from "../../../support/ledger/ageing.ts";
import { NOON } from "../../../support/ledger/run.ts";
import { acceptedAs, fillOf, intentWith, postOf } from "../../../support/ledger/samples.ts";

describe("news of an archived order", () => {
  test("brings it back: a late fill is booked on it and moves its position", async () => {
    const world = ageing();
    const intent = intentWith();
    world.ask(intent);
    const id = intent.clientOrderId;
    postAll(
      world.run.book,
      [
        postOf(id, acceptedAs("b"), NOON),
        postOf(id, fillOf(intent, "4", "100"), NOON),
        postOf(id, { kind: "canceled", reason: "asked" }, NOON),
      ],
      NOON,
    );
    const before = world.store.order(id);
    await world.days();
    expect(isArchived(world, intent)).toBe(true);
    const [order] = await world.post([postOf(id, fillOf(intent, "6", "90"), LATER)]);
    expect(order).toMatchObject({ algoId: "algo-a", filledQuantity: "10", averagePrice: "94" });
    expect(world.position()).toBe("10");
    expect(isArchived(world, intent)).toBe(false);
    expect(world.store.order(id)?.unit).toEqual(before?.unit);
    expect(world.outbox.incidents.size).toBe(0);
  });

  test("brings it back as it was, to the last field", async () => {
    const world = ageing();
    const { intent, fill } = world.filled();
    const before = world.store.order(intent.clientOrderId);
    await world.days();
    expect(isArchived(world, intent)).toBe(true);
    await world.post([fill]);
    // Its money was counted by balances before it was archived.
    expect(world.store.order(intent.clientOrderId)).toEqual({ ...before, commitment: null });
  });

  test("that was booked before is booked once", async () => {
    const world = ageing();
    const { fill } = world.filled();
    await world.days();
    await world.post([fill]);
    await world.post([{ ...fill, eventId: "told-anew" }]);
    expect(world.position()).toBe("10");
  });

  test.each([
    ["fails", { reads: false }],
    ["hangs", { hangs: true }],
  ])(
    "is never lost where the tradebook %s: a fill is external, and people are told",
    async (_, trouble) => {
      const world = ageing();
      const { intent } = world.filled();
      await world.days();
      Object.assign(world.world, trouble);
      const late = postOf(intent.clientOrderId, fillOf(intent, "2", "90"), LATER);
      const posted = world.post([late]);
      for (const act of world.waits) act();
      const [order] = await posted;
      expect(order).toMatchObject({ algoId: "external", filledQuantity: "2" });
      await world.outbox.flush();
      expect([...world.outbox.incidents.values()]).toMatchObject([
        { severity: "critical", account: "paper" },
      ]);
      expect(ARCHIVED_READ_WAIT_MS).toBeLessThan(10_000);
      expect(world.ask(intent, LATER)).toMatchObject({ refusal: { code: "DUPLICATE_INTENT" } });
    },
  );

  test("booked before is not booked as external either, where the tradebook fails", async () => {
    const world = ageing();
    const { fill } = world.filled();
    await world.days();
    world.world.reads = false;
    await world.post([{ ...fill, eventId: "told-anew" }]);
    expect(world.position()).toBe("10");
    expect(world.store.orders().filter(({ algoId }) => algoId === "external")).toEqual([]);
    await world.outbox.flush();
    expect(world.outbox.incidents.size).toBe(0);
  });

  test("is not believed to be of events of which some are missing", async () => {
    const world = ageing();
    const { intent } = world.filled();
    await world.days();
    const { past } = world.outbox;
    const whole = await past.events(intent.clientOrderId);
    past.events = async () => whole.slice(0, -1);
    await world.post([postOf(intent.clientOrderId, fillOf(intent, "2", "90"), LATER)]);
    await world.outbox.flush();
    expect(world.outbox.incidents.size).toBe(1);
    expect(isArchived(world, intent)).toBe(true);
  });

  test("that comes twice at the same time brings it back once", async () => {
    const world = ageing();
    const { intent } = world.filled();
    await world.days();
    const late = postOf(intent.clientOrderId, fillOf(intent, "2", "90"), LATER);
    await Promise.all([world.post([late]), world.post([late])]);
    expect(world.position()).toBe("12");
    await world.outbox.flush();
    // Nothing was set aside; that it is more than was asked for is told.
    expect([...world.outbox.incidents.keys()]).toEqual([expect.stringMatching(/^overfill-/)]);
  });
});
