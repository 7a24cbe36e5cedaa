import { expect, test } from "vitest";
import { ConnectPace } from "../../../src/domain/connect-pace.ts";

test("all connections of an account open at once, and the next ones at the broker's rate", () => {
  const pace = new ConnectPace({ connectsPerMinute: 60, connectionsMax: 3 }, 0);
  expect([0, 0, 0, 0, 0].map((now) => pace.take(now))).toEqual([0, 0, 0, 1_000, 2_000]);
  // The turns given away are waited for before there is a new one.
  expect(pace.take(2_000)).toBe(1_000);
  expect(pace.take(60_000)).toBe(0);
});

test("a clock that goes back gives no connection more", () => {
  const pace = new ConnectPace({ connectsPerMinute: 60, connectionsMax: 1 }, 10_000);
  expect(pace.take(10_000)).toBe(0);
  expect(pace.take(0)).toBe(1_000);
});
