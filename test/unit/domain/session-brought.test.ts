/** What a person brings to sign in with, and a session that is taken up by the next run. */
import { expect, test } from "vitest";
import { stepSession, type SessionEvent } from "../../../src/domain/session.ts";
import {
  nextLookAt,
  noSession,
  type SessionState,
  takenUp,
} from "../../../src/domain/session-state.ts";
import { SESSION_PROOF_MS, SESSION_WARN_MS } from "../../../src/domain/session-limits.ts";

const DAY = 86_400_000;
const T0 = 1_800_000_000_000;

function run(signIn: SessionState["signIn"], events: [number, SessionEvent][]) {
  let state = noSession(signIn, T0);
  const kinds: string[] = [];
  for (const [at, event] of events) {
    const step = stepSession(state, event, T0 + at);
    state = step.state;
    kinds.push(...step.actions.map(({ kind }) => kind));
  }
  return { state, kinds };
}

const look: SessionEvent = { kind: "look" };
const signedIn = (lifetimeMs: number, owesData = false): SessionEvent => ({
  kind: "signed_in",
  expiresAt: T0 + lifetimeMs,
  owesData,
  random: 0,
});

test.each([true, false])(
  "what a person brings is kept from ending anything: where the broker does not take it (rejected: %s), all is as before",
  (isRejected) => {
    const asked: SessionEvent = { kind: "asked", isBrought: true };
    const failed: SessionEvent = {
      kind: "sign_in_failed",
      isRejected,
      reason: "a slip of the hand",
    };
    const lives = run("automatic", [
      [0, look],
      [1, signedIn(DAY)],
    ]);
    const slipped = run("automatic", [
      [0, look],
      [1, signedIn(DAY)],
      [DAY / 2, asked],
      [DAY / 2 + 1, failed],
    ]);
    expect(slipped.kinds).toEqual(["sign_in", "rebuild", "sign_in"]);
    expect(slipped.state).toEqual(lives.state);

    const ended = run("automatic", [
      [0, look],
      [1, signedIn(DAY)],
      [2, asked],
      [DAY, failed],
    ]);
    // Its time was over meanwhile: the one that is stored is due at once.
    expect(ended.kinds).toEqual(["sign_in", "rebuild", "sign_in", "cut", "sign_in"]);
    const parked = run("person", [
      [0, asked],
      [1, failed],
      [2, look],
    ]);
    expect(parked.kinds).toEqual(["sign_in"]);
    expect(parked.state).toMatchObject({ status: "missing", reason: "nobody has signed in yet" });
  },
);

test("a sign-in that died with the run that made it is made again by an automatic session alone", () => {
  for (const signIn of ["automatic", "person"] as const) {
    const { state } = run(signIn, [[0, { kind: "asked", isBrought: signIn === "person" }]]);
    const woken = takenUp(state, signIn, T0 + 5_000);
    expect(nextLookAt(woken)).toBe(signIn === "automatic" ? T0 + 5_000 : null);
    const asked = stepSession(woken, { kind: "asked" }, T0 + 6_000);
    expect(asked.actions).toEqual([{ kind: "sign_in" }]);
  }
  const { state } = run("automatic", [[0, signedIn(DAY)]]);
  expect(takenUp(state, "automatic", T0)).toBe(state);
});

test("data that a run waited for when it ended is waited for anew, as long as before", () => {
  const { state } = run("person", [[0, signedIn(DAY, true)]]);
  const woken = takenUp(state, "person", T0 + SESSION_PROOF_MS);
  expect(stepSession(woken, look, T0 + 2 * SESSION_PROOF_MS - 1).actions).toEqual([]);
  const silent = stepSession(woken, look, T0 + 2 * SESSION_PROOF_MS);
  expect(silent.actions).toMatchObject([{ kind: "tell", about: "silent" }]);
});

test("a session that was stored as the platform's own is a person's once the broker wants one, and the other way round", () => {
  const { state } = run("automatic", [[0, signedIn(DAY)]]);
  const ofPerson = takenUp(state, "person", T0 + 1);
  expect(ofPerson).toMatchObject({ signIn: "person", status: "valid", nextTryAt: null });
  expect(nextLookAt(ofPerson)).toBe(T0 + DAY - SESSION_WARN_MS);
  expect(takenUp(ofPerson, "automatic", T0 + 2).nextTryAt).toBe(T0 + 2);
});
