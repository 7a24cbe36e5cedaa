/** Values that are no price and no quantity, as the text of a body: JSON itself has no NaN and no Infinity. */

export const BAD_NUMBERS: [string, string][] = [
  ["negative", '"-1"'],
  ["a negative number", "-1"],
  ["nothing", '"0"'],
  ["NaN", '"NaN"'],
  ["Infinity", '"Infinity"'],
  ["with an exponent", '"1e3"'],
  ["a number with an exponent", "1e30"],
  ["a number too small to write without one", "1e-9"],
  ["a number beyond all bounds", "1e999"],
  ["too long before the point", `"${"1".repeat(19)}"`],
  ["too long after the point", `"1.${"1".repeat(19)}"`],
  ["endless", `"${"1".repeat(5_000)}"`],
  ["empty", '""'],
  ["a blank", '" 10"'],
  ["hexadecimal", '"0x10"'],
  ["of other digits", '"١٠"'],
  ["nobody's", "null"],
  ["a list", "[10]"],
  ["an object", '{"value":10}'],
  ["a truth", "true"],
];
