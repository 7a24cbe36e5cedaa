import { describe, expect, test } from "vitest";
import {
  GATEWAY_IDS_KEPT_MS,
  GATEWAY_RECORD_KEPT_MS,
  GATEWAY_SLICE_ROWS,
} from "../../../../src/domain/archive-limits.ts";
import { RECONCILE_LOOK_BACK_MS } from "../../../../src/domain/limits.ts";
import { newRecord } from "../../../../src/application/gateway/record.ts";
import type { Execution, OrderIntent } from "../../../../src/domain/order.ts";
import {
  approvedWith,
  brokerOrderWith,
  executionOf,
  type Script,
  scripted,
  START,
} from "../../../support/orders/scripted.ts";

const DAY_MS = 86_400_000;

const fillOf = (terms: Partial<Execution> = {}): Execution => ({
  ...executionOf("E1", "10"),
  ...terms,
});

/** One order that was sent, filled and posted, after so long a time with a gateway that was at work. */
async function later(
  ms: number,
  script: Script = {},
  terms: Partial<OrderIntent> = {},
  ends = true,
) {
  const world = scripted(script);
  await world.gateway.submit(approvedWith({ clientOrderId: "o-1", ...terms }), 1);
  if (ends) await world.gateway.onStream(told(fillOf()));
  world.advance(ms);
  await world.gateway.watch();
  return world;
}

const told = (execution: Execution) =>
  ({
    kind: "order_event",
    eventId: "",
    clientOrderId: execution.clientOrderId || null,
    brokerOrderId: execution.brokerOrderId,
    event: { kind: "filled", execution },
    at: execution.executedAt,
  }) as const;

const isWhole = ({ store }: Awaited<ReturnType<typeof later>>, id = "o-1") => store.orders.has(id);
const isPast = ({ store }: Awaited<ReturnType<typeof later>>, id = "o-1") =>
  store.pastRecords.has(id);

const OLD = GATEWAY_RECORD_KEPT_MS + DAY_MS;
const GONE = GATEWAY_IDS_KEPT_MS + DAY_MS;

describe("a gateway that ages", () => {
  test("keeps whole records longer than it asks the broker back, and ids longer than records", () => {
    expect(GATEWAY_RECORD_KEPT_MS).toBeGreaterThan(2 * RECONCILE_LOOK_BACK_MS);
    expect(GATEWAY_IDS_KEPT_MS).toBeGreaterThan(2 * GATEWAY_RECORD_KEPT_MS);
  });

  test("keeps an order that ended a while ago whole", async () => {
    const world = await later(GATEWAY_RECORD_KEPT_MS - DAY_MS);
    expect(isWhole(world)).toBe(true);
  });

  test("keeps of an old order its ids and its end", async () => {
    const world = await later(OLD);
    expect(isWhole(world)).toBe(false);
    expect(world.store.order("o-1")).toMatchObject({
      approved: null,
      record: "accepted",
      ended: "filled",
      brokerOrderId: "B1",
      filledQuantity: "10",
    });
    expect(world.store.orderOfBroker("B1")?.clientOrderId).toBe("o-1");
  });

  test("cancels an old order that the broker lists as open again, and keeps it whole", async () => {
    const script: Script = {};
    const world = await later(0, script, {}, false);
    const event = { kind: "canceled", reason: "by the broker" } as const;
    await world.gateway.onStream({ ...told(fillOf()), event });
    world.advance(OLD);
    await world.gateway.watch();
    expect(isPast(world)).toBe(true);
    script.orders = [brokerOrderWith({ brokerOrderId: "B1", clientOrderId: "o-1" })];
    for (let poll = 0; poll < 3; poll += 1) {
      world.advance(60_000);
      await world.gateway.watch();
    }
    expect(world.canceled).toContain("B1");
    expect(isWhole(world)).toBe(true);
    expect(world.kinds().at(-1)).toBe("accepted");
  });

  test("never lets go of an order that lives, however old it is", async () => {
    const world = await later(GONE, {}, {}, false);
    expect(isWhole(world)).toBe(true);
  });

  test("keeps an order whole whose end the ledger does not have", async () => {
    const asked: string[][] = [];
    const world = await later(OLD, {
      endedOf: async (ids) => {
        asked.push(ids);
        return [];
      },
    });
    expect(asked).toEqual([["o-1"]]);
    expect(isWhole(world)).toBe(true);
  });

  test("keeps an order whole while the ledger cannot be asked", async () => {
    const world = await later(OLD, { endedOf: () => Promise.reject(new Error("away")) });
    expect(isWhole(world)).toBe(true);
  });

  test("keeps everything whole while something waits for the ledger", async () => {
    const script: Script = {};
    const world = await later(0, script);
    script.ledgerIsAway = true;
    await world.gateway.onStream(
      told(fillOf({ executionId: "E2", brokerOrderId: "B9", clientOrderId: "" })),
    );
    world.advance(OLD);
    await world.gateway.watch();
    expect(isWhole(world)).toBe(true);
    script.ledgerIsAway = false;
    world.advance(DAY_MS);
    await world.gateway.watch();
    world.advance(DAY_MS);
    await world.gateway.watch();
    expect(isWhole(world)).toBe(false);
  });

  test("keeps an order whole that moved while the ledger was asked", async () => {
    const late = fillOf({ executionId: "E2", quantity: "1" });
    const world = await later(0);
    const slow = scripted(
      {
        endedOf: async (ids) => {
          await slow.gateway.onStream(told(late));
          return ids;
        },
      },
      world.store,
    );
    slow.advance(OLD);
    await slow.gateway.watch();
    expect(slow.store.orders.get("o-1")?.filledQuantity).toBe("11");
  });

  test("keeps an order whole whose time it has not read in from the broker yet", async () => {
    const script: Script = {};
    const world = await later(0, script);
    script.isUnreachable = true;
    world.advance(OLD);
    await world.gateway.watch();
    expect(isWhole(world)).toBe(true);
  });

  test("lets go of one slice at a time", async () => {
    const world = scripted();
    await world.gateway.watch();
    for (let number = 0; number < GATEWAY_SLICE_ROWS + 5; number += 1) {
      const clientOrderId = `o-${String(number).padStart(4, "0")}`;
      const order = { ...endedRecord(clientOrderId), brokerOrderId: `B${number}` };
      world.store.save({ order, posts: [], executions: [] });
    }
    world.advance(OLD);
    await world.gateway.watch();
    expect(world.store.orders.size).toBe(5);
    await world.gateway.watch();
    expect(world.store.orders.size).toBe(5);
    world.advance(DAY_MS);
    await world.gateway.watch();
    expect(world.store.orders.size).toBe(0);
  });
});

const endedRecord = (clientOrderId: string) => ({
  ...newRecord(clientOrderId, null, START),
  record: "accepted" as const,
  ended: "canceled" as const,
});

describe("an order of which only the past record is left", () => {
  test("is never sent again, whatever attempt somebody brings", async () => {
    const world = await later(OLD);
    expect(isPast(world)).toBe(true);
    for (const attempt of [1, 2, 3]) {
      const answer = await world.gateway.submit(approvedWith({ clientOrderId: "o-1" }), attempt);
      expect(answer.outcome).toBe("accepted");
    }
    expect(world.sent).toEqual(["o-1"]);
  });

  test("takes a late fill under its own id, by the broker's", async () => {
    const world = await later(OLD);
    const late = fillOf({ executionId: "E2", quantity: "1", clientOrderId: "" });
    await world.gateway.onStream(told(late));
    expect(world.posts.at(-1)).toMatchObject({
      clientOrderId: "o-1",
      event: { kind: "filled", execution: { executionId: "E2", clientOrderId: "o-1" } },
    });
    expect(isWhole(world)).toBe(true);
    expect(isPast(world)).toBe(false);
  });

  test("books no execution twice", async () => {
    const script: Script = { executions: [fillOf()] };
    const world = await later(OLD, script);
    const booked = world.posts.length;
    await world.gateway.brokerBook(0);
    expect(world.posts).toHaveLength(booked);
  });
});

describe("after the ids are gone", () => {
  test("old executions and ends are no news, and newer ones are", async () => {
    const script: Script = { orders: [brokerOrderWith({ state: "filled", brokerOrderId: "B1" })] };
    const world = await later(OLD, script);
    world.advance(GONE);
    await world.gateway.watch();
    expect(isPast(world)).toBe(false);
    expect(world.store.executions.size).toBe(0);
    const booked = world.posts.length;
    script.executions = [fillOf({ clientOrderId: "" })];
    await world.gateway.brokerBook(0);
    expect(world.posts).toHaveLength(booked);
    expect(world.store.notes("incident:")).toEqual([]);
    const executedAt = START + OLD + GONE;
    script.executions = [
      fillOf({ clientOrderId: "", executionId: "E9", brokerOrderId: "B9", executedAt }),
    ];
    await world.gateway.brokerBook(0);
    expect(world.posts.slice(booked)).toMatchObject([{ event: { kind: "filled" } }]);
  });
});

describe("what is kept whole as long as ids are", () => {
  const bracket = { stopPrice: "95", stopLimitPrice: null, targetPrice: "105" };

  test("is the entry of a bracket, for a late fill that needs its exits", async () => {
    const world = await later(0, {}, { bracket });
    world.store.setNote("bracket:o-1", null);
    world.advance(OLD);
    await world.gateway.watch();
    expect(isWhole(world)).toBe(true);
    world.advance(GONE);
    await world.gateway.watch();
    expect(isWhole(world)).toBe(false);
    expect(isPast(world)).toBe(false);
  });

  test("is never what belongs to a bracket that stands", async () => {
    const world = await later(OLD, {}, { bracket });
    world.store.setNote(
      "bracket:o-1",
      JSON.stringify({ bracket: { entry: "o-1" }, dueAt: Infinity }),
    );
    world.advance(GONE);
    await world.gateway.watch().catch(() => {});
    expect(isWhole(world)).toBe(true);
  });

  test("is never what lies on the desk", async () => {
    const outcome = { outcome: "not_sent", reason: "no line" } as const;
    const world = await later(0, { submit: async () => outcome }, {}, false);
    await world.gateway.giveUpUnsent("o-1", "used up");
    world.advance(GONE);
    await world.gateway.watch();
    expect(world.store.orders.get("o-1")).toMatchObject({ ended: "dead_lettered" });
  });
});
