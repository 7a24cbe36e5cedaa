/** When a data socket counts as dead: liveness is data, not an open socket. Pure. */
import { SILENCE_DOUBLINGS_MAX } from "./limits.ts";

export interface SocketHealth {
  /** When the socket was opened, ms since 1970. */
  openedAt: number;
  /** When it last brought market data, or null if it never did. */
  dataAt: number | null;
  /** Connections before it, in a row, that brought no data at all. */
  barren: number;
}

/**
 * How long this socket may bring no data, ms. A closed market is silent too and cannot be told from a
 * dead socket by silence alone, so each barren connection doubles the patience, up to a bound.
 */
export function silenceAllowance(silenceBoundMs: number, health: SocketHealth): number {
  if (health.dataAt !== null) return silenceBoundMs;
  return silenceBoundMs * 2 ** Math.min(health.barren, SILENCE_DOUBLINGS_MAX);
}

/** True when the socket has been silent for longer than it may be. */
export function isSilent(silenceBoundMs: number, health: SocketHealth, now: number): boolean {
  return now - (health.dataAt ?? health.openedAt) > silenceAllowance(silenceBoundMs, health);
}
