/** What is laid down beside the limits, as it crosses the API: restrictions, algos, trips, trading states and the lease. */
import { z } from "zod";
import { RESTRICTION_SCOPE_PATTERN } from "../domain/scope.ts";
import { TRIP_NAMES } from "../domain/risk/trips/settings.ts";
import { algoId, instrumentId, reason, scopeText, timestamp, tradingAlgoId } from "./primitives.ts";

export { type TripName } from "../domain/risk/trips/settings.ts";

/** `portfolio` sleeps, an algo is paused, an instrument is blocked. */
export const restrictionScope = z
  .string()
  .regex(RESTRICTION_SCOPE_PATTERN, "must be portfolio, algo:<id> or instrument:<id>");

export const restrictionView = z.object({
  scope: z.string(),
  reason: z.string(),
  by: z.string(),
  since: timestamp,
});

export const leaseView = z.object({
  region: z.string(),
  epoch: z.number().int(),
  by: z.string(),
  reason: z.string(),
  since: timestamp,
  /** Accounts whose gateway has not confirmed the epoch: what it was handed before may still leave there. */
  unconfirmed: z.array(z.string()),
});

export type LeaseView = z.infer<typeof leaseView>;

const count = z.number().int().min(1).max(1_000_000);
const durationMs = z.number().int().min(100).max(86_400_000);

/** Each trip has some of these; one that it does not have is refused by name. */
export const tripBounds = z.strictObject({
  count: count.optional(),
  windowMs: durationMs.optional(),
  ageMs: durationMs.optional(),
  offsetMs: durationMs.optional(),
  fraction: z.number().gt(0).lt(1).optional(),
  instrument: instrumentId.nullable().optional(),
});

const tripAction = z.enum(["reducing", "halted"]);

export const tripView = z.object({
  trip: z.enum(TRIP_NAMES),
  on: z.boolean(),
  state: tripAction,
  flatten: z.boolean(),
  bounds: tripBounds,
  /** Why it does not know whether to fire: entries are refused meanwhile. Null when it knows, or is off. */
  unknown: z.string().nullable(),
});

export type TripView = z.infer<typeof tripView>;

export const riskControlsView = z.object({
  version: z.number().int(),
  lease: leaseView,
  /** What sleeps, is paused or is blocked; empty when nothing is. */
  restrictions: z.array(restrictionView),
  /** Every algo that the ledger knows of. */
  algos: z.array(z.string()),
  trips: z.array(tripView),
});

export type RiskControlsView = z.infer<typeof riskControlsView>;

export const restrictionRequest = z.strictObject({ scope: restrictionScope, reason });

export const algoRequest = z.strictObject({ algoId: tradingAlgoId, reason });

export const tripsRequest = z.strictObject({
  changes: z
    .array(
      z.strictObject({
        trip: z.enum(TRIP_NAMES),
        on: z.boolean().optional(),
        state: tripAction.optional(),
        flatten: z.boolean().optional(),
        bounds: tripBounds.optional(),
      }),
    )
    .min(1)
    .max(TRIP_NAMES.length),
  reason,
});

export type TripsRequest = z.infer<typeof tripsRequest>;

/** A region's name: it takes the lease for itself. */
export const leaseRequest = z.strictObject({ region: algoId, reason });

/** `halted` is set with the kill switch, which also cancels. */
export const tradingStateRequest = z.strictObject({
  scope: scopeText,
  state: z.enum(["active", "reducing"]),
  reason,
});

/** What may be asked of the ledger beside orders, limits and the kill switch. */
export type ControlCommand =
  | { kind: "restrict" | "lift"; scope: string; reason: string }
  | { kind: "register"; algoId: string; reason: string }
  | { kind: "trading_state"; scope: string; state: "active" | "reducing"; reason: string }
  | { kind: "trips"; request: TripsRequest }
  | { kind: "take_lease"; region: string; reason: string }
  /** Attempts to bring broker and ledger together are used up: `account:<id>` or `instrument:<id>`. */
  | { kind: "reconcile_failed"; scope: string; reason: string }
  /** Ours minus the broker's clock, as measured. */
  | { kind: "clock_offset"; broker: string; offsetMs: number };
