/** Numbers, times and sums as the dashboard shows them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  digitsOf,
  formatCompact,
  formatMoney,
  formatPercent,
  formatPrice,
  formatQuantity,
  guessDigits,
  signOf,
  UNKNOWN,
} from "../../../dashboard/src/format/number.ts";
import {
  daySpan,
  formatAge,
  formatClock,
  formatMoment,
  withLocalTimes,
} from "../../../dashboard/src/format/time.ts";
import { closingOrder, share, sum } from "../../../dashboard/src/format/totals.ts";

const locale = "en-US";

describe("money", () => {
  test.each([
    ["1234.5", {}, "1,234.50"],
    ["-1234.5", {}, "\u22121,234.50"],
    ["1234.5", { sign: true }, "+1,234.50"],
    ["-0.004", { sign: true }, "0.00"],
    ["0", { sign: true }, "0.00"],
    ["1234.5", { digits: 0 }, "1,235"],
  ])("%s with %o is %s", (value, options, text) => {
    expect(formatMoney(value, { ...options, locale })).toBe(text);
  });

  test("keeps every digit of an amount that no float holds", () => {
    expect(formatMoney("123456789012345678.91", { locale })).toBe("123,456,789,012,345,678.91");
  });

  test("that is not known is said to be unknown, not zero", () => {
    expect(formatMoney(null)).toBe(UNKNOWN);
    expect(formatPrice(null)).toBe(UNKNOWN);
    expect(formatQuantity(undefined)).toBe(UNKNOWN);
    expect(formatCompact(null)).toBe(UNKNOWN);
    expect(formatPercent(Number.NaN)).toBe(UNKNOWN);
  });
});

describe("prices and quantities", () => {
  test("a price has the digits of its grid", () => {
    expect(digitsOf("0.05")).toBe(2);
    expect(digitsOf("1")).toBe(0);
    expect(digitsOf("0.00000001")).toBe(8);
    expect(formatPrice(1500.5, 2, locale)).toBe("1,500.50");
    expect(formatPrice("0.00002731", 8, locale)).toBe("0.00002731");
  });

  test("without a known grid small prices keep more digits", () => {
    expect([68_250, 12.5, 0.5, 0.000_027].map(guessDigits)).toEqual([2, 2, 4, 8]);
  });

  test("a quantity has just the digits it has", () => {
    expect(formatQuantity("1200.0305", locale)).toBe("1,200.0305");
    expect(formatQuantity("-3", locale)).toBe("\u22123");
  });

  test("large volumes are short, changes carry their sign", () => {
    expect(formatCompact(1_254_000, locale)).toBe("1.25M");
    expect(formatPercent(0.0125, { sign: true, locale })).toBe("+1.25%");
    expect(formatPercent(-0.5, { digits: 0, locale })).toBe("\u221250%");
  });

  test("the sign of an amount is that of its value", () => {
    expect(["-0.01", "0", "12", null].map((value) => signOf(value))).toEqual([-1, 0, 1, 0]);
  });

  test("a loss or a profit that rounds to zero is shown as a plain zero", () => {
    const shown = ["-0.0049", "0.0049", "-0.005", "0.005"];
    expect(shown.map((value) => signOf(value, 2))).toEqual([0, 0, -1, 1]);
    expect(shown.map((value) => formatMoney(value, { sign: true, locale }))).toEqual([
      "0.00",
      "0.00",
      "\u22120.01",
      "+0.01",
    ]);
    expect(formatMoney("-0.0049", { locale })).toBe("0.00");
    expect(signOf("-0.0049")).toBe(-1);
  });
});

describe("times", () => {
  test("of a sentence are shown on this machine's clock, and the rest of it as it is", () => {
    const at = Date.UTC(2026, 10, 21, 8, 29, 52, 238);
    const today = new Date(at).toDateString();
    expect(withLocalTimes(`last at ${new Date(at).toISOString()}, 2 open`, today)).toBe(
      `last at ${formatClock(at)}, 2 open`,
    );
    expect(withLocalTimes("version 3", today)).toBe("version 3");
  });

  test.each([
    [null, "never"],
    [100_500, "now"],
    [99_001, "now"],
    [99_000, "1 s"],
    [41_000, "59 s"],
    [40_000, "1 min"],
    [-3_500_000, "1 h"],
    [-200_000_000, "2 d"],
  ])("at %s, seen at 100,000, is %s", (at, words) => {
    expect(formatAge(at, 100_000)).toBe(words);
  });

  test("a moment of another day carries its date", () => {
    const at = new Date(2026, 10, 20, 9, 30).getTime();
    expect(formatMoment(at, new Date(at).toDateString())).toMatch(/^09.30.00$/);
    expect(formatMoment(at, "another day")).toMatch(/20.*09.30.00/);
  });
});

describe("totals", () => {
  test("sums are exact, and unknown as soon as one part is", () => {
    expect(sum(["0.1", "0.2"])).toBe("0.3");
    expect(sum([])).toBe("0");
    expect(sum(["1", null])).toBeNull();
  });

  test("a share needs both figures and a positive whole", () => {
    expect(share("50", "200")).toBe(0.25);
    expect(share("50", "0")).toBeNull();
    expect(share(null, "200")).toBeNull();
    expect(share("50", undefined)).toBeNull();
  });

  test("a position is closed by the other side and its whole quantity", () => {
    expect(closingOrder("10.50")).toEqual({ side: "sell", quantity: "10.5" });
    expect(closingOrder("-3")).toEqual({ side: "buy", quantity: "3" });
    expect(closingOrder("0")).toBeNull();
  });
});

describe("a day's span", () => {
  const zone = process.env["TZ"];
  beforeAll(() => {
    process.env["TZ"] = "Europe/Berlin";
  });
  afterAll(() => {
    if (zone === undefined) delete process.env["TZ"];
    else process.env["TZ"] = zone;
  });

  // On two days a year the clocks are changed.
  test.each([
    ["2026-11-20", "2026-11-19T23:00:00Z", 24],
    ["2026-03-29", "2026-03-28T23:00:00Z", 23],
    ["2026-10-25", "2026-10-24T22:00:00Z", 25],
  ])("of %s is from midnight to midnight on this machine's clock", (day, start, hours) => {
    const from = Date.parse(start);
    expect(daySpan(day)).toEqual({ from, to: from + hours * 3_600_000 });
  });

  test.each(["", "2026-13-01", "tomorrow"])("of no day (%j) is none", (text) => {
    expect(daySpan(text)).toEqual({});
  });
});
