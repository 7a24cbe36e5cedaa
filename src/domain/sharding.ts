/** Which shard holds which instrument: an even split that moves as few instruments as it can. Pure. */
import type { InstrumentId } from "./instrument.ts";

/** Instrument to shard number, from 1. */
export type ShardPlan = ReadonlyMap<InstrumentId, number>;

/** Sizes of an even split, largest first: 100 over 3 is 34, 33, 33. */
export function evenSizes(count: number, shards: number): number[] {
  const floor = Math.floor(count / shards);
  return Array.from({ length: shards }, (_, index) => floor + (index < count % shards ? 1 : 0));
}

/**
 * Places every wanted instrument on one of `shards` shards, their sizes at most one apart. What
 * already stands stays where it is, as far as an even split allows: the fullest shards keep the
 * larger sizes, so that no split of the same sizes moves fewer.
 */
export function planShards(
  current: ShardPlan,
  wanted: Iterable<InstrumentId>,
  shards: number,
): Map<InstrumentId, number> {
  const held: InstrumentId[][] = Array.from({ length: shards }, () => []);
  const homeless: InstrumentId[] = [];
  let count = 0;
  for (const instrument of new Set(wanted)) {
    const list = held[(current.get(instrument) ?? 0) - 1];
    (list ?? homeless).push(instrument);
    count += 1;
  }
  const sizes = evenSizes(count, shards);
  const byFullness = held.map((_, index) => index).sort((a, b) => size(held, b) - size(held, a));
  const target = new Map(byFullness.map((index, rank) => [index, sizes[rank] ?? 0]));
  for (const [index, list] of held.entries()) homeless.push(...list.splice(target.get(index) ?? 0));

  const plan = new Map<InstrumentId, number>();
  for (const [index, list] of held.entries()) {
    list.push(...homeless.splice(0, (target.get(index) ?? 0) - list.length));
    for (const instrument of list) plan.set(instrument, index + 1);
  }
  return plan;
}

const size = (lists: readonly InstrumentId[][], index: number): number => lists[index]?.length ?? 0;
