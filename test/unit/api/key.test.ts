import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { equalInConstantTime, keyText, newKey, parseKey, sha256 } from "../../../src/api/key.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

describe("a key", () => {
  test("is parsed from its own text, whatever its random bytes", () => {
    fc.assert(
      fc.property(bytes(8), bytes(32), (id, secret) => {
        const key = newKey((into) => {
          into.set(into.length === 8 ? id : secret);
          return into;
        });
        expect(parseKey(keyText(key))).toEqual(key);
        expect(Buffer.from(key.secret, "base64url")).toEqual(Buffer.from(secret));
      }),
    );
  });

  test("is no key with anything before, after or instead", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseKey(text)).toBeNull();
      }),
    );
    const right = keyText(newKey((into) => crypto.getRandomValues(into)));
    for (const text of [`${right} `, ` ${right}`, `${right}\n`, right.slice(0, -1), `${right}x`])
      expect(parseKey(text)).toBeNull();
  });
});

test("the hash is SHA-256 in hex", async () => {
  expect(await sha256("abc")).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

test("two texts are equal exactly when they are the same", () => {
  const text = fc.string({ minLength: 0, maxLength: 8 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(equalInConstantTime(a, b)).toBe(a === b);
      expect(equalInConstantTime(a, a)).toBe(true);
    }),
  );
});
