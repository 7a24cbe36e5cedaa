/** Trips that are on and do not know whether to fire: the whole portfolio's entries are refused meanwhile. */
import { unknownTrips } from "../../domain/risk/trips/unknown.ts";
import type { LastingTrouble } from "./lasting.ts";

export const UNKNOWN_TRIPS: LastingTrouble = {
  setting: "unknown_trips_told",
  find: (state, now) => unknownTrips(state, now).map(({ trip }) => trip),
  incident: (state, names, now) => ({
    id: `trip-unknown-${now}`,
    at: now,
    account: "portfolio",
    severity: "serious",
    title: `The trip ${names.join(", ")} does not know whether to fire`,
    message: `${unknownTrips(state, now)
      .filter(({ trip }) => names.includes(trip))
      .map(({ reason }) => reason)
      .join(
        "; ",
      )}. All entries are refused and exits pass until it does; look at that feed, or switch the trip off.`,
  }),
};
