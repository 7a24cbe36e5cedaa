import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { haltTrading } from "../../src/application/halt-trading.ts";
import { submitOrder } from "../../src/application/submit-order.ts";
import { orderRequest } from "../../src/contract/orders.ts";
import {
  ADMIN,
  ALGO,
  endFlow,
  RESTING,
  startFlow,
  until,
  type Flow,
} from "../support/workers/orders.ts";

/** The whole platform starts, and is polled until it has done its work. */
const TIMEOUT_MS = 30_000;

vi.setConfig({ testTimeout: TIMEOUT_MS });

let flow: Flow;

beforeEach(async () => {
  flow = await startFlow();
}, TIMEOUT_MS);

afterEach(() => endFlow(flow));

const SCOPES = ["portfolio", "account:paper", "algo:momentum", "instrument:NSE:INFY"];

const position = async () => (await flow.ledger.positions())[0]?.quantity;

describe("the kill switch on the whole way of an order", () => {
  test.for(SCOPES)(
    "of %s: halts, cancels, flattens, and says how long it took",
    async (scope, { annotate }) => {
      const held = await flow.place();
      await until(async () => (await flow.order(held.clientOrderId)).state === "filled");
      const resting = await Promise.all(Array.from({ length: 5 }, () => flow.place(RESTING)));
      // Orders that are on their way while it comes.
      const racing = Array.from({ length: 20 }, () => flow.place(RESTING).catch(() => null));
      const halted = await haltTrading(
        flow.ports,
        ADMIN,
        scope,
        "a test needs it",
        Date.now(),
        true,
      );
      if (!halted.ok) throw new Error(halted.error.message);
      const { enforcedInMs, lastLeftAfterMs, latchedInMs, flattened } = halted.value;
      await annotate(
        `latched in ${latchedInMs} ms, every gateway held it after ${enforcedInMs} ms, the last order left at ${lastLeftAfterMs} ms`,
      );
      expect(flattened).toBe(1);
      expect(enforcedInMs).not.toBeNull();
      // The last order left before every gateway had said that it holds.
      expect(lastLeftAfterMs ?? 0).toBeLessThanOrEqual(enforcedInMs ?? 0);
      await Promise.all(racing);
      await until(async () => (await position()) === "0");
      for (const { clientOrderId } of resting)
        await until(async () => (await flow.order(clientOrderId)).state === "canceled");
      await until(async () => (await flow.ledger.status()).openOrders === 0);
      const request = orderRequest.parse({
        clientOrderId: "after-1",
        instrument: "NSE:INFY",
        side: "buy",
        quantity: 10,
        ...RESTING,
      });
      const after = await submitOrder(flow.ports, ALGO, request, Date.now());
      expect(after).toMatchObject({ ok: false, error: { code: "KILL_SWITCH" } });
    },
  );

  test("lesson 61: the gate is shut before anything is looked at, so that nothing opens in the second of the stop", async () => {
    const approved = await flow.reserve(RESTING);
    const halted = haltTrading(flow.ports, ADMIN, "portfolio", "a test needs it", Date.now());
    const sent = flow.gateway.submit(approved, 1);
    const [answer, outcome] = await Promise.all([halted, sent]);
    expect(answer.ok).toBe(true);
    await until(async () => (await flow.ledger.status()).openOrders === 0);
    const order = await flow.order(approved.intent.clientOrderId);
    expect(["canceled", "rejected"]).toContain(order.state);
    expect(["accepted", "stopped"]).toContain(outcome.outcome);
    // Reserved before the halt and handed over after it: it never leaves.
    expect(await flow.gateway.submit(approved, 2)).toMatchObject({
      order: { filledQuantity: "0" },
    });
  });
});

describe("the exchange's hours", () => {
  test("changed while it runs reach the ledger's check", async () => {
    const sunday = Date.UTC(2026, 10, 22, 6);
    let made = 0;
    const codeNow = async () => {
      const request = orderRequest.parse({
        clientOrderId: `sunday-${++made}`,
        instrument: "NSE:INFY",
        side: "buy",
        quantity: 10,
        ...RESTING,
      });
      const placed = await submitOrder(flow.ports, ALGO, request, sunday);
      return placed.ok ? "ok" : placed.error.code;
    };
    // Asked without orders: those that the exchange rejects meanwhile would be a reject storm.
    const isOpen = async () => {
      const market = flow.ports.market("paper");
      const instrument = await market?.instrument("NSE:INFY");
      return instrument ? market?.isOpen(instrument, sunday) : null;
    };
    expect(await codeNow()).toBe("ok");
    await flow.paper.control("/market", { hours: "exchange" });
    await until(async () => (await isOpen()) === false);
    expect(await codeNow()).toBe("MARKET_CLOSED");
    await flow.paper.control("/market", { hours: "always" });
    await until(async () => (await isOpen()) === true);
    expect(await codeNow()).toBe("ok");
  });
});

describe("an algo that nobody knows", () => {
  test("is refused by name when a person trades for it, until it has a key or is registered", async () => {
    const request = orderRequest.parse({
      clientOrderId: "for-nobody-1",
      algoId: "nobody",
      instrument: "NSE:INFY",
      side: "buy",
      quantity: 10,
      ...RESTING,
    });
    const place = () => submitOrder(flow.ports, ADMIN, request, Date.now());
    expect(await place()).toMatchObject({ ok: false, error: { code: "ALGO_UNKNOWN" } });
    const command = { kind: "register", algoId: "nobody", reason: "a test needs it" } as const;
    await flow.ledger.control(command, "person:ann");
    const again = { ...request, clientOrderId: "for-nobody-2" };
    expect((await submitOrder(flow.ports, ADMIN, again, Date.now())).ok).toBe(true);
  });
});

describe("the lease", () => {
  test("lost to another region refuses orders by name; taken back, the next order passes at once", async () => {
    const take = (region: string) =>
      flow.ledger.control({ kind: "take_lease", region, reason: "a test needs it" }, "person:ann");
    expect((await flow.place(RESTING)).epoch).toBe(1);
    await take("standby");
    await expect(flow.place(RESTING)).rejects.toThrow("STALE_EPOCH");
    await take("primary");
    expect((await flow.place(RESTING)).epoch).toBe(3);
  });
});
