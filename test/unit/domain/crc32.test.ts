import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32 } from "../../../src/domain/crc32.ts";

test("the check value of the standard comes out, and nothing of nothing is 0", () => {
  expect(crc32("123456789")).toBe(0xcbf43926);
  expect(crc32("")).toBe(0);
});

test("any ASCII text has the checksum that zlib gives it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary-ascii", maxLength: 300 }), (text) => {
      expect(crc32(text)).toBe(zlibCrc32(text));
    }),
  );
});
