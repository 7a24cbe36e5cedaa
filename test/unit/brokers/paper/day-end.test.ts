import fc from "fast-check";
import { expect, test } from "vitest";
import { paperDayEnd } from "../../../../src/brokers/paper/rules.ts";

const at = (text: string): number => Date.parse(text);

test("a session that a person opens ends at the next 06:00 in India, on both sides of it", () => {
  const end = at("2026-11-30T06:00:00+05:30");
  expect(paperDayEnd(at("2026-11-29T09:00:00+05:30"))).toBe(end);
  expect(paperDayEnd(end - 1)).toBe(end);
  expect(paperDayEnd(end)).toBe(at("2026-12-01T06:00:00+05:30"));
});

test("it never lasts longer than a day, and never no time at all", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4_000_000_000_000 }), (openedAt) => {
      const lasts = paperDayEnd(openedAt) - openedAt;
      expect(lasts).toBeGreaterThan(0);
      expect(lasts).toBeLessThanOrEqual(86_400_000);
    }),
  );
});
