/** Which trips are on and do not know whether to fire: no fall is seen where nothing is seen. */
import type { LedgerState } from "../state.ts";
import { TRIPS } from "./index.ts";
import type { TripName } from "./settings.ts";

export interface UnknownTrip {
  trip: TripName;
  /** Why it does not know, in words. */
  reason: string;
}

/** On each entry's path: only those that can be without what they watch are asked. */
const ASKED = TRIPS.flatMap(([trip, { unknown }]) => (unknown ? [{ trip, unknown }] : []));

export const unknownTrips = (state: LedgerState, now: number): UnknownTrip[] =>
  ASKED.flatMap(({ trip, unknown }) => {
    const setting = state.controls.trips.get(trip);
    const reason = setting?.on ? unknown(state, setting, now) : null;
    return reason === null ? [] : [{ trip, reason }];
  });
