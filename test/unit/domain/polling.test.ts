import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  changesPerSecond,
  costPerSecond,
  learnChange,
  pollPeriodMs,
  UNKNOWN_RATE,
  withinRate,
} from "../../../src/domain/polling.ts";
import { POLL_MS_MAX, POLL_MS_MIN } from "../../../src/domain/provider-limits.ts";

const COSTS = { request: 1, staleness: 1 };
const HOUR_S = 3_600;

/** A small seeded generator: the same run each time. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Moments at which an instrument changes, seconds from 0. */
function changes(perSecond: number, seconds: number, seed: number): number[] {
  const random = randomFrom(seed);
  const times: number[] = [];
  for (let at = 0; at < seconds;) {
    at += -Math.log(1 - random()) / perSecond;
    times.push(at);
  }
  return times;
}

/** What an hour of polling really cost per second: its requests, and every change's wait. */
function polled(
  times: readonly number[],
  seconds: number,
  periodOf: (hasChanged: boolean) => number,
) {
  let [cost, at, next, periodMs] = [0, 0, 0, 1_000];
  while (at < seconds) {
    at += periodMs / 1_000;
    let seen = 0;
    for (; next < times.length && (times[next] ?? 0) <= at; next += 1) {
      cost += COSTS.staleness * (at - (times[next] ?? 0));
      seen += 1;
    }
    cost += COSTS.request;
    periodMs = periodOf(seen > 0);
  }
  return cost / at;
}

function adaptive(perSecond: number): number {
  const times = changes(perSecond, HOUR_S, 7);
  let [rate, periodMs] = [UNKNOWN_RATE, 1_000];
  return polled(times, HOUR_S, (hasChanged) => {
    rate = learnChange(rate, hasChanged, periodMs);
    periodMs = pollPeriodMs(rate, COSTS);
    return periodMs;
  });
}

const FIXED_S = [0.25, 0.5, 1, 2, 5, 10, 20];

const fixed = (perSecond: number, periodS: number): number =>
  polled(changes(perSecond, HOUR_S, 7), HOUR_S, () => periodS * 1_000);

const RATES = [0.01, 0.1, 0.5, 1, 2, 5, 10];

describe("the adaptive period", () => {
  test.each(RATES)(
    "at %d changes a second costs at most a fifth more than the best fixed one, which differs for each rate",
    (perSecond) => {
      const best = Math.min(...FIXED_S.map((periodS) => fixed(perSecond, periodS)));
      expect(adaptive(perSecond)).toBeLessThan(best * 1.2);
    },
  );

  test("no fixed period is that good at every rate", () => {
    for (const periodS of FIXED_S) {
      const worst = Math.max(
        ...RATES.map(
          (rate) => fixed(rate, periodS) / Math.min(...FIXED_S.map((p) => fixed(rate, p))),
        ),
      );
      expect(worst).toBeGreaterThan(1.5);
    }
  });

  test("is where the cost is smallest", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 3, noNaN: true }), (perSecond) => {
        const rate = { seen: 1 - Math.exp(-perSecond), periodMs: 1_000 };
        const best = pollPeriodMs(rate, COSTS);
        const at = (factor: number) => costPerSecond(best * factor, perSecond, COSTS);
        expect(at(1)).toBeLessThanOrEqual(at(0.9));
        expect(at(1)).toBeLessThanOrEqual(at(1.1));
        // Twice or half of it costs a quarter more.
        expect(at(2) / at(1)).toBeCloseTo(1.25);
        expect(at(0.5) / at(1)).toBeCloseTo(1.25);
      }),
    );
  });

  test("stays within its bounds, whatever was learned", () => {
    const shares = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(shares, fc.integer({ min: 1, max: 60_000 }), (seen, periodMs) => {
        const period = pollPeriodMs({ seen, periodMs }, COSTS);
        expect(period).toBeGreaterThanOrEqual(POLL_MS_MIN);
        expect(period).toBeLessThanOrEqual(POLL_MS_MAX);
      }),
    );
    expect(pollPeriodMs({ seen: 0, periodMs: 1_000 }, COSTS)).toBe(POLL_MS_MAX);
  });
});

describe("the rate of changes", () => {
  test("is learned although a poll sees at most one change", () => {
    // Two changes a second, polled once a second: counting polls would say 0.86.
    const times = changes(2, HOUR_S, 3);
    let [rate, sum, count] = [UNKNOWN_RATE, 0, 0];
    polled(times, HOUR_S, (hasChanged) => {
      rate = learnChange(rate, hasChanged, 1_000);
      count += 1;
      sum += changesPerSecond(rate);
      return 1_000;
    });
    expect(sum / count).toBeGreaterThan(1.7);
    expect(sum / count).toBeLessThan(2.4);
  });
});

describe("the provider's limit", () => {
  test("is kept by stretching every period alike", () => {
    const periods = fc.array(fc.integer({ min: 100, max: 30_000 }), {
      minLength: 1,
      maxLength: 50,
    });
    fc.assert(
      fc.property(periods, fc.integer({ min: 1, max: 100 }), (wanted, limit) => {
        const given = withinRate(wanted, limit);
        const requests = given.reduce((sum, periodMs) => sum + 1_000 / periodMs, 0);
        expect(requests).toBeLessThanOrEqual(limit * 1.000001);
        const factors = given.map((periodMs, index) => periodMs / (wanted[index] ?? 1));
        for (const factor of factors) expect(factor).toBeCloseTo(factors[0] ?? 1);
        expect(factors[0]).toBeGreaterThanOrEqual(1);
      }),
    );
  });
});

test("the page on providers shows the costs as they are", () => {
  const page = readFileSync("docs/providers.md", "utf8");
  for (const rate of RATES) {
    const cells = [adaptive(rate), ...[0.5, 2, 10].map((periodS) => fixed(rate, periodS))];
    expect(page).toContain(`| ${[rate, ...cells.map((cost) => cost.toFixed(2))].join(" | ")} |`);
  }
});
