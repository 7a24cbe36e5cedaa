/** The rounds of the ledger's duties: one that hangs holds up neither the others nor a later round, and never runs twice. */
import { expect, test } from "vitest";
import { LedgerDuties, type DutyParts } from "../../../../src/application/ledger/duties.ts";
import { DUTY_WAIT_MS, WATCHDOG_INTERVAL_MS } from "../../../../src/domain/limits.ts";
import { emptyLedger } from "../../../../src/domain/risk/state.ts";
import { START } from "../../../support/orders/scripted.ts";
import { Timeline } from "../../../support/orders/timeline.ts";

/** Duties of which settling the gateways hangs until it is told to go on; each round's is counted. The trips are due at once. */
function hanging({ tripsHang = false } = {}) {
  const timeline = new Timeline(START);
  const told: string[] = [];
  const begun = { settle: 0, outbox: 0, trips: 0 };
  const state = emptyLedger(START);
  let goOn = Promise.withResolvers<boolean>();
  const parts = {
    book: {
      commit: <T>(_now: number, work: (state: unknown) => T) => work(state),
      recordRisk: () => {},
      denials: { ended: () => [] },
      storage: { setting: () => null },
      state: () => state,
      outbox: { size: 0, flush: async () => (begun.outbox += 1) > 0 },
    },
    gateways: {
      owed: 1,
      unfenced: () => [],
      settle: () => {
        begun.settle += 1;
        return goOn.promise;
      },
    },
    wishes: { refresh: () => {}, declare: async () => true, pending: false },
    notices: { send: async () => {}, waiting: false },
    archive: { run: async () => {} },
    trips: {
      run: async () => (tripsHang ? Promise.withResolvers<boolean>().promise : ++begun.trips > 0),
      dueAt: () => START,
    },
    after: (ms: number, act: () => void) => timeline.after(ms, act),
    log: (_level: string, event: string) => void told.push(event),
  } as unknown as DutyParts;
  const duties = new LedgerDuties(parts);
  /** True when a round that begins now has ended after `ms`. */
  const round = async (ms: number): Promise<boolean> => {
    let ended = false;
    void duties.run(timeline.now()).then(() => (ended = true));
    await timeline.runUntil(timeline.now() + ms);
    return ended;
  };
  return {
    round,
    begun,
    dueInMs: () => (duties.nextDueAt(timeline.now()) ?? Infinity) - timeline.now(),
    told,
    settle: async () => {
      goOn.resolve(true);
      await timeline.runUntil(timeline.now());
      goOn = Promise.withResolvers();
    },
  };
}

test("a round ends though one duty hangs, and people can read which", async () => {
  const { round, begun, told } = hanging();
  expect(await round(DUTY_WAIT_MS - 1)).toBe(false);
  expect(begun).toEqual({ settle: 1, outbox: 1, trips: 1 });
  expect(told).toEqual([]);
  expect(await round(1)).toBe(true);
  expect(told).toEqual(["duty_hangs"]);
});

test("later rounds do the other duties, and do not begin the one that hangs a second time", async () => {
  const { round, begun, told } = hanging();
  await round(DUTY_WAIT_MS);
  for (let time = 0; time < 3; time += 1) expect(await round(0)).toBe(true);
  expect(begun).toEqual({ settle: 1, outbox: 4, trips: 4 });
  expect(told.filter((event) => event === "duty_still_hangs")).toHaveLength(3);
});

test("a duty that settles late has its turn again in the next round", async () => {
  const { round, begun, settle } = hanging();
  await round(DUTY_WAIT_MS);
  await settle();
  await round(DUTY_WAIT_MS);
  expect(begun.settle).toBe(2);
});

test("the round that a duty holds up has ended by the watchdog's next turn", () => {
  expect(DUTY_WAIT_MS).toBeLessThan(WATCHDOG_INTERVAL_MS);
});

test("a look at the trips that hangs is not due meanwhile, as one that was only late is", async () => {
  const late = hanging();
  await late.round(DUTY_WAIT_MS);
  expect(late.dueInMs()).toBeLessThan(1_000);
  const { round, dueInMs } = hanging({ tripsHang: true });
  await round(DUTY_WAIT_MS);
  expect(dueInMs()).toBeGreaterThan(1_000);
});
