/** Nothing spins: however an order's step fails to come about, alarms, cancels and questions stay few. */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  KILL_SWITCH_HOLD_MS,
  ORDER_STEP_OVERDUE_MS,
  WATCHDOG_INTERVAL_MS,
} from "../../../../src/domain/limits.ts";
import { intent, reserved } from "../../../support/orders/lone-ledger.ts";
import {
  approvedWith,
  brokerOrderWith,
  executionOf,
  scripted,
  START,
} from "../../../support/orders/scripted.ts";

const MINUTE_MS = 60_000;

const accepted = {
  eventId: "o-1:accepted",
  clientOrderId: intent.clientOrderId,
  event: { kind: "accepted", brokerOrderId: "B1", pendingTrigger: false } as const,
  at: START,
};

type Run = Awaited<ReturnType<typeof reserved>>;

/** Runs the ledger by its own alarm; answers how often it rang. */
async function byAlarm(run: Run, minutes: number): Promise<number> {
  let rounds = 0;
  for (let passed = 0; passed < minutes * MINUTE_MS;) {
    await run.ledger.alarm();
    rounds += 1;
    const wait = (run.ledger.dueAt() ?? Infinity) - START - run.passed();
    const step = Math.min(wait, WATCHDOG_INTERVAL_MS);
    run.advance(step);
    passed += step;
  }
  return rounds;
}

test("an order whose cancel or hand-over nobody confirms rings few alarms, and asks seldom", async () => {
  const steps = fc.record({
    step: fc.constantFrom("cancel", "hand-over"),
    minutes: fc.integer({ min: 1, max: 30 }),
    fails: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(steps, async ({ step, minutes, fails }) => {
      const run = await reserved({ fails });
      if (step === "cancel") {
        await run.calls.post([accepted]);
        await run.calls.requestCancel(intent.clientOrderId, "ann");
      }
      run.advance(ORDER_STEP_OVERDUE_MS);
      const rounds = await byAlarm(run, minutes);
      expect(run.asked.length).toBeGreaterThan(0);
      // A hand-over that is made again is a step of its own, and has its whole time.
      const perMinute = step === "cancel" || fails ? 1 : MINUTE_MS / ORDER_STEP_OVERDUE_MS;
      expect(run.asked.length).toBeLessThanOrEqual(4 + perMinute * minutes);
      expect(rounds).toBeLessThanOrEqual(10 + 4 * minutes);
    }),
    { numRuns: 30 },
  );
});

test("a broker that refuses every cancel under a halt is asked seldom, however often the ledger looks", async () => {
  const run = await reserved();
  await run.calls.post([accepted]);
  await run.calls.trip("portfolio", "test", "test");
  for (let second = 0; second < 600; second += 1) {
    const event = { kind: "cancel_rejected", reason: "not now" } as const;
    const { clientOrderId } = intent;
    await run.calls.post([{ eventId: `refused:${second}`, clientOrderId, event, at: START }]);
    await run.ledger.alarm();
    run.advance(1_000);
  }
  expect(run.canceled.length).toBeGreaterThan(600 / 20);
  expect(run.canceled.length).toBeLessThanOrEqual(6 + 600 / 20);
});

test("a flatten that a reset ended before it was done rings no alarm any more", async () => {
  const run = await reserved();
  const event = { kind: "filled", execution: executionOf("E1", "10") } as const;
  const { clientOrderId } = intent;
  await run.calls.post([accepted, { eventId: "o-1:E1", clientOrderId, event, at: START }]);
  await run.calls.trip("portfolio", "test", "test", { flatten: true });
  await run.ledger.alarm();
  expect(run.flattened).toEqual(["portfolio"]);
  run.advance(KILL_SWITCH_HOLD_MS);
  expect((await run.calls.resetTrip("portfolio", "test", "test")).ok).toBe(true);
  expect(await byAlarm(run, 1)).toBeLessThanOrEqual(5);
  expect(run.flattened).toEqual(["portfolio"]);
});

test("a cancel that is not confirmed goes to the broker no faster for being asked for again", async () => {
  let questions = 0;
  const run = scripted({
    get orders() {
      questions += 1;
      return [brokerOrderWith()];
    },
  });
  await run.gateway.submit(approvedWith(), 1);
  questions = 0;
  for (let tenth = 0; tenth < 600; tenth += 1) {
    await run.gateway.cancel("o-1");
    await run.gateway.watch();
    run.advance(100);
  }
  expect(run.canceled.length).toBeGreaterThan(3);
  expect(run.canceled.length).toBeLessThanOrEqual(13);
  expect(questions).toBeLessThanOrEqual(80);
});
