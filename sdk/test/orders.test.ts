import { describe, expect, test } from "vitest";
import { until } from "../../test/support/until.ts";
import type { NewOrder } from "../src/order-desk.ts";
import { answer, drop, refuse } from "./support/fake-platform.ts";
import { startAlgo, startFake } from "./support/start.ts";
import { orderView } from "./support/views.ts";

const BUY: NewOrder = { instrument: "NSE:INFY", side: "buy", type: "market", quantity: 1 };

describe("submitting", () => {
  test("an accepted order is answered as it stands, under an id fixed before sending", async () => {
    const platform = await startFake();
    const { algo, seen } = await startAlgo(platform);
    const outcome = await algo.submit(BUY);
    const sent = platform.of("POST", "/v1/orders")[0]?.body;
    expect(outcome).toMatchObject({ outcome: "accepted", order: { state: "new" } });
    expect(sent).toMatchObject({ algoId: "test-algo", quantity: "1", timeInForce: "day" });
    expect(sent?.["clientOrderId"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(outcome.clientOrderId).toBe(sent?.["clientOrderId"]);
    await until("onOrder", () => seen.orders.length === 1);
  });

  test("a refusal carries its code and facts", async () => {
    const platform = await startFake();
    const details = { scope: "algo:test-algo", limit: "100", asked: "150", have: "0" };
    platform.onSubmit = (call) => refuse(call, 422, "POSITION_LIMIT", details);
    const { algo } = await startAlgo(platform);
    expect(await algo.submit({ ...BUY, clientOrderId: "a1" })).toEqual({
      outcome: "refused",
      clientOrderId: "a1",
      code: "POSITION_LIMIT",
      message: "refused with POSITION_LIMIT",
      facts: details,
      order: null,
    });
    expect(platform.of("GET", "/v1/orders/")).toEqual([]);
  });

  test.each([
    ["denied", "refused", { refusal: null, reason: "no" }],
    ["rejected", "refused", { reason: "the broker does not want it" }],
    ["unknown", "unknown", {}],
    ["dead_lettered", "unknown", {}],
    ["filled", "accepted", { filledQuantity: "1" }],
    ["canceled", "accepted", {}],
  ])("an order that comes back %s is %s", async (state, expected, over) => {
    const platform = await startFake();
    platform.onSubmit = (call) => answer(call, 201, orderView({ ...call.body, state, ...over }));
    const { algo } = await startAlgo(platform);
    expect(await algo.submit(BUY)).toMatchObject({ outcome: expected });
  });

  test("wrong input is refused here, with the path, and nothing is sent", async () => {
    const platform = await startFake();
    const { algo } = await startAlgo(platform);
    expect(await algo.submit({ ...BUY, type: "limit" })).toMatchObject({
      outcome: "refused",
      code: "BAD_REQUEST",
      facts: { issues: [{ path: "limitPrice" }] },
    });
    expect(platform.of("POST", "/")).toEqual([]);
  });

  test.each([
    ["the line breaks after sending", drop],
    ["no answer comes in time", () => {}],
    ["the platform fails with 500", (call) => refuse(call, 500, "INTERNAL")],
    ["the answer cannot be read", (call) => answer(call, 201, { ok: true })],
    ["a proxy answers 502 with a page", (call) => answer(call, 502, "<html>")],
  ] as [string, Parameters<typeof refuse>[0] extends infer C ? (call: C) => void : never][])(
    "when %s the order is looked up, and never sent again",
    async (_what, fail) => {
      const platform = await startFake();
      let stored: Record<string, unknown> = {};
      platform.onSubmit = (call) => {
        stored = call.body;
        fail(call);
      };
      platform.onLookUp = (call) => answer(call, 200, orderView({ ...stored, state: "filled" }));
      const { algo } = await startAlgo(platform);
      const outcome = await algo.submit(BUY);
      expect(outcome).toMatchObject({ outcome: "accepted", order: { state: "filled" } });
      expect(platform.of("POST", "/v1/orders")).toHaveLength(1);
      const asked = platform.of("GET", "/v1/orders/").map((call) => call.path);
      expect(new Set(asked)).toEqual(new Set([`/v1/orders/${String(stored["clientOrderId"])}`]));
    },
  );

  test("an order that no look-up finds is unknown, never failed, and never sent again", async () => {
    const platform = await startFake();
    platform.onSubmit = drop;
    const { algo } = await startAlgo(platform);
    const outcome = await algo.submit({ ...BUY, clientOrderId: "a1" });
    expect(outcome).toMatchObject({ outcome: "unknown", clientOrderId: "a1", order: null });
    expect(platform.of("POST", "/v1/orders")).toHaveLength(1);
    expect(platform.of("GET", "/v1/orders/a1").length).toBeGreaterThan(2);
  });

  test("a failed look-up is not taken for `not found`: asking goes on", async () => {
    const platform = await startFake();
    let asked = 0;
    platform.onSubmit = drop;
    platform.onLookUp = (call) => {
      asked += 1;
      if (asked === 1) return drop(call);
      if (asked === 2) return refuse(call, 404, "UNKNOWN_ORDER");
      if (asked === 3) return refuse(call, 429, "RATE_LIMITED");
      answer(call, 200, orderView({ clientOrderId: "a1", state: "new" }));
    };
    const { algo } = await startAlgo(platform);
    expect(await algo.submit({ ...BUY, clientOrderId: "a1" })).toMatchObject({
      outcome: "accepted",
    });
    expect(asked).toBe(4);
  });

  test("an order found in doubt is asked about until the platform knows, and no longer", async () => {
    const platform = await startFake();
    let asked = 0;
    platform.onSubmit = drop;
    platform.onLookUp = (call) => {
      asked += 1;
      const state = asked < 3 ? "unknown" : "filled";
      answer(call, 200, orderView({ clientOrderId: "a1", state }));
    };
    const { algo } = await startAlgo(platform);
    const outcome = await algo.submit({ ...BUY, clientOrderId: "a1" });
    expect(outcome).toMatchObject({ outcome: "accepted", order: { state: "filled" } });
    expect(asked).toBe(3);
  });

  test("what the stream tells ends the doubt", async () => {
    const platform = await startFake();
    platform.onSubmit = (call) => {
      platform.socket.send({
        type: "order",
        version: 1,
        order: orderView({ ...call.body, state: "filled", filledQuantity: "1" }),
      });
      // The line breaks once that frame is on its way.
      setTimeout(() => drop(call), 20);
    };
    const { algo } = await startAlgo(platform);
    expect(await algo.submit(BUY)).toMatchObject({
      outcome: "accepted",
      order: { state: "filled" },
    });
  });

  test("a platform that cannot be reached is proof that nothing was sent", async () => {
    const platform = await startFake();
    const { algo } = await startAlgo(platform);
    await platform.stop();
    const outcome = await algo.submit(BUY);
    expect(outcome).toMatchObject({ outcome: "not_sent" });
    expect(outcome).toHaveProperty("message", expect.stringContaining("is it running?"));
  });
});

describe("following orders", () => {
  test("each change is told once, whichever way and how often it arrives", async () => {
    const platform = await startFake();
    const { algo, seen } = await startAlgo(platform);
    await algo.submit({ ...BUY, clientOrderId: "a1" });
    const views = [
      orderView({ clientOrderId: "a1", state: "partially_filled", filledQuantity: "0.5" }),
      orderView({ clientOrderId: "a1", state: "partially_filled", filledQuantity: "0.5" }),
      orderView({ clientOrderId: "a1", state: "filled", filledQuantity: "1", updatedAt: 1_002 }),
      orderView({ clientOrderId: "a1", state: "new", updatedAt: 1_001 }),
      orderView({ clientOrderId: "b1", algoId: "other", state: "new" }),
      orderView({ clientOrderId: "z1", state: "new" }),
    ];
    for (const [version, order] of views.entries()) {
      platform.socket.send({ type: "order", version, order });
    }
    await until("the last order", () => seen.orders.at(-1)?.clientOrderId === "z1");
    expect(seen.orders.map((order) => `${order.clientOrderId} ${order.state}`)).toEqual([
      "a1 new",
      "a1 partially_filled",
      "a1 filled",
      "z1 new",
    ]);
    expect(algo.openOrders.map((order) => order.clientOrderId)).toEqual(["z1"]);
  });

  test("a fill that the broker stamped before the acceptance is told, and ends the wait", async () => {
    const platform = await startFake();
    const { algo, seen } = await startAlgo(platform);
    platform.onSubmit = (call) =>
      answer(call, 201, orderView({ ...call.body, state: "new", updatedAt: 1_464 }));
    await algo.submit({ ...BUY, clientOrderId: "a1" });
    const waiting = algo.waitFor("a1");
    const order = orderView({
      clientOrderId: "a1",
      state: "filled",
      filledQuantity: "1",
      updatedAt: 1_428,
    });
    platform.socket.send({ type: "order", version: 3, order });
    expect(await waiting).toMatchObject({ state: "filled" });
    await until("onOrder", () => seen.orders.at(-1)?.state === "filled");
    expect(algo.openOrders).toEqual([]);
  });

  test("waitFor resolves from inside a handler, though handlers run one at a time", async () => {
    const platform = await startFake();
    let waited: string | null = null;
    await startAlgo(platform, (algo) => ({
      async onStart() {
        await algo.submit({ ...BUY, clientOrderId: "a1" });
        setTimeout(() => {
          const order = orderView({ clientOrderId: "a1", state: "filled", updatedAt: 2_000 });
          platform.socket.send({ type: "order", version: 1, order });
        }, 10);
        waited = (await algo.waitFor("a1")).state;
      },
    }));
    expect(waited).toBe("filled");
  });

  test("waitFor takes a state or a condition, and gives up in time", async () => {
    const platform = await startFake();
    const { algo } = await startAlgo(platform);
    await algo.submit({ ...BUY, clientOrderId: "a1" });
    expect(await algo.waitFor("a1", "new")).toMatchObject({ state: "new" });
    expect(await algo.waitFor("a1", (order) => order.quantity === "1")).toBeDefined();
    await expect(algo.waitFor("a1", ["filled"], 20)).rejects.toThrow(/a1 is new after 20 ms/);
  });

  test("after a reconnect what happened to the orders meanwhile is read", async () => {
    const platform = await startFake();
    const { algo, seen } = await startAlgo(platform);
    await algo.submit({ ...BUY, clientOrderId: "a1" });
    platform.onLookUp = (call) =>
      answer(call, 200, orderView({ clientOrderId: "a1", state: "filled", updatedAt: 3_000 }));
    const waiting = algo.waitFor("a1", "filled", 5_000);
    platform.socket.socket.terminate();
    expect(await waiting).toMatchObject({ state: "filled" });
    expect(platform.of("GET", "/v1/orders").at(-2)?.query.get("open")).toBe("true");
    await until("onOrder", () => seen.orders.at(-1)?.state === "filled");
  });

  test("orders of an earlier run are known when the algo starts", async () => {
    const platform = await startFake();
    const left = orderView({ clientOrderId: "left-over" });
    platform.onOther = (call) => answer(call, 200, { items: [left], nextCursor: null });
    let atStart: string[] = [];
    await startAlgo(platform, (algo) => ({
      onStart: () => void (atStart = algo.openOrders.map((order) => order.clientOrderId)),
    }));
    expect(atStart).toEqual(["left-over"]);
  });
});

describe("changing orders", () => {
  test("a cancel is asked for again when the line breaks, since twice is harmless", async () => {
    const platform = await startFake();
    let asked = 0;
    platform.onOther = (call) => {
      if (call.method !== "DELETE") return answer(call, 200, { items: [], nextCursor: null });
      asked += 1;
      if (asked === 1) return drop(call);
      answer(call, 200, orderView({ clientOrderId: "a1", state: "pending_cancel" }));
    };
    const { algo } = await startAlgo(platform);
    expect(await algo.cancel("a1")).toMatchObject({
      outcome: "accepted",
      order: { state: "pending_cancel" },
    });
    expect(asked).toBe(2);
  });

  test("a cancel that comes too late is a refusal", async () => {
    const platform = await startFake();
    platform.onOther = (call) =>
      call.method === "DELETE"
        ? refuse(call, 409, "ORDER_NOT_LIVE")
        : answer(call, 200, { items: [], nextCursor: null });
    const { algo } = await startAlgo(platform);
    expect(await algo.cancel("a1")).toMatchObject({ outcome: "refused", code: "ORDER_NOT_LIVE" });
  });

  test("a change whose answer is lost is unknown, and is not asked for again", async () => {
    const platform = await startFake();
    platform.onOther = (call) =>
      call.method === "PATCH" ? drop(call) : answer(call, 200, { items: [], nextCursor: null });
    platform.onLookUp = (call) => answer(call, 200, orderView({ clientOrderId: "a1" }));
    const { algo } = await startAlgo(platform);
    expect(await algo.modify("a1", { limitPrice: 99.5 })).toMatchObject({
      outcome: "unknown",
      order: { clientOrderId: "a1" },
    });
    expect(platform.of("PATCH", "/")).toMatchObject([{ body: { limitPrice: "99.5" } }]);
    expect(await algo.modify("a1", {})).toMatchObject({ outcome: "refused", code: "BAD_REQUEST" });
  });
});
