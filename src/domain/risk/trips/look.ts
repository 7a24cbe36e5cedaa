/** One look at all trips: what fires now, and what is armed again. */
import type { ScopeText, TradingState } from "../../scope.ts";
import type { LedgerState } from "../state.ts";
import { TRIPS } from "./index.ts";
import type { TripName } from "./settings.ts";
import type { Reading, Trip, TripWatch } from "./trip.ts";

export interface Firing {
  trip: TripName;
  scope: ScopeText;
  state: "reducing" | "halted";
  reason: string;
  /** Kept until it is back within its bound; null where each firing stands for itself. */
  key: string | null;
  /** False when the scope is already at least as tight: then it closes, where it is set to, and is remembered. */
  latches: boolean;
  flatten: boolean;
}

export interface Look {
  firings: Firing[];
  /** Keys that are back within their bounds. */
  armed: string[];
}

export function lookAtTrips(state: LedgerState, watch: TripWatch, now: number): Look {
  const look: Look = { firings: [], armed: [] };
  for (const [name, trip] of TRIPS) {
    const setting = state.controls.trips.get(name);
    if (!setting?.on) continue;
    for (const reading of trip.read(state, watch, setting, now))
      judge(look, state, name, trip, reading, setting.flatten);
  }
  return look;
}

function judge(
  look: Look,
  state: LedgerState,
  name: TripName,
  trip: Trip,
  { scope, past, state: wanted, reason, level }: Reading,
  flatten: boolean,
): void {
  const key = trip.kind === "level" ? `${name}|${scope}|${level}` : null;
  const fired = key !== null && state.controls.fired.has(key);
  if (!past) {
    if (fired) look.armed.push(key);
    return;
  }
  if (fired) return;
  const firing = {
    trip: name,
    scope,
    state: wanted,
    reason,
    key,
    flatten: wanted === "halted" && flatten,
  };
  const pending = look.firings.filter((each) => each.scope === scope).map((each) => each.state);
  const standing = [state.tradingStates.get(scope)?.state ?? "active", ...pending];
  look.firings.push({ ...firing, latches: standing.every((each) => milder(each, wanted)) });
}

/** Begins the count of a storm anew once it has fired. One that could not be latched counts on, and fires at the next look. */
export function restartCount(watch: TripWatch, { trip, scope }: Firing): void {
  for (const [name, { restart }] of TRIPS) if (name === trip) restart?.(watch, scope);
}

const TIGHTNESS: Record<TradingState, number> = { active: 0, reducing: 1, halted: 2 };

const milder = (one: TradingState, other: TradingState): boolean =>
  TIGHTNESS[one] < TIGHTNESS[other];
