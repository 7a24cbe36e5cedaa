import fc from "fast-check";
import { expect, test } from "vitest";
import {
  CALENDAR_IDS,
  isMarketOpen,
  sessionAt,
  sessionOfDay,
} from "../../../src/domain/calendar.ts";

const utc = (text: string): number => Date.parse(`${text}Z`);

test.each([
  // 09:15 to 15:30 in Kolkata is 03:45 to 10:00 UTC, all year.
  ["NSE", "2026-11-20T03:44:59.999", false],
  ["NSE", "2026-11-20T03:45:00", true],
  ["NSE", "2026-11-20T09:59:59.999", true],
  ["NSE", "2026-11-20T10:00:00", false],
  // New York opens at 14:30 UTC in winter and at 13:30 UTC in summer.
  ["US", "2026-11-20T14:29:59.999", false],
  ["US", "2026-11-20T14:30:00", true],
  ["US", "2026-11-20T20:59:59.999", true],
  ["US", "2026-11-20T21:00:00", false],
  ["US", "2026-07-15T13:29:59.999", false],
  ["US", "2026-07-15T13:30:00", true],
  ["US", "2026-07-15T20:00:00", false],
])("%s at %s UTC is open: %s", (calendar, time, open) => {
  expect(isMarketOpen(calendar, utc(time))).toBe(open);
});

test.each([
  ["the Friday before the clocks change", "2026-03-06T14:30:00"],
  ["the Monday after they went forward", "2026-03-09T13:30:00"],
  ["the Friday before they go back", "2026-10-30T13:30:00"],
  ["the Monday after", "2026-11-02T14:30:00"],
])("New York opens at 09:30 of its own clock on %s", (_, time) => {
  expect(sessionAt("US", utc(time))?.opensAt).toBe(utc(time));
  expect(isMarketOpen("US", utc(time) - 1)).toBe(false);
});

test.each([
  ["US", "2026-11-26T16:00:00", "Thanksgiving"],
  ["US", "2026-07-03T16:00:00", "Independence Day, observed"],
  ["US", "2027-12-24T16:00:00", "Christmas, observed"],
  ["NSE", "2026-01-15T05:00:00", "an election day"],
  ["NSE", "2026-01-26T05:00:00", "Republic Day"],
  ["NSE", "2026-10-02T05:00:00", "Gandhi Jayanti"],
  ["US", "2026-11-21T16:00:00", "a Saturday"],
  ["NSE", "2026-11-22T05:00:00", "a Sunday"],
])("%s is shut at %s: %s", (calendar, time) => {
  expect(sessionOfDay(calendar, utc(time))).toBeNull();
});

test("an early close ends the session at 13:00 of New York", () => {
  expect(sessionAt("US", utc("2026-11-27T17:59:59"))?.closesAt).toBe(utc("2026-11-27T18:00:00"));
  expect(isMarketOpen("US", utc("2026-11-27T18:00:00"))).toBe(false);
});

test("what never closes has a session at any time, and an unknown calendar never", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000_000_000_000 }), (now) => {
      expect(isMarketOpen("always", now)).toBe(true);
      for (const unknown of ["", "nse", "constructor", "LSE"]) {
        expect(isMarketOpen(unknown, now)).toBe(false);
      }
    }),
  );
});

test("a session holds every moment from its opening to its close, and only those", () => {
  const time = fc.integer({ min: utc("2026-01-01T00:00"), max: utc("2027-12-31T00:00") });
  fc.assert(
    fc.property(fc.constantFrom(...CALENDAR_IDS), time, (calendar, now) => {
      const session = sessionAt(calendar, now);
      fc.pre(session !== null && calendar !== "always");
      expect(sessionAt(calendar, session?.opensAt ?? 0)).toEqual(session);
      expect(sessionAt(calendar, (session?.closesAt ?? 0) - 1)).toEqual(session);
      expect(sessionAt(calendar, session?.closesAt ?? 0)).toBeNull();
      expect(sessionAt(calendar, (session?.opensAt ?? 0) - 1)).toBeNull();
    }),
  );
});
