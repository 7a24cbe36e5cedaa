import { expect, test } from "vitest";
import { isSilent, silenceAllowance } from "../../../src/domain/freshness.ts";

test("a socket is silent once its last data is older than the bound, not sooner", () => {
  const health = { openedAt: 0, dataAt: 1_000, barren: 3 };
  expect(isSilent(5_000, health, 6_000)).toBe(false);
  expect(isSilent(5_000, health, 6_001)).toBe(true);
});

test("a socket that never brought data is measured from its opening", () => {
  const health = { openedAt: 1_000, dataAt: null, barren: 0 };
  expect(isSilent(5_000, health, 6_000)).toBe(false);
  expect(isSilent(5_000, health, 6_001)).toBe(true);
});

const allowance = (barren: number) =>
  silenceAllowance(1_000, { openedAt: 0, dataAt: null, barren });

test("barren connections double the patience, up to a bound", () => {
  expect([0, 1, 2, 5, 6, 100].map(allowance)).toEqual([
    1_000, 2_000, 4_000, 32_000, 32_000, 32_000,
  ]);
});
