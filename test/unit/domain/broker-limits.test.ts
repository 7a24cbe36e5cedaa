import fc from "fast-check";
import { expect, test } from "vitest";
import { BROKER_LIMITS, learn, limitsInForce } from "../../../src/domain/broker-limits.ts";

const CONFIGURED = {
  instrumentsPerConnection: 1_000,
  connections: 3,
  subscribeMessagesPerSecond: 20,
};
const lesson = { limit: "instrumentsPerConnection", value: 40, at: 5, reason: "no more" } as const;

test("lesson 10: a broker that refuses the 41st instrument teaches 40, and no other limit", () => {
  const learned = learn(CONFIGURED, [], lesson);
  expect(learned).toEqual([lesson]);
  expect(limitsInForce(CONFIGURED, learned ?? [])).toEqual({
    ...CONFIGURED,
    instrumentsPerConnection: 40,
  });
});

test("what is not lower than known teaches nothing, and neither does a refusal of everything", () => {
  expect(learn(CONFIGURED, [lesson], { ...lesson, value: 40 })).toBeNull();
  expect(learn(CONFIGURED, [], { ...lesson, value: 1_000 })).toBeNull();
  expect(learn(CONFIGURED, [], { ...lesson, value: 0 })).toBeNull();
});

test("limits only ever go down, and never above what was configured", () => {
  const lessons = fc.array(
    fc.record({
      limit: fc.constantFrom(...BROKER_LIMITS),
      value: fc.integer({ min: -1, max: 2_000 }),
      at: fc.nat(),
      reason: fc.string(),
    }),
  );
  fc.assert(
    fc.property(lessons, (all) => {
      let learned = learn(CONFIGURED, [], lesson) ?? [];
      for (const one of all) {
        const before = limitsInForce(CONFIGURED, learned);
        learned = learn(CONFIGURED, learned, one) ?? learned;
        const after = limitsInForce(CONFIGURED, learned);
        for (const limit of BROKER_LIMITS) {
          expect(after[limit]).toBeLessThanOrEqual(before[limit]);
          expect(after[limit]).toBeGreaterThanOrEqual(1);
        }
      }
    }),
  );
});
