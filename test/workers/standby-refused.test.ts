/** A broker that has no room for the standby: how often it is asked again. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type DutiesHost, ProviderDuties } from "../../durable-objects/market-manager.duties.ts";
import { ProviderEpochs } from "../../durable-objects/market-manager.epochs.ts";
import type { ProviderStorage } from "../../durable-objects/market-manager.provider-storage.ts";
import { startFailover } from "../../src/domain/failover.ts";
import { OBJECT_RETRY_MS } from "../../src/domain/limits.ts";
import { STANDBY_REFUSED_BACKOFF } from "../../src/domain/provider-limits.ts";
import { err, ok } from "../../src/domain/result.ts";

const MINUTE_MS = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp() {
  const settings = new Map<string, string>();
  const storage = {
    setting: (name: string) => settings.get(name) ?? null,
    set: (name: string, value: string) => void settings.set(name, value),
    told: () => 0,
  } as unknown as ProviderStorage;
  const room = { instruments: 2, isReachable: true };
  /** When the broker was asked, and for how many. */
  const asked: { at: number; count: number }[] = [];
  const wakes: number[] = [];
  const watched = new Set(["X:A", "X:B", "X:C"]);
  const host: DutiesHost = {
    storage,
    epochs: new ProviderEpochs(storage),
    followers: () => new Map(),
    wakeAt: (time) => void wakes.push(time),
    log: () => {},
    manager: () => ({
      declare: async (_, wishes) => {
        asked.push({ at: Date.now(), count: wishes.length });
        if (!room.isReachable) throw new Error("gone");
        if (wishes.length > room.instruments)
          return err({ code: "SHARD_CAPACITY", message: "no room", details: null });
        return ok({ instruments: wishes.map(({ instrument }) => ({ instrument, state: "live" })) });
      },
    }),
  };
  const duties = new ProviderDuties(host, () =>
    [...watched].map((instrument) => ({
      instrument,
      state: startFailover(["first", "second"], 0),
      isWatched: true,
      version: 0,
    })),
  );
  const round = async () => {
    duties.carryOutSoon();
    await duties.done;
  };
  /** Health reports come once a second, and each is followed by a round. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 1_000) {
      vi.advanceTimersByTime(1_000);
      await round();
    }
  };
  return { asked, room, round, pass, wakes, watched };
}

test("it is asked less and less often, at a time of its own, and never more rarely than every few minutes", async () => {
  const { asked, round, pass, wakes } = setUp();
  await round();
  await pass(60 * MINUTE_MS);
  const waits = asked.slice(1).map(({ at }, n) => at - (asked[n]?.at ?? 0));
  for (const wait of waits) {
    expect(wait).toBeGreaterThanOrEqual(OBJECT_RETRY_MS);
    expect(wait).toBeLessThanOrEqual(OBJECT_RETRY_MS + STANDBY_REFUSED_BACKOFF.maxDelayMs + 1_000);
  }
  expect(Math.max(...waits)).toBeGreaterThan(20_000);
  expect(asked.length).toBeGreaterThan(10);
  // Every two seconds would have been 1,800.
  expect(asked.length).toBeLessThan(150);
  // Whoever sleeps meanwhile is woken for it.
  expect(wakes.at(-1)).toBeGreaterThan(Date.now());
});

test("once there is room it is kept, and what is refused after that is asked for soon again", async () => {
  const { asked, room, round, pass, watched } = setUp();
  await round();
  await pass(20 * MINUTE_MS);
  room.instruments = 3;
  await pass(6 * MINUTE_MS);
  const kept = asked.length;
  await pass(6 * MINUTE_MS);
  expect(asked.length).toBe(kept);
  watched.add("X:D");
  await round();
  expect(asked.length).toBe(kept + 1);
  await pass(OBJECT_RETRY_MS + STANDBY_REFUSED_BACKOFF.baseDelayMs + 1_000);
  expect(asked.length).toBeGreaterThan(kept + 1);
});

test("less than was refused is asked for at once, more is not", async () => {
  const { asked, room, round, watched } = setUp();
  await round();
  watched.add("X:D");
  await round();
  expect(asked.map(({ count }) => count)).toEqual([3]);
  watched.delete("X:D");
  watched.delete("X:C");
  await round();
  expect(asked.map(({ count }) => count)).toEqual([3, 2]);
  expect(room.instruments).toBe(2);
});

test("a broker's manager that does not answer is asked again as soon as before", async () => {
  const { asked, room, round } = setUp();
  room.isReachable = false;
  await round();
  await round();
  expect(asked.length).toBe(2);
});
