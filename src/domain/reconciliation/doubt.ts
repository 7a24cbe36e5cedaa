/**
 * What to do about a position that differs: wait a quiet moment, infer the fill that explains it, and
 * when even that does not bring agreement, freeze the instrument. Every way out of here is bounded.
 */
import { decimal, decimalText } from "../decimal.ts";
import type { InstrumentId } from "../instrument.ts";
import { INFERRED_FILL_QUIET_MS, RECONCILE_TRIES_MAX } from "../limits.ts";

/** An instrument whose position has differed in the latest comparison; durable, so that a crash forgets no try. */
export interface Doubt {
  instrument: InstrumentId;
  /** Theirs less ours, signed. */
  delta: string;
  /** What the broker said last; left out of one that was stored before this was kept. */
  theirs?: string;
  /** Since when it is this delta, by our clock. */
  since: number;
  /** Comparisons in a row that found any difference. */
  tries: number;
  /** The fill for this delta has been booked. */
  inferred: boolean;
}

export type DoubtStep =
  | { action: "wait"; doubt: Doubt }
  | { action: "infer"; doubt: Doubt }
  | { action: "freeze"; doubt: Doubt };

/** The next step for a difference that a comparison found at `now`. Agreement ends a doubt; that is the caller's to do. */
export function nextStep(
  known: Doubt | null,
  difference: { instrument: InstrumentId; ours: string; theirs: string },
  now: number,
): DoubtStep {
  const { instrument, theirs } = difference;
  const delta = decimalText(decimal(difference.theirs).minus(decimal(difference.ours)));
  const same = known?.delta === delta;
  // A clock that went back starts the quiet time anew: too late is better than too soon.
  const since = same && known.since <= now ? known.since : now;
  const tries = (known?.tries ?? 0) + 1;
  const doubt = { instrument, delta, theirs, since, tries, inferred: same && known.inferred };
  if (tries > RECONCILE_TRIES_MAX) return { action: "freeze", doubt };
  const quiet = now - since >= INFERRED_FILL_QUIET_MS;
  if (quiet && !doubt.inferred) return { action: "infer", doubt: { ...doubt, inferred: true } };
  return { action: "wait", doubt };
}
