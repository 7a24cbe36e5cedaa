/** When an owner of a session waits for the data that proves it, and what people hear of one that had none at first. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SessionKeeper } from "../../../durable-objects/broker-manager.session.ts";
import { ok } from "../../../src/domain/result.ts";
import { SESSION_PROOF_MS, SESSION_WARN_MS } from "../../../src/domain/session-limits.ts";

const T0 = 1_800_000_000_000;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

beforeEach(() => void vi.useFakeTimers({ now: T0 }));
afterEach(() => void vi.useRealTimers());

/** A person's session, its storage, and a market that brings prices when it is told to. */
function world() {
  const notes = new Map<string, unknown>();
  const laid = new Set<string>();
  const told: string[] = [];
  const market = { isOpen: true, ticks: false, asked: 0 };
  let runs = 0;
  /** Each is a run of the object by itself; the ones before are gone with what they waited for. */
  const keeper = () => {
    runs += 1;
    const run = runs;
    return new SessionKeeper({
      broker: "kite",
      account: "main",
      sessions: { signIn: "person", open: async () => ok({ token: "t", expiresAt: T0 + DAY_MS }) },
      defaultCredential: null,
      notes: {
        note: (name) => notes.get(name) ?? null,
        saveNote: (name, content) => void notes.set(name, content),
      },
      vault: {
        canKeep: true,
        seal: async (_, secret) => secret,
        open: async (_, sealed) => sealed,
      },
      owesData: () => market.isOpen,
      spread: async () => {},
      async dataFlows() {
        market.asked += 1;
        for (let waited = 0; waited < SESSION_PROOF_MS; waited += 200) {
          if (market.ticks || !market.isOpen) return true;
          await new Promise((resolve) => void setTimeout(resolve, 200));
          if (run < runs) await Promise.withResolvers().promise;
        }
        return false;
      },
      // The same id again is the same incident.
      async tell({ id }) {
        const word = id.split(":")[3] ?? "";
        if (!laid.has(id)) told.push(word);
        laid.add(id);
      },
      armAt: () => {},
      log: () => {},
    });
  };
  return { keeper, told, market };
}

/** The clock as the object's alarm brings it. */
async function minutes(keeper: SessionKeeper, count: number): Promise<void> {
  for (let minute = 0; minute < count; minute += 1) {
    await keeper.look();
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
  }
}

async function lookAt(keeper: SessionKeeper, at: number): Promise<void> {
  vi.setSystemTime(at);
  await keeper.look();
  await vi.advanceTimersByTimeAsync(0);
}

const signedIn = async (keeper: SessionKeeper): Promise<void> => {
  expect((await keeper.renew({ requestToken: "r" })).ok).toBe(true);
};

test("a price that comes after the first ten seconds proves the session, and its end is told", async () => {
  const { keeper: made, told, market } = world();
  const keeper = made();
  await signedIn(keeper);
  await vi.advanceTimersByTimeAsync(SESSION_PROOF_MS + 1);
  expect(keeper.view().state).toBe("silent");
  market.ticks = true;
  await minutes(keeper, 1);
  expect(keeper.view()).toMatchObject({ state: "valid", reason: null });
  await lookAt(keeper, T0 + DAY_MS - SESSION_WARN_MS);
  await lookAt(keeper, T0 + DAY_MS);
  expect(told).toEqual(["silent", "ending", "ended"]);
});

test("a session that stays silent is told as such once, and so are the hour before its end and its end", async () => {
  const { keeper: made, told } = world();
  const keeper = made();
  await signedIn(keeper);
  await minutes(keeper, 10);
  expect(told).toEqual(["silent"]);
  await lookAt(keeper, T0 + DAY_MS - SESSION_WARN_MS);
  await minutes(keeper, 5);
  await lookAt(keeper, T0 + DAY_MS);
  await minutes(keeper, 5);
  expect(told).toEqual(["silent", "ending", "ended"]);
});

test("an owner that is evicted while it waits for the proof leaves the wait to the next run", async () => {
  for (const ticks of [true, false]) {
    const { keeper, told, market } = world();
    await signedIn(keeper());
    await vi.advanceTimersByTimeAsync(3_000);
    const next = keeper();
    market.ticks = ticks;
    await vi.advanceTimersByTimeAsync(SESSION_PROOF_MS - 3_000);
    await next.look();
    await vi.advanceTimersByTimeAsync(SESSION_PROOF_MS + 1);
    expect(next.view().state).toBe(ticks ? "valid" : "silent");
    expect(told).toEqual(ticks ? [] : ["silent"]);
  }
});

test("a silent session is not proven by a market that shuts", async () => {
  const { keeper: made, told, market } = world();
  const keeper = made();
  await signedIn(keeper);
  await minutes(keeper, 1);
  await keeper.look();
  market.isOpen = false;
  await minutes(keeper, 2);
  expect(keeper.view()).toMatchObject({ state: "silent", provenAt: null });
  const { asked } = market;
  await minutes(keeper, 2);
  expect(market.asked).toBe(asked);
  market.isOpen = true;
  market.ticks = true;
  await minutes(keeper, 1);
  expect(keeper.view().state).toBe("valid");
  expect(told).toEqual(["silent"]);
});

test("the proof is waited for once at a time, however often the clock looks", async () => {
  const { keeper: made, market } = world();
  const keeper = made();
  await signedIn(keeper);
  for (let look = 0; look < 5; look += 1) await keeper.look();
  expect(market.asked).toBe(1);
});
