/**
 * Draining: a shard or a broker that takes nothing new, and is closed after the markets' hours, or at
 * once if told so. Until it is closed it goes on with what it has. Pure.
 */
import type { ShardLayout, Weights } from "./sharding.ts";

export const DRAIN_WHEN = ["after_hours", "now"] as const;

export interface Drain {
  when: (typeof DRAIN_WHEN)[number];
  /** ms since 1970. */
  since: number;
  /** It gives up what it has: its hours are over, or it was told to do so at once. */
  isClosed: boolean;
}

export const startDrain = (when: Drain["when"], now: number): Drain => ({
  when,
  since: now,
  isClosed: when === "now",
});

/** The drain as it is after a look at the markets. What was closed stays closed until the drain is lifted. */
export const lookAtHours = (drain: Drain, isAnyMarketOpen: boolean): Drain =>
  drain.isClosed || isAnyMarketOpen ? drain : { ...drain, isClosed: true };

/** What a plan may do with shards 1 to `shards`, given which of them are draining. */
export function drainedLayout(
  shards: number,
  drains: ReadonlyMap<number, Drain>,
  weights: Weights,
): ShardLayout {
  const all = Array.from({ length: shards }, (_, index) => index + 1);
  return {
    takes: all.filter((number) => !drains.has(number)),
    keeps: all.filter((number) => drains.get(number)?.isClosed === false),
    weights,
  };
}
