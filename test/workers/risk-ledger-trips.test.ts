import {
  applyD1Migrations,
  evictDurableObject,
  reset,
  runDurableObjectAlarm,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { KILL_SWITCH_HOLD_MS, TRIP_LOOK_INTERVAL_MS } from "../../src/domain/limits.ts";

import { factsWith, intentWith, markOf, postOf } from "../support/ledger/samples.ts";
import { ledger, placed, stub } from "../support/workers/ledger.ts";
import { until } from "../support/until.ts";
import {
  ANN,
  reason,
  codeOf,
  filled,
  states,
  limits,
  trips,
  marked,
  latched,
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

const reject = async (why: string) => {
  const { clientOrderId } = await placed();
  await ledger().post([postOf(clientOrderId, { kind: "rejected", reason: why }, Date.now())]);
};

/** As the gateway tells of an order that it did not send. */
const stopped = async (why: string) => {
  const { clientOrderId } = await placed();
  const event = { kind: "rejected", reason: why } as const;
  const eventId = `${clientOrderId}:stopped`;
  await ledger().post([{ eventId, clientOrderId, event, at: Date.now() }]);
};

const watchesIndex = async () =>
  (await ledger().controls()).trips.find(({ trip }) => trip === "indexFall")?.on;

describe("a trip in the running ledger", () => {
  test("the daily loss: reducing at the soft limit, halted with its orders canceled at the hard one", async () => {
    await limits([
      ["algo:algo-a", "dailyLossSoft", "30"],
      ["algo:algo-a", "dailyLoss", "50"],
    ]);
    await filled();
    const open = await placed({ limitPrice: "96", quantity: "1" });
    await marked(96);
    await latched(["algo:algo-a reducing trip:dailyLoss"]);
    await marked(94);
    await latched(["algo:algo-a halted trip:dailyLoss"]);
    await until("the cancel", async () =>
      ["pending_cancel", "canceled"].includes(
        (await ledger().order(open.clientOrderId))?.state ?? "",
      ),
    );
    expect(await codeOf(intentWith({ algoId: "algo-b", limitPrice: "97" }))).toBe("approved");
  });

  test("lesson 44: the day's budget is lost once, a restart and a reset do not give it back", async () => {
    await limits([["algo:algo-a", "dailyLoss", "50"]]);
    await filled();
    await marked(94);
    await latched(["algo:algo-a halted trip:dailyLoss"]);
    await marked(100);
    await evictDurableObject(stub());
    expect(await codeOf(intentWith())).toBe("KILL_SWITCH");
    vi.useFakeTimers({ now: Date.now() + KILL_SWITCH_HOLD_MS, toFake: ["Date"] });
    await ledger().resetTrip("algo:algo-a", "looked at it", ANN);
    await evictDurableObject(stub());
    expect(await codeOf(intentWith())).toBe("DAILY_LOSS");
    await ledger().ensure();
    expect(await states()).toEqual([]);
    expect(await codeOf(intentWith({ side: "sell" }))).toBe("approved");
  });

  test("the drawdown, of the portfolio", async () => {
    await limits([["portfolio", "drawdown", "50"]]);
    await filled();
    await marked(110);
    await until("the peak", async () => (await ledger().status()).dayProfit === "100");
    await marked(104);
    await latched(["portfolio halted trip:drawdown"]);
    expect(await codeOf(intentWith({ side: "sell" }))).toBe("KILL_SWITCH");
  });

  test("lesson 47: a price that cannot be read halts its algo, fails closed, and the trip is armed again once it is good", async () => {
    await limits([["algo:algo-a", "dailyLoss", "500"]]);
    await filled();
    await marked(null);
    await latched(["algo:algo-a halted trip:dailyLoss"]);
    vi.useFakeTimers({ now: Date.now() + KILL_SWITCH_HOLD_MS, toFake: ["Date"] });
    await ledger().resetTrip("algo:algo-a", "looked at it", ANN);
    expect(await states()).toEqual([]);
    await marked(100);
    await until("its value", async () => (await ledger().status()).equity !== null);
    await ledger().ensure();
    await marked(null);
    await latched(["algo:algo-a halted trip:dailyLoss"]);
  });

  test("a denial storm, of what is asked for together as of what is asked for alone", async () => {
    await trips([{ trip: "denialStorm", bounds: { count: 2 } }]);
    await limits([["algo:algo-a", "orderNotional", "1"]]);
    // The last look was some time ago.
    vi.useFakeTimers({ now: Date.now() + TRIP_LOOK_INTERVAL_MS, toFake: ["Date"] });
    const facts = factsWith({ mark: markOf(Date.now()) });
    const asks = [0, 1].map(() => ({ intent: intentWith(), facts }));
    const answers = await ledger().reserveAll(asks);
    expect(answers.map(({ kind }) => kind)).toEqual(["denied", "denied"]);
    expect(await states()).toEqual(["algo:algo-a reducing trip:denialStorm"]);
  });

  test("a reject storm, of what the broker rejected and not of what our own gate stopped", async () => {
    await trips([{ trip: "rejectStorm", bounds: { count: 3, windowMs: 60_000 } }]);
    await stopped("stopped: kill switch on portfolio");
    await stopped("NOT_RECONCILED: the order stream is down");
    await stopped("denied: more than 10 calls per second");
    await stopped("CLOCK_SKEW: the broker's clock is 9000 ms from ours");
    await ledger().ensure();
    expect(await states()).toEqual([]);
    for (let count = 0; count < 3; count += 1) await reject("no such thing");
    await ledger().ensure();
    expect((await states()).sort()).toEqual([
      "account:paper halted trip:rejectStorm",
      "algo:algo-a halted trip:rejectStorm",
    ]);
  });

  test("a storm is counted across evictions, and not again once a person has looked at it", async () => {
    await trips([{ trip: "rejectStorm", bounds: { count: 3, windowMs: 60_000 } }]);
    await stopped("stopped: kill switch on portfolio");
    for (let count = 0; count < 3; count += 1) {
      expect(await states()).toEqual([]);
      await reject("no such thing");
      await evictDurableObject(stub());
    }
    await ledger().ensure();
    expect((await states()).sort()).toEqual([
      "account:paper halted trip:rejectStorm",
      "algo:algo-a halted trip:rejectStorm",
    ]);
    vi.useFakeTimers({ now: Date.now() + KILL_SWITCH_HOLD_MS, toFake: ["Date"] });
    for (const scope of ["account:paper", "algo:algo-a"] as const)
      await ledger().resetTrip(scope, "looked at it", ANN);
    await evictDurableObject(stub());
    await ledger().ensure();
    expect(await states()).toEqual([]);
  });

  test("churn is counted across an eviction", async () => {
    await trips([{ trip: "orderChurn", state: "reducing", bounds: { count: 2 } }]);
    for (let count = 0; count < 2; count += 1) {
      expect(await states()).toEqual([]);
      await ledger().requestCancel((await placed()).clientOrderId, ANN);
      await evictDurableObject(stub());
    }
    await ledger().ensure();
    expect(await states()).toContain("algo:algo-a reducing trip:orderChurn");
  });

  test("order churn", async () => {
    await trips([{ trip: "orderChurn", state: "reducing", bounds: { count: 2 } }]);
    for (let count = 0; count < 2; count += 1)
      await ledger().requestCancel((await placed()).clientOrderId, ANN);
    await ledger().ensure();
    expect(await states()).toContain("algo:algo-a reducing trip:orderChurn");
  });

  test("a stale feed, once it is switched on", async () => {
    await filled();
    await trips([{ trip: "staleFeed", on: true, bounds: { ageMs: 1_000 } }]);
    vi.useFakeTimers({ now: Date.now() + 2_000, toFake: ["Date"] });
    await ledger().ensure();
    expect(await states()).toEqual(["instrument:XNAS:ACME reducing trip:staleFeed"]);
  });

  test("a failed reconciliation, and a clock that is off, of their accounts", async () => {
    const failed = { kind: "reconcile_failed", scope: "instrument:XNAS:ACME", reason } as const;
    await ledger().control(failed, "gateway:paper");
    await ledger().control({ kind: "clock_offset", broker: "paper", offsetMs: 9_000 }, "feed");
    await latched([
      "instrument:XNAS:ACME reducing trip:reconcileFailure",
      "account:paper reducing trip:clockSkew",
    ]);
    expect(await codeOf(intentWith())).toBe("KILL_SWITCH");
  });

  test("a fall of the index, with its highest price from before an eviction", async () => {
    const bounds = { instrument: "XNAS:ACME", fraction: 0.05, windowMs: 600_000 };
    await trips([{ trip: "indexFall", on: true, bounds }]);
    await placed();
    await marked(100);
    await until("the price", async () => {
      await ledger().ensure();
      return true;
    });
    await evictDurableObject(stub());
    await marked(94);
    await latched(["portfolio reducing trip:indexFall"]);
    expect(await codeOf(intentWith())).toBe("KILL_SWITCH");
  });

  test("an index without a price: entries are refused until it has one, exits pass, and it is shown", async () => {
    await filled();
    const bounds = { instrument: "XNAS:OTHER", fraction: 0.05 };
    await trips([{ trip: "indexFall", on: true, bounds }]);
    expect((await ledger().status()).unknownTrips).toEqual([
      { trip: "indexFall", reason: "there is no good price of XNAS:OTHER" },
    ]);
    expect(await codeOf(intentWith())).toBe("STALE_PRICE");
    expect(await codeOf(intentWith({ side: "sell" }))).toBe("approved");
    await marked(100, "XNAS:OTHER");
    await until("the price", async () => (await ledger().status()).unknownTrips.length === 0);
    expect(await codeOf(intentWith())).toBe("approved");
    expect(await states()).toEqual([]);
  });

  test("an index that is named is asked for at once, not with the watchdog's next turn", async () => {
    await filled();
    await runDurableObjectAlarm(stub());
    await trips([{ trip: "indexFall", on: true, bounds: { instrument: "NSE:INFY" } }]);
    expect((await ledger().status()).unknownTrips).toHaveLength(1);
    await until("its price", async () => (await ledger().status()).unknownTrips.length === 0);
  });

  test("a fall of the index cannot be watched for without an index, and says so", async () => {
    const refused = {
      ok: false,
      error: {
        code: "BAD_REQUEST",
        message: "changes: trip indexFall cannot be on without the bound instrument",
      },
    };
    const on = { trip: "indexFall", on: true } as const;
    const named = { trip: "indexFall", bounds: { instrument: "XNAS:ACME" } } as const;
    const unnamed = { trip: "indexFall", bounds: { instrument: null } } as const;
    expect(await trips([on])).toMatchObject(refused);
    expect(await trips([{ trip: "dailyLoss", on: false }, on])).toMatchObject(refused);
    expect(await watchesIndex()).toBe(false);
    // Several changes of one trip are judged by what they come to.
    expect((await trips([on, named])).ok).toBe(true);
    expect(await trips([unnamed])).toMatchObject(refused);
    expect(await watchesIndex()).toBe(true);
    expect((await trips([{ ...unnamed, on: false }])).ok).toBe(true);
    expect(await watchesIndex()).toBe(false);
  });

  test("one that is switched off stays quiet", async () => {
    await trips([{ trip: "dailyLoss", on: false }]);
    await limits([["algo:algo-a", "dailyLoss", "50"]]);
    await filled();
    await marked(90);
    await until("the mark", async () => (await ledger().status()).dayProfit === "-100");
    await ledger().ensure();
    expect(await states()).toEqual([]);
  });
});
