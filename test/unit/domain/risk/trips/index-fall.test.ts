/** The fall of an index, and what holds while nobody can see it. */
import { describe, expect, test } from "vitest";
import { applyMarks } from "../../../../../src/domain/risk/exposure.ts";
import { packControls, unpackControls } from "../../../../../src/domain/risk/controls.ts";
import type { TripBounds } from "../../../../../src/domain/risk/trips/settings.ts";
import { unpackIndex } from "../../../../../src/domain/risk/trips/trip.ts";
import { unknownTrips } from "../../../../../src/domain/risk/trips/unknown.ts";
import { long } from "../../../../support/ledger/run.ts";
import { markOf } from "../../../../support/ledger/samples.ts";
import { TripRun } from "../../../../support/ledger/trip-run.ts";

const INDEX = "NSE:NIFTY";
const FIRES = ["indexFall portfolio reducing"];

/** A portfolio that trades one thing and watches another: 5 % in a minute, by a price of at most 20 s. */
function watching(bounds: TripBounds = {}): TripRun {
  const run = new TripRun();
  const all = { instrument: INDEX, fraction: 0.05, windowMs: 60_000, ageMs: 20_000, ...bounds };
  run.set("indexFall", { on: true, bounds: all });
  return run;
}

/** The index at a price of now, and a look. */
function at(run: TripRun, price: number, calendar?: string): string[] {
  applyMarks(run.state, [{ ...markOf(run.now, price, INDEX), ...(calendar && { calendar }) }]);
  return run.look();
}

/** So much later; what is traded has its price all the time. */
function later(run: TripRun, ms: number): void {
  run.now += ms;
  run.mark(100);
}

/** Its last price is of then, from a market with hours. */
function lastAt(time: number): TripRun {
  const run = watching();
  run.now = time;
  run.mark(100);
  at(run, 100, "NSE");
  return run;
}

const unknown = (run: TripRun) =>
  unknownTrips(run.state, run.now).map(({ trip, reason }) => `${trip}: ${reason}`);

describe("an index without a price", () => {
  test("is no index that did not fall: entries are refused by name, and exits pass", () => {
    const run = new TripRun();
    long(run, "10");
    run.set("indexFall", { on: true, bounds: { instrument: INDEX } });
    expect(run.look()).toEqual([]);
    expect(unknown(run)).toEqual([`indexFall: there is no good price of ${INDEX}`]);
    expect(run.decide()).toMatchObject({
      refusal: {
        code: "STALE_PRICE",
        scope: "portfolio",
        message: `No entry while the trip indexFall does not know whether to fire: there is no good price of ${INDEX}; wait for its price, or switch the trip off.`,
      },
    });
    expect(run.verdict({ side: "sell" })).toBe("approved");
    expect(run.verdict({ side: "sell", quantity: "11" })).toBe("STALE_PRICE");
  });

  test("is known again with its next price, and latches nothing meanwhile", () => {
    const run = watching();
    at(run, 100);
    later(run, 20_000);
    expect(unknown(run)).toEqual([]);
    expect(run.verdict()).toBe("approved");
    later(run, 1);
    expect(run.look()).toEqual([]);
    expect(unknown(run)).toEqual([
      `indexFall: the latest price of ${INDEX} is 20001 ms old, the bound is 20000 ms of its market's hours`,
    ]);
    expect(run.verdict()).toBe("STALE_PRICE");
    expect(at(run, 99)).toEqual([]);
    expect(unknown(run)).toEqual([]);
    expect(run.verdict()).toBe("approved");
    expect(run.state.tradingStates.size).toBe(0);
  });

  test.each([Number.NaN, 0, Infinity])("has none that is %s", (price) => {
    const run = watching();
    at(run, price);
    expect(run.verdict()).toBe("STALE_PRICE");
  });

  test("has none from the future", () => {
    const run = watching();
    applyMarks(run.state, [markOf(run.now + 5_000, 100, INDEX)]);
    expect(run.verdict()).toBe("approved");
    applyMarks(run.state, [markOf(run.now + 5_001, 100, INDEX)]);
    expect(run.verdict()).toBe("STALE_PRICE");
  });

  test("stops nothing while its trip is off", () => {
    const run = watching();
    run.set("indexFall", { on: false });
    expect(unknown(run)).toEqual([]);
    expect(run.verdict()).toBe("approved");
  });

  test("has none either that is older than the window", () => {
    const run = watching({ windowMs: 10_000 });
    at(run, 100);
    later(run, 10_000);
    expect(run.verdict()).toBe("approved");
    later(run, 1);
    expect(run.verdict()).toBe("STALE_PRICE");
  });
});

describe("a fall that nobody could see", () => {
  test("counts in full once the price is back, however long that took", () => {
    const run = watching();
    at(run, 100);
    later(run, 600_000);
    expect(run.look()).toEqual([]);
    expect(at(run, 94.9)).toEqual(FIRES);
  });

  test("counts together with what came before and after it", () => {
    const run = watching();
    at(run, 100);
    later(run, 15_000);
    at(run, 98);
    later(run, 600_000);
    expect(at(run, 96)).toEqual([]);
    later(run, 15_000);
    expect(at(run, 94.9)).toEqual(FIRES);
  });

  test("leaves the window as any other does", () => {
    const run = watching();
    at(run, 100);
    later(run, 600_000);
    expect(at(run, 97)).toEqual([]);
    for (let price = 96.5; price > 85; price -= 0.5) {
      later(run, 20_000);
      expect(at(run, price)).toEqual([]);
    }
  });

  test("that has fired is not armed again by a price that is missing", () => {
    const run = watching();
    at(run, 100);
    expect(at(run, 94)).toEqual(FIRES);
    later(run, 600_000);
    expect(run.look()).toEqual([]);
    expect([...run.state.controls.fired]).toHaveLength(1);
    expect(at(run, 94)).toEqual([]);
  });
});

describe("a market that is shut", () => {
  /** 2026-11-20 is a Friday: NSE closes at 10:00 UTC and opens on Monday at 03:45. */
  const close = Date.UTC(2026, 10, 20, 10);
  const opens = Date.UTC(2026, 10, 23, 3, 45);

  test("leaves its last price known until it opens, and a gap of the night is no fall", () => {
    const run = lastAt(close - 20_000);
    later(run, 43_000_000);
    expect(run.verdict()).toBe("approved");
    later(run, opens + 19_000 - run.now);
    expect(run.verdict()).toBe("approved");
    expect(at(run, 90, "NSE")).toEqual([]);
  });

  test("hides no feed that had died before the close, nor one that is dead when it opens", () => {
    const died = lastAt(close - 20_001);
    later(died, 43_000_000);
    expect(died.verdict()).toBe("STALE_PRICE");
    const dead = lastAt(close - 20_000);
    later(dead, opens + 20_001 - dead.now);
    expect(dead.verdict()).toBe("STALE_PRICE");
  });
});

describe("what was stored before prices had an age", () => {
  test("has the default age, and its own bounds", () => {
    const { controls } = watching().state;
    const setting = controls.trips.get("indexFall");
    if (setting) delete setting.bounds.ageMs;
    const { trips } = unpackControls(packControls(controls), 1);
    expect(trips.get("indexFall")?.bounds).toEqual({
      instrument: INDEX,
      fraction: 0.05,
      windowMs: 60_000,
      ageMs: 60_000,
    });
  });

  test("was last seen with its last part", () => {
    const points = [
      { from: 1, high: 100 },
      { from: 2, high: 99 },
    ];
    const stored = { instrument: INDEX, points };
    expect(unpackIndex(JSON.stringify(stored))).toEqual({ ...stored, seenAt: 2 });
    expect(unpackIndex(JSON.stringify({ ...stored, seenAt: 3 }))).toEqual({ ...stored, seenAt: 3 });
    expect(unpackIndex(null)).toBeNull();
  });
});
