import fc from "fast-check";
import { expect, test } from "vitest";
import { ClockOffset, isClockSkewed } from "../../../src/domain/clock-offset.ts";
import { CLOCK_OFFSET_WINDOW_MS } from "../../../src/domain/quality-limits.ts";

test("lesson 55: slow answers do not move the offset, a broker's clock does", () => {
  const clock = new ClockOffset();
  expect(clock.offsetMs).toBe(null);
  // The broker's clock is 700 ms ahead; answers take between 20 ms and 4 s.
  for (const [n, delay] of [4_000, 300, 20, 900, 2_500].entries())
    clock.add(n * 1_000 + 700 - delay, n * 1_000);
  expect(clock.offsetMs).toBe(-680);
});

test("a clock that was set right is believed after two windows at the latest", () => {
  const clock = new ClockOffset();
  clock.add(-5_000, 0);
  expect(clock.offsetMs).toBe(5_000);
  clock.add(CLOCK_OFFSET_WINDOW_MS - 10, CLOCK_OFFSET_WINDOW_MS);
  expect(clock.offsetMs).toBe(10);
  const behind = new ClockOffset();
  behind.add(5_000, 0);
  for (let at = 1_000; at <= 2 * CLOCK_OFFSET_WINDOW_MS; at += 1_000) behind.add(at - 10, at);
  expect(behind.offsetMs).toBe(10);
});

test("after a pause of more than a window the old figure is forgotten", () => {
  const clock = new ClockOffset();
  clock.add(5_000, 0);
  clock.add(199_990, 200_000);
  expect(clock.offsetMs).toBe(10);
});

test("the offset is never above any delay of its window, nor below the smallest of the last two", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -5_000, max: 5_000 }), { minLength: 1, maxLength: 90 }),
      (delays) => {
        const clock = new ClockOffset();
        for (const [n, delay] of delays.entries()) clock.add(n * 1_000 - delay, n * 1_000);
        expect(clock.offsetMs).toBeLessThanOrEqual(delays.at(-1) ?? 0);
        const recent = delays.slice(-2 * (CLOCK_OFFSET_WINDOW_MS / 1_000));
        expect(clock.offsetMs).toBeGreaterThanOrEqual(Math.min(...recent));
      },
    ),
  );
});

test("nothing is signed beyond the bound on either side, and what was never measured is no drift", () => {
  expect([null, 0, 1_000, -1_000].map((offset) => isClockSkewed(offset))).toEqual(
    Array(4).fill(false),
  );
  expect([1_001, -1_001].map((offset) => isClockSkewed(offset))).toEqual([true, true]);
});
