/** What is known of one account's session at its broker, and what follows from that and the time. */
import { SESSION_PROOF_MS, SESSION_SIGN_IN_BOUND_MS, SESSION_WARN_MS } from "./session-limits.ts";

/** How the reason begins of an order that could not leave for want of a session. */
export const NO_SESSION = "BROKER_SESSION_EXPIRED";

export interface SessionState {
  /** `automatic`: signs in by itself. `person`: somebody has to bring a request token. */
  signIn: "automatic" | "person";
  /** Rises with each sign-in; 0 before the first. */
  generation: number;
  status: "missing" | "proving" | "valid" | "silent" | "expired";
  /** Why it is not valid. */
  reason: string | null;
  /** ms since 1970, like every time here; null when it does not end by the clock. */
  expiresAt: number | null;
  /** Data has to come by then; null when none is owed. */
  proveBy: number | null;
  provenAt: number | null;
  /** When it signs in next by itself; null: not before somebody asks. */
  nextTryAt: number | null;
  /** A sign-in is under way since then. */
  signingInSince: number | null;
  /** With what a person brought: until the broker takes it, nothing of what stood before is given up. */
  isBrought: boolean;
  /** Sign-ins of the last hour, without those by what a person brought. */
  signIns: number[];
  /** What people have heard since it last was proven. */
  told: "nothing" | "silent" | "warned" | "ended";
}

export const noSession = (signIn: SessionState["signIn"], now: number): SessionState => ({
  signIn,
  generation: 0,
  status: "missing",
  reason: signIn === "person" ? "nobody has signed in yet" : null,
  expiresAt: null,
  proveBy: null,
  provenAt: null,
  nextTryAt: signIn === "automatic" ? now : null,
  signingInSince: null,
  isBrought: false,
  signIns: [],
  told: "nothing",
});

/**
 * As it was stored by a run that is gone: a sign-in that was under way has no answer to wait for any more,
 * data that was waited for has to be waited for anew, and the broker may want another kind of sign-in since.
 */
export function takenUp(
  stored: SessionState,
  signIn: SessionState["signIn"],
  now: number,
): SessionState {
  const isProving = stored.proveBy !== null;
  const state = isProving ? { ...stored, proveBy: now + SESSION_PROOF_MS } : stored;
  if (state.signingInSince === null && state.signIn === signIn) return state;
  return {
    ...state,
    signIn,
    signingInSince: null,
    isBrought: false,
    nextTryAt: signIn === "automatic" ? now : null,
  };
}

export const HOLDS_TOKEN: readonly SessionState["status"][] = ["proving", "valid", "silent"];

/** Whether there is a token that the broker is believed to take. */
export const hasToken = ({ status, expiresAt }: SessionState, now: number): boolean =>
  HOLDS_TOKEN.includes(status) && (expiresAt === null || now < expiresAt);

/** Whether its end would be news: that it brings no data says nothing of when it ends. */
export const isUnwarned = (told: SessionState["told"]): boolean =>
  told === "nothing" || told === "silent";

/** How it stands in words for people: a valid one that ends soon is `expiring`. */
export function sessionStanding(
  state: SessionState,
  now: number,
): SessionState["status"] | "expiring" {
  if (HOLDS_TOKEN.includes(state.status) && !hasToken(state, now)) return "expired";
  const isEnding = state.expiresAt !== null && now >= state.expiresAt - warnMarginMs(state);
  return state.status === "valid" && isEnding ? "expiring" : state.status;
}

const warnMarginMs = ({ signIn }: SessionState): number =>
  signIn === "person" ? SESSION_WARN_MS : 0;

/** When `look` is due next; null when nothing comes by the clock. */
export function nextLookAt(state: SessionState): number | null {
  const { expiresAt, proveBy, nextTryAt, signingInSince, status, told } = state;
  const holds = HOLDS_TOKEN.includes(status);
  const isToWarn = holds && isUnwarned(told) && state.signIn === "person";
  const times = [
    holds ? expiresAt : null,
    isToWarn && expiresAt !== null ? expiresAt - SESSION_WARN_MS : null,
    proveBy,
    signingInSince === null ? nextTryAt : signingInSince + SESSION_SIGN_IN_BOUND_MS,
  ].filter((at) => at !== null);
  return times.length === 0 ? null : Math.min(...times);
}
