import {
  applyD1Migrations,
  evictDurableObject,
  reset,
  runDurableObjectAlarm,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { KILL_SWITCH_HOLD_MS, ORDER_STEP_OVERDUE_MS } from "../../src/domain/limits.ts";
import { fillOf, intentWith, postOf } from "../support/ledger/samples.ts";
import { until } from "../support/until.ts";

import { marked } from "../support/workers/ledger-controls.ts";
import { delivered, ledger, placed, reserve, stub } from "../support/workers/ledger.ts";

beforeEach(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  const balances = [{ currency: "USD", total: "1000000", available: "1000000" }];
  await ledger().recordBalances("paper", balances, Date.now());
});

afterEach(async () => {
  vi.useRealTimers();
  await reset();
});

describe("the kill switch", () => {
  test("latches, survives an eviction, and refuses every later version", async () => {
    const intent = await placed();
    const killed = await ledger().trip("portfolio", "a test", "person:ann");
    expect(killed).toMatchObject({ scope: "portfolio", state: "halted", openOrders: 1 });
    expect(killed.toCancel).toMatchObject([
      { clientOrderId: intent.clientOrderId, state: "pending_cancel" },
    ]);
    await evictDurableObject(stub());
    const answer = await reserve(intentWith());
    expect(answer).toMatchObject({ kind: "denied", refusal: { code: "KILL_SWITCH" } });
    expect((await ledger().status()).tradingStates).toMatchObject([
      { scope: "portfolio", state: "halted", reason: "a test", by: "person:ann" },
    ]);
    expect(await ledger().approved(intent.clientOrderId)).toBeNull();
  });

  test("tripped twice keeps who was first, and asks for the same cancels again", async () => {
    await placed();
    const first = await ledger().trip("algo:algo-a", "first", "person:ann");
    const second = await ledger().trip("algo:algo-a", "second", "person:bob");
    // What it took is each call's own.
    const took = { latchedInMs: expect.any(Number), enforcedInMs: expect.any(Number) };
    expect(second).toEqual({ ...first, ...took });
    expect((await ledger().status()).tradingStates).toMatchObject([{ by: "person:ann" }]);
  });

  test("of one algo leaves the others alone", async () => {
    await placed();
    await placed({ algoId: "algo-b" });
    const killed = await ledger().trip("algo:algo-b", "a test", "person:ann");
    expect(killed.toCancel.map(({ algoId }) => algoId)).toEqual(["algo-b"]);
    expect((await reserve(intentWith())).kind).toBe("approved");
    expect((await reserve(intentWith({ algoId: "algo-b" }))).kind).toBe("denied");
  });

  test("is reset only when it is on, and not before its hold is over", async () => {
    expect(await ledger().resetTrip("portfolio", "a test", "person:ann")).toMatchObject({
      ok: false,
      error: { code: "CONFLICT" },
    });
    const { since } = await ledger().trip("portfolio", "a test", "person:ann");
    expect(await ledger().resetTrip("portfolio", "a test", "person:ann")).toMatchObject({
      ok: false,
      error: { code: "TOO_EARLY" },
    });
    vi.useFakeTimers({ now: since + KILL_SWITCH_HOLD_MS, toFake: ["Date"] });
    expect(await ledger().resetTrip("portfolio", "looked at it", "person:ann")).toMatchObject({
      ok: true,
      value: { state: "active" },
    });
    expect((await reserve(intentWith())).kind).toBe("approved");
  });
});

describe("the sweep", () => {
  test("an order that nobody handed to its gateway is proven not sent and goes to the retries", async () => {
    const intent = await placed();
    vi.useFakeTimers({ now: Date.now() + ORDER_STEP_OVERDUE_MS, toFake: ["Date"] });
    // Without a fresh price it would not be wanted any more.
    await marked(100);
    await ledger().ensure();
    expect(await ledger().order(intent.clientOrderId)).toMatchObject({
      state: "pending_new",
      reason: "nobody handed it to its gateway in time",
    });
  });

  test("a halted one is canceled instead", async () => {
    const intent = await placed();
    await ledger().trip("portfolio", "a test", "person:ann");
    vi.useFakeTimers({ now: Date.now() + ORDER_STEP_OVERDUE_MS, toFake: ["Date"] });
    await ledger().ensure();
    const state = async () => (await ledger().order(intent.clientOrderId))?.state;
    await until("the cancel", async () => (await state()) !== "pending_cancel");
    expect(await state()).toBe("canceled");
  });

  test("a fresh one is left alone", async () => {
    const intent = await placed();
    await ledger().ensure();
    expect(await ledger().order(intent.clientOrderId)).toMatchObject({ reason: null });
  });
});

describe("the alarm", () => {
  test("is set by the first order and not when there is nothing to watch", async () => {
    expect(await runDurableObjectAlarm(stub())).toBe(false);
    await placed();
    expect(await runDurableObjectAlarm(stub())).toBe(true);
    expect(await runDurableObjectAlarm(stub())).toBe(true);
  });
});

describe("the trading day", () => {
  test("rolls at midnight UTC, whoever comes first: figures go to the tradebook, budgets begin again", async () => {
    const changes = [{ scope: "portfolio", name: "ordersPerDay" as const, value: "1" }];
    await ledger().setLimits({ changes, reason: "a test" }, "person:ann");
    const intent = await placed({ protectiveStop: "95" });
    await ledger().post([postOf(intent.clientOrderId, fillOf(intent, "10", "100"), Date.now())]);
    expect((await reserve(intentWith())).kind).toBe("denied");
    const today = new Date().toISOString().slice(0, 10);
    vi.useFakeTimers({ now: Date.parse(today) + 86_400_000, toFake: ["Date"] });
    await evictDurableObject(stub());
    expect((await reserve(intentWith())).kind).toBe("approved");
    await delivered();
    const days = await env.DB.prepare("SELECT day, money_at_risk_max FROM risk_by_day").all();
    expect(days.results).toContainEqual({ day: today, money_at_risk_max: "50" });
  });
});

describe("news that cannot be applied", () => {
  test("is set aside, and what came with it is booked once", async () => {
    const intent = await placed();
    const fill = fillOf(intent, "4", "100");
    // A bug of a caller: no quantity.
    const bad = postOf(intent.clientOrderId, fillOf(intent, "four", "100"));
    await ledger().post([postOf(intent.clientOrderId, fill), bad]);
    const { version } = await ledger().status();
    expect(await ledger().order(intent.clientOrderId)).toMatchObject({ filledQuantity: "4" });
    const [order] = await ledger().post([postOf(intent.clientOrderId, fill)]);
    expect(order).toMatchObject({ filledQuantity: "4" });
    expect((await ledger().status()).version).toBe(version);
  });
});
