import fc from "fast-check";
import { expect, test } from "vitest";
import { clientOrderId } from "../../../src/contract/primitives.ts";
import { derivedOrderId, orderIdFor } from "../../../src/domain/derived-id.ts";

const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,36}$/);

test("an id made from another is readable where it fits, and always one that every edge takes", () => {
  expect(derivedOrderId("entry-1", "s1")).toBe("entry-1-s1");
  fc.assert(
    fc.property(id, fc.constantFrom("s1", "t1", "r12", "s9999"), (parent, tag) => {
      const derived = derivedOrderId(parent, tag);
      expect(clientOrderId.safeParse(derived).success).toBe(true);
      expect(derived.endsWith(`-${tag}`)).toBe(true);
      expect(derivedOrderId(parent, tag)).toBe(derived);
    }),
  );
});

test("two long parents that differ only at their ends have different ids", () => {
  const uuids = Array.from(
    { length: 16 },
    (_, last) => `4f1c2b7e-9d3a-4f6e-8a55-0c1d2e3f4a5${last.toString(16)}`,
  );
  const made = new Set(uuids.map((uuid) => derivedOrderId(uuid, "s1")));
  expect(made.size).toBe(16);
});

test("ten thousand positions under one close id have ten thousand ids", () => {
  const made = new Set(
    Array.from({ length: 10_000 }, (_, n) =>
      orderIdFor(
        "a-close-of-25-characters",
        `algo-${n % 100}`,
        "paper",
        `NSE:X${Math.floor(n / 100)}`,
      ),
    ),
  );
  expect(made.size).toBe(10_000);
  expect([...made].every((each) => clientOrderId.safeParse(each).success)).toBe(true);
});
