import fc from "fast-check";
import { expect, test } from "vitest";
import { PollPlan } from "../../../src/domain/poll-plan.ts";
import { pollPeriodMs, UNKNOWN_RATE } from "../../../src/domain/polling.ts";

const COSTS = { request: 0.05, staleness: 1 };

const nothing = () => false;

test("what was never asked for comes first, and then whatever is due first", () => {
  const plan = new PollPlan(COSTS, 1_000);
  plan.ask(["A", "B"]);
  expect(plan.next(nothing)).toEqual({ instrument: "A", dueAt: 0 });
  plan.polled("A", 1_000);
  expect(plan.next(nothing)).toEqual({ instrument: "B", dueAt: 0 });
  plan.polled("B", 1_001);
  const periodMs = pollPeriodMs(UNKNOWN_RATE, COSTS);
  expect(plan.next(nothing)).toEqual({ instrument: "A", dueAt: 1_000 + periodMs });
  expect(plan.next((one) => one === "A")).toEqual({ instrument: "B", dueAt: 1_001 + periodMs });
  plan.leave(["A", "B"]);
  expect(plan.next(nothing)).toBeNull();
});

test("one that changes at every poll is asked for sooner, and one that never does later", () => {
  const plan = new PollPlan(COSTS, 1_000);
  plan.ask(["BUSY", "QUIET"]);
  const before = plan.periodMs("BUSY");
  for (let poll = 0; poll < 100; poll += 1) {
    plan.learn("BUSY", true, plan.periodMs("BUSY"));
    plan.learn("QUIET", false, plan.periodMs("QUIET"));
  }
  expect(plan.periodMs("BUSY")).toBeLessThan(before);
  expect(plan.periodMs("QUIET")).toBeGreaterThan(before);
});

test("a line that was lost forgets what it asked for and not what was learned; one let go of is forgotten", () => {
  const plan = new PollPlan(COSTS, 1_000);
  plan.ask(["A"]);
  const unknown = plan.periodMs("A");
  for (let poll = 0; poll < 100; poll += 1) plan.learn("A", true, 100);
  const learned = plan.periodMs("A");
  plan.restart();
  expect(plan.next(nothing)).toBeNull();
  expect(plan.periodMs("A")).toBe(0);
  plan.ask(["A"]);
  expect(plan.periodMs("A")).toBe(learned);
  plan.leave(["A"]);
  plan.ask(["A"]);
  expect(plan.periodMs("A")).toBe(unknown);
});

test("however many are asked for, their requests together keep the provider's limit", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 20 }),
      (count, limit) => {
        const plan = new PollPlan(COSTS, limit);
        const all = Array.from({ length: count }, (_, index) => `I${index}`);
        plan.ask(all);
        const perSecond = all.reduce((sum, one) => sum + 1_000 / plan.periodMs(one), 0);
        expect(perSecond).toBeLessThanOrEqual(limit * 1.000001);
      },
    ),
  );
});
