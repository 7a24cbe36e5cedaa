/** What storms have counted survives an eviction: it is rebuilt from the ledger's own events. */
import { describe, expect, test } from "vitest";
import { KILL_SWITCH_HOLD_MS, TRIP_LOOK_INTERVAL_MS } from "../../../../src/domain/limits.ts";
import { DEFAULT_TRIPS } from "../../../../src/domain/risk/trips/settings.ts";
import { executionOf, START } from "../../../support/orders/scripted.ts";
import { facts, intent, reserved } from "../../../support/orders/lone-ledger.ts";

type Run = Awaited<ReturnType<typeof reserved>>;

const WINDOW_MS = 60_000;

/** A ledger whose storms are of three, with the means to bring one about. */
async function stormy() {
  const run = await reserved();
  const bounds = { count: 3, windowMs: WINDOW_MS };
  const changes = [
    { trip: "rejectStorm" as const, bounds },
    { trip: "orderChurn" as const, bounds },
  ];
  await run.calls.control({ kind: "trips", request: { changes, reason: "test" } }, "person:ann");
  let now = START;
  let made = 0;
  const pass = (ms: number): void => {
    now += ms;
    run.advance(ms);
  };
  const place = async (): Promise<string> => {
    made += 1;
    const clientOrderId = `s-${made}`;
    const { mark, ...known } = facts();
    const fresh = { ...known, mark: mark && { ...mark, time: now } };
    const answer = await run.calls.reserve({ ...intent, quantity: "1", clientOrderId }, fresh);
    expect(answer.kind).toBe("approved");
    return clientOrderId;
  };
  const reject = async (name = "rejected"): Promise<void> => {
    const clientOrderId = await place();
    const event = { kind: "rejected", reason: "the broker says no" } as const;
    await run.calls.post([{ eventId: `${clientOrderId}:${name}`, clientOrderId, event, at: now }]);
  };
  const churn = async (): Promise<void> => {
    await run.calls.requestCancel(await place(), "algo:momentum");
  };
  const look = async (): Promise<string[]> => {
    pass(TRIP_LOOK_INTERVAL_MS);
    await run.ledger.alarm();
    return latched(run);
  };
  return { ...run, pass, place, reject, churn, look };
}

const latched = ({ ledger }: Run): string[] =>
  [...ledger.state().tradingStates.values()].map(({ scope, by }) => `${scope} ${by}`).sort();

const BOTH = (trip: string): string[] => [
  `account:simulated trip:${trip}`,
  `algo:momentum trip:${trip}`,
];

describe("the counts of storms", () => {
  test.each(["reject", "churn"] as const)(
    "outlive an eviction between any two of them: %s",
    async (kind) => {
      const run = await stormy();
      for (let time = 1; time <= 3; time += 1) {
        expect(await run.look()).toEqual([]);
        await run[kind]();
        run.ledger.evict();
      }
      expect(await run.look()).toEqual(BOTH(kind === "reject" ? "rejectStorm" : "orderChurn"));
    },
  );

  test("are the same after an eviction as without one: nothing is counted twice", async () => {
    const run = await stormy();
    await run.reject();
    run.ledger.evict();
    await run.reject();
    expect(await run.look()).toEqual([]);
    run.ledger.evict();
    expect(await run.look()).toEqual([]);
  });

  test("count a reject once, though its batch is posted again because of news that cannot be applied", async () => {
    const run = await stormy();
    expect(await run.look()).toEqual([]);
    const clientOrderId = await run.place();
    const rejected = { kind: "rejected", reason: "the broker says no" } as const;
    const nonsense = { kind: "filled", execution: executionOf("E1", "0") } as const;
    await run.calls.post([
      { eventId: `${clientOrderId}:rejected`, clientOrderId, event: rejected, at: START },
      { eventId: "o-1:fill:E1", clientOrderId: intent.clientOrderId, event: nonsense, at: START },
    ]);
    await run.reject();
    expect(await run.look()).toEqual([]);
    await run.reject();
    expect(await run.look()).toEqual(BOTH("rejectStorm"));
  });

  test("leave out what storage refused: it comes again, and is counted then", async () => {
    const run = await stormy();
    expect(await run.look()).toEqual([]);
    const saveChange = run.ledger.store.saveChange.bind(run.ledger.store);
    const clientOrderId = await run.place();
    const event = { kind: "rejected", reason: "the broker says no" } as const;
    const posts = [
      { eventId: `${clientOrderId}:rejected`, clientOrderId, event, at: START },
      { eventId: "o-1:rejected", clientOrderId: intent.clientOrderId, event, at: START },
    ];
    run.ledger.store.saveChange = (change) => {
      if (change.entry?.order.clientOrderId !== clientOrderId) throw new Error("the disk is full");
      saveChange(change);
    };
    for (let time = 0; time < 3; time += 1)
      await expect(run.calls.post(posts)).rejects.toThrow("disk is full");
    run.ledger.store.saveChange = saveChange;
    await run.calls.post(posts);
    expect(await run.look()).toEqual([]);
  });

  test("leave out what our own gate stopped, and what is older than the window", async () => {
    const run = await stormy();
    await run.reject();
    for (let time = 0; time < 3; time += 1) await run.reject("stopped");
    run.ledger.evict();
    expect(await run.look()).toEqual([]);
    await run.reject();
    run.pass(WINDOW_MS);
    run.ledger.evict();
    await run.reject();
    expect(await run.look()).toEqual([]);
  });

  test.each([true, false])(
    "begin anew when a person has set the scope free, evicted in between: %s",
    async (evicts) => {
      const run = await stormy();
      for (let time = 0; time < 3; time += 1) await run.reject();
      expect(await run.look()).toHaveLength(2);
      run.pass(KILL_SWITCH_HOLD_MS);
      for (const scope of ["algo:momentum", "account:simulated"] as const)
        expect((await run.calls.resetTrip(scope, "looked at it", "person:ann")).ok).toBe(true);
      if (evicts) run.ledger.evict();
      expect(await run.look()).toEqual([]);
      for (let time = 0; time < 2; time += 1) await run.reject();
      expect(await run.look()).toEqual([]);
      await run.reject();
      expect(await run.look()).toHaveLength(2);
    },
  );

  test("are not given back by a milder latch of another trip", async () => {
    const run = await stormy();
    for (let time = 0; time < 2; time += 1) await run.reject();
    const scope = "algo:momentum" as const;
    await run.calls.control({ kind: "trips", request: { changes: [], reason: "t" } }, "person:ann");
    await run.calls.control({ kind: "reconcile_failed", reason: "t", scope }, "gateway:simulated");
    expect(await run.look()).toEqual(["algo:momentum trip:reconcileFailure"]);
    run.ledger.evict();
    const exit = { eventId: "late", event: { kind: "rejected", reason: "no" } as const, at: START };
    await run.calls.post([{ ...exit, clientOrderId: intent.clientOrderId }]);
    expect(await run.look()).toEqual(BOTH("rejectStorm"));
  });
});

test("both storms have a window, or there would be nothing to rebuild them from", () => {
  expect(DEFAULT_TRIPS.rejectStorm.bounds.windowMs).toBeGreaterThan(0);
  expect(DEFAULT_TRIPS.orderChurn.bounds.windowMs).toBeGreaterThan(0);
});
