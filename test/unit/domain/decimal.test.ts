import Big from "big.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  Decimal,
  decimal,
  decimalText,
  floorToStep,
  isMultipleOf,
  roundToStep,
  type DecimalText,
} from "../../../src/domain/decimal.ts";

const RUNS = { numRuns: 4_000 };

const digits = (most: number): fc.Arbitrary<bigint> =>
  fc.bigInt({ min: 0n, max: 10n ** BigInt(most) - 1n });

/** Texts of all widths: of a few digits, at the edge of what a number holds, and far beyond it. */
const text = (): fc.Arbitrary<DecimalText> => {
  const units = fc.oneof(
    digits(3),
    digits(9),
    digits(15),
    digits(17),
    digits(30),
    fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }),
    fc.integer({ min: 0, max: 15 }).map((zeros) => 10n ** BigInt(zeros)),
  );
  return fc
    .tuple(fc.boolean(), units, fc.integer({ min: 0, max: 18 }))
    .map(([isNegative, whole, places]) => {
      const padded = whole.toString().padStart(places + 1, "0");
      const point = padded.length - places;
      const plain = places === 0 ? padded : `${padded.slice(0, point)}.${padded.slice(point)}`;
      return isNegative && whole !== 0n ? `-${plain}` : plain;
    });
};

const plain = (value: Big): DecimalText => {
  const fixed = value.toFixed();
  return fixed === "-0" ? "0" : fixed;
};

test("sums, differences and products are those of the reference, digit for digit", () => {
  fc.assert(
    fc.property(text(), text(), (a, b) => {
      const [ours, others] = [decimal(a), decimal(b)];
      expect(decimalText(ours)).toBe(plain(new Big(a)));
      expect(decimalText(ours.plus(others))).toBe(plain(new Big(a).plus(b)));
      expect(decimalText(ours.minus(others))).toBe(plain(new Big(a).minus(b)));
      expect(decimalText(ours.times(others))).toBe(plain(new Big(a).times(b)));
      expect(decimalText(ours.neg())).toBe(plain(new Big(a).neg()));
      expect(decimalText(ours.abs())).toBe(plain(new Big(a).abs()));
      expect(ours.cmp(others)).toBe(new Big(a).cmp(b));
      expect(ours.sign()).toBe(new Big(a).cmp(0));
      expect(JSON.stringify({ ours })).toBe(JSON.stringify({ ours: plain(new Big(a)) }));
    }),
    RUNS,
  );
});

test("quotients, what they leave and what is rounded are those of the reference", () => {
  fc.assert(
    fc.property(text(), text(), fc.integer({ min: 0, max: 18 }), (a, b, places) => {
      const [ours, others] = [decimal(a), decimal(b)];
      for (const [name, mode] of [
        ["half-even", Big.roundHalfEven],
        ["down", Big.roundDown],
        ["up", Big.roundUp],
      ] as const)
        expect(decimalText(ours.round(places, name))).toBe(plain(new Big(a).round(places, mode)));
      if (others.eq(0)) return;
      expect(decimalText(ours.div(others))).toBe(plain(new Big(a).div(b)));
      expect(decimalText(ours.mod(others))).toBe(plain(new Big(a).mod(b)));
      expect(isMultipleOf(ours, others)).toBe(new Big(a).mod(b).eq(0));
    }),
    RUNS,
  );
});

test("equal values have one form, whatever they came from", () => {
  fc.assert(
    fc.property(text(), text(), (a, b) => {
      const [ours, others] = [decimal(a), decimal(b)];
      expect(ours.plus(others).minus(others)).toEqual(ours);
      expect(ours.plus(others)).toEqual(decimal(decimalText(ours.plus(others))));
      expect(ours.times(others)).toEqual(decimal(decimalText(ours.times(others))));
      expect(ours.neg().neg()).toEqual(ours);
      expect(Object.is(ours.times(0).units, -0)).toBe(false);
    }),
    RUNS,
  );
});

test("what has few digits is calculated with in whole numbers, and the edge of that is exact", () => {
  expect(decimal("1500.05").times(decimal("75")).wide).toBeNull();
  expect(decimal("0.1").plus("0.2").wide).toBeNull();
  const most = decimal(String(Number.MAX_SAFE_INTEGER));
  expect(decimalText(most.plus(1))).toBe("9007199254740992");
  expect(decimalText(most.plus(2))).toBe("9007199254740993");
  expect(decimalText(most.plus("0.1"))).toBe("9007199254740991.1");
  expect(most.plus(2).gt(most.plus(1))).toBe(true);
});

test("a number is read by its shortest text", () => {
  for (const value of [0, -0, 1, -1, 0.1, 1500.05, -2.5e-7, 1e21, 123456789012345680000, 5e-324])
    expect(decimalText(decimal(value))).toBe(plain(new Big(value)));
  expect(decimal(-0)).toEqual(decimal(0));
});

test("what is no number throws, and so does a division by nothing", () => {
  for (const wrong of [
    "",
    "-",
    ".",
    "1.2.3",
    "1,5",
    "abc",
    " 1",
    "1 ",
    "--1",
    "0x10",
    NaN,
    Infinity,
  ])
    expect(() => decimal(wrong)).toThrow("Invalid number");
  expect(() => decimal(1).div(0)).toThrow("Division by zero");
  expect(() => decimal(1).mod(0)).toThrow("Division by zero");
});

test("a value is put on a step, to the nearest, or towards zero", () => {
  expect(decimalText(roundToStep(decimal("100.03"), decimal("0.05")))).toBe("100.05");
  expect(decimalText(roundToStep(decimal("100.025"), decimal("0.05")))).toBe("100");
  expect(decimalText(floorToStep(decimal("77"), decimal("25")))).toBe("75");
  expect(decimalText(floorToStep(decimal("-77"), decimal("25")))).toBe("-75");
  fc.assert(
    fc.property(text(), fc.constantFrom("0.05", "1", "25", "0.00000001", "0.1"), (a, step) => {
      const floored = floorToStep(decimal(a), decimal(step));
      expect(isMultipleOf(floored, decimal(step))).toBe(true);
      expect(floored.abs().lte(decimal(a).abs())).toBe(true);
      expect(decimal(a).minus(floored).abs().lt(step)).toBe(true);
    }),
    RUNS,
  );
});

test("a decimal takes a decimal as it is", () => {
  const one = decimal("1.5");
  expect(Decimal.from(one)).toBe(one);
});
