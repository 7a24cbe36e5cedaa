/** The one setting that says how long the tradebook keeps rows in D1, on both sides of its bounds. */
import { describe, expect, test } from "vitest";
import { tradebookKeptMs } from "../../src/platform/env.ts";

const DAY_MS = 86_400_000;

describe("how long the tradebook keeps rows in D1", () => {
  test.each([
    ["", 60],
    ["14", 14],
    ["365", 365],
    ["3650", 3_650],
  ])("TRADEBOOK_KEPT_DAYS=%j is %d days", (text, days) => {
    expect(tradebookKeptMs({ TRADEBOOK_KEPT_DAYS: text })).toBe(days * DAY_MS);
  });

  test("is 60 days where a deployment from before it names nothing", () => {
    expect(tradebookKeptMs({} as Parameters<typeof tradebookKeptMs>[0])).toBe(60 * DAY_MS);
  });

  test.each(["13", "3651", "0", "-1", "1.5", "sixty", " 60", "99999"])(
    "TRADEBOOK_KEPT_DAYS=%j is refused by name",
    (text) => {
      expect(() => tradebookKeptMs({ TRADEBOOK_KEPT_DAYS: text })).toThrow(
        "TRADEBOOK_KEPT_DAYS must be a whole number from 14 to 3650, or empty",
      );
    },
  );
});
