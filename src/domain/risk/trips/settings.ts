/** The trips by name, each with its switch, what it latches and its named bounds. */
import type { InstrumentId } from "../../instrument.ts";

export const TRIP_NAMES = [
  /** Realised and unrealised loss since the day's start, of an algo, an instrument or the portfolio: limits `dailyLossSoft` and `dailyLoss`. */
  "dailyLoss",
  /** Loss from the peak of equity: limits `drawdownSoft` and `drawdown`. */
  "drawdown",
  /** `count` orders of an algo, or of an account, rejected by the broker in `windowMs`. */
  "rejectStorm",
  /** `count` cancels and modifies of an algo, or of an account, in `windowMs`. */
  "orderChurn",
  /** `count` orders of an algo denied by the ledger in `windowMs`, but for what people have laid down. */
  "denialStorm",
  /** The price of an instrument with open risk is older than `ageMs`. */
  "staleFeed",
  /** What the broker says and what the ledger holds would not converge. */
  "reconcileFailure",
  /** A broker's clock is further than `offsetMs` from ours. */
  "clockSkew",
  /** `instrument` fell by `fraction` from its highest price of the last `windowMs`; a price older than `ageMs`, or than that, of its market's hours tells nothing. */
  "indexFall",
] as const;

export type TripName = (typeof TRIP_NAMES)[number];

export interface TripBounds {
  count?: number;
  windowMs?: number;
  ageMs?: number;
  offsetMs?: number;
  /** 0.05 is 5 %. */
  fraction?: number;
  /** None yet: then the trip has nothing to watch. */
  instrument?: InstrumentId | null;
}

export interface TripSetting {
  on: boolean;
  /** What it latches. The two losses latch `reducing` at their soft limit and this at the hard one. */
  state: "reducing" | "halted";
  /** Whether positions under its scope are closed once it has halted. */
  flatten: boolean;
  bounds: TripBounds;
}

/**
 * Until somebody sets them. A stale feed refuses entries by itself (`STALE_PRICE`), and exchanges
 * close each night, so that latching it is a choice; an index has to be named first.
 */
export const DEFAULT_TRIPS: Readonly<Record<TripName, TripSetting>> = {
  dailyLoss: { on: true, state: "halted", flatten: false, bounds: {} },
  drawdown: { on: true, state: "halted", flatten: false, bounds: {} },
  rejectStorm: {
    on: true,
    state: "halted",
    flatten: false,
    bounds: { count: 20, windowMs: 60_000 },
  },
  orderChurn: {
    on: true,
    state: "halted",
    flatten: false,
    bounds: { count: 6_000, windowMs: 60_000 },
  },
  // Only reducing: what is denied cost nothing yet, and its positions must have a way out.
  denialStorm: {
    on: true,
    state: "reducing",
    flatten: false,
    bounds: { count: 3_000, windowMs: 60_000 },
  },
  staleFeed: { on: false, state: "reducing", flatten: false, bounds: { ageMs: 60_000 } },
  reconcileFailure: { on: true, state: "reducing", flatten: false, bounds: {} },
  clockSkew: { on: true, state: "reducing", flatten: false, bounds: { offsetMs: 5_000 } },
  indexFall: {
    on: false,
    state: "reducing",
    flatten: false,
    bounds: { fraction: 0.05, windowMs: 900_000, ageMs: 60_000, instrument: null },
  },
};

export interface TripChange {
  trip: TripName;
  on?: boolean | undefined;
  state?: "reducing" | "halted" | undefined;
  flatten?: boolean | undefined;
  bounds?: { [Key in keyof TripBounds]?: TripBounds[Key] | undefined } | undefined;
}

/** The setting with a change in it; what the change leaves out stays. */
export function changedTrip(setting: TripSetting, change: TripChange): TripSetting {
  const bounds: TripBounds = { ...setting.bounds };
  const asked = change.bounds ?? {};
  for (const name of Object.keys(bounds) as (keyof TripBounds)[])
    if (asked[name] !== undefined) Object.assign(bounds, { [name]: asked[name] });
  return {
    on: change.on ?? setting.on,
    state: change.state ?? setting.state,
    flatten: change.flatten ?? setting.flatten,
    bounds,
  };
}

/** A bound that this trip does not have, by name; null when all are its own. */
export function foreignBound({ trip, bounds = {} }: TripChange): string | null {
  const own = DEFAULT_TRIPS[trip].bounds;
  return Object.keys(bounds).find((name) => !(name in own)) ?? null;
}

/** A bound without which it would be on and never latch, by name; null when it can do its work. */
export const missingBound = ({ on, bounds }: TripSetting): keyof TripBounds | null =>
  on && bounds.instrument === null ? "instrument" : null;
