import { describe, expect, test } from "vitest";
import { TRIPS } from "../../../../../src/domain/risk/trips/index.ts";
import { foreignBound, TRIP_NAMES } from "../../../../../src/domain/risk/trips/settings.ts";
import { countAt, countFor } from "../../../../../src/domain/risk/trips/storm.ts";
import { long } from "../../../../support/ledger/run.ts";
import { TripRun } from "../../../../support/ledger/trip-run.ts";

const ALGO_A = { algoId: "algo-a", account: "paper" };

describe("the losses", () => {
  test("fire above the limit and not at it, at the scope of the loss alone", () => {
    const run = new TripRun();
    run.limit("dailyLoss", "50", "algo:algo-a");
    long(run, "10");
    run.mark(95);
    expect(run.look()).toEqual([]);
    run.mark(94.99);
    expect(run.look()).toEqual(["dailyLoss algo:algo-a halted"]);
    expect(run.verdict({ algoId: "algo-b", limitPrice: "95" })).toBe("approved");
    expect(run.verdict({})).toBe("KILL_SWITCH");
  });

  test("lesson 46: a loss of one algo halts that algo, and the portfolio only when its own limit is passed", () => {
    const run = new TripRun();
    run.limit("dailyLoss", "40", "algo:algo-a");
    run.limit("dailyLoss", "100");
    long(run, "10");
    long(run, "10", { algoId: "algo-b" });
    run.mark(95);
    expect(run.look()).toEqual(["dailyLoss algo:algo-a halted"]);
    run.mark(94.9);
    expect(run.look()).toEqual(["dailyLoss portfolio halted"]);
  });

  test("the soft limit lets the scope reduce, the hard one halts it", () => {
    const run = new TripRun();
    run.limit("dailyLossSoft", "30", "algo:algo-a");
    run.limit("dailyLoss", "50", "algo:algo-a");
    long(run, "10");
    run.mark(96);
    expect(run.look()).toEqual(["dailyLoss algo:algo-a reducing"]);
    expect(run.verdict({ side: "sell", limitPrice: "96" })).toBe("approved");
    expect(run.verdict({ side: "sell", quantity: "11", limitPrice: "96" })).toBe("KILL_SWITCH");
    run.mark(94);
    expect(run.look()).toEqual(["dailyLoss algo:algo-a halted"]);
    expect(run.verdict({ side: "sell", limitPrice: "94" })).toBe("KILL_SWITCH");
  });

  test("a person who resumes is not halted again by the same loss; entries stay refused", () => {
    const run = new TripRun();
    run.limit("dailyLoss", "50", "algo:algo-a");
    long(run, "10");
    run.mark(94);
    expect(run.look()).toHaveLength(1);
    run.tradingState("algo:algo-a", "active");
    run.mark(93);
    expect(run.look()).toEqual([]);
    expect(run.verdict({ limitPrice: "93" })).toBe("DAILY_LOSS");
    expect(run.verdict({ side: "sell", limitPrice: "93" })).toBe("approved");
  });

  test("the next day's loss is a new one", () => {
    const run = new TripRun();
    run.limit("dailyLoss", "50", "algo:algo-a");
    long(run, "10");
    run.mark(94);
    run.look();
    run.tradingState("algo:algo-a", "active");
    run.day("2026-11-21");
    expect(run.look()).toEqual([]);
    run.mark(88.9);
    expect(run.look()).toEqual(["dailyLoss algo:algo-a halted"]);
  });

  test("lesson 45: the day's loss is counted from the day's start and the drawdown from the peak, each by its own name", () => {
    const run = new TripRun();
    run.limit("dailyLoss", "50", "algo:algo-a");
    run.limit("drawdown", "50", "algo:algo-a");
    long(run, "10");
    run.mark(104);
    run.mark(98.9);
    expect(run.look()).toEqual(["drawdown algo:algo-a halted"]);
    const other = new TripRun();
    other.limit("dailyLoss", "50", "algo:algo-a");
    other.limit("drawdown", "100", "algo:algo-a");
    long(other, "10");
    other.mark(94.9);
    expect(other.look()).toEqual(["dailyLoss algo:algo-a halted"]);
  });

  test("lesson 47: a price that is no number counts with the whole risk against its algo, halts it, and disables nothing", () => {
    const run = new TripRun();
    run.limit("dailyLoss", "50", "algo:algo-a");
    run.limit("dailyLoss", "500");
    long(run, "10");
    run.mark(Number.NaN);
    expect(run.look()).toEqual(["dailyLoss algo:algo-a halted"]);
    expect(run.verdict({ algoId: "algo-b" })).not.toBe("approved");
  });

  test("a trip that is switched off latches nothing; the check still refuses", () => {
    const run = new TripRun();
    run.limit("dailyLoss", "50", "algo:algo-a");
    run.set("dailyLoss", { on: false });
    long(run, "10");
    run.mark(94);
    expect(run.look()).toEqual([]);
    expect(run.verdict({ limitPrice: "94" })).toBe("DAILY_LOSS");
  });

  test("never milder than what stands", () => {
    const run = new TripRun();
    run.limit("dailyLossSoft", "30", "algo:algo-a");
    long(run, "10");
    run.tradingState("algo:algo-a", "halted");
    run.mark(94);
    expect(run.look()).toEqual([]);
    expect(run.state.tradingStates.get("algo:algo-a")?.state).toBe("halted");
  });
});

describe("the storms", () => {
  test.each([
    ["rejectStorm", "rejects"],
    ["orderChurn", "churn"],
  ] as const)(
    "%s fires at its count within its window, for the algo and the account",
    (trip, which) => {
      const run = new TripRun();
      run.set(trip, { bounds: { count: 3, windowMs: 1_000 } });
      countFor(run.watch, which, ALGO_A, run.now);
      countFor(run.watch, which, ALGO_A, run.now + 500);
      run.now += 999;
      countFor(run.watch, which, { algoId: "algo-b", account: "other" }, run.now);
      expect(run.look()).toEqual([]);
      countFor(run.watch, which, ALGO_A, run.now);
      expect(run.look()).toEqual([`${trip} algo:algo-a halted`, `${trip} account:paper halted`]);
    },
  );

  test("denialStorm fires for the algo alone, and leaves it a way out", () => {
    const run = new TripRun();
    long(run, "10");
    run.set("denialStorm", { bounds: { count: 2, windowMs: 1_000 } });
    countAt(run.watch, "denials", ["algo:algo-a"], run.now);
    expect(run.look()).toEqual([]);
    countAt(run.watch, "denials", ["algo:algo-a"], run.now);
    expect(run.look()).toEqual(["denialStorm algo:algo-a reducing"]);
    expect(run.verdict()).toBe("KILL_SWITCH");
    expect(run.verdict({ side: "sell", quantity: "10" })).toBe("approved");
  });

  test("what has left the window does not count, and a firing begins a new count", () => {
    const run = new TripRun();
    run.set("rejectStorm", { state: "reducing", bounds: { count: 2, windowMs: 1_000 } });
    countFor(run.watch, "rejects", ALGO_A, run.now);
    run.now += 1_000;
    countFor(run.watch, "rejects", ALGO_A, run.now);
    expect(run.look()).toEqual([]);
    run.now += 999;
    countFor(run.watch, "rejects", ALGO_A, run.now);
    expect(run.look()).toHaveLength(2);
    run.tradingState("algo:algo-a", "active");
    expect(run.look()).toEqual([]);
  });
});

describe("the feed, the clock and the index", () => {
  test("a stale feed latches its instrument while something is open in it", () => {
    const run = new TripRun();
    run.set("staleFeed", { on: true, bounds: { ageMs: 5_000 } });
    run.now += 5_001;
    expect(run.look()).toEqual([]);
    run.mark(100);
    run.reserve();
    run.now += 5_000;
    expect(run.look()).toEqual([]);
    run.now += 1;
    expect(run.look()).toEqual(["staleFeed instrument:XNAS:ACME reducing"]);
  });

  test("a clock that is off on either side, or by no number, latches the accounts of its broker", () => {
    for (const offsetMs of [5_001, -5_001, Number.NaN]) {
      const run = new TripRun();
      run.watch.offsets.set("account:paper", { broker: "paper", offsetMs: 5_000 });
      expect(run.look()).toEqual([]);
      run.watch.offsets.set("account:paper", { broker: "paper", offsetMs });
      expect(run.look()).toEqual(["clockSkew account:paper reducing"]);
    }
  });

  test("an index that falls from the highest price of its window latches the portfolio, once", () => {
    const run = new TripRun();
    const bounds = { instrument: "XNAS:ACME", fraction: 0.05, windowMs: 60_000 };
    run.set("indexFall", { on: true, bounds });
    run.mark(90);
    run.look();
    run.now += 10_000;
    run.mark(100);
    run.look();
    run.now += 10_000;
    run.mark(95);
    expect(run.look()).toEqual([]);
    run.mark(94.9);
    expect(run.look()).toEqual(["indexFall portfolio reducing"]);
    run.tradingState("portfolio", "active");
    expect(run.look()).toEqual([]);
  });

  test("a slow fall, longer than the window, is none", () => {
    const run = new TripRun();
    const bounds = { instrument: "XNAS:ACME", fraction: 0.05, windowMs: 60_000 };
    run.set("indexFall", { on: true, bounds });
    for (let price = 100; price > 80; price -= 1) {
      run.mark(price);
      expect(run.look()).toEqual([]);
      run.now += 30_000;
    }
  });
});

test("every trip is in the list but the one that others tell of", () => {
  const listed = TRIPS.map(([name]) => name);
  expect([...listed, "reconcileFailure"].sort()).toEqual([...TRIP_NAMES].sort());
});

test("a change names only bounds that its trip has", () => {
  expect(foreignBound({ trip: "rejectStorm", bounds: { count: 3 } })).toBeNull();
  expect(foreignBound({ trip: "rejectStorm", bounds: { fraction: 0.1 } })).toBe("fraction");
});
