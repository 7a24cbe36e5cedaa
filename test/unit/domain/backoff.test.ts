import fc from "fast-check";
import { expect, test } from "vitest";
import { backoffCeiling, backoffDelay } from "../../../src/domain/backoff.ts";

const policy = { baseDelayMs: 2_000, factor: 1.5, maxDelayMs: 30_000 };

test("the ceiling grows by the factor up to its maximum, and stays there", () => {
  const ceilings = [0, 1, 2, 6, 7, 1_000].map((attempt) => backoffCeiling(policy, attempt));
  expect(ceilings).toEqual([2_000, 3_000, 4_500, 22_781.25, 30_000, 30_000]);
});

test("the wait is anywhere below its ceiling", () => {
  fc.assert(
    fc.property(
      fc.nat(10_000),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (attempt, random) => {
        const delay = backoffDelay(policy, attempt, random);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThan(backoffCeiling(policy, attempt));
      },
    ),
  );
  expect(backoffDelay(policy, 0, 0.5)).toBe(1_000);
});
