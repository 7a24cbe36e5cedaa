/** What one decision costs in a full ledger, beside the same in a small one: a ratio, so that a slow machine says the same. `npm run bench -- decision` holds the time itself. */
import { describe, expect, test } from "vitest";
import { decisionMicros, ledgerOf } from "../../../support/ledger/decision-cost.ts";

/** Some fifty thousand decisions, on a machine that may be busy. */
const DECISIONS_MS = 60_000;

describe("the cost of a decision", () => {
  test(
    "with a thousand open orders and every check on does not grow with the instruments",
    async ({ annotate }) => {
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
    },
    DECISIONS_MS,
  );
});
