/** When a data socket counts as dead: liveness is data, not an open socket. Pure. */
import { SILENCE_DOUBLINGS_MAX } from "./limits.ts";

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
