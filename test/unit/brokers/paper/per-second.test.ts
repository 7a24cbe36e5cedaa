import { expect, test } from "vitest";
import { PerSecond } from "../../../../src/brokers/paper/per-second.ts";

test("a second takes exactly its limit, and the next one starts anew", () => {
  const rate = new PerSecond(3);
  expect([5_000, 5_400, 5_999, 5_999].map((now) => rate.take(now))).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect(rate.take(6_000)).toBe(true);
});
