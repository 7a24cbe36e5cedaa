/** What one decision costs in a full ledger, beside the same in a small one: a ratio, so that a slow machine says the same. */
import { describe, expect, test } from "vitest";
import { decisionMicros, ledgerOf } from "../../../support/ledger/decision-cost.ts";

describe("the cost of a decision", () => {
  test("with a thousand open orders and every check on it is far below 50 µs on a free core, and does not grow with the instruments", async ({
    annotate,
  }) => {
    const few = ledgerOf(50);
    const many = ledgerOf(500);
    decisionMicros(few, 50);
    decisionMicros(many, 500);
    // Side by side and the best of some rounds: whatever else the machine does slows both.
    const rounds = Array.from(
      { length: 5 },
      () => [decisionMicros(few, 50), decisionMicros(many, 500)] as const,
    );
    const least = Math.min(...rounds.map(([small]) => small));
    const most = Math.min(...rounds.map(([, large]) => large));
    await annotate(
      `median decision: ${least.toFixed(1)} µs with 50 instruments, ${most.toFixed(1)} µs with 500`,
    );
    expect(most / least).toBeLessThan(2);
    expect(most).toBeLessThan(50);
  });
});
