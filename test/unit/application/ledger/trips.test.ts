/** What follows from a trip: its latch, what is remembered of it, and its cancels. */
import { describe, expect, test } from "vitest";
import { TRIP_LOOK_INTERVAL_MS } from "../../../../src/domain/limits.ts";
import type { TradingStateRecord } from "../../../../src/domain/risk/state.ts";
import type { TripName } from "../../../../src/domain/risk/trips/settings.ts";
import { facts, intent, reserved } from "../../../support/orders/lone-ledger.ts";
import { executionOf, START } from "../../../support/orders/scripted.ts";

const ALGO = `algo:${intent.algoId}`;
const ANN = "person:ann";

type Run = Awaited<ReturnType<typeof reserved>>;

const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

const setTrip = (run: Run, trip: TripName, change: object) =>
  run.calls.control(
    { kind: "trips", request: { changes: [{ trip, ...change }], reason: "test" } },
    ANN,
  );

/** Storage refuses the latches of a scope as often as is said. */
function refuseLatches({ ledger: { store } }: Run, scope: string, times: number): void {
  const save = store.saveTradingState.bind(store);
  let left = times;
  store.saveTradingState = (record: TradingStateRecord) => {
    if (record.scope === scope && left > 0) {
      left -= 1;
      throw new Error("storage is away");
    }
    save(record);
  };
}

const latched = ({ ledger }: Run): string[] =>
  [...ledger.state().tradingStates.values()].map(({ scope, by }) => `${scope} ${by}`).sort();

/** It holds what it bought at 100, under limits on the loss of 50. */
async function holding() {
  const run = await reserved();
  const limits = [ALGO, "portfolio"].map((scope) => ({
    scope,
    name: "dailyLoss" as const,
    value: "50",
  }));
  await run.calls.setLimits({ changes: limits, reason: "test" }, ANN);
  const { clientOrderId } = intent;
  const event = { kind: "filled", execution: executionOf("E1", intent.quantity) } as const;
  await run.calls.post([{ eventId: "E1", clientOrderId, event, at: START }]);
  const falls = async (): Promise<void> => {
    run.advance(TRIP_LOOK_INTERVAL_MS);
    const time = START + run.passed();
    run.ledger.takeMarks([{ ...facts().mark, price: 80, bid: 80, ask: 80, time } as never]);
    await settled();
  };
  return { ...run, falls };
}

describe("a trip whose latch storage refuses", () => {
  const BOTH = [`${ALGO} trip:dailyLoss`, "portfolio trip:dailyLoss"];

  test("has not fired: a loss is latched at the next look that can", async () => {
    const run = await holding();
    refuseLatches(run, ALGO, 2);
    await run.falls();
    await run.falls();
    expect(latched(run)).not.toContain(BOTH[0]);
    await run.falls();
    expect(latched(run)).toEqual(BOTH);
  });

  test("holds up no other one", async () => {
    const run = await holding();
    refuseLatches(run, ALGO, 1);
    await run.falls();
    expect(latched(run)).toEqual([BOTH[1]]);
  });

  test("leaves a storm its count", async () => {
    const run = await reserved();
    await setTrip(run, "rejectStorm", { bounds: { count: 1, windowMs: 60_000 } });
    await run.ledger.alarm();
    refuseLatches(run, ALGO, 1);
    const { clientOrderId } = intent;
    const event = { kind: "rejected", reason: "the broker says no" } as const;
    await run.calls.post([{ eventId: "r", clientOrderId, event, at: START }]);
    run.advance(TRIP_LOOK_INTERVAL_MS);
    await run.ledger.alarm();
    run.advance(TRIP_LOOK_INTERVAL_MS);
    await run.ledger.alarm();
    expect(latched(run)).toContain(`${ALGO} trip:rejectStorm`);
  });
});

/** The gateway cannot bring its positions and ours together. */
const tell = (run: Run) =>
  run.calls.control({ kind: "reconcile_failed", reason: "test", scope: ALGO }, "gateway:simulated");

/** One order stands at the broker. */
async function standing(state: "halted" | "reducing") {
  const run = await reserved();
  const { clientOrderId } = intent;
  const event = { kind: "accepted", brokerOrderId: "B1", pendingTrigger: false } as const;
  await run.calls.post([{ eventId: "a", clientOrderId, event, at: START }]);
  await setTrip(run, "reconcileFailure", { state });
  return run;
}

describe("a reconciliation that failed", () => {
  test("has its cancels handed to the gateway at once where it halts", async () => {
    const run = await standing("halted");
    await tell(run);
    await settled();
    expect(run.canceled).toEqual([intent.clientOrderId]);
    expect(latched(run)).toEqual([`${ALGO} trip:reconcileFailure`]);
  });

  test("cancels nothing where it only lets the scope reduce, and makes no halt milder", async () => {
    const run = await standing("reducing");
    await tell(run);
    await settled();
    expect(run.canceled).toEqual([]);
    expect(run.ledger.state().tradingStates.get(ALGO)?.state).toBe("reducing");
    await run.calls.trip(ALGO, "look at it", ANN);
    await tell(run);
    expect(latched(run)).toEqual([`${ALGO} ${ANN}`]);
  });

  test("is told again where storage refused its latch", async () => {
    const run = await standing("halted");
    refuseLatches(run, ALGO, 1);
    await expect(tell(run)).rejects.toThrow("storage is away");
    await tell(run);
    expect(latched(run)).toEqual([`${ALGO} trip:reconcileFailure`]);
  });
});
