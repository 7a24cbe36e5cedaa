/**
 * Which shard holds which instrument: an even split, by count and where weights are given by weight too,
 * that moves as few instruments as it can. Pure, and the same answer for the same question.
 */
import { assert } from "./assert.ts";
import type { InstrumentId } from "./instrument.ts";

/** Instrument to shard number, from 1. */
export type ShardPlan = ReadonlyMap<InstrumentId, number>;

/** How busy an instrument is, in any unit, above 0; one that is not named weighs 1. */
export type Weights = ReadonlyMap<InstrumentId, number>;

/** What a plan may do with each shard. Any other number holds nothing. */
export interface ShardLayout {
  /** They share what is wanted. */
  takes: readonly number[];
  /** They keep what they hold of it, and get nothing new. */
  keeps: readonly number[];
  weights: Weights;
}

const NO_WEIGHTS: Weights = new Map();

/** Shards 1 to `shards`, all alike. */
export const evenLayout = (shards: number, weights = NO_WEIGHTS): ShardLayout => ({
  takes: Array.from({ length: shards }, (_, index) => index + 1),
  keeps: [],
  weights,
});

/** Sizes of an even split, largest first: 100 over 3 is 34, 33, 33. */
export function evenSizes(count: number, shards: number): number[] {
  const floor = Math.floor(count / shards);
  return Array.from({ length: shards }, (_, index) => floor + (index < count % shards ? 1 : 0));
}

/**
 * Places every wanted instrument. The shards that take differ by at most one in count; no two of them
 * differ in weight by more than the heaviest instrument there is. What stands stays where it is as far as
 * that allows: the fullest shards keep the larger sizes, so that no split of the same sizes moves
 * fewer, and instruments are exchanged only while the weights are further apart than said.
 */
export function planShards(
  current: ShardPlan,
  wanted: Iterable<InstrumentId>,
  { takes, keeps, weights }: ShardLayout,
): Map<InstrumentId, number> {
  const plan = new Map<InstrumentId, number>();
  const lists = new Map(takes.map((number) => [number, new List(number, weights)]));
  const homeless: InstrumentId[] = [];
  for (const instrument of new Set(wanted)) {
    const at = current.get(instrument) ?? 0;
    if (keeps.includes(at)) plan.set(instrument, at);
    else if (lists.has(at)) lists.get(at)?.add(instrument);
    else homeless.push(instrument);
  }
  const shards = [...lists.values()];
  const count = shards.reduce((sum, { size }) => sum + size, homeless.length);
  assert(count === 0 || shards.length > 0, "a plan needs a shard that takes instruments");
  const sizes = evenSizes(count, shards.length);
  for (const [rank, list] of shards.toSorted((a, b) => b.size - a.size).entries())
    list.target = sizes[rank] ?? 0;
  const average = shards.reduce((sum, { weight }) => sum + weight, 0) / shards.length;
  for (const list of shards) homeless.push(...list.shed(average));
  // The heaviest first, each to the lightest shard with room: what comes later evens it out.
  for (const instrument of homeless.sort((a, b) => weightOf(weights, b) - weightOf(weights, a)))
    lightest(shards.filter(({ size, target }) => size < target)).add(instrument);
  if (weights.size > 0) balance(shards);
  for (const list of shards)
    for (const [instrument] of list.entries()) plan.set(instrument, list.shard);
  return plan;
}

const weightOf = (weights: Weights, instrument: InstrumentId): number =>
  weights.get(instrument) ?? 1;

const lightest = (shards: readonly List[]): List =>
  shards.reduce((best, list) => (list.weight < best.weight ? list : best));

const heaviest = (shards: readonly List[]): List =>
  shards.reduce((best, list) => (list.weight > best.weight ? list : best));

/** Sums of weights are compared up to this part of them: they are no whole numbers. */
const EPSILON = 1e-9;

/**
 * While the heaviest and the lightest shard are further apart than the heaviest instrument, moves one
 * instrument or exchanges two between them, whichever brings them closest. Such a step always exists:
 * if the counts are equal, one of the heavier shard outweighs one of the lighter; if not, one is moved.
 */
function balance(shards: readonly List[]): void {
  const boundary = Math.max(0, ...shards.flatMap((list) => list.entries().map(([, w]) => w)));
  let steps = 2 * shards.reduce((sum, { size }) => sum + size, 0);
  for (; steps > 0; steps -= 1) {
    const [from, to] = [heaviest(shards), lightest(shards)];
    const apart = from.weight - to.weight;
    if (apart <= boundary * (1 + EPSILON)) return;
    const step = bestStep(from, to, apart);
    if (step === null) return;
    from.remove(step.give);
    to.add(step.give);
    if (step.take === null) continue;
    to.remove(step.take);
    from.add(step.take);
  }
}

interface Step {
  give: InstrumentId;
  /** In exchange; null for a move. */
  take: InstrumentId | null;
  apart: number;
}

function bestStep(from: List, to: List, apart: number): Step | null {
  let best: Step | null = null;
  const consider = (give: InstrumentId, take: InstrumentId | null, difference: number) => {
    const left = Math.abs(apart - 2 * difference);
    if (left < (best?.apart ?? apart * (1 - EPSILON))) best = { give, take, apart: left };
  };
  const offers = to.entries().sort(([, a], [, b]) => a - b);
  for (const [give, weight] of from.entries()) {
    if (from.size > to.size) consider(give, null, weight);
    // The offer nearest to what would make both equal, on either side of it.
    const at = firstAtLeast(offers, weight - apart / 2);
    for (const [take, taken] of offers.slice(Math.max(0, at - 1), at + 1))
      consider(give, take, weight - taken);
  }
  return best;
}

function firstAtLeast(offers: readonly (readonly [string, number])[], weight: number): number {
  let [low, high] = [0, offers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((offers[middle]?.[1] ?? 0) < weight) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What one shard is to hold, in the making. */
class List {
  readonly shard: number;
  target = 0;
  weight = 0;
  readonly #weights: Weights;
  readonly #instruments = new Set<InstrumentId>();

  constructor(shard: number, weights: Weights) {
    this.shard = shard;
    this.#weights = weights;
  }

  get size(): number {
    return this.#instruments.size;
  }

  entries(): [InstrumentId, number][] {
    return [...this.#instruments].map((id) => [id, weightOf(this.#weights, id)]);
  }

  add(instrument: InstrumentId): void {
    this.#instruments.add(instrument);
    this.weight += weightOf(this.#weights, instrument);
  }

  remove(instrument: InstrumentId): void {
    this.#instruments.delete(instrument);
    this.weight -= weightOf(this.#weights, instrument);
  }

  /** Gives up what is above the target: each time what leaves the rest closest to the average; the newest, if all are alike. */
  shed(average: number): InstrumentId[] {
    if (this.#weights.size === 0) {
      const newest = [...this.#instruments].slice(this.target);
      for (const id of newest) this.remove(id);
      return newest;
    }
    const shed: InstrumentId[] = [];
    while (this.size > this.target) {
      const ideal = (this.weight - average) / (this.size - this.target);
      let best: [InstrumentId, number] | null = null;
      for (const [id, weight] of this.entries()) {
        const off = Math.abs(weight - ideal);
        if (best === null || off <= best[1]) best = [id, off];
      }
      if (best === null) break;
      this.remove(best[0]);
      shed.push(best[0]);
    }
    return shed;
  }
}
