/** What people hear of a trip: that it has latched, or that it closes what is open under a halt that stood before it. */
import type { TradingStateRecord } from "../../domain/risk/state.ts";
import type { Incident } from "../reconcile-port.ts";

/** Who latches in the name of a trip. */
const TRIP = "trip:";

/** A person knows what they did. */
export const isTrip = (by: string): boolean => by.startsWith(TRIP);

/** By the event that latched it. */
export const latchedNews = (
  { scope, state, reason, by }: TradingStateRecord,
  at: number,
  version: number,
): Incident => ({
  id: `trip-${scope}-${version}`,
  at,
  account: scope,
  severity: state === "halted" ? "critical" : "serious",
  title: `${scope} is ${state} by the trip ${by.slice(TRIP.length)}`,
  message: `${reason}. ${
    state === "halted"
      ? "Nothing but cancels leaves, until a person resets it."
      : "Only what lowers exposure leaves, until a person sets it active."
  }`,
});

/** By the event that owes the flatten; `halt` is the one that stood before, for whatever reason. */
export const flattenNews = (
  { scope, ...halt }: TradingStateRecord,
  { reason, by }: Pick<TradingStateRecord, "reason" | "by">,
  at: number,
  version: number,
): Incident => ({
  id: `trip-flatten-${scope}-${version}`,
  at,
  account: scope,
  severity: "critical",
  title: `${scope} is closed by the trip ${by.slice(TRIP.length)}`,
  message: `${reason}. It was halted before (${halt.reason}, by ${halt.by}); what is open under it is closed now, as the trip is set to, until a person resets it.`,
});
