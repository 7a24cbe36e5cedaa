import fc from "fast-check";
import { expect, test } from "vitest";
import { stepSession, type SessionAction, type SessionEvent } from "../../../src/domain/session.ts";
import {
  hasToken,
  nextLookAt,
  noSession,
  sessionStanding,
  type SessionState,
} from "../../../src/domain/session-state.ts";
import {
  SESSION_PROOF_MS,
  SESSION_RENEW_MARGIN_MS,
  SESSION_SIGN_IN_WINDOW_MS,
  SESSION_SIGN_INS_MAX,
  SESSION_WARN_MS,
} from "../../../src/domain/session-limits.ts";

const DAY = 86_400_000;
const T0 = 1_800_000_000_000;

/** Feeds events with their times; what is under way answers only when told. */
function run(signIn: SessionState["signIn"], events: [number, SessionEvent][]) {
  let state = noSession(signIn, T0);
  const actions: (SessionAction & { at: number })[] = [];
  for (const [at, event] of events) {
    const step = stepSession(state, event, T0 + at);
    state = step.state;
    actions.push(...step.actions.map((action) => ({ ...action, at })));
  }
  return { state, actions, kinds: actions.map(({ kind }) => kind) };
}

const look: SessionEvent = { kind: "look" };
const signedIn = (lifetimeMs: number, owesData = false): SessionEvent => ({
  kind: "signed_in",
  expiresAt: T0 + lifetimeMs,
  owesData,
  random: 0,
});
const refused = (generation: number): SessionEvent => ({
  kind: "refused",
  generation,
  reason: "token of yesterday",
});
const rejected: SessionEvent = { kind: "sign_in_failed", isRejected: true, reason: "no such key" };

test("an automatic session signs in at once, and again before its end by the margin", () => {
  const { state, kinds } = run("automatic", [
    [0, look],
    [1, signedIn(DAY)],
  ]);
  expect(kinds).toEqual(["sign_in", "rebuild"]);
  expect(state).toMatchObject({ status: "valid", generation: 1 });
  expect(nextLookAt(state)).toBe(T0 + DAY - SESSION_RENEW_MARGIN_MS);
  const due = DAY - SESSION_RENEW_MARGIN_MS;
  const renewed = run("automatic", [
    [0, look],
    [1, signedIn(DAY)],
    [due - 1, look],
    [due, look],
    [due + 1, signedIn(2 * DAY)],
  ]);
  expect(renewed.kinds).toEqual(["sign_in", "rebuild", "sign_in", "rebuild"]);
  expect(renewed.state.generation).toBe(2);
});

test("the renewal is spread by chance within the margin, and never after the end", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 * DAY }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (lifetimeMs, random) => {
        const event = { ...signedIn(lifetimeMs), random } as SessionEvent;
        const { nextTryAt } = run("automatic", [[0, event]]).state;
        expect(nextTryAt).toBeLessThanOrEqual(T0 + lifetimeMs);
        expect(nextTryAt).toBeGreaterThanOrEqual(
          T0 + lifetimeMs - 1.5 * SESSION_RENEW_MARGIN_MS - 1,
        );
      },
    ),
  );
});

test("a person's session asks nobody by itself: it warns ahead, then says once that it ended", () => {
  const { state, actions } = run("person", [
    [0, look],
    [0, { kind: "asked" }],
    [1, signedIn(DAY)],
    [DAY - SESSION_WARN_MS - 1, look],
    [DAY - SESSION_WARN_MS, look],
    [DAY - SESSION_WARN_MS + 60_000, look],
    [DAY, look],
    [DAY + 60_000, look],
    [2 * DAY, look],
  ]);
  expect(actions.map(({ kind, at }) => [kind, at])).toEqual([
    ["sign_in", 0],
    ["rebuild", 1],
    ["tell", DAY - SESSION_WARN_MS],
    ["cut", DAY],
    ["tell", DAY],
  ]);
  expect(state.status).toBe("expired");
  expect(nextLookAt(state)).toBeNull();
});

test("a person's session that is soon over stands as expiring", () => {
  const { state } = run("person", [[0, signedIn(DAY)]]);
  expect(sessionStanding(state, T0 + DAY - SESSION_WARN_MS - 1)).toBe("valid");
  expect(sessionStanding(state, T0 + DAY - SESSION_WARN_MS)).toBe("expiring");
  expect(sessionStanding(state, T0 + DAY)).toBe("expired");
});

test("a refused token is replaced by one sign-in, and nobody is disturbed when that succeeds", () => {
  const { state, kinds } = run("automatic", [
    [0, look],
    [1, signedIn(DAY)],
    [DAY / 2, refused(1)],
    [DAY / 2, refused(1)],
    [DAY / 2 + 1, signedIn(2 * DAY)],
  ]);
  expect(kinds).toEqual(["sign_in", "rebuild", "cut", "sign_in", "rebuild"]);
  expect(state).toMatchObject({ status: "valid", generation: 2, told: "nothing" });
});

test("what an old generation is refused says nothing of the new one", () => {
  const { state, kinds } = run("automatic", [
    [0, look],
    [1, signedIn(DAY)],
    [2, signedIn(DAY)],
    [3, refused(1)],
    [4, { kind: "data", generation: 1 }],
  ]);
  expect(kinds).toEqual(["sign_in", "rebuild", "rebuild"]);
  expect(state).toMatchObject({ status: "valid", generation: 2, provenAt: null });
});

test("a rejected credential stops everything until somebody asks, and is told once", () => {
  const { state, kinds } = run("automatic", [
    [0, look],
    [1, signedIn(DAY)],
    [1_000, refused(1)],
    [3_000, look],
    [3_001, rejected],
    [DAY, look],
    [5 * DAY, look],
  ]);
  expect(kinds).toEqual(["sign_in", "rebuild", "cut", "sign_in", "tell"]);
  expect(state).toMatchObject({ status: "expired", nextTryAt: null, reason: "no such key" });
  const healed = stepSession(state, { kind: "asked" }, T0 + 6 * DAY);
  expect(healed.actions).toEqual([{ kind: "sign_in" }]);
});

test("a broker that cannot be reached is tried again by and by, and people hear of it once", () => {
  const unreachable: SessionEvent = { kind: "sign_in_failed", isRejected: false, reason: "503" };
  const events: [number, SessionEvent][] = [];
  for (let at = 0; at < SESSION_SIGN_IN_WINDOW_MS; at += 500) events.push([at, look]);
  const steps = events.flatMap(([at, event]): [number, SessionEvent][] => [
    [at, event],
    [at + 1, unreachable],
  ]);
  const { actions } = run("automatic", steps);
  const tries = actions.filter(({ kind }) => kind === "sign_in").map(({ at }) => at);
  expect(tries.slice(0, 5)).toEqual([0, 2_000, 17_000, 77_000, 377_000]);
  expect(tries).toHaveLength(10);
  expect(actions.filter(({ kind }) => kind === "tell")).toHaveLength(1);
});

test("lesson 15: a sign-in is believed only when data flows; without any in time it is silent, and told", () => {
  const silent = run("automatic", [
    [0, look],
    [1, signedIn(DAY, true)],
    [SESSION_PROOF_MS, look],
    [SESSION_PROOF_MS + 1, look],
  ]);
  // An automatic one tries a fresh token at once: that is one more sign-in, not one for each look.
  expect(silent.kinds).toEqual(["sign_in", "rebuild", "tell", "sign_in"]);
  expect(silent.actions[2]).toMatchObject({ about: "silent", at: SESSION_PROOF_MS + 1 });
  expect(silent.state).toMatchObject({ status: "silent", provenAt: null });
  const data: SessionEvent = { kind: "data", generation: 1 };
  const live = run("automatic", [
    [0, look],
    [1, signedIn(DAY, true)],
    [200, data],
    [DAY / 2, look],
  ]);
  expect(live.kinds).toEqual(["sign_in", "rebuild"]);
  expect(live.state).toMatchObject({ status: "valid", provenAt: T0 + 200 });
});

test("generations that stay silent one after the other are one story, told once", () => {
  const events: [number, SessionEvent][] = [[0, look]];
  for (let at = 1; at < 3_000_000; at += 1_000) {
    const last = events.length;
    events.push([at, look]);
    if (last % 20 === 0) events.push([at + 1, signedIn(DAY, true)]);
  }
  const { actions } = run("automatic", events);
  expect(actions.filter(({ kind }) => kind === "tell")).toHaveLength(1);
});

test("a person's session that was told as silent warns ahead, and says that it ended", () => {
  const { state, actions } = run("person", [
    [0, signedIn(DAY, true)],
    [SESSION_PROOF_MS, look],
  ]);
  expect(actions).toMatchObject([{ kind: "rebuild" }, { about: "silent" }]);
  expect(nextLookAt(state)).toBe(T0 + DAY - SESSION_WARN_MS);
  const warned = stepSession(state, look, T0 + DAY - SESSION_WARN_MS);
  expect(warned.actions).toMatchObject([{ kind: "tell", about: "ending" }]);
  expect(stepSession(warned.state, look, T0 + DAY - 1).actions).toEqual([]);
  const ended = stepSession(warned.state, look, T0 + DAY);
  expect(ended.actions).toMatchObject([{ kind: "cut" }, { kind: "tell", about: "ended" }]);
});

const anyEvent: fc.Arbitrary<SessionEvent> = fc.oneof(
  fc.constant(look),
  fc.record({
    kind: fc.constant("signed_in" as const),
    expiresAt: fc.option(fc.integer({ min: T0, max: T0 + DAY })),
    owesData: fc.boolean(),
    random: fc.double({ min: 0, max: 0.999, noNaN: true }),
  }),
  fc.record({
    kind: fc.constant("sign_in_failed" as const),
    isRejected: fc.boolean(),
    reason: fc.constant("x"),
  }),
  fc.record({
    kind: fc.constant("refused" as const),
    generation: fc.nat(6),
    reason: fc.constant("y"),
  }),
  fc.record({ kind: fc.constant("data" as const), generation: fc.nat(6) }),
);

const isHeld = ({ status }: SessionState) => status !== "expired" && status !== "missing";

const anyHistory = fc.array(fc.tuple(fc.nat(600_000), anyEvent), { maxLength: 400 });

/** The events at rising times, with whatever `asked` would be left out: nobody presses anything. */
function replay(signIn: SessionState["signIn"], history: [number, SessionEvent][]) {
  let at = 0;
  return run(
    signIn,
    history.map(([wait, event]): [number, SessionEvent] => [(at += wait), event]),
  );
}

test("lesson 16: whatever happens, few sign-ins fit into an hour, and none of a person's by itself", () => {
  fc.assert(
    fc.property(anyHistory, (history) => {
      const tries = replay("automatic", history)
        .actions.filter(({ kind }) => kind === "sign_in")
        .map(({ at }) => at);
      for (const from of tries) {
        const within = tries.filter((at) => at >= from && at - from < SESSION_SIGN_IN_WINDOW_MS);
        expect(within.length).toBeLessThanOrEqual(SESSION_SIGN_INS_MAX);
      }
      expect(replay("person", history).kinds).not.toContain("sign_in");
    }),
  );
});

test("generations only rise, an ended session holds no token, and each end is cut exactly once", () => {
  fc.assert(
    fc.property(anyHistory, (history) => {
      let state = noSession("automatic", T0);
      let at = T0;
      for (const [wait, event] of history) {
        at += wait;
        const before = state;
        const { state: after, actions } = stepSession(before, event, at);
        state = after;
        expect(after.generation).toBeGreaterThanOrEqual(before.generation);
        expect(hasToken(after, at) && !isHeld(after)).toBe(false);
        const isCut = isHeld(before) && !isHeld(after);
        expect(actions.filter(({ kind }) => kind === "cut")).toHaveLength(isCut ? 1 : 0);
        // A rebuild is asked for exactly when there is a new generation.
        const isNew = after.generation > before.generation;
        expect(actions.filter(({ kind }) => kind === "rebuild")).toHaveLength(isNew ? 1 : 0);
      }
    }),
  );
});
