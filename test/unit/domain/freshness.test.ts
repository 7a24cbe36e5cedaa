import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Cadence,
  freshnessOf,
  isSilent,
  isStale,
  learnGap,
  NO_ARRIVAL,
  noteArrival,
  silenceAllowance,
  staleAfterMs,
} from "../../../src/domain/freshness.ts";
import { PROVIDER_LEAVE_MS } from "../../../src/domain/provider-limits.ts";
import { STALE_AFTER_MS_MAX } from "../../../src/domain/quality-limits.ts";

test("a socket is silent once its last data is older than the bound, not sooner", () => {
  const health = { openedAt: 0, dueSince: 0, dataAt: 1_000, barren: 3, typicalGapMs: null };
  expect(isSilent(5_000, health, 6_000)).toBe(false);
  expect(isSilent(5_000, health, 6_001)).toBe(true);
});

test("a socket that never brought data is measured from its opening", () => {
  const health = { openedAt: 1_000, dueSince: 0, dataAt: null, barren: 0, typicalGapMs: null };
  expect(isSilent(5_000, health, 6_000)).toBe(false);
  expect(isSilent(5_000, health, 6_001)).toBe(true);
});

test("the silence of a shut market is not counted: data is due from the opening on", () => {
  const health = { openedAt: 0, dueSince: 60_000, dataAt: 1_000, barren: 0, typicalGapMs: null };
  expect(isSilent(5_000, health, 65_000)).toBe(false);
  expect(isSilent(5_000, health, 65_001)).toBe(true);
});

const allowance = (barren: number) =>
  silenceAllowance(1_000, { openedAt: 0, dueSince: 0, dataAt: null, barren, typicalGapMs: null });

test("barren connections double the patience, up to a bound", () => {
  expect([0, 1, 2, 5, 6, 100].map(allowance)).toEqual([
    1_000, 2_000, 4_000, 32_000, 32_000, 32_000,
  ]);
});

test("a feed of quiet instruments is given a few of its usual gaps", () => {
  const health = { openedAt: 0, dueSince: 0, dataAt: 0, barren: 0, typicalGapMs: 10_000 };
  expect(isSilent(5_000, health, 50_000)).toBe(false);
  expect(isSilent(5_000, health, 50_001)).toBe(true);
  expect(silenceAllowance(5_000, { ...health, typicalGapMs: 2 })).toBe(5_000);
});

test("the usual gap follows the frames, and an outage teaches no endless patience", () => {
  expect(learnGap(null, 100, 40_000)).toBe(100);
  expect(learnGap(100, 200, 40_000)).toBeCloseTo(110);
  let gap = learnGap(100, 86_400_000, 40_000);
  expect(gap).toBeCloseTo(4_090);
  for (let frame = 0; frame < 50; frame += 1) gap = learnGap(gap, 100, 40_000);
  expect(gap).toBeLessThan(150);
});

const OPEN = { opensAt: 0, closesAt: 1e15 };

/** What is learned from arrivals at these times. */
function learned(...times: number[]): Cadence {
  const cadence: Cadence = { ...NO_ARRIVAL };
  for (const time of times) noteArrival(cadence, time, time, time);
  return cadence;
}

test("an instrument's interval is learned, and updates that arrive together are one arrival", () => {
  expect(learned(1_000)).toMatchObject({ at: 1_000, intervalMs: null, gaps: 0 });
  expect(learned(1_000, 1_000, 3_000, 3_000, 3_000)).toMatchObject({
    at: 3_000,
    intervalMs: 2_000,
    gaps: 1,
    exchangeTime: 3_000,
  });
});

test("the first few gaps weigh alike, so that one short gap by chance is no habit", () => {
  expect(learned(0, 1_000, 31_000).intervalMs).toBe(15_500);
  expect(learned(0, 1_000, 31_000, 61_000).intervalMs).toBeCloseTo(20_333, 0);
});

test("what the exchange said at a time already known makes nothing fresh, and without its clock all is news", () => {
  const cadence = learned(0, 1_000);
  noteArrival(cadence, 60_000, 1_000, 1_000);
  expect(cadence.at).toBe(1_000);
  noteArrival(cadence, 60_000, null, null);
  noteArrival(cadence, 61_000, null, null);
  expect(cadence.at).toBe(61_000);
});

test("a price is as old as the exchange says, however young its arrival is", () => {
  const cadence: Cadence = { ...NO_ARRIVAL };
  noteArrival(cadence, 7_200_000, 1_000, 1_000);
  expect(cadence).toMatchObject({ at: 1_000, isHeard: false });
  expect(freshnessOf(cadence, OPEN, 7_200_000)).toBe("unknown");
  noteArrival(cadence, 7_201_000, 7_200_900, 7_200_900);
  expect(cadence).toMatchObject({ at: 7_200_900, isHeard: true });
  expect(freshnessOf(cadence, OPEN, 7_201_000)).toBe("fresh");
});

test("the first update without a time may be an old state: its age is unknown until the next one", () => {
  const cadence: Cadence = { ...NO_ARRIVAL };
  noteArrival(cadence, 1_000, null, null);
  expect(cadence.at).toBeNull();
  expect(freshnessOf(cadence, OPEN, 1_000)).toBe("unknown");
  noteArrival(cadence, 2_000, null, null);
  expect(freshnessOf(cadence, OPEN, 2_000)).toBe("fresh");
  // Subscribed anew, it begins with a snapshot again.
  cadence.isFirst = true;
  noteArrival(cadence, 60_000, null, null);
  expect(cadence.at).toBe(2_000);
});

test("what the exchange saw later is never older, though the offset of its clock is measured anew", () => {
  const cadence: Cadence = { ...NO_ARRIVAL };
  noteArrival(cadence, 2_000, 1_000, 1_900);
  noteArrival(cadence, 2_010, 1_005, 1_805);
  expect(cadence.at).toBe(1_900);
});

test("an outage teaches no patience beyond the bound", () => {
  expect(learned(0, 86_400_000).intervalMs).toBe(300_000);
});

test("an instrument is stale after ten of its usual intervals, within bounds", () => {
  const bounds = [null, 10, 500, 501, 2_000, 30_000, 60_000].map((intervalMs) =>
    staleAfterMs({ intervalMs, pollMs: 0 }, "entries"),
  );
  expect(bounds).toEqual([5_000, 5_000, 5_000, 5_010, 20_000, 300_000, 300_000]);
  const cadence = learned(0, 2_000);
  expect(freshnessOf(cadence, OPEN, 22_000)).toBe("fresh");
  expect(freshnessOf(cadence, OPEN, 22_001)).toBe("stale");
  expect(isStale(cadence, OPEN, 22_001)).toBe(true);
});

test("a provider is stale after four of its usual intervals, within bounds", () => {
  const bounds = [null, 10, 750, 751, 2_000, 75_000, 80_000].map((intervalMs) =>
    staleAfterMs({ intervalMs, pollMs: 0 }, "provider"),
  );
  expect(bounds).toEqual([3_000, 3_000, 3_000, 3_004, 8_000, 300_000, 300_000]);
});

test("the next provider has taken over before an entry is refused, at every interval", () => {
  const LOOK_MS = 1_000;
  const intervals = fc.integer({ min: 0, max: 200_000 });
  const polls = fc.integer({ min: 0, max: 60_000 });
  fc.assert(
    fc.property(intervals, polls, (intervalMs, pollMs) => {
      const entries = staleAfterMs({ intervalMs, pollMs }, "entries");
      const provider = staleAfterMs({ intervalMs, pollMs }, "provider");
      // Near the bound beyond which no silence passes for usual, both end at it.
      const lead = Math.min(PROVIDER_LEAVE_MS + LOOK_MS, STALE_AFTER_MS_MAX - provider);
      expect(provider + lead).toBeLessThanOrEqual(entries);
    }),
  );
});

test("what is polled is not stale before several polls are due, whatever interval was learned", () => {
  const known = [null, 100, 3_000].map((intervalMs) => ({ intervalMs, pollMs: 2_000 }));
  expect(known.map((one) => staleAfterMs(one, "provider"))).toEqual([8_000, 8_000, 12_000]);
  expect(known.map((one) => staleAfterMs(one, "entries"))).toEqual([20_000, 20_000, 30_000]);
});

test("a provider is not called stale by fewer gaps than make a habit, but by five minutes it is", () => {
  const cadence = learned(0, 1_000, 2_000, 3_000, 4_000);
  expect(freshnessOf(cadence, OPEN, 12_001, "provider")).toBe("unknown");
  expect(freshnessOf(cadence, OPEN, 304_000, "provider")).toBe("unknown");
  expect(freshnessOf(cadence, OPEN, 304_001, "provider")).toBe("stale");
  // Entries do not wait for that.
  expect(freshnessOf(cadence, OPEN, 14_001)).toBe("stale");
  noteArrival(cadence, 5_000, 5_000, 5_000);
  expect(freshnessOf(cadence, OPEN, 9_000, "provider")).toBe("fresh");
  expect(freshnessOf(cadence, OPEN, 9_001, "provider")).toBe("stale");
});

test("without any update an instrument is unknown, and neither fresh nor stale", () => {
  expect(freshnessOf(learned(), OPEN, 1e9)).toBe("unknown");
});

test("while the market is shut nothing is stale, and in the morning nothing is due at once", () => {
  const cadence = learned(0, 1_000);
  expect(freshnessOf(cadence, null, 50_000_000)).toBe("closed");
  const morning = { opensAt: 60_000_000, closesAt: 80_000_000 };
  expect(freshnessOf(cadence, morning, 60_010_000)).toBe("fresh");
  expect(freshnessOf(cadence, morning, 60_010_001)).toBe("stale");
});
