/** How long to wait before trying again: doubling, bounded, with full jitter so that many algos do not return at once. */

/** `random` is in [0, 1). The answer is in ms, between 0 and the bound of this attempt (counted from 0). */
export function reconnectDelayMs(
  attempt: number,
  random: number,
  bounds: { reconnectBaseDelayMs: number; reconnectMaxDelayMs: number },
): number {
  const ceiling = Math.min(
    bounds.reconnectMaxDelayMs,
    bounds.reconnectBaseDelayMs * 2 ** Math.min(attempt, 30),
  );
  return Math.floor(random * ceiling);
}
