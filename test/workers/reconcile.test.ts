import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cancelOrder } from "../../src/application/cancel-order.ts";
import {
  ADMIN,
  ALGO,
  crashGateway,
  endFlow,
  evictLedger,
  inGatewayStorage,
  pollIsDue,
  RESTING,
  startFlow,
  until,
  watchNow,
  type Flow,
} from "../support/workers/orders.ts";

let flow: Flow;

beforeEach(async () => {
  flow = await startFlow();
});

afterEach(() => endFlow(flow));

const byHand = (terms: { side?: "buy" | "sell"; quantity?: string; limitPrice?: string }) =>
  flow.paper.control("/hand-orders", { instrument: "NSE:INFY", ...terms });

const becomes = (id: string, state: string) =>
  until(async () => (await flow.order(id)).state === state);

const positionOf = async (algoId: string) =>
  (await flow.ledger.positions()).find((each) => each.algoId === algoId)?.quantity;

const check = async (kind: string) =>
  (await flow.gateway.reconciliation()).checks.find((each) => each.kind === kind);

const exposureOf = async (algoId: string) =>
  (await flow.ledger.exposure()).find((each) => each.algoId === algoId);

/** An order by hand far below the market, once it is reserved here with its currency. */
async function rested(quantity: string) {
  await byHand({ side: "buy", quantity, limitPrice: "1430" });
  await until(async () => {
    await pollIsDue();
    await watchNow();
    return (await exposureOf("external"))?.currency === "INR" && (await incidents()).length > 0;
  });
  const [order] = (await flow.ledger.orders({ limit: 10 })).items;
  if (!order) throw new Error("the order is not shown");
  return order;
}

/** As if nothing had been compared for long. */
const comparisonIsDue = () =>
  inGatewayStorage("UPDATE numbers SET value = 0 WHERE name = 'positions_compared_at'");

const incidents = async () =>
  (await env.DB.prepare("SELECT id, title FROM incidents ORDER BY id").all<{ id: string }>())
    .results;

describe("trades made past the platform", () => {
  test("lesson 42: a trade made by hand at the broker is adopted, counted and told", async () => {
    await flow.place(RESTING);
    await byHand({ side: "buy", quantity: "7" });
    await until(async () => (await positionOf("external")) === "7");
    const exposure = await flow.ledger.exposure();
    const external = exposure.find(({ algoId }) => algoId === "external");
    expect(external).toMatchObject({ quantity: "7", currency: "INR" });
    expect(Number(external?.notional)).toBeGreaterThan(0);
    await watchNow();
    await until(async () => (await incidents()).length === 1);
    expect((await incidents())[0]?.id).toMatch(/^external-paper-P/);
  });

  test("lesson 41: a liquidation is kept under external and cuts what the algo may still close", async () => {
    const { clientOrderId } = await flow.place();
    await becomes(clientOrderId, "filled");
    await byHand({});
    await until(async () => (await positionOf("external")) === "-10");
    const exit = flow.place({ side: "sell", quantity: "10", reduceOnly: true });
    await expect(exit).rejects.toThrow("REDUCE_ONLY");
  });

  test("an order that rests at the broker and is not ours is reserved, shown, and told of once", async () => {
    const order = await rested("3");
    expect(order).toMatchObject({
      algoId: "external",
      state: "new",
      type: "limit",
      quantity: "3",
      limitPrice: "1430",
    });
    expect(await exposureOf("external")).toMatchObject({
      currency: "INR",
      openBuyQuantity: "3",
      // 4290 rupees, in the base currency.
      moneyAtRisk: "49.335",
    });
    await pollIsDue();
    await watchNow();
    expect((await incidents()).map(({ id }) => id)).toEqual([
      `external-paper-${order.brokerOrderId}`,
    ]);
    expect(await flow.ledger.positions()).toEqual([]);
  });

  test("such an order is canceled from here, and then nothing of it is reserved", async () => {
    const { clientOrderId } = await rested("3");
    expect((await cancelOrder(flow.ports, ADMIN, clientOrderId, Date.now())).ok).toBe(true);
    await becomes(clientOrderId, "canceled");
    const open = await flow.paper.trading.openOrders();
    expect(open).toEqual({ ok: true, value: [] });
    expect(await exposureOf("external")).toMatchObject({ openBuyQuantity: "0", moneyAtRisk: "0" });
  });

  test("no algo's key cancels it", async () => {
    const { clientOrderId } = await rested("3");
    expect(await cancelOrder(flow.ports, ALGO, clientOrderId, Date.now())).toMatchObject({
      ok: false,
      error: { code: "UNKNOWN_ORDER" },
    });
  });

  test("such an order, evictions in between, takes room from the algos until it ends at the broker", async () => {
    await flow.ledger.setLimits(
      { changes: [{ scope: "portfolio", name: "openOrders", value: "1" }], reason: "a test" },
      "person:test",
    );
    const { clientOrderId, brokerOrderId } = await rested("3");
    await evictLedger();
    await expect(flow.place(RESTING)).rejects.toThrow("OPEN_ORDERS");
    await crashGateway();
    await flow.paper.trading.cancel({ clientOrderId: "", brokerOrderId: brokerOrderId ?? "" });
    await until(async () => {
      await pollIsDue();
      await watchNow();
      return (await flow.order(clientOrderId)).state === "canceled";
    });
    expect((await flow.place(RESTING)).state).toBe("new");
  });
});

describe("comparing with the broker", () => {
  test("lesson 40: a fill that a healthy stream lost is found with the positions, and nothing is inferred", async () => {
    await flow.fault("lost_fill");
    const { clientOrderId } = await flow.place();
    await until(async () => {
      const positions = await flow.paper.trading.positions();
      return positions.ok && positions.value.length > 0;
    });
    expect((await flow.order(clientOrderId)).state).toBe("new");
    await comparisonIsDue();
    await watchNow();
    await becomes(clientOrderId, "filled");
    expect(await check("positions")).toMatchObject({ result: "ok" });
    expect(await positionOf("external")).toBeUndefined();
  });

  test("lesson 35: comparing again and again, and after a crash, changes nothing", async () => {
    const { clientOrderId } = await flow.place();
    await becomes(clientOrderId, "filled");
    await byHand({ side: "sell", quantity: "3" });
    await until(async () => (await positionOf("external")) === "-3");
    const { version } = await flow.ledger.status();
    for (let round = 0; round < 3; round += 1) {
      await comparisonIsDue();
      await pollIsDue();
      await watchNow();
      await crashGateway();
      await watchNow();
    }
    await until(async () => (await flow.gateway.streamState()) === "ready");
    expect((await flow.ledger.status()).version).toBe(version);
  });

  test("lesson 39: what was traded while the gateway was away is there before the next entry goes", async () => {
    const { clientOrderId } = await flow.place(RESTING);
    await crashGateway();
    await flow.fault("drop_order_socket");
    await byHand({ side: "buy", quantity: "2" });
    await watchNow();
    await until(async () => (await flow.gateway.streamState()) === "ready");
    expect(await positionOf("external")).toBe("2");
    expect((await flow.order(clientOrderId)).state).toBe("new");
    expect((await flow.gateway.reconciliation()).ready).toBe(true);
  });

  test("every check says when it ran, what came of it and when it runs again", async () => {
    await flow.place(RESTING);
    await comparisonIsDue();
    await watchNow();
    const { checks, frozen } = await flow.gateway.reconciliation();
    expect(checks.map(({ kind, result }) => [kind, result])).toEqual([
      ["in_flight", "not_run"],
      ["open_orders", "ok"],
      ["positions", "ok"],
      ["balances", "ok"],
    ]);
    expect(checks.slice(1).every(({ nextRunAt }) => nextRunAt !== null)).toBe(true);
    expect(frozen).toEqual([]);
  });
});
