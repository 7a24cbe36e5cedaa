import { describe, expect, test } from "vitest";
import type { OrderStreamMessage, SubmitOutcome } from "../../../../src/brokers/broker.ts";
import type { GatewayOrder } from "../../../../src/application/gateway/record.ts";
import { ORDER_RATE_WAIT_MS_MAX, UNKNOWN_DEADLINE_MS } from "../../../../src/domain/limits.ts";
import { CLOCK_OFFSET_MS_MAX } from "../../../../src/domain/quality-limits.ts";
import { SIMULATED_RULES } from "../../../support/orders/broker-faults.ts";
import {
  approvedWith,
  brokerOrderWith,
  executionOf,
  scripted,
  START,
  type Script,
} from "../../../support/orders/scripted.ts";

const UNKNOWN: SubmitOutcome = { outcome: "unknown", reason: "no answer" };
const NOT_SENT: SubmitOutcome = { outcome: "not_sent", reason: "no connection" };

type StreamEvent = Extract<OrderStreamMessage, { kind: "order_event" }>;

const told = (event: StreamEvent["event"], clientOrderId: string | null = "o-1"): StreamEvent => ({
  kind: "order_event",
  clientOrderId,
  brokerOrderId: "B1",
  eventId: "S1",
  event,
  at: START,
});

/** The broker tells something on the stream before it answers. */
const during = async (event: StreamEvent, outcome: SubmitOutcome) => {
  const script: Script = {};
  const desk = scripted(script);
  script.submit = async () => {
    await desk.gateway.onStream(event);
    return outcome;
  };
  const result = await desk.gateway.submit(approvedWith(), 1);
  return { desk, result };
};

/** A gateway that comes back to an order whose answer never came. */
const inDoubt = async (script: Script) => {
  const desk = scripted({ submit: async () => UNKNOWN });
  await desk.gateway.submit(approvedWith(), 1);
  const next = scripted(script, desk.store);
  return next;
};

describe("sending", () => {
  test("records the attempt before the broker is called", async () => {
    const seen: (string | undefined)[] = [];
    const script: Script = {};
    const desk = scripted(script);
    script.submit = async () => {
      seen.push(desk.store.orders.get("o-1")?.record);
      return { outcome: "accepted", brokerOrderId: "B1", pendingTrigger: false };
    };
    await desk.gateway.submit(approvedWith(), 1);
    expect(seen).toEqual(["recorded"]);
  });

  test.each(["recorded", "accepted", "rejected", "unknown", "stopped"] as const)(
    "an order whose record says %s is never sent again, whatever the attempt",
    async (record) => {
      const desk = scripted({ submit: async () => NOT_SENT });
      await desk.gateway.submit(approvedWith(), 1);
      const order = desk.store.orders.get("o-1") as GatewayOrder;
      desk.store.orders.set("o-1", { ...order, record });
      const fresh = scripted({}, desk.store);
      for (const attempt of [1, 2, 3]) await fresh.gateway.submit(approvedWith(), attempt);
      expect(fresh.sent).toEqual([]);
    },
  );

  test("after a proven not sent only the very next attempt goes", async () => {
    const script: Script = { submit: async () => NOT_SENT };
    const desk = scripted(script);
    await desk.gateway.submit(approvedWith(), 1);
    await desk.gateway.submit(approvedWith(), 1);
    await desk.gateway.submit(approvedWith(), 3);
    expect(desk.sent).toHaveLength(1);
    await desk.gateway.submit(approvedWith(), 2);
    expect(desk.sent).toHaveLength(2);
    expect(desk.kinds()).toEqual(["not_sent", "not_sent"]);
  });

  test("a broker client that throws has proven nothing", async () => {
    const desk = scripted({ submit: () => Promise.reject(new Error("connect refused?")) });
    expect((await desk.gateway.submit(approvedWith(), 1)).outcome).toBe("unknown");
  });

  test("lesson 43: entries are refused by name while the order stream is not up and read in; what only reduces goes", async () => {
    const desk = scripted({ ready: false });
    expect((await desk.gateway.submit(approvedWith(), 1)).outcome).toBe("stopped");
    const refused = {
      event: { kind: "rejected", reason: expect.stringMatching(/^NOT_RECONCILED/) },
    };
    expect(desk.posts).toMatchObject([refused]);
    const exit = approvedWith({ clientOrderId: "o-2", reduceOnly: true });
    expect((await desk.gateway.submit(exit, 1)).outcome).toBe("accepted");
    expect(desk.sent).toEqual(["o-2"]);
  });

  test("lesson 55: beyond the bound between the clocks an entry is refused by name and not sent; what only reduces goes", async () => {
    for (const clockOffsetMs of [CLOCK_OFFSET_MS_MAX + 1, -CLOCK_OFFSET_MS_MAX - 1]) {
      const desk = scripted({ clockOffsetMs });
      expect((await desk.gateway.submit(approvedWith(), 1)).outcome).toBe("stopped");
      const event = { kind: "rejected", reason: expect.stringMatching(/^CLOCK_SKEW/) };
      expect(desk.posts).toMatchObject([{ event }]);
      const exit = approvedWith({ clientOrderId: "o-2", reduceOnly: true });
      expect((await desk.gateway.submit(exit, 1)).outcome).toBe("accepted");
      expect(desk.sent).toEqual(["o-2"]);
    }
    for (const clockOffsetMs of [CLOCK_OFFSET_MS_MAX, -CLOCK_OFFSET_MS_MAX]) {
      const desk = scripted({ clockOffsetMs });
      expect((await desk.gateway.submit(approvedWith(), 1)).outcome).toBe("accepted");
    }
  });

  test("past the wait for the broker's rate an order is denied and queued nowhere: late is another trade", async () => {
    const desk = scripted({ isFrozen: true });
    // At one moment: the burst, then as many as the bounded wait has turns for.
    const { ordersPerSecond } = SIMULATED_RULES;
    const most = ordersPerSecond + (ordersPerSecond * ORDER_RATE_WAIT_MS_MAX) / 1_000;
    const outcomes = await Promise.all(
      Array.from({ length: most + 1 }, (_, number) =>
        desk.gateway.submit(approvedWith({ clientOrderId: `n-${number}` }), 1),
      ),
    );
    expect(outcomes.filter(({ outcome }) => outcome === "stopped")).toHaveLength(1);
  });

  test("while the ledger is away, what it has to know waits in order", async () => {
    const script: Script = { ledgerIsAway: true };
    const desk = scripted(script);
    const { outcome, order } = await desk.gateway.submit(approvedWith(), 1);
    expect([outcome, order.state]).toEqual(["accepted", "new"]);
    await desk.gateway.onStream(told({ kind: "filled", execution: executionOf("E1", "10") }));
    expect(desk.posts).toEqual([]);
    script.ledgerIsAway = false;
    desk.advance(5_000);
    await desk.gateway.watch();
    expect(desk.kinds()).toEqual(["accepted", "filled"]);
  });
});

describe("a stream that is faster than the answer", () => {
  const FILL = { kind: "filled", execution: executionOf("E1", "4") } as const;

  test("a fill waits for the answer and is booked after the acceptance", async () => {
    const accepted = { outcome: "accepted", brokerOrderId: "B1", pendingTrigger: false } as const;
    const { desk } = await during(told(FILL), accepted);
    expect(desk.kinds()).toEqual(["accepted", "filled"]);
  });

  test("the same when the broker says only its own id", async () => {
    const accepted = { outcome: "accepted", brokerOrderId: "B1", pendingTrigger: false } as const;
    const { desk } = await during(told(FILL, null), accepted);
    expect(desk.kinds()).toEqual(["accepted", "filled"]);
    expect(desk.store.externals.size).toBe(0);
  });

  test.each([UNKNOWN, NOT_SENT])("is stronger than the answer: $outcome", async (outcome) => {
    const { desk, result } = await during(told(FILL), outcome);
    expect(result.outcome).toBe("accepted");
    expect(desk.kinds()).toEqual(["accepted", "filled"]);
  });

  test("a fill told twice, by stream and by look-up, is booked once", async () => {
    const script: Script = { executions: [executionOf("E1", "10")], orders: [] };
    const desk = scripted(script);
    await desk.gateway.submit(approvedWith(), 1);
    const fill = told({ kind: "filled", execution: executionOf("E1", "10") });
    await desk.gateway.onStream(fill);
    await desk.gateway.onStream(fill);
    await desk.gateway.catchUp();
    expect(desk.kinds()).toEqual(["accepted", "filled"]);
  });
});

describe("an unknown outcome", () => {
  const closed = brokerOrderWith({ state: "canceled" });
  test.each<[string, Script, string[]]>([
    ["open orders", { orders: [brokerOrderWith()] }, ["accepted"]],
    ["closed orders", { orders: [closed] }, ["accepted", "canceled"]],
    ["executions alone", { executions: [executionOf("E1", "10")] }, ["accepted", "filled"]],
  ])("lesson 19: it is found among %s", async (_, script, kinds) => {
    const desk = await inDoubt(script);
    desk.advance(1_000);
    await desk.gateway.watch();
    expect(desk.kinds()).toEqual(kinds);
    expect(desk.sent).toEqual([]);
  });

  test("lesson 25: an order that is missing from look-ups for seconds is not taken for one that is not there", async () => {
    const script: Script = {};
    const desk = await inDoubt(script);
    for (let second = 0; second < 20; second += 1) {
      desk.advance(1_000);
      await desk.gateway.watch();
    }
    expect(desk.kinds()).toEqual([]);
    expect((await desk.gateway.submit(approvedWith(), 2)).outcome).toBe("unknown");
    script.orders = [brokerOrderWith()];
    desk.advance(10_000);
    await desk.gateway.watch();
    expect(desk.kinds()).toEqual(["accepted"]);
    expect(desk.sent).toEqual([]);
  });

  test("lesson 23: a broker that cannot be asked never counts as not found: it stays unknown, and the desk hears of it at the deadline", async () => {
    const desk = await inDoubt({ isUnreachable: true });
    desk.advance(UNKNOWN_DEADLINE_MS - 1);
    await desk.gateway.watch();
    expect(desk.kinds()).toEqual([]);
    desk.advance(20_000);
    await desk.gateway.watch();
    expect(desk.posts).toMatchObject([{ event: { kind: "dead_lettered", label: "unknown" } }]);
  });

  test("that is on the desk still takes the evidence that comes later", async () => {
    const script: Script = {};
    const desk = await inDoubt(script);
    desk.advance(UNKNOWN_DEADLINE_MS + 1);
    await desk.gateway.watch();
    script.orders = [brokerOrderWith()];
    desk.advance(60_000);
    await desk.gateway.watch();
    expect(desk.kinds()).toEqual(["dead_lettered", "accepted"]);
    expect(desk.sent).toEqual([]);
  });
});

describe("ends", () => {
  test("an end is booked only with all its fills", async () => {
    const closed = brokerOrderWith({ state: "canceled", filledQuantity: "4" });
    const script: Script = { orders: [closed] };
    const desk = scripted(script);
    await desk.gateway.submit(approvedWith(), 1);
    await desk.gateway.catchUp();
    expect(desk.kinds()).toEqual(["accepted"]);
    script.executions = [executionOf("E1", "4")];
    await desk.gateway.catchUp();
    expect(desk.kinds()).toEqual(["accepted", "filled", "canceled"]);
  });

  test("a cancel that the broker does not find is no refusal: the order is looked at", async () => {
    const script: Script = { orders: [] };
    const desk = scripted(script);
    await desk.gateway.submit(approvedWith(), 1);
    await desk.gateway.cancel("o-1");
    expect(desk.kinds()).toEqual(["accepted"]);
    script.orders = [brokerOrderWith({ state: "filled", filledQuantity: "10" })];
    script.executions = [executionOf("E1", "10")];
    desk.advance(1_000);
    await desk.gateway.watch();
    expect(desk.kinds()).toEqual(["accepted", "filled"]);
  });

  test("a cancel without confirmation goes out again while the order stands", async () => {
    const script: Script = { orders: [brokerOrderWith()] };
    const desk = scripted(script);
    await desk.gateway.submit(approvedWith(), 1);
    await desk.gateway.cancel("o-1");
    for (let round = 0; round < 4; round += 1) {
      desk.advance(10_000);
      await desk.gateway.watch();
    }
    expect(desk.canceled.length).toBeGreaterThan(1);
    await desk.gateway.onStream(told({ kind: "canceled", reason: "on request" }));
    expect(desk.kinds()).toEqual(["accepted", "canceled"]);
  });

  test("a failed query changes nothing", async () => {
    const desk = scripted();
    await desk.gateway.submit(approvedWith(), 1);
    const blind = scripted({ isUnreachable: true }, desk.store);
    expect((await blind.gateway.catchUp()).ok).toBe(false);
    blind.advance(120_000);
    await blind.gateway.watch();
    expect(blind.posts).toEqual([]);
  });

  test("an order that was withdrawn and yet is found at the broker lives again", async () => {
    const script: Script = { orders: [] };
    const desk = scripted(script);
    await desk.gateway.cancel("o-1");
    await desk.gateway.submit(approvedWith(), 1);
    expect(desk.sent).toEqual([]);
    script.orders = [brokerOrderWith()];
    await desk.gateway.catchUp();
    expect(desk.store.orders.get("o-1")).toMatchObject({ record: "accepted", ended: null });
    expect(desk.kinds()).toEqual(["canceled", "accepted"]);
  });
});
