/** What people are told of a broker's session, in plain words. Pure; no secret ever comes here. */
import type { Incident } from "../src/application/reconcile-port.ts";
import type { SessionAction } from "../src/domain/session.ts";

interface Facts {
  broker: string;
  account: string;
  generation: number;
  at: number;
}

type News = Extract<SessionAction, { kind: "tell" }>;

export function sessionIncident(
  { about, reason }: News,
  { broker, account, generation, at }: Facts,
): Incident {
  const { title, message } = WORDS[about](broker, reason);
  // One that still lives leaves time; without one, orders that stand cannot be reached.
  const severity = about === "ending" ? "serious" : "critical";
  return {
    id: `session:${broker}:${generation}:${about}:${at}`,
    at,
    account,
    severity,
    title,
    message,
  };
}

const SIGN_IN = "Sign in on the page System, Brokers.";

const WORDS: Record<
  News["about"],
  (broker: string, reason: string) => { title: string; message: string }
> = {
  ending: (broker, reason) => ({
    title: `The session at ${broker} ends soon`,
    message: `${reason}. ${SIGN_IN}`,
  }),
  ended: (broker, reason) => ({
    title: `The session at ${broker} has expired`,
    message: `${reason}. There are no prices from it, entries are refused, and cancels and exits cannot reach it either: orders that stand there can still fill. ${SIGN_IN}`,
  }),
  silent: (broker, reason) => ({
    title: `The session at ${broker} brings no data`,
    message: `${reason}: the token is taken, but worth nothing. Entries are refused for want of prices. ${SIGN_IN}`,
  }),
};
