/** The bounds of a trip as a person reads and types them: seconds and percent. Pure. */
import { tripBounds, type TripView } from "../../../../src/contract/risk-controls.ts";
import { formatQuantity } from "../../format/number.ts";
import { TRIP_WORDS, type Tone } from "../../format/words.ts";

export type BoundName = keyof TripView["bounds"];

export const BOUND_WORDS: Record<BoundName, string> = {
  count: "How many",
  windowMs: "Within, seconds",
  ageMs: "Older than, seconds",
  offsetMs: "Further off than, ms",
  fraction: "Fall, %",
  instrument: "Instrument",
};

/** One typed unit in the contract's own; where there is none, the two are the same. */
const SCALES: Partial<Record<BoundName, number>> = {
  windowMs: 1_000,
  ageMs: 1_000,
  fraction: 0.01,
};

/** Floating dust of a scaled figure is cut off: 0.07 is 7, and 7 is 0.07. */
const clean = (value: number): number => Number(value.toPrecision(12));

/** What stands in the fields, by bound; a trip has only some. */
export function typedBounds({ bounds }: TripView): [BoundName, string][] {
  return (Object.entries(bounds) as [BoundName, string | number | null][]).map(([name, value]) => [
    name,
    typeof value === "number" ? String(clean(value / (SCALES[name] ?? 1))) : (value ?? ""),
  ]);
}

/** The bounds as the contract wants them, or what is wrong with the first that is not. */
export function readBounds(
  typed: readonly [BoundName, string][],
): { ok: true; value: TripView["bounds"] } | { ok: false; error: string } {
  const entries = typed.map(([name, text]) => {
    const value = text.trim();
    if (name === "instrument") return [name, value === "" ? null : value];
    return [name, value === "" ? Number.NaN : clean(Number(value) * (SCALES[name] ?? 1))];
  });
  const parsed = tripBounds.safeParse(Object.fromEntries(entries));
  if (parsed.success) return { ok: true, value: parsed.data };
  const issue = parsed.error.issues[0];
  const name = String(issue?.path[0]) as BoundName;
  return { ok: false, error: `${BOUND_WORDS[name]}: ${issue?.message ?? "is wrong"}` };
}

/** Whether it watches; one that cannot see what it watches says so. */
export function switched({ on, unknown }: TripView): { word: string; tone: Tone } {
  if (unknown !== null) return { word: "unknown", tone: "bad" };
  return on ? { word: "on", tone: "good" } : { word: "off", tone: "calm" };
}

/** When it fires, and why it does not know whether to. */
export const firesText = (trip: TripView): string =>
  trip.unknown === null
    ? boundsText(trip)
    : `${boundsText(trip)}. Entries are refused: ${trip.unknown}`;

const seconds = (ms: number | undefined): string => `${clean((ms ?? 0) / 1_000)} s`;

/** When it fires, in a few words. */
export function boundsText({ trip, bounds }: TripView): string {
  const { count, windowMs, ageMs, offsetMs, fraction, instrument } = bounds;
  if (fraction !== undefined)
    return `${instrument ?? "no instrument yet:"} falls ${clean(fraction * 100)} % in ${seconds(windowMs)}`;
  if (count !== undefined) return `${formatQuantity(count)} in ${seconds(windowMs)}`;
  if (ageMs !== undefined) return `a price older than ${seconds(ageMs)}`;
  if (offsetMs !== undefined) return `more than ${formatQuantity(offsetMs)} ms off`;
  return trip === "reconcileFailure"
    ? "when the books do not agree"
    : `at the limits of ${TRIP_WORDS[trip].toLowerCase()}`;
}
