/** When a data socket counts as dead and an instrument as stale: liveness is data, not an open socket. Pure. */
import type { Session } from "./calendar.ts";
import { SILENCE_DOUBLINGS_MAX } from "./limits.ts";
import {
  INTERVAL_GAPS_MIN,
  PROVIDER_STALE_AFTER_INTERVALS,
  PROVIDER_STALE_AFTER_MS_MIN,
  STALE_AFTER_INTERVALS,
  STALE_AFTER_MS_MAX,
  STALE_AFTER_MS_MIN,
} from "./quality-limits.ts";

export interface SocketHealth {
  /** When the socket was opened, ms since 1970. */
  openedAt: number;
  /** Since when data is due: a market that was shut was silent too. */
  dueSince: number;
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
export function learnGap(
  typicalGapMs: number | null,
  gapMs: number,
  gapMaxMs: number,
  weight = GAP_WEIGHT,
): number {
  const gap = Math.min(gapMs, gapMaxMs);
  return typicalGapMs === null ? gap : typicalGapMs + weight * (gap - typicalGapMs);
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
  const since = Math.max(health.dataAt ?? health.openedAt, health.dueSince);
  return now - since > silenceAllowance(silenceBoundMs, health);
}

/** How often an instrument's data comes, learned from what came. */
export interface Cadence {
  /** When the exchange saw the last news, by our clock, ms since 1970; null while no age is known. */
  at: number | null;
  /** An update came that was young when it came: what was brought is not only an old state. */
  isHeard: boolean;
  /** The next update is the first one since a subscribe, and may tell an old state as a new one. */
  isFirst: boolean;
  /** From when the gap to the next arrival counts, ms since 1970; null before the first. */
  gapFrom: number | null;
  /** Usual time between two arrivals, ms; null until the first gap. */
  intervalMs: number | null;
  /** Gaps that it was learned from. */
  gaps: number;
  /** The last that the exchange's clock said, ms since 1970; null when it said nothing. */
  exchangeTime: number | null;
  /** How often it is asked for, ms; 0 where its data comes by itself. */
  pollMs: number;
}

export const NO_ARRIVAL: Readonly<Cadence> = {
  at: null,
  isHeard: false,
  isFirst: true,
  gapFrom: null,
  intervalMs: null,
  gaps: 0,
  exchangeTime: null,
  pollMs: 0,
};

/**
 * Learns from one good update. `observedAt`: when the exchange saw it, by our clock (`ExchangeClock`);
 * null where the exchange gives no time, and then it is as old as its arrival, but the first one after
 * a subscribe, whose age nobody knows. Updates of one frame are one arrival, and what the exchange said
 * at a time already known is no news: a snapshot after a reconnect must not make old data fresh. Runs on
 * every tick: it allocates nothing.
 */
export function noteArrival(
  cadence: Cadence,
  receivedTime: number,
  exchangeTime: number | null,
  observedAt: number | null,
): void {
  const { isFirst } = cadence;
  cadence.isFirst = false;
  if (exchangeTime === null || observedAt === null) {
    if (isFirst) return;
    cadence.at = receivedTime;
  } else {
    const before = cadence.exchangeTime;
    if (before !== null && exchangeTime <= before) return;
    cadence.exchangeTime = exchangeTime;
    // The measured offset moves a little: what the exchange saw later is not older for that.
    const floor = before === null ? observedAt : (cadence.at ?? observedAt);
    cadence.at = Math.min(receivedTime, Math.max(observedAt, floor));
  }
  cadence.isHeard ||= receivedTime - cadence.at <= STALE_AFTER_MS_MIN;
  learnInterval(cadence, isFirst ? cadence.at : receivedTime);
}

/** The first few gaps weigh alike: one short gap by chance is no habit. */
function learnInterval(cadence: Cadence, arrivedAt: number): void {
  const { gapFrom } = cadence;
  if (gapFrom !== null && arrivedAt > gapFrom) {
    cadence.gaps += 1;
    const weight = Math.max(GAP_WEIGHT, 1 / cadence.gaps);
    const gapMs = arrivedAt - gapFrom;
    cadence.intervalMs = learnGap(cadence.intervalMs, gapMs, STALE_AFTER_MS_MAX, weight);
  }
  cadence.gapFrom = arrivedAt;
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
 * `unknown`: no update came yet whose age is known, or only an old state. `closed`: the market is shut,
 * and nothing is due. Entries need `fresh`; exits need nothing.
 */
export const FRESHNESS = ["fresh", "stale", "unknown", "closed"] as const;

export type Freshness = (typeof FRESHNESS)[number];

/** `session` is the one that trades now (`sessionAt`), null while the market is shut. */
export function freshnessOf(
  cadence: Cadence,
  session: Session | null,
  now: number,
  use: keyof typeof STALE_AFTER = "entries",
): Freshness {
  if (session === null) return "closed";
  if (cadence.at === null) return "unknown";
  // After the night nothing can be due before the session has run for the bound.
  const ageMs = now - Math.max(cadence.at, session.opensAt);
  if (ageMs <= staleAfterMs(cadence, use)) return "fresh";
  if (!cadence.isHeard) return "unknown";
  // Nobody is told that a provider is down because an instrument is slow: how slow is not known yet.
  const isLearned = use === "entries" || cadence.gaps >= INTERVAL_GAPS_MIN;
  return isLearned || ageMs > STALE_AFTER_MS_MAX ? "stale" : "unknown";
}

export const isStale = (cadence: Cadence, session: Session | null, now: number): boolean =>
  freshnessOf(cadence, session, now) === "stale";
