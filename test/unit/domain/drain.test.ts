import { expect, test } from "vitest";
import { drainedLayout, lookAtHours, startDrain } from "../../../src/domain/drain.ts";

const weights = new Map<string, number>();

test("what drains takes nothing new, keeps what it has until the hours are over, and then gives it up", () => {
  const drain = startDrain("after_hours", 1_000);
  const layout = (value = drain) => drainedLayout(3, new Map([[2, value]]), weights);
  expect(layout()).toEqual({ takes: [1, 3], keeps: [2], weights });
  expect(layout(lookAtHours(drain, true)).keeps).toEqual([2]);
  const closed = lookAtHours(drain, false);
  expect(layout(closed)).toEqual({ takes: [1, 3], keeps: [], weights });
  // A market that opens again does not bring it back: that is a person's to say.
  expect(lookAtHours(closed, true)).toBe(closed);
});

test("told to drain now, it gives up at once, whatever the hours", () => {
  expect(startDrain("now", 1_000)).toEqual({ when: "now", since: 1_000, isClosed: true });
});
