/** When a data socket counts as dead and an instrument as stale: liveness is data, not an open socket. Pure. */
import type { Session } from "./calendar.ts";
import { SILENCE_DOUBLINGS_MAX } from "./limits.ts";
import {
  PROVIDER_STALE_AFTER_INTERVALS,
  PROVIDER_STALE_AFTER_MS_MIN,
  STALE_AFTER_INTERVALS,
  STALE_AFTER_MS_MAX,
  STALE_AFTER_MS_MIN,
} from "./quality-limits.ts";

export interface SocketHealth {
  /** When the socket was opened, ms since 1970. */
  openedAt: number;
  /** When it last brought market data, or null if it never did. */
  dataAt: number | null;
  /** Connections before it, in a row, that brought no data at all. */
  barren: number;
  /** Usual time between two frames of data, ms; null until learned (`learnGap`). */
  typicalGapMs: number | null;
}

/** Weight of the newest gap: some ten frames make a habit. */
const GAP_WEIGHT = 0.1;

/** A silence of this many usual gaps is no accident any more. */
const GAPS_ALLOWED = 5;

/** The usual gap after one more of `gapMs`: an exponentially weighted mean, in which an outage counts as `gapMaxMs`. */
export function learnGap(typicalGapMs: number | null, gapMs: number, gapMaxMs: number): number {
  const gap = Math.min(gapMs, gapMaxMs);
  return typicalGapMs === null ? gap : typicalGapMs + GAP_WEIGHT * (gap - typicalGapMs);
}

/**
 * How long this socket may bring no data, ms. A closed market is silent too and cannot be told from a
 * dead socket by silence alone, so each barren connection doubles the patience, up to a bound; and a
 * few quiet instruments are given a few of their usual gaps.
 */
export function silenceAllowance(silenceBoundMs: number, health: SocketHealth): number {
  const usual = GAPS_ALLOWED * (health.typicalGapMs ?? 0);
  const doublings = health.dataAt === null ? Math.min(health.barren, SILENCE_DOUBLINGS_MAX) : 0;
  return Math.max(usual, silenceBoundMs * 2 ** doublings);
}

/** True when the socket has been silent for longer than it may be. */
export function isSilent(silenceBoundMs: number, health: SocketHealth, now: number): boolean {
  return now - (health.dataAt ?? health.openedAt) > silenceAllowance(silenceBoundMs, health);
}

/** How often an instrument's data comes, learned from what came. */
export interface Cadence {
  /** When its last good update was received, ms since 1970; null before the first. */
  at: number | null;
  /** Usual time between two of them, ms; null until learned. */
  intervalMs: number | null;
  /** What the exchange's clock said of it, ms since 1970; null when it said nothing. */
  exchangeTime: number | null;
  /** How often it is asked for, ms; 0 where its data comes by itself. */
  pollMs: number;
}

export const NO_ARRIVAL: Readonly<Cadence> = {
  at: null,
  intervalMs: null,
  exchangeTime: null,
  pollMs: 0,
};

/**
 * Learns from one good update. Updates of one frame are one arrival, and what the exchange said at a
 * time already known is no news: a snapshot after a reconnect must not make old data fresh. Runs on
 * every tick: it allocates nothing.
 */
export function noteArrival(
  cadence: Cadence,
  receivedTime: number,
  exchangeTime: number | null,
): void {
  const { at } = cadence;
  if (exchangeTime !== null && exchangeTime === cadence.exchangeTime) return;
  cadence.exchangeTime = exchangeTime;
  if (at !== null && receivedTime > at)
    cadence.intervalMs = learnGap(cadence.intervalMs, receivedTime - at, STALE_AFTER_MS_MAX);
  cadence.at = receivedTime;
}

/**
 * The two uses of one rule. `provider`: another provider is worth having. `entries`: no order may be
 * opened on it. The first is the sooner one at every interval, so that a feed with a next provider is
 * led there before an entry is refused.
 */
const STALE_AFTER = {
  provider: { msMin: PROVIDER_STALE_AFTER_MS_MIN, intervals: PROVIDER_STALE_AFTER_INTERVALS },
  entries: { msMin: STALE_AFTER_MS_MIN, intervals: STALE_AFTER_INTERVALS },
} as const;

/**
 * How old the last update may be before it is stale for this use, ms. Nothing can come more often than
 * it is asked for, so the time between two polls counts as an interval.
 */
export function staleAfterMs(
  { intervalMs, pollMs }: Pick<Cadence, "intervalMs" | "pollMs">,
  use: keyof typeof STALE_AFTER,
): number {
  const { msMin, intervals } = STALE_AFTER[use];
  const usual = intervals * Math.max(intervalMs ?? 0, pollMs);
  return Math.min(STALE_AFTER_MS_MAX, Math.max(msMin, usual));
}

/**
 * `unknown`: no update came yet. `closed`: the market is shut, and nothing is due. Entries need `fresh`;
 * exits need nothing.
 */
export const FRESHNESS = ["fresh", "stale", "unknown", "closed"] as const;

export type Freshness = (typeof FRESHNESS)[number];

/** `session` is the one that trades now (`sessionAt`), null while the market is shut. */
export function freshnessOf(cadence: Cadence, session: Session | null, now: number): Freshness {
  if (session === null) return "closed";
  if (cadence.at === null) return "unknown";
  // After the night nothing can be due before the session has run for the bound.
  const since = Math.max(cadence.at, session.opensAt);
  return now - since > staleAfterMs(cadence, "entries") ? "stale" : "fresh";
}

export const isStale = (cadence: Cadence, session: Session | null, now: number): boolean =>
  freshnessOf(cadence, session, now) === "stale";
