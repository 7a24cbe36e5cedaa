import fc from "fast-check";
import { expect, test } from "vitest";
import { forceTurn, fullBucket, takeTurn } from "../../../src/domain/rate-limit.ts";

const RATE = { perSecond: 10, burst: 3 };

/** How long each of `count` calls at one moment has to wait. */
function waits(count: number, waitMsMax: number): (number | null)[] {
  let bucket = fullBucket(RATE, 0);
  return Array.from({ length: count }, () => {
    const turn = takeTurn(bucket, RATE, 0, waitMsMax);
    bucket = turn.bucket;
    return turn.waitMs;
  });
}

test("a burst goes at once, what follows waits its turn, and past the bound nothing is taken", () => {
  expect(waits(7, 300)).toEqual([0, 0, 0, 100, 200, 300, null]);
});

test("a refused turn takes nothing from the others", () => {
  const empty = { tokens: 0, at: 0 };
  expect(takeTurn(empty, RATE, 0, 99)).toEqual({ bucket: empty, waitMs: null });
  expect(takeTurn(empty, RATE, 0, 100).waitMs).toBe(100);
});

test("a forced turn always goes, and the next ones pay for it", () => {
  const owing = forceTurn({ tokens: 0, at: 0 }, RATE, 0);
  expect(takeTurn(owing, RATE, 0, 1_000).waitMs).toBe(200);
});

test("a clock that goes back neither gives nor takes", () => {
  const { bucket } = takeTurn({ tokens: 1, at: 5_000 }, RATE, 1_000, 0);
  expect(bucket).toEqual({ tokens: 0, at: 5_000 });
});

test("no window of time ever lets more through than the burst and the rate", () => {
  const gaps = fc.array(fc.nat({ max: 400 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(gaps, (sinceLast) => {
      let bucket = fullBucket(RATE, 0);
      let now = 0;
      const starts: number[] = [];
      for (const gap of sinceLast) {
        now += gap;
        const turn = takeTurn(bucket, RATE, now, 500);
        bucket = turn.bucket;
        if (turn.waitMs !== null) starts.push(now + turn.waitMs);
      }
      for (const [first, from] of starts.entries())
        for (const [last, to] of starts.entries()) {
          if (last < first) continue;
          const most = RATE.burst + ((to - from) * RATE.perSecond) / 1_000;
          expect(last - first + 1).toBeLessThanOrEqual(Math.ceil(most) + 1);
        }
    }),
  );
});
