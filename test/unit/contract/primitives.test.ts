import Big from "big.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keyRequest } from "../../../src/contract/operations.ts";
import {
  decimalInput,
  instrumentIdsQuery,
  integerQuery,
  pageQuery,
  positiveDecimalInput,
} from "../../../src/contract/primitives.ts";
import { INSTRUMENTS_PER_CALL_MAX, PAGE_ROWS_MAX } from "../../../src/domain/limits.ts";

/** Plain decimals of up to 18 digits each side, as a person may write them. */
const decimalParts = fc.record({
  minus: fc.constantFrom("", "-"),
  whole: fc.oneof(fc.constant("0"), fc.stringMatching(/^[1-9]\d{0,17}$/)),
  fraction: fc.oneof(fc.constant(""), fc.stringMatching(/^\.\d{1,18}$/)),
});

describe("a decimal", () => {
  test("given as text keeps its exact value and loses only idle zeros", () => {
    fc.assert(
      fc.property(decimalParts, ({ minus, whole, fraction }) => {
        const text = minus + whole + fraction;
        const taken = decimalInput.parse(text);
        expect(new Big(taken).eq(new Big(text))).toBe(true);
        expect(taken).not.toMatch(/e|\+|\.\d*0$|^-0$/);
        // Taking it again changes nothing.
        expect(decimalInput.parse(taken)).toBe(taken);
      }),
    );
  });

  test("given as a number is its shortest text, or refused when that has an exponent", () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        const taken = decimalInput.safeParse(value);
        const isPlain = !/e|NaN|Infinity|\d{19}/.test(String(value));
        expect(taken.success).toBe(isPlain);
        const text = taken.success ? taken.data : String(value);
        // Not -0: that is the same amount as 0.
        expect(Number(text) + 0).toBe(value + 0);
      }),
    );
  });

  test("is refused for any text that is not one, and never read as zero", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const isDecimal = /^-?(0|[1-9]\d{0,17})(\.\d{1,18})?$/.test(text);
        expect(decimalInput.safeParse(text).success).toBe(isDecimal);
      }),
    );
    for (const text of ["", " ", "1e3", "0x1", "١", "1 ", "--1", "1..0", "00", "1_000", "−1"])
      expect(decimalInput.safeParse(text).success).toBe(false);
  });

  test.each(["0", "-0", "0.0", "-0.000000000000000001", 0, -1])("of %j is not above 0", (value) => {
    expect(positiveDecimalInput.safeParse(value).success).toBe(false);
  });
});

const limit = (text: string): boolean => pageQuery.safeParse({ limit: text }).success;

const many = (count: number): string =>
  Array.from({ length: count }, (_, n) => `NSE:S${n}`).join(",");

describe("a query", () => {
  test.each(["", " 7", "7 ", "0x7", "1e3", "-1", "1.5", "٣", "9".repeat(16)])(
    "takes %j for no whole number",
    (text) => {
      expect(integerQuery.safeParse(text).success).toBe(false);
    },
  );

  test("holds a limit on both sides of its bounds", () => {
    expect([limit("0"), limit("1"), limit(String(PAGE_ROWS_MAX))]).toEqual([false, true, true]);
    expect(limit(String(PAGE_ROWS_MAX + 1))).toBe(false);
  });

  test("names each instrument once, in the order given, up to its bound", () => {
    expect(instrumentIdsQuery.parse("NSE:B, NSE:A,NSE:B")).toEqual(["NSE:B", "NSE:A"]);
    expect(instrumentIdsQuery.safeParse(many(INSTRUMENTS_PER_CALL_MAX)).success).toBe(true);
    expect(instrumentIdsQuery.safeParse(many(INSTRUMENTS_PER_CALL_MAX + 1)).success).toBe(false);
    expect(instrumentIdsQuery.safeParse("").success).toBe(false);
  });
});

describe("a request for a key", () => {
  test.each([
    [["read"], undefined, true],
    [["trade"], undefined, false],
    [["read", "trade"], "momentum", true],
    [["trade", "admin"], undefined, true],
    [[], undefined, false],
    [["root"], undefined, false],
  ])("for %j and algo %s: %s", (scopes, algoId, taken) => {
    expect(keyRequest.safeParse({ name: "n", scopes, algoId }).success).toBe(taken);
  });
});
