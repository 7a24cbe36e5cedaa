import fc from "fast-check";
import { expect, test } from "vitest";
import { ExchangeClock } from "../../../src/domain/exchange-clock.ts";

const NOW = 1_790_000_000_000;
const YEAR_MS = 365 * 86_400_000;

test("a price is told by our clock as old as the exchange's clock says", () => {
  const clock = new ExchangeClock();
  // Its clock is three seconds behind ours.
  clock.heard({ time: NOW - 3_000 }, NOW);
  expect(clock.observedAt(NOW - 3_000 - 250, NOW)).toBe(NOW - 250);
  expect(clock.observedAt(NOW - 7_200_000, NOW)).toBe(NOW - 7_200_000 + 3_000);
  expect(clock.offsetMs).toBe(3_000);
});

test("nothing was seen after it had arrived, whatever the clocks say", () => {
  const clock = new ExchangeClock();
  clock.heard({ time: NOW - 3_000 }, NOW);
  expect(clock.observedAt(NOW, NOW)).toBe(NOW);
  const unstated = new ExchangeClock();
  expect(unstated.observedAt(NOW + 2_000, NOW)).toBe(NOW);
});

test("a clock that was never stated is taken to be ours: what is older is not made young", () => {
  const clock = new ExchangeClock();
  expect(clock.observedAt(NOW - 60_000, NOW)).toBe(NOW - 60_000);
  expect(clock.offsetMs).toBeNull();
});

test("a heartbeat that was late does not make prices younger than they are", () => {
  const clock = new ExchangeClock();
  clock.heard({ time: NOW }, NOW + 10);
  clock.heard({ time: NOW + 1_000 }, NOW + 26_000);
  expect(clock.observedAt(NOW + 1_000, NOW + 26_000)).toBe(NOW + 1_010);
});

test("a clock that was set counts from then on, and so does that of a new connection", () => {
  const clock = new ExchangeClock();
  clock.heard({ time: NOW }, NOW);
  clock.heard({ time: NOW - YEAR_MS, isSet: true }, NOW + 1_000);
  expect(clock.observedAt(NOW - YEAR_MS, NOW + 1_000)).toBe(NOW + 1_000);
  clock.restart();
  expect(clock.observedAt(NOW - YEAR_MS, NOW + 1_000)).toBe(NOW - YEAR_MS);
});

test("at every speed of a recording, a price ages by our clock from when the recording brought it", () => {
  const speeds = fc.double({ min: 0.01, max: 100_000, noNaN: true });
  const ages = fc.integer({ min: 0, max: 60_000 });
  const beats = fc.integer({ min: 1, max: 200 });
  fc.assert(
    fc.property(speeds, ages, beats, (speed, ageMs, beat) => {
      const clock = new ExchangeClock();
      const recorded = (now: number) => Math.floor(NOW - YEAR_MS + (now - NOW) * speed);
      for (let count = 0; count <= beat; count += 1) {
        const now = NOW + count * 1_000;
        clock.heard({ time: recorded(now), speed, isSet: count === 0 }, now);
      }
      const receivedTime = NOW + beat * 1_000 + 500;
      const seen = clock.observedAt(recorded(receivedTime - ageMs), receivedTime);
      // Recorded times are whole milliseconds: at a slow speed, each of them is long.
      const grain = 2 / Math.min(1, speed) + 2;
      expect(Math.abs(seen - (receivedTime - ageMs))).toBeLessThanOrEqual(grain);
    }),
  );
});

test("where the exchange's clock stands is known by what it stated, at its speed, and not before", () => {
  const clock = new ExchangeClock();
  expect(clock.timeAt(NOW)).toBeNull();
  clock.heard({ time: NOW - YEAR_MS, speed: 10, isSet: true }, NOW);
  expect(clock.timeAt(NOW + 1_000)).toBeCloseTo(NOW - YEAR_MS + 10_000, 0);
});
