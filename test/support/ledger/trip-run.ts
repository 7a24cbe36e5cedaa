/** A pure ledger with its trips, looked at when a test says so. */
import type { ControlChange } from "../../../src/domain/risk/controls.ts";
import { apply } from "../../../src/domain/risk/ledger.ts";
import { lookAtTrips, restartCount, type Firing } from "../../../src/domain/risk/trips/look.ts";
import {
  changedTrip,
  type TripChange,
  type TripName,
} from "../../../src/domain/risk/trips/settings.ts";
import { newWatch } from "../../../src/domain/risk/trips/trip.ts";
import { LedgerRun } from "./run.ts";

/** A ledger whose trips fire as its shell would make them: latched and remembered at once. */
export class TripRun extends LedgerRun {
  readonly watch = newWatch();

  set(trip: TripName, change: Omit<TripChange, "trip">): void {
    const before = this.state.controls.trips.get(trip);
    if (!before) throw new Error(`no trip ${trip}`);
    const setting = changedTrip(before, { trip, ...change });
    this.control({ kind: "trip_set", trip, setting, by: "person", at: this.now });
  }

  control(change: ControlChange): void {
    apply(this.state, { kind: "control", change });
  }

  /** What fired, as `trip scope state`. */
  look(): string[] {
    const { firings, armed } = lookAtTrips(this.state, this.watch, this.now);
    for (const firing of firings) {
      const { key, latches, scope, state } = firing;
      if (latches) this.tradingState(scope, state);
      if (key !== null) this.control({ kind: "trip_fired", key, at: this.now });
      restartCount(this.watch, firing);
    }
    for (const key of armed) this.control({ kind: "trip_armed", key, at: this.now });
    return firings.filter(({ latches }) => latches).map(words);
  }
}

const words = ({ trip, scope, state }: Firing): string => `${trip} ${scope} ${state}`;
