import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checkMeter,
  forceTurn,
  meterUsage,
  pollTurn,
  takeTurn,
  type BrokerCall,
  type Meter,
  type TokenBucket,
  type Turn,
} from "../../../src/domain/rate-limit.ts";

const meter = (changes: Partial<Meter> = {}): Meter => ({
  name: "orders",
  scope: "account",
  perSecond: 10,
  burst: 3,
  orderReserve: 0,
  weights: { submit: 1, cancel: 1, open_orders: 1 },
  ...changes,
});

const call = (name: BrokerCall, instrument: string | null) => ({ call: name, instrument });

/** The buckets of some meters, as a limiter keeps them. */
function pools(meters: Meter[]) {
  const buckets = new Map<string, TokenBucket>();
  const keep = (turn: Turn): number | null => {
    for (const [key, bucket] of turn.taken) buckets.set(key, bucket);
    return turn.waitMs;
  };
  return {
    buckets,
    take: (now: number, waitMsMax = 1_000, instrument = "SIM:AAA", name: BrokerCall = "submit") =>
      keep(takeTurn(meters, buckets, call(name, instrument), now, waitMsMax)),
    force: (now: number) => keep(forceTurn(meters, buckets, call("cancel", null), now)),
    poll: (now: number) => keep(pollTurn(meters, buckets, call("open_orders", null), now)),
    usage: (now: number) => meterUsage(meters, buckets, now),
  };
}

describe("one bucket", () => {
  test("a burst goes at once, what follows waits its turn, and past the bound nothing is taken", () => {
    const { take } = pools([meter()]);
    const waits = Array.from({ length: 7 }, () => take(0, 300));
    expect(waits).toEqual([0, 0, 0, 100, 200, 300, null]);
  });

  test("a refused turn takes nothing from the others", () => {
    const { take } = pools([meter()]);
    for (let turn = 0; turn < 3; turn += 1) take(0);
    expect([take(0, 99), take(0, 99), take(0, 100)]).toEqual([null, null, 100]);
  });

  test("a forced turn always goes, and the next ones pay for it", () => {
    const { force, take } = pools([meter()]);
    for (let turn = 0; turn < 4; turn += 1) force(0);
    expect(take(0)).toBe(200);
  });

  test("a clock that goes back neither gives nor takes", () => {
    const { take, buckets } = pools([meter()]);
    take(5_000);
    take(1_000);
    expect(buckets.get("orders")).toEqual({ tokens: 1, at: 5_000 });
  });

  test("no window of time ever lets more through than the burst and the rate", () => {
    const gaps = fc.array(fc.nat({ max: 400 }), { minLength: 1, maxLength: 60 });
    const rate = meter();
    fc.assert(
      fc.property(gaps, (sinceLast) => {
        const { take } = pools([rate]);
        let now = 0;
        const starts: number[] = [];
        for (const gap of sinceLast) {
          now += gap;
          const waitMs = take(now, 500);
          if (waitMs !== null) starts.push(now + waitMs);
        }
        for (const [first, from] of starts.entries())
          for (const [last, to] of starts.entries()) {
            if (last < first) continue;
            const most = rate.burst + ((to - from) * rate.perSecond) / 1_000;
            expect(last - first + 1).toBeLessThanOrEqual(Math.ceil(most) + 1);
          }
      }),
    );
  });
});

describe("a broker's meters", () => {
  test("lesson 52: one limiter for each metered scope, and a call draws its weight from every pool that counts it", () => {
    const byKey = meter({
      name: "weight",
      scope: "key",
      burst: 10,
      weights: { submit: 4, cancel: 1 },
    });
    const byPair = meter({ name: "pair", scope: "pair", burst: 2, weights: { submit: 1 } });
    const { take, usage } = pools([byKey, byPair]);
    expect([take(0), take(0)]).toEqual([0, 0]);
    // The pair's own pool is empty, another pair's is full, and the key's has 2 of 10 left.
    expect(take(0, 50)).toBeNull();
    expect(usage(0).map(({ used }) => used)).toEqual([8, 2]);
    expect(take(0, 1_000, "SIM:BBB")).toBe(200);
    expect(usage(0).map(({ used }) => used)).toEqual([12, 2]);
  });

  test("a call that one pool refuses takes nothing from any", () => {
    const wide = meter({ name: "wide", burst: 100 });
    const { take, usage } = pools([wide, meter()]);
    for (let turn = 0; turn < 5; turn += 1) take(0, 0);
    expect(usage(0).map(({ used }) => used)).toEqual([3, 3]);
  });

  test("lesson 53: polling stops at the reserve of orders, and orders never wait behind it", () => {
    const { poll, take, usage } = pools([meter({ burst: 10, orderReserve: 4 })]);
    const polls = Array.from({ length: 50 }, () => poll(0));
    expect(polls.filter((waitMs) => waitMs === 0)).toHaveLength(6);
    // A look-up that must wait is told how long, and holds no turn meanwhile.
    expect(polls.at(-1)).toBe(100);
    expect(Array.from({ length: 4 }, () => take(0))).toEqual([0, 0, 0, 0]);
    expect(usage(0)).toMatchObject([{ used: 10, capacity: 10, reserve: 4 }]);
  });

  test("whatever is polled in between, an order finds the reserve, less what orders took", () => {
    const steps = fc.array(fc.oneof(fc.constant("poll" as const), fc.nat({ max: 200 })), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(steps, (all) => {
        const { poll, take } = pools([meter({ burst: 10, orderReserve: 4 })]);
        let now = 0;
        for (const step of all) {
          if (step === "poll") poll(now);
          else now += step;
        }
        expect([take(now), take(now), take(now), take(now)]).toEqual([0, 0, 0, 0]);
      }),
    );
  });

  test.each([
    ["a reserve of all it has", { orderReserve: 3 }],
    [
      "a look-up heavier than what the reserve leaves",
      { orderReserve: 2, weights: { positions: 2 } },
    ],
    ["an order heavier than its burst", { weights: { submit: 4 } }],
    ["no rate", { perSecond: 0 }],
  ])("a meter with %s could never let a call through, and is refused", (_, changes) => {
    expect(() => checkMeter(meter(changes))).toThrow(/meter orders/);
    expect(() => checkMeter(meter())).not.toThrow(/meter/);
  });
});
