import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cancelOrder } from "../../src/application/cancel-order.ts";
import { haltTrading, resumeTrading } from "../../src/application/halt-trading.ts";
import { KILL_SWITCH_HOLD_MS } from "../../src/domain/limits.ts";
import { externalOrderId } from "../../src/domain/reconciliation/synthetic-id.ts";
import {
  ADMIN,
  ALGO,
  atBroker,
  endFlow,
  crashGateway,
  crashPaper,
  evictLedger,
  watchNow,
  inGatewayStorage,
  pollIsDue,
  RESTING,
  startFlow,
  until,
  type Flow,
} from "../support/workers/orders.ts";

let flow: Flow;

beforeEach(async () => {
  flow = await startFlow();
});

afterEach(() => endFlow(flow));

const becomes = (id: string, state: string) =>
  until(async () => (await flow.order(id)).state === state);

const halt = (scope: string) => haltTrading(flow.ports, ADMIN, scope, "drill", Date.now());

describe("the kill switch at the gateway", () => {
  test.each(["portfolio", "account:paper", "algo:momentum", "instrument:NSE:INFY"])(
    "on %s stops what was approved and not yet sent",
    async (scope) => {
      const approved = await flow.reserve();
      const halted = await halt(scope);
      expect(halted).toMatchObject({ ok: true, value: { state: "halted", openOrders: 1 } });
      const { outcome } = await flow.gateway.submit(approved, 1);
      expect(outcome).toBe("stopped");
      expect((await flow.paper.control()).ordersReceived).toBe(0);
      expect((await flow.order(approved.intent.clientOrderId)).state).toBe("canceled");
      expect((await flow.ledger.status()).openOrders).toBe(0);
    },
  );

  test("on another scope stops nothing", async () => {
    const approved = await flow.reserve(RESTING);
    await halt("algo:other");
    expect((await flow.gateway.submit(approved, 1)).outcome).toBe("accepted");
  });

  test("cancels what is open, and lets a cancel pass while it is on", async () => {
    const { clientOrderId } = await flow.place(RESTING);
    const late = await flow.reserve(RESTING);
    expect((await flow.gateway.submit(late, 1)).outcome).toBe("accepted");
    const halted = await halt("portfolio");
    expect(halted).toMatchObject({ ok: true, value: { openOrders: 2, cancelsSent: 2 } });
    await becomes(clientOrderId, "canceled");
    await becomes(late.intent.clientOrderId, "canceled");
  });

  test("after its reset, what was approved before it still does not leave", async () => {
    const before = await flow.reserve(RESTING);
    await flow.gateway.halt("portfolio", before.ledgerVersion + 1);
    await flow.gateway.resume("portfolio", before.ledgerVersion + 2, before.ledgerVersion + 1);
    expect((await flow.gateway.submit(before, 1)).outcome).toBe("stopped");
  });

  test("is reset by an admin who is no algo, after the hold; then orders leave again", async () => {
    await halt("portfolio");
    const early = await resumeTrading(flow.ports, ADMIN, "portfolio", "all clear");
    expect(early).toMatchObject({ ok: false, error: { code: "TOO_EARLY" } });
    await new Promise((resolve) => setTimeout(resolve, KILL_SWITCH_HOLD_MS));
    const byAlgo = { ...ADMIN, algoId: "momentum" };
    expect((await resumeTrading(flow.ports, byAlgo, "portfolio", "all clear")).ok).toBe(false);
    expect((await resumeTrading(flow.ports, ADMIN, "portfolio", "all clear")).ok).toBe(true);
    expect((await flow.place(RESTING)).state).toBe("new");
  });

  test("an epoch older than one already seen is stopped", async () => {
    await flow.place(RESTING);
    const approved = await flow.reserve(RESTING);
    const stale = { ...approved, epoch: approved.epoch - 1 };
    expect((await flow.gateway.submit(stale, 1)).outcome).toBe("stopped");
  });
});

describe("attempts", () => {
  test("the same attempt twice is sent once, also after a crash", async () => {
    const approved = await flow.reserve(RESTING);
    const [first, second] = await Promise.all([
      flow.gateway.submit(approved, 1),
      flow.gateway.submit(approved, 1),
    ]);
    expect([first.outcome, second.outcome]).toEqual(["accepted", "accepted"]);
    await crashGateway();
    expect((await flow.gateway.submit(approved, 1)).outcome).toBe("accepted");
    expect((await flow.gateway.submit(approved, 2)).outcome).toBe("accepted");
    expect(await atBroker(flow, approved.intent.clientOrderId)).toHaveLength(1);
    expect((await flow.paper.control()).ordersReceived).toBe(1);
  });

  test("lesson 32: what may have left is only looked for: a write-ahead record without an outcome is unknown, and is never sent again", async () => {
    const { clientOrderId } = await flow.place(RESTING);
    const forget = `UPDATE orders SET record = 'recorded', broker_order_id = NULL,
      body = json_set(body, '$.record', 'recorded', '$.brokerOrderId', NULL)`;
    await inGatewayStorage(forget);
    await crashGateway();
    const evidence = await flow.gateway.lookUp(clientOrderId);
    expect(evidence).toMatchObject({ record: "accepted", attempts: 1, found: true });
    expect((await flow.paper.control()).ordersReceived).toBe(1);
    expect((await flow.order(clientOrderId)).state).toBe("new");
  });

  test("a cancel that comes before its order keeps the order from leaving", async () => {
    const approved = await flow.reserve(RESTING);
    const { clientOrderId } = approved.intent;
    expect((await cancelOrder(flow.ports, ALGO, clientOrderId, Date.now())).ok).toBe(true);
    expect((await flow.gateway.submit(approved, 1)).outcome).toBe("stopped");
    expect((await flow.order(clientOrderId)).state).toBe("canceled");
    expect((await flow.paper.control()).ordersReceived).toBe(0);
  });

  test("an order of another program is kept under external when it fills, whatever id it has there", async () => {
    const approved = await flow.reserve();
    const external = { ...approved, intent: { ...approved.intent, clientOrderId: "by-hand" } };
    await flow.paper.trading.submit(external);
    const orders = async () => (await flow.ledger.orders({ limit: 10 })).items;
    await until(async () => (await orders()).some(({ state }) => state === "filled"));
    const adopted = (await orders()).find(({ algoId }) => algoId === "external");
    expect(adopted?.clientOrderId).toBe(externalOrderId("paper", adopted?.brokerOrderId ?? ""));
    expect(await flow.ledger.order("by-hand")).toBeNull();
  });
});

test("the first order of a platform whose balances nobody has read is carried out", async () => {
  await endFlow(flow);
  flow = await startFlow({ isCold: true });
  expect((await flow.place(RESTING)).state).toBe("new");
});

test("orders that come at once to such a platform are all carried out, though one reading serves them", async () => {
  await endFlow(flow);
  flow = await startFlow({ isCold: true });
  const placed = await Promise.all(Array.from({ length: 5 }, () => flow.place(RESTING)));
  expect(placed.map(({ state }) => state)).toEqual(Array.from({ length: 5 }, () => "new"));
});

test("balances that a gateway counts as read, and the ledger has not got, are brought by the order that needs them", async () => {
  await endFlow(flow);
  flow = await startFlow({ isCold: true });
  for (const name of ["balances_read_at", "balances_tried_at"])
    await inGatewayStorage("INSERT INTO numbers (name, value) VALUES (?, ?)", name, Date.now());
  expect((await flow.place(RESTING)).state).toBe("new");
});

/** Everything that may die between two steps of an order. */
const DEATHS: [string, () => Promise<unknown>][] = [
  ["gateway", crashGateway],
  ["ledger", evictLedger],
  ["exchange", () => crashPaper(flow)],
];

describe.each(DEATHS)("when the %s dies between every two steps", (_, die) => {
  test(
    "lesson 26: an order still goes from intent to fill, once, and the position is what the broker filled",
    { timeout: 20_000 },
    async () => {
      const approved = await flow.reserve();
      const { clientOrderId } = approved.intent;
      await die();
      expect(["accepted", "unknown"]).toContain((await flow.gateway.submit(approved, 1)).outcome);
      await die();
      await settle(clientOrderId, "filled");
      await die();
      await pollIsDue();
      await watchNow();
      const order = await flow.order(clientOrderId);
      expect(order).toMatchObject({ state: "filled", filledQuantity: "10" });
      expect(await atBroker(flow, clientOrderId)).toHaveLength(1);
      expect((await flow.ledger.positions())[0]?.quantity).toBe("10");
    },
  );

  test("a resting order is canceled, and reserves nothing", { timeout: 20_000 }, async () => {
    const { clientOrderId } = await flow.place(RESTING);
    await die();
    await cancelOrder(flow.ports, ALGO, clientOrderId, Date.now());
    await die();
    await settle(clientOrderId, "canceled");
    expect(await atBroker(flow, clientOrderId)).toMatchObject([{ state: "canceled" }]);
    expect((await flow.ledger.status()).openOrders).toBe(0);
  });
});

/** The watch goes on until the order is there. */
const settle = (id: string, state: string) =>
  until(async () => {
    await pollIsDue();
    await watchNow();
    return (await flow.order(id)).state === state;
  });
