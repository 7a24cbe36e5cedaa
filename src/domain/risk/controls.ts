/**
 * What people and trips have laid down beside limits and trading states: who sleeps, who is paused,
 * what is blocked, which algos are registered, how the trips are set, and which region holds the lease.
 */
import type { ScopeText } from "../scope.ts";
import { DEFAULT_TRIPS, TRIP_NAMES, type TripName, type TripSetting } from "./trips/settings.ts";

/** `portfolio`: asleep. `algo:<id>`: paused. `instrument:<id>`: blocked. */
export interface Restriction {
  scope: ScopeText;
  reason: string;
  by: string;
  since: number;
}

export interface Lease {
  /** The region that may trade. */
  region: string;
  /** The fencing number: every order carries it, and an older one is refused. */
  epoch: number;
  by: string;
  reason: string;
  since: number;
}

export interface Controls {
  lease: Lease;
  restrictions: Map<ScopeText, Restriction>;
  /** Algos that were registered by a person, or seen with an order. */
  algos: Set<string>;
  trips: Map<TripName, TripSetting>;
  /** What has fired and is still past its bound (`trip|scope|level`): it fires again only after it was back. */
  fired: Set<string>;
  /** Halted scopes whose positions are still to be closed. */
  flattening: Set<ScopeText>;
}

export type ControlChange =
  | { kind: "restrict"; restriction: Restriction }
  | { kind: "lift"; scope: ScopeText; reason: string; by: string; at: number }
  | { kind: "register"; algoId: string; reason: string; by: string; at: number }
  | { kind: "trip_set"; trip: TripName; setting: TripSetting; by: string; at: number }
  | { kind: "trip_fired"; key: string; at: number }
  | { kind: "trip_armed"; key: string; at: number }
  | { kind: "flatten_owed" | "flatten_done"; scope: ScopeText; at: number }
  | { kind: "lease"; lease: Lease };

/** The region that a platform of one region is. */
export const FIRST_REGION = "primary";

export const firstControls = (epoch: number): Controls => ({
  lease: { region: FIRST_REGION, epoch, by: "ledger", reason: "first start", since: 0 },
  restrictions: new Map(),
  algos: new Set(),
  trips: new Map(TRIP_NAMES.map((name) => [name, DEFAULT_TRIPS[name]])),
  fired: new Set(),
  flattening: new Set(),
});

export function applyControl(controls: Controls, change: ControlChange): void {
  switch (change.kind) {
    case "restrict":
      controls.restrictions.set(change.restriction.scope, change.restriction);
      return;
    case "lift":
      controls.restrictions.delete(change.scope);
      return;
    case "register":
      controls.algos.add(change.algoId);
      return;
    case "trip_set":
      controls.trips.set(change.trip, change.setting);
      return;
    case "trip_fired":
      controls.fired.add(change.key);
      return;
    case "trip_armed":
      controls.fired.delete(change.key);
      return;
    case "flatten_owed":
      controls.flattening.add(change.scope);
      return;
    case "flatten_done":
      controls.flattening.delete(change.scope);
      return;
    case "lease":
      controls.lease = change.lease;
      return;
  }
}

export const packControls = (controls: Controls): string => {
  const { lease, restrictions, algos, trips, fired, flattening } = controls;
  return JSON.stringify({
    lease,
    restrictions: [...restrictions.values()],
    algos: [...algos],
    trips: [...trips],
    fired: [...fired],
    flattening: [...flattening],
  });
};

/** A bound that is new since the setting was stored has its default. */
const withItsBounds = ([name, setting]: [TripName, TripSetting]): [TripName, TripSetting] => [
  name,
  { ...setting, bounds: { ...DEFAULT_TRIPS[name]?.bounds, ...setting.bounds } },
];

/** A trip that is new since the text was written has its default. `epoch` is a floor: it never goes back. */
export function unpackControls(text: string | null, epoch: number): Controls {
  const first = firstControls(epoch);
  if (text === null) return first;
  const stored = JSON.parse(text) as {
    lease: Lease;
    restrictions: Restriction[];
    algos: string[];
    trips: [TripName, TripSetting][];
    fired: string[];
    flattening: ScopeText[];
  };
  return {
    lease: stored.lease.epoch >= epoch ? stored.lease : first.lease,
    restrictions: new Map(stored.restrictions.map((each) => [each.scope, each])),
    algos: new Set(stored.algos),
    trips: new Map([...first.trips, ...stored.trips.map(withItsBounds)]),
    fired: new Set(stored.fired),
    flattening: new Set(stored.flattening),
  };
}
