import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { INFERRED_FILL_QUIET_MS, RECONCILE_TRIES_MAX } from "../../../../src/domain/limits.ts";
import type { Execution } from "../../../../src/domain/order.ts";
import { signedQuantity } from "../../../../src/domain/reconciliation/compare.ts";
import { nextStep, type Doubt } from "../../../../src/domain/reconciliation/doubt.ts";
import {
  inferredFill,
  isReplaced,
  replaceInferred,
  type InferredFill,
} from "../../../../src/domain/reconciliation/inferred.ts";

const FACTS = { account: "paper", price: "1500", currency: "INR", seenAt: 1_000 };
const differs = (ours: string, theirs: string) => ({ instrument: "A:1", ours, theirs });

const doubt = (changes: Partial<Doubt> = {}): Doubt => ({
  instrument: "A:1",
  delta: "10",
  since: 1_000,
  tries: 1,
  inferred: false,
  ...changes,
});

const real = (quantity: string, changes: Partial<Execution> = {}): Execution => ({
  ...inferredFill(doubt(), FACTS).execution,
  executionId: `E${quantity}`,
  clientOrderId: "o-1",
  brokerOrderId: "B1",
  quantity,
  executedAt: 900,
  ...changes,
});

describe("a difference that stands", () => {
  test("is waited for until the quiet time is over, on both sides of it", () => {
    const first = nextStep(null, differs("0", "10"), 1_000);
    expect(first.action).toBe("wait");
    const before = nextStep(first.doubt, differs("0", "10"), 1_000 + INFERRED_FILL_QUIET_MS - 1);
    expect(before.action).toBe("wait");
    const after = nextStep(first.doubt, differs("0", "10"), 1_000 + INFERRED_FILL_QUIET_MS);
    expect(after).toMatchObject({ action: "infer", doubt: { delta: "10", since: 1_000 } });
  });

  test("that changes begins its quiet time anew", () => {
    const later = 1_000 + INFERRED_FILL_QUIET_MS;
    const step = nextStep(doubt(), differs("0", "11"), later);
    expect(step).toMatchObject({ action: "wait", doubt: { delta: "11", since: later } });
  });

  test("is inferred once only", () => {
    const late = 1_000 + 10 * INFERRED_FILL_QUIET_MS;
    expect(nextStep(doubt({ inferred: true }), differs("0", "10"), late).action).toBe("wait");
  });

  test("lesson 33: whatever it does, the tries are bounded, and then the instrument is frozen", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: 0, max: 60_000 })), {
          minLength: RECONCILE_TRIES_MAX + 1,
          maxLength: RECONCILE_TRIES_MAX + 1,
        }),
        (rounds) => {
          let known: Doubt | null = null;
          let now = 1_000;
          const actions = rounds.map(([theirs, passedMs]) => {
            now += passedMs;
            const step = nextStep(known, differs("100", String(theirs)), now);
            known = step.doubt;
            return step.action;
          });
          expect(actions.at(-1)).toBe("freeze");
          expect(actions.slice(0, -1)).not.toContain("freeze");
        },
      ),
    );
  });
});

describe("an inferred fill", () => {
  test("is taken back by a fill from before it was seen also where our clock is another than the broker's", () => {
    // Ours is ten seconds behind: what the broker dates later happened before.
    const inferred = inferredFill(doubt(), { ...FACTS, seenAt: 11_000 });
    expect(replaceInferred([inferred], real("10", { executedAt: 10_900 }))).toHaveLength(1);
    expect(replaceInferred([inferred], real("10", { executedAt: 11_100 }))).toEqual([]);
  });

  test("lesson 35: the same doubt gives the same fill, however often it is asked", () => {
    expect(inferredFill(doubt(), FACTS)).toEqual(inferredFill(doubt({ tries: 4 }), FACTS));
    const other = inferredFill(doubt({ since: 2_000 }), FACTS);
    expect(other.execution.executionId).not.toBe(
      inferredFill(doubt(), FACTS).execution.executionId,
    );
  });

  test("its order's id fits wherever an order's id goes", () => {
    const { execution } = inferredFill(doubt(), FACTS);
    expect(execution.clientOrderId).toMatch(/^[A-Za-z0-9_-]{1,36}$/);
    const [replaced] = replaceInferred([inferredFill(doubt(), FACTS)], real("3"));
    expect(replaced?.undo.clientOrderId).toMatch(/^[A-Za-z0-9_-]{1,36}$/);
  });

  test("lesson 34: real fills in any pieces replace it, and the two never add up", () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 6 });
    fc.assert(
      fc.property(pieces, (quantities) => {
        let open: InferredFill[] = [inferredFill(doubt(), FACTS)];
        let position = 10;
        for (const [index, quantity] of quantities.entries()) {
          const execution = real(String(quantity), { executionId: `E${index}` });
          for (const { inferred, undo } of replaceInferred(open, execution)) {
            position += Number(signedQuantity(undo));
            open = isReplaced(inferred) ? [] : [inferred];
          }
          position += quantity;
        }
        const told = quantities.reduce((sum, next) => sum + next, 0);
        expect(position).toBe(Math.max(10, told));
      }),
    );
  });

  test.each([
    ["of the other side", { side: "sell" }],
    ["of another instrument", { instrument: "A:2" }],
    ["traded after the difference was seen", { executedAt: 1_001 }],
  ] as const)("is not replaced by a fill %s", (_, changes) => {
    expect(replaceInferred([inferredFill(doubt(), FACTS)], real("10", changes))).toEqual([]);
  });
});
