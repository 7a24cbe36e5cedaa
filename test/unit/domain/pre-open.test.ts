import { expect, test } from "vitest";
import { ALWAYS } from "../../../src/domain/calendar.ts";
import { PRE_OPEN_MS } from "../../../src/domain/feed-limits.ts";
import { openingsAhead, preOpenState, remedyAfter } from "../../../src/domain/pre-open.ts";

/** A Monday on which both exchanges trade. */
const NSE_OPENS = Date.parse("2026-11-30T03:45:00Z");
const US_OPENS = Date.parse("2026-11-30T14:30:00Z");

test.each([
  ["a moment too early", NSE_OPENS - PRE_OPEN_MS - 1, []],
  ["from then on", NSE_OPENS - PRE_OPEN_MS, ["NSE"]],
  ["just before the bell", NSE_OPENS - 1, ["NSE"]],
  ["at the bell", NSE_OPENS, []],
  ["in the middle of the session", NSE_OPENS + 3_600_000, []],
  ["before the other one", US_OPENS - 60_000, ["US"]],
  ["on a Sunday", NSE_OPENS - 86_400_000 - 60_000, []],
  ["on a holiday", Date.parse("2026-12-25T03:40:00Z"), []],
])("an opening is ahead for a quarter of an hour: %s", (_, now, expected) => {
  const ahead = openingsAhead(["NSE", "US", ALWAYS, "NOWHERE", "NSE"], now);
  expect(ahead.map(({ calendar }) => calendar)).toEqual(expected);
});

test("what was found out of one opening says nothing of the next", () => {
  const known = { opensAt: NSE_OPENS, silentLooks: 3, isProven: true };
  expect(preOpenState(known, NSE_OPENS)).toBe(known);
  const fresh = { opensAt: US_OPENS, silentLooks: 0, isProven: false };
  expect(preOpenState(known, US_OPENS)).toEqual(fresh);
  expect(preOpenState(undefined, US_OPENS)).toEqual(fresh);
});

test("a silent line is replaced, then signed in for, then told; after that it is only asked", () => {
  const remedies = [1, 2, 3, 4, 5].map((silentLooks) => remedyAfter(silentLooks));
  expect(remedies).toEqual(["replace_lines", "sign_in", "tell", null, null]);
});
