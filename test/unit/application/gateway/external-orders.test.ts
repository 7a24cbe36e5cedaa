import { describe, expect, test } from "vitest";
import type { SubmitOutcome } from "../../../../src/brokers/broker.ts";
import { DESCRIBE_RETRY_MS, IDLE_POLL_MS } from "../../../../src/domain/limits.ts";
import type { Execution } from "../../../../src/domain/order.ts";
import { SIMULATED_RULES } from "../../../support/orders/broker-faults.ts";
import { beside, ID, later, piece, resting } from "../../../support/orders/strangers.ts";
import { INSTRUMENT } from "../../../support/orders/world.ts";
import {
  approvalAt,
  approvedWith,
  brokerOrderWith,
  scripted,
  START,
  type Script,
} from "../../../support/orders/scripted.ts";

const accepted = {
  kind: "order_event",
  clientOrderId: null,
  brokerOrderId: "X1",
  eventId: "S1",
  event: { kind: "accepted", brokerOrderId: "X1", pendingTrigger: false },
  at: START,
} as const;

const filled = (execution: Execution) =>
  ({ ...accepted, eventId: "S2", event: { kind: "filled", execution } }) as const;

describe("an order at the broker that did not leave from here", () => {
  test("is adopted with its terms and told of, once, however often it is read", async () => {
    // Changed there since, it is as old as it was.
    const desk = await beside({ orders: [resting({ createdAt: START - 60_000 })] });
    await later(desk);
    await later(desk);
    expect(desk.posts).toEqual([
      {
        eventId: `${ID}:adopted`,
        clientOrderId: ID,
        event: {
          kind: "adopted",
          order: {
            account: "simulated",
            brokerOrderId: "X1",
            instrument: "SIM:AAA",
            side: "buy",
            type: "limit",
            quantity: "10",
            limitPrice: "100",
            stopPrice: null,
            timeInForce: "gtc",
            placedAt: START - 60_000,
          },
          pendingTrigger: false,
          currency: null,
        },
        at: START,
      },
    ]);
    expect(desk.incidents.map(({ id }) => id)).toEqual(["external-simulated-X1"]);
    expect(desk.incidents[0]?.message).toContain("buy 10 SIM:AAA, limit 100, new");
  });

  test.each(["canceled", "filled", "rejected", "expired"] as const)(
    "and is %s already reserves nothing, and people hear of it once",
    async (state) => {
      const desk = await beside({ orders: [resting({ state })] });
      await later(desk);
      await later(desk);
      expect([desk.kinds(), desk.incidents.length]).toEqual([[], 1]);
    },
  );

  test("of another program is kept under our own id for it, and its fills too", async () => {
    const script: Script = { orders: [resting({ clientOrderId: "o-77" })] };
    const desk = await beside(script);
    const execution = piece("E1", "4", { clientOrderId: "o-77" });
    await desk.gateway.onStream({ ...filled(execution), clientOrderId: "o-77" });
    expect(desk.posts.map(({ clientOrderId, event }) => [clientOrderId, event.kind])).toEqual([
      [ID, "adopted"],
      [ID, "filled"],
    ]);
  });

  test("with an id that no route would take gets one that they do", async () => {
    const long = "c1d2e3f4-0000-4000-8000-000000000001";
    const desk = await beside({ orders: [resting({ brokerOrderId: long })] });
    expect(desk.posts[0]?.clientOrderId).toMatch(/^external-[0-9a-f]{16}$/);
  });

  test("of which the stream tells is looked for at once, and once more when it must be there", async () => {
    const script: Script = { orders: [] };
    const desk = await beside(script);
    desk.advance(1);
    await desk.gateway.onStream(accepted);
    expect(desk.gateway.nextDueAt()).toBeLessThanOrEqual(START + 1);
    await desk.gateway.watch();
    expect(desk.kinds()).toEqual([]);
    const due = START + 1 + SIMULATED_RULES.settlingTimeMs;
    expect(desk.gateway.nextDueAt()).toBeLessThanOrEqual(due);
    script.orders = [resting()];
    await later(desk, SIMULATED_RULES.settlingTimeMs);
    expect(desk.kinds()).toEqual(["adopted"]);
    expect(desk.incidents).toHaveLength(1);
  });

  test("that has a piece filled before it is seen is adopted with what rests", async () => {
    const desk = await beside({});
    await desk.gateway.onStream(filled(piece("E1", "4")));
    expect(desk.kinds()).toEqual(["filled"]);
    const script: Script = {
      orders: [resting({ state: "partially_filled", filledQuantity: "4" })],
      executions: [piece("E1", "4"), piece("E2", "6")],
    };
    const next = scripted(script, desk.store);
    await next.gateway.catchUp();
    expect(next.kinds()).toEqual(["filled"]);
    // With the second piece it is whole: nothing rests, and nothing is left to look for.
    expect(next.store.live()).toEqual([]);
  });

  test.each([
    ["4", "adopted", 1],
    ["10", "filled", 0],
  ] as const)("of 10 with %s booked already: %s", async (booked, last, live) => {
    const script: Script = { executions: [piece("E1", booked)] };
    script.orders = [resting({ state: "partially_filled", filledQuantity: booked })];
    const desk = await beside(script);
    expect(desk.kinds().at(-1)).toBe(last);
    expect(desk.store.live()).toHaveLength(live);
    expect(desk.store.live().map(({ filledQuantity }) => filledQuantity)).toEqual(
      live === 1 ? ["4"] : [],
    );
  });

  test("gives up what it holds when it ends at the broker", async () => {
    const script: Script = { orders: [resting()] };
    const desk = await beside(script);
    script.orders = [resting({ state: "canceled", updatedAt: START + 1 })];
    await later(desk);
    expect(desk.kinds()).toEqual(["adopted", "canceled"]);
    expect(desk.store.live()).toEqual([]);
  });

  test("takes its new terms over, once", async () => {
    const script: Script = { orders: [resting()] };
    const desk = await beside(script);
    script.orders = [resting({ quantity: "12", limitPrice: "99" })];
    await later(desk);
    await later(desk);
    expect(desk.kinds()).toEqual(["adopted", "replaced"]);
  });

  test("is canceled from here by the broker's own id", async () => {
    const script: Script = { orders: [resting()] };
    const desk = await beside(script);
    await desk.gateway.cancel(ID);
    expect(desk.canceled).toEqual(["X1"]);
    const event = { kind: "canceled", reason: "canceled" } as const;
    await desk.gateway.onStream({ ...accepted, event });
    expect(desk.kinds()).toEqual(["adopted", "canceled"]);
  });

  test("cannot be changed from here, which is said", async () => {
    const desk = await beside({ orders: [resting()] });
    await desk.gateway.modify(
      ID,
      { quantity: "5", limitPrice: null, stopPrice: null },
      approvalAt(1),
    );
    expect(desk.modified).toEqual([]);
    expect(desk.posts.at(-1)?.event).toMatchObject({
      kind: "replace_rejected",
      reason: expect.stringContaining("placed past the platform"),
    });
  });

  test("without our id is not taken for a stranger's while an answer is awaited", async () => {
    const answer = Promise.withResolvers<SubmitOutcome>();
    const script: Script = { isFrozen: true, submit: () => answer.promise };
    const desk = await beside(script);
    const sent = desk.gateway.submit(approvedWith(), 1);
    await new Promise((resolve) => setTimeout(resolve, 0));
    script.orders = [brokerOrderWith({ clientOrderId: null })];
    await later(desk);
    expect(desk.kinds()).toEqual([]);
    answer.resolve({ outcome: "accepted", brokerOrderId: "B1", pendingTrigger: false });
    await sent;
    await later(desk);
    expect(desk.kinds()).toEqual(["accepted"]);
    expect(desk.incidents).toEqual([]);
  });

  test("proves nothing by a question that failed", async () => {
    const script: Script = { orders: [resting()] };
    const desk = await beside(script);
    script.isUnreachable = true;
    await later(desk);
    expect(desk.kinds()).toEqual(["adopted"]);
    expect(desk.store.live()).toHaveLength(1);
  });

  test("that was made larger there unheard, and filled to what it was, is reserved again and lives on", async () => {
    const script: Script = { orders: [resting()] };
    const desk = await beside(script);
    script.executions = [piece("E1", "10")];
    script.orders = [];
    await later(desk);
    expect(desk.store.orderOfBroker("X1")?.ended).toBe("filled");
    const listed = { state: "partially_filled", filledQuantity: "10", quantity: "12" } as const;
    script.orders = [resting({ ...listed, updatedAt: START + 60_000 })];
    await later(desk, IDLE_POLL_MS);
    expect(desk.kinds()).toEqual(["adopted", "filled", "accepted"]);
    expect(desk.posts.at(-1)?.event).toMatchObject({ quantity: "12" });
    expect(desk.incidents.at(-1)).toMatchObject({ id: `revived-${ID}-1`, severity: "serious" });
    // Whoever changed it there wants the rest.
    expect(desk.canceled).toEqual([]);
    script.executions = [piece("E1", "10"), piece("E2", "2")];
    script.orders = [];
    await later(desk);
    expect(desk.store.orderOfBroker("X1")).toMatchObject({ ended: "filled", filledQuantity: "12" });
  });
});

describe("what an instrument that was traded past us is priced in", () => {
  test("is told to the ledger once", async () => {
    const desk = await beside({ orders: [resting()], instrument: () => INSTRUMENT });
    await desk.gateway.watch();
    await later(desk);
    const told = desk.posts.filter(({ event }) => event.kind === "described");
    expect(told).toEqual([
      {
        eventId: `${ID}:described`,
        clientOrderId: ID,
        event: { kind: "described", currency: "USD" },
        at: START,
      },
    ]);
  });

  test("comes with the next order in it", async () => {
    const script: Script = { orders: [resting()], instrument: () => INSTRUMENT };
    const desk = await beside(script);
    await desk.gateway.watch();
    script.orders = [resting(), resting({ brokerOrderId: "X2" })];
    await later(desk);
    expect(desk.posts.at(-1)?.event).toMatchObject({ kind: "adopted", currency: "USD" });
  });

  test("is never told before what it is about", async () => {
    const script: Script = { orders: [resting()], ledgerIsAway: true };
    script.instrument = () => {
      script.ledgerIsAway = false;
      return INSTRUMENT;
    };
    const desk = scripted(script);
    await desk.gateway.catchUp();
    await desk.gateway.watch();
    await later(desk, DESCRIBE_RETRY_MS);
    script.ledgerIsAway = false;
    await later(desk, DESCRIBE_RETRY_MS);
    expect(desk.kinds()).toEqual(["adopted", "described"]);
  });

  test("is asked for again while nobody knows it, and while the ledger is away", async () => {
    let instrument: typeof INSTRUMENT | null = null;
    const script: Script = { orders: [resting()], instrument: () => instrument };
    const desk = await beside(script);
    await desk.gateway.watch();
    expect(desk.kinds()).toEqual(["adopted"]);
    instrument = INSTRUMENT;
    script.ledgerIsAway = true;
    await later(desk, DESCRIBE_RETRY_MS);
    script.ledgerIsAway = false;
    await later(desk, DESCRIBE_RETRY_MS);
    expect(desk.kinds()).toEqual(["adopted", "described"]);
  });
});
