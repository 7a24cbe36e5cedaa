/** What whoever brings something for a session is answered when it is not taken. Pure; no secret ever comes here. */
import { badField } from "../src/application/order-errors.ts";
import type { SessionProof } from "../src/application/ports.ts";
import type { SignInFailure } from "../src/brokers/broker.ts";
import type { ApiError } from "../src/contract/errors.ts";

interface Facts {
  broker: string;
  signIn: "automatic" | "person";
  /** A secret that a person gives can be stored sealed. */
  canKeep: boolean;
}

/** Why this cannot even be tried; null when it can. */
export function untriable(
  { requestToken, credential }: SessionProof,
  { broker, signIn, canKeep }: Facts,
): ApiError | null {
  if (requestToken !== undefined && signIn === "automatic")
    return badField("requestToken", `${broker} signs in by itself: it takes none`);
  if (requestToken === undefined && credential === undefined && signIn === "person")
    return badField("requestToken", `${broker} needs one from a person`);
  if (credential !== undefined && !canKeep)
    return badField("credential", "cannot be kept: this deployment has no CREDENTIALS_KEY");
  return null;
}

/** What was before goes on: a token that lives still does, and the stored credential is the stored one. */
export function notTaken(
  { kind, reason }: SignInFailure,
  { broker, goesOn }: { broker: string; goesOn: boolean },
): ApiError {
  const took = kind === "rejected" ? "did not take it" : "could not be asked";
  const message = `${broker} ${took}: ${reason}`;
  if (!goesOn) return { code: "BROKER_SESSION_EXPIRED", message, details: null };
  const code = kind === "rejected" ? "BROKER_REJECTED" : "BROKER_UNAVAILABLE";
  return { code, message: `${message}; the session of before goes on`, details: null };
}
