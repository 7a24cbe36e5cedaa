/**
 * One account's session at its broker, as a reducer: what happened and the time in, the new state and
 * what is to be done out. It never hammers: whatever happens, sign-ins by itself are few in any hour.
 */
import { assert } from "./assert.ts";
import { hasToken, HOLDS_TOKEN, isUnwarned, type SessionState } from "./session-state.ts";
import {
  SESSION_PROOF_MS,
  SESSION_RENEW_JITTER,
  SESSION_RENEW_MARGIN_MS,
  SESSION_SIGN_IN_BOUND_MS,
  SESSION_SIGN_IN_WAITS_MS,
  SESSION_SIGN_IN_WINDOW_MS,
  SESSION_TELL_AFTER,
  SESSION_WARN_MS,
} from "./session-limits.ts";

export type SessionEvent =
  | { kind: "look" }
  /** Somebody asks to try again, or has `isBrought` a request token or another credential. */
  | { kind: "asked"; isBrought?: boolean }
  /** `owesData`: somebody wants prices of an open market, so that some must come. `random` is in [0, 1). */
  | { kind: "signed_in"; expiresAt: number | null; owesData: boolean; random: number }
  | { kind: "sign_in_failed"; isRejected: boolean; reason: string }
  /** The broker did not take the token of this generation. */
  | { kind: "refused"; generation: number; reason: string }
  /** A price came over a socket of this generation. */
  | { kind: "data"; generation: number };

export type SessionAction =
  | { kind: "sign_in" }
  /** Everything that stands on the generation before is to be made anew. */
  | { kind: "rebuild" }
  /** Nothing may be sent to the broker any more. */
  | { kind: "cut" }
  | { kind: "tell"; about: "ending" | "ended" | "silent"; reason: string };

export interface SessionStep {
  state: SessionState;
  actions: SessionAction[];
}

export function stepSession(state: SessionState, event: SessionEvent, now: number): SessionStep {
  switch (event.kind) {
    case "look":
      return look(state, now);
    case "asked":
      return state.signingInSince === null ? signIn(state, now, event.isBrought) : same(state);
    case "signed_in":
      return signedIn(state, event, now);
    case "sign_in_failed":
      return failed(state, event, now);
    case "refused":
      // What an older generation is told says nothing of this one.
      if (event.generation !== state.generation || !HOLDS_TOKEN.includes(state.status))
        return same(state);
      return then(ended(state, event.reason, now), (next) => tryByItself(next, now));
    case "data":
      return event.generation === state.generation ? proven(state, now) : same(state);
  }
}

const same = (state: SessionState): SessionStep => ({ state, actions: [] });

/** Goes on from what a step came to. */
function then(first: SessionStep, go: (state: SessionState) => SessionStep): SessionStep {
  const second = go(first.state);
  return { state: second.state, actions: [...first.actions, ...second.actions] };
}

function look(state: SessionState, now: number): SessionStep {
  let step = same(state);
  const { signingInSince } = state;
  if (signingInSince !== null && now - signingInSince >= SESSION_SIGN_IN_BOUND_MS)
    step = failed(state, { isRejected: false, reason: "the sign-in got no answer" }, now);
  step = then(step, (next) => {
    if (HOLDS_TOKEN.includes(next.status) && !hasToken(next, now))
      return ended(next, "its time is over", now);
    if (next.status === "proving" && next.proveBy !== null && now >= next.proveBy)
      return silent(next, now);
    return warnAhead(next, now);
  });
  return then(step, (next) => tryByItself(next, now));
}

function warnAhead(state: SessionState, now: number): SessionStep {
  const { expiresAt, told } = state;
  if (state.signIn !== "person" || !isUnwarned(told) || !hasToken(state, now)) return same(state);
  if (expiresAt === null || now < expiresAt - SESSION_WARN_MS) return same(state);
  const tell = { kind: "tell", about: "ending", reason: "only a person can renew it" } as const;
  return { state: { ...state, told: "warned" }, actions: [tell] };
}

/** Signs in when it is time, it may, and no sign-in is under way. */
function tryByItself(state: SessionState, now: number): SessionStep {
  const { nextTryAt, signingInSince } = state;
  if (nextTryAt === null || now < nextTryAt || signingInSince !== null) return same(state);
  const earliest = earliestSignIn(state, now);
  if (now < earliest) return same({ ...state, nextTryAt: earliest });
  return signIn(state, now);
}

const recent = ({ signIns }: SessionState, now: number): number[] =>
  signIns.filter((at) => now - at < SESSION_SIGN_IN_WINDOW_MS);

function earliestSignIn(state: SessionState, now: number): number {
  const made = recent(state, now);
  const wait = SESSION_SIGN_IN_WAITS_MS[Math.min(made.length, SESSION_SIGN_IN_WAITS_MS.length - 1)];
  assert(wait !== undefined, "there is a wait for any number of sign-ins");
  return Math.max(now, (made.at(-1) ?? -Infinity) + wait);
}

function signIn(state: SessionState, now: number, isBrought = false): SessionStep {
  const begun = { ...state, signingInSince: now, isBrought };
  const byItself = { nextTryAt: null, signIns: [...recent(state, now), now] };
  return {
    state: isBrought ? begun : { ...begun, ...byItself },
    actions: [{ kind: "sign_in" }],
  };
}

function signedIn(
  state: SessionState,
  { expiresAt, owesData, random }: Extract<SessionEvent, { kind: "signed_in" }>,
  now: number,
): SessionStep {
  const next: SessionState = {
    ...state,
    generation: state.generation + 1,
    status: owesData ? "proving" : "valid",
    reason: null,
    expiresAt,
    proveBy: owesData ? now + SESSION_PROOF_MS : null,
    provenAt: null,
    nextTryAt: state.signIn === "automatic" ? renewalAt(expiresAt, now, random) : null,
    signingInSince: null,
    isBrought: false,
    // A sign-in alone is no news to people who were told: data is.
    told: owesData ? state.told : "nothing",
  };
  return { state: next, actions: [{ kind: "rebuild" }] };
}

function renewalAt(expiresAt: number | null, now: number, random: number): number | null {
  if (expiresAt === null) return null;
  const marginMs = Math.min(SESSION_RENEW_MARGIN_MS, Math.max(0, expiresAt - now) / 4);
  return Math.floor(expiresAt - marginMs * (1 + random * SESSION_RENEW_JITTER));
}

function failed(
  state: SessionState,
  { isRejected, reason }: { isRejected: boolean; reason: string },
  now: number,
): SessionStep {
  // A slip of the hand is answered to whoever made it: it ends nothing, and nobody else has to hear of it.
  if (state.isBrought) return look({ ...state, signingInSince: null, isBrought: false }, now);
  const retries = !isRejected && state.signIn === "automatic";
  const waiting: SessionState = {
    ...state,
    signingInSince: null,
    nextTryAt: retries ? earliestSignIn(state, now) : null,
  };
  const isWorthTelling = isRejected || recent(state, now).length >= SESSION_TELL_AFTER;
  if (hasToken(state, now)) {
    if (!isRejected || state.told === "ended") return same(waiting);
    // It still lives on the old token, but its end is sure now.
    return toldEnded(waiting, "ending", `it could not be renewed: ${reason}`);
  }
  const status = state.generation === 0 ? "missing" : "expired";
  const left: SessionState = { ...waiting, status, reason, proveBy: null };
  // Its token ran out while the renewal was under way.
  const cut: SessionAction[] = HOLDS_TOKEN.includes(state.status) ? [{ kind: "cut" }] : [];
  const isQuiet = state.told === "ended" || (!isWorthTelling && state.signIn === "automatic");
  return then({ state: left, actions: cut }, (next) =>
    isQuiet ? same(next) : toldEnded(next, "ended", reason),
  );
}

const toldEnded = (
  state: SessionState,
  about: "ending" | "ended",
  reason: string,
): SessionStep => ({
  state: { ...state, told: "ended" },
  actions: [{ kind: "tell", about, reason }],
});

/** The broker takes its token no longer. An automatic one tries to sign in before anybody is told. */
function ended(state: SessionState, reason: string, now: number): SessionStep {
  const isAutomatic = state.signIn === "automatic";
  const cut: SessionState = {
    ...state,
    status: "expired",
    reason,
    proveBy: null,
    nextTryAt: isAutomatic ? earliestSignIn(state, now) : null,
  };
  // One that was refused soon after its sign-in will be refused again: people should know by then.
  const isNews = state.told !== "ended";
  const isHopeless = !isAutomatic || recent(state, now).length >= SESSION_TELL_AFTER;
  const after = isNews && isHopeless ? toldEnded(cut, "ended", reason) : same(cut);
  return { state: after.state, actions: [{ kind: "cut" }, ...after.actions] };
}

/** Signed in, subscribed, and nothing came: a token that only looks alive. */
function silent(state: SessionState, now: number): SessionStep {
  const reason = `signed in, but no data came within ${SESSION_PROOF_MS / 1_000} s`;
  const left: SessionState = {
    ...state,
    status: "silent",
    reason,
    proveBy: null,
    nextTryAt: state.signIn === "automatic" ? earliestSignIn(state, now) : null,
  };
  if (state.told === "silent" || state.told === "ended") return same(left);
  const tell = { kind: "tell", about: "silent", reason } as const;
  return { state: { ...left, told: "silent" }, actions: [tell] };
}

function proven(state: SessionState, now: number): SessionStep {
  if (state.status !== "proving" && state.status !== "silent") return same(state);
  // The renewal that was put off for the silence is due by the clock again.
  const nextTryAt =
    state.status === "silent" && state.signIn === "automatic"
      ? renewalAt(state.expiresAt, now, 0)
      : state.nextTryAt;
  return same({
    ...state,
    status: "valid",
    reason: null,
    proveBy: null,
    provenAt: now,
    nextTryAt,
    told: "nothing",
  });
}
