import { describe, expect, test } from "vitest";
import {
  closedDay,
  daysToCompare,
  dueDay,
  isLate,
} from "../../../../src/domain/reconciliation/due-day.ts";
import {
  REPORT_DAYS_MAX,
  REPORT_LATE_MS,
  REPORT_RETRY_MS,
} from "../../../../src/domain/report-limits.ts";

const NOW = Date.parse("2030-05-06T03:00:00Z");

test.each([
  ["2030-05-06T00:09:59Z", "2030-05-04"],
  ["2030-05-06T00:10:00Z", "2030-05-05"],
])("at %s the latest closed day is %s", (now, day) => {
  expect(closedDay(Date.parse(now))).toBe(day);
});

describe("the days to compare", () => {
  test("are the latest alone where there is no report yet, or only one of today", () => {
    expect(daysToCompare(null, NOW)).toEqual(["2030-05-05"]);
    expect(daysToCompare("2030-05-06", NOW)).toEqual(["2030-05-05"]);
  });

  test("go back to the first that has a report, and no further", () => {
    expect(daysToCompare("2030-05-03", NOW)).toEqual(["2030-05-05", "2030-05-04", "2030-05-03"]);
  });

  test("are those of a week at most", () => {
    const days = daysToCompare("2029-01-01", NOW);
    expect(days).toHaveLength(REPORT_DAYS_MAX);
    expect(days.at(-1)).toBe("2030-04-29");
  });
});

describe("the day that is due", () => {
  const days = ["2030-05-05", "2030-05-04", "2030-05-03"];
  const done = { isFailed: false, finishedAt: NOW };
  const failed = (ago: number) => ({ isFailed: true, finishedAt: NOW - ago });

  test("is the newest without a report, and none once each has one", () => {
    const runs = new Map([["2030-05-05", done]]);
    expect(dueDay(days, runs, NOW)).toBe("2030-05-04");
    for (const day of days) runs.set(day, done);
    expect(dueDay(days, runs, NOW)).toBeNull();
  });

  test("that failed just now keeps no other waiting, and comes again after a while", () => {
    const runs = new Map([
      ["2030-05-05", failed(REPORT_RETRY_MS - 1)],
      ["2030-05-04", done],
    ]);
    expect(dueDay(days, runs, NOW)).toBe("2030-05-03");
    runs.set("2030-05-05", failed(REPORT_RETRY_MS));
    expect(dueDay(days, runs, NOW)).toBe("2030-05-05");
  });
});

test("a day is late some time after it was due", () => {
  const due = Date.parse("2030-05-06T00:10:00Z");
  expect(isLate("2030-05-05", due + REPORT_LATE_MS - 1)).toBe(false);
  expect(isLate("2030-05-05", due + REPORT_LATE_MS)).toBe(true);
});
