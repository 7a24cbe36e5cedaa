import { expect, test } from "vitest";
import { isSilent, learnGap, silenceAllowance } from "../../../src/domain/freshness.ts";

test("a socket is silent once its last data is older than the bound, not sooner", () => {
  const health = { openedAt: 0, dataAt: 1_000, barren: 3, typicalGapMs: null };
  expect(isSilent(5_000, health, 6_000)).toBe(false);
  expect(isSilent(5_000, health, 6_001)).toBe(true);
});

test("a socket that never brought data is measured from its opening", () => {
  const health = { openedAt: 1_000, dataAt: null, barren: 0, typicalGapMs: null };
  expect(isSilent(5_000, health, 6_000)).toBe(false);
  expect(isSilent(5_000, health, 6_001)).toBe(true);
});

const allowance = (barren: number) =>
  silenceAllowance(1_000, { openedAt: 0, dataAt: null, barren, typicalGapMs: null });

test("barren connections double the patience, up to a bound", () => {
  expect([0, 1, 2, 5, 6, 100].map(allowance)).toEqual([
    1_000, 2_000, 4_000, 32_000, 32_000, 32_000,
  ]);
});

test("a feed of quiet instruments is given a few of its usual gaps", () => {
  const health = { openedAt: 0, dataAt: 0, barren: 0, typicalGapMs: 10_000 };
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
