/** Trips that are set to flatten, where the scope can be halted before them. */
import { describe, expect, test } from "vitest";
import { HALT_DONE_MS } from "../../../../src/domain/halt-limits.ts";
import { TRIP_LOOK_INTERVAL_MS } from "../../../../src/domain/limits.ts";
import type { TripName } from "../../../../src/domain/risk/trips/settings.ts";
import { facts, intent, reserved } from "../../../support/orders/lone-ledger.ts";
import { executionOf, START } from "../../../support/orders/scripted.ts";

const SCOPE = `algo:${intent.algoId}`;
const ANN = "person:ann";

const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** A ledger that holds what it reserved, bought at 100, under limits on the loss of 50; trips that close what they halt. */
async function holding(...closing: TripName[]) {
  const run = await reserved();
  const changes = closing.map((trip) => ({ trip, state: "halted" as const, flatten: true }));
  await run.calls.control({ kind: "trips", request: { changes, reason: "test" } }, ANN);
  const limits = (["dailyLoss", "drawdown"] as const).map((name) => ({
    scope: SCOPE,
    name,
    value: "50",
  }));
  await run.calls.setLimits({ changes: limits, reason: "test" }, ANN);
  const { clientOrderId } = intent;
  const execution = executionOf("E1", intent.quantity);
  await run.calls.post([
    { eventId: "E1", clientOrderId, event: { kind: "filled", execution }, at: START },
  ]);
  const falls = async (): Promise<void> => {
    run.advance(TRIP_LOOK_INTERVAL_MS);
    const time = START + run.passed();
    run.ledger.takeMarks([{ ...facts().mark, price: 80, bid: 80, ask: 80, time } as never]);
    await settled();
  };
  /** What one round has to tell leaves with the next. */
  const rings = async (): Promise<void> => {
    await run.ledger.alarm();
    await run.ledger.alarm();
  };
  const told = (): string[] =>
    [...run.ledger.tradebook.incidents.values()].map(({ title }) => title);
  return { ...run, falls, rings, told };
}

describe("a hard loss that is set to flatten", () => {
  test("closes what its scope holds", async () => {
    const run = await holding("dailyLoss");
    await run.falls();
    expect(run.flattened).toEqual([SCOPE]);
    expect(run.told()).toEqual([`${SCOPE} is halted by the trip dailyLoss`]);
  });

  test("closes it where a person has halted the scope before, and tells people, once", async () => {
    const run = await holding("dailyLoss");
    await run.calls.trip(SCOPE, "look at it", ANN);
    run.advance(HALT_DONE_MS * 2);
    await run.falls();
    expect(run.flattened).toEqual([SCOPE]);
    expect(run.told()).toEqual([`${SCOPE} is closed by the trip dailyLoss`]);
    // The halt itself stays the person's.
    expect(run.ledger.state().tradingStates.get(SCOPE)).toMatchObject({ by: ANN, since: START });
    await run.falls();
    expect(run.told()).toHaveLength(1);
  });

  test("closes it where a trip that is not has halted the scope in the same look", async () => {
    const run = await holding("drawdown");
    await run.falls();
    expect(run.flattened).toEqual([SCOPE]);
    expect(run.told()).toEqual([
      `${SCOPE} is halted by the trip dailyLoss`,
      `${SCOPE} is closed by the trip drawdown`,
    ]);
  });

  test("tells nothing of a flatten that is owed already", async () => {
    const run = await holding("dailyLoss");
    await run.calls.trip(SCOPE, "out", ANN, { flatten: true });
    await run.falls();
    expect(run.told()).toEqual([]);
  });

  test("is given its minute before people hear that the scope is not flat, however old the halt", async () => {
    const run = await holding("dailyLoss");
    await run.calls.trip(SCOPE, "look at it", ANN);
    run.advance(HALT_DONE_MS * 2);
    await run.falls();
    await run.rings();
    expect(run.told()).not.toContain(`${SCOPE} is not flat`);
    run.advance(HALT_DONE_MS);
    await run.rings();
    expect(run.told()).toContain(`${SCOPE} is not flat`);
  });
});

test("a reconciliation that fails closes what it halts, where it is set to", async () => {
  const run = await holding("reconcileFailure");
  const command = { kind: "reconcile_failed", reason: "test", scope: SCOPE } as const;
  await run.calls.control(command, "gateway:simulated");
  await run.rings();
  expect(run.flattened).toEqual([SCOPE]);
});
