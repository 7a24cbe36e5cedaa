import { applyD1Migrations, evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { GatewayCalls } from "../../durable-objects/risk-ledger.gateway-calls.ts";
import { KILL_SWITCH_HOLD_MS } from "../../src/domain/limits.ts";
import { orderGateway } from "../../src/platform/objects.ts";
import { acceptedAs, factsWith, intentWith, markOf, postOf } from "../support/ledger/samples.ts";
import { ledger, placed, reserve, stub } from "../support/workers/ledger.ts";
import {
  ANN,
  reason,
  codeOf,
  restrict,
  lift,
  filled,
  states,
  audited,
  limits,
} from "../support/workers/ledger-controls.ts";

beforeEach(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  const balances = [{ currency: "USD", total: "1000000", available: "1000000" }];
  await ledger().recordBalances("paper", balances, Date.now());
});

afterEach(async () => {
  vi.useRealTimers();
  await reset();
});

describe("a restriction", () => {
  test.each([
    ["portfolio", "PORTFOLIO_ASLEEP"],
    ["algo:algo-a", "ALGO_PAUSED"],
    ["instrument:XNAS:ACME", "INSTRUMENT_BLOCKED"],
  ])(
    "of %s refuses entries, outlives an eviction, is audited, and ends when lifted",
    async (scope, code) => {
      await restrict(scope);
      await evictDurableObject(stub());
      expect(await codeOf(intentWith())).toBe(code);
      expect(await audited("restrict")).toEqual([{ subject: scope, by: ANN }]);
      await lift(scope);
      expect(await codeOf(intentWith())).toBe("approved");
      expect(await audited("lift")).toHaveLength(1);
    },
  );

  test("said twice keeps who was first and writes nothing", async () => {
    await restrict("algo:algo-a");
    const before = (await ledger().status()).version;
    await ledger().control({ kind: "restrict", scope: "algo:algo-a", reason }, "person:bob");
    const { restrictions } = await ledger().controls();
    expect(restrictions).toMatchObject([{ scope: "algo:algo-a", by: ANN }]);
    expect((await ledger().status()).version).toBe(before);
  });

  test("lesson 48: a paused algo may not add to a position, by no order and no modify, and may close it", async () => {
    await filled();
    const open = await placed({ quantity: "5" });
    await ledger().post([postOf(open.clientOrderId, acceptedAs("b-open"))]);
    await restrict("algo:algo-a");
    expect(await codeOf(intentWith({ quantity: "1" }))).toBe("ALGO_PAUSED");
    const facts = { ...factsWith(), mark: markOf(Date.now()) };
    const more = { quantity: "6", limitPrice: null, stopPrice: null };
    expect(await ledger().reserveReplace(open.clientOrderId, more, facts, ANN)).toMatchObject({
      ok: false,
      error: { code: "ALGO_PAUSED" },
    });
    expect(await codeOf(intentWith({ side: "sell", quantity: "11" }))).toBe("ALGO_PAUSED");
    expect(await codeOf(intentWith({ side: "sell", quantity: "10" }))).toBe("approved");
  });
});

describe("an algo", () => {
  test("without a key opens nothing until it is registered", async () => {
    const facts = { ...factsWith({ algoKnown: false }), mark: markOf(Date.now()) };
    expect(await ledger().reserve(intentWith({ algoId: "nobody" }), facts)).toMatchObject({
      kind: "denied",
      refusal: { code: "ALGO_UNKNOWN" },
    });
    await ledger().control({ kind: "register", algoId: "nobody", reason }, ANN);
    await evictDurableObject(stub());
    expect((await ledger().reserve(intentWith({ algoId: "nobody" }), facts)).kind).toBe("approved");
  });
});

describe("exposure and crossing", () => {
  test.each([
    ["grossExposure", "GROSS_EXPOSURE"],
    ["netExposure", "NET_EXPOSURE"],
  ] as const)("%s counts open orders, also after an eviction", async (name, code) => {
    await limits([["portfolio", name, "2000"]]);
    await placed({ quantity: "10" });
    await evictDurableObject(stub());
    expect(await codeOf(intentWith({ quantity: "11" }))).toBe(code);
    expect(await codeOf(intentWith({ quantity: "10" }))).toBe("approved");
  });

  test("two of our algos never trade with each other", async () => {
    await placed({ algoId: "algo-b", side: "sell", limitPrice: "101" });
    await evictDurableObject(stub());
    expect(await codeOf(intentWith({ limitPrice: "101" }))).toBe("SELF_CROSS");
    expect(await codeOf(intentWith({ type: "market", limitPrice: null }))).toBe("SELF_CROSS");
    expect(await codeOf(intentWith({ limitPrice: "100.99" }))).toBe("approved");
  });

  test("lesson 49: orders are counted for each algo and for the account, in a second and in a day", async () => {
    const changes = [
      { scope: "account:paper", name: "ordersPerDay" as const, value: "3" },
      { scope: "algo:algo-a", name: "ordersPerDay" as const, value: "2" },
    ];
    await ledger().setLimits({ changes, reason }, ANN);
    await placed();
    await placed();
    await evictDurableObject(stub());
    expect(await reserve(intentWith())).toMatchObject({
      refusal: { code: "ORDERS_PER_DAY", scope: "algo:algo-a" },
    });
    expect(await codeOf(intentWith({ algoId: "algo-b" }))).toBe("approved");
    expect(await reserve(intentWith({ algoId: "algo-b" }))).toMatchObject({
      refusal: { code: "ORDERS_PER_DAY", scope: "account:paper" },
    });
    await ledger().setLimits(
      { changes: [{ scope: "account:paper", name: "ordersPerSecond", value: "1" }], reason },
      ANN,
    );
    expect(await reserve(intentWith({ algoId: "algo-c" }))).toMatchObject({
      refusal: { code: "ORDER_RATE", scope: "account:paper" },
    });
  });

  test("lesson 27: of many orders at once as many are reserved as the limit has room for, and not one more", async () => {
    const changes = [{ scope: "portfolio", name: "openOrders" as const, value: "7" }];
    await ledger().setLimits({ changes, reason }, ANN);
    const all = await Promise.all(Array.from({ length: 40 }, () => codeOf(intentWith())));
    expect(all.filter((code) => code === "approved")).toHaveLength(7);
    expect(all.filter((code) => code === "OPEN_ORDERS")).toHaveLength(33);
  });
});

const set = (state: "active" | "reducing") =>
  ledger().control({ kind: "trading_state", scope: "account:paper", state, reason }, ANN);

describe("a trading state", () => {
  test("is set and taken back by a person; halted is left only as a kill switch is", async () => {
    await set("reducing");
    await evictDurableObject(stub());
    expect(await codeOf(intentWith())).toBe("KILL_SWITCH");
    expect(await set("active")).toMatchObject({ ok: true });
    expect(await codeOf(intentWith())).toBe("approved");
    const { since } = await ledger().trip("account:paper", "a test", ANN);
    expect(await set("reducing")).toMatchObject({ ok: false, error: { code: "TOO_EARLY" } });
    vi.useFakeTimers({ now: since + KILL_SWITCH_HOLD_MS, toFake: ["Date"] });
    expect(await set("reducing")).toMatchObject({ ok: true });
    expect(await states()).toEqual([`account:paper reducing ${ANN}`]);
  });
});

describe("the lease", () => {
  test("lesson 62: an order reserved before a takeover never leaves after it, and the old region reserves no more", async () => {
    const answer = await reserve(intentWith());
    if (answer.kind !== "approved") throw new Error("not approved");
    const taken = await ledger().control({ kind: "take_lease", region: "standby", reason }, ANN);
    expect(taken).toMatchObject({
      ok: true,
      value: { lease: { region: "standby", epoch: 2, unconfirmed: [] } },
    });
    expect(await orderGateway(env, "paper").submit(answer.approved, 1)).toMatchObject({
      outcome: "stopped",
      order: { reason: expect.stringContaining("epoch 1 is over") },
    });
    await evictDurableObject(stub());
    const facts = { ...factsWith({ epoch: 1 }), mark: markOf(Date.now()) };
    expect(await ledger().reserve(intentWith(), facts)).toMatchObject({
      refusal: { code: "STALE_EPOCH", limit: "2", asked: "1" },
    });
    expect((await ledger().reserve(intentWith(), { ...facts, epoch: 2 })).kind).toBe("approved");
    expect(await audited("lease_take")).toEqual([{ subject: "standby", by: ANN }]);
  });
});

test("a gateway that is owed a fence is named until it has confirmed, and one that is owed a halt is not", async () => {
  await runInDurableObject(stub(), async (_ledger, ctx) => {
    const calls = new GatewayCalls(ctx.storage.sql, env);
    calls.owe("portfolio", "halt", 7, 7);
    expect(calls.unfenced()).toEqual([]);
    calls.oweFence(2);
    expect(calls.unfenced()).toEqual(["paper"]);
    expect(await calls.settle()).toBe(true);
    expect(calls.unfenced()).toEqual([]);
  });
});

describe("the kill switch", () => {
  test("stops the algos with the latch, and they stay stopped after the reset", async () => {
    await placed();
    const killed = await ledger().trip("portfolio", "a test", ANN, { stopAlgos: true });
    expect(killed).toMatchObject({ algosStopped: ["algo-a"], enforcedInMs: expect.any(Number) });
    vi.useFakeTimers({ now: killed.since + KILL_SWITCH_HOLD_MS, toFake: ["Date"] });
    await ledger().resetTrip("portfolio", "looked at it", ANN);
    expect(await codeOf(intentWith())).toBe("ALGO_PAUSED");
    expect(await codeOf(intentWith({ algoId: "algo-b" }))).toBe("approved");
    await lift("algo:algo-a");
    expect(await codeOf(intentWith())).toBe("approved");
  });
});
