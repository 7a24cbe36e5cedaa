import fc from "fast-check";
import { expect, test } from "vitest";
import { evenSizes, planShards } from "../../../src/domain/sharding.ts";

const names = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => `X:I${from + index}`);

const sizesOf = (plan: ReadonlyMap<string, number>, shards: number) =>
  Array.from(
    { length: shards },
    (_, index) => [...plan.values()].filter((shard) => shard === index + 1).length,
  );

const movedFrom = (before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>) =>
  [...after].filter(([id, shard]) => before.has(id) && before.get(id) !== shard).length;

test("100 over 3 is 34, 33, 33", () => {
  expect(evenSizes(100, 3)).toEqual([34, 33, 33]);
  expect(sizesOf(planShards(new Map(), names(100), 3), 3)).toEqual([34, 33, 33]);
});

test("3 to 5 shards moves 40 of 100, and back to 2 only what must", () => {
  const three = planShards(new Map(), names(100), 3);
  const five = planShards(three, names(100), 5);
  expect(sizesOf(five, 5)).toEqual([20, 20, 20, 20, 20]);
  expect(movedFrom(three, five)).toBe(40);
  const two = planShards(five, names(100), 2);
  expect(sizesOf(two, 2)).toEqual([50, 50]);
  expect(movedFrom(five, two)).toBe(60);
});

test("adding an instrument moves nothing", () => {
  const before = planShards(new Map(), names(100), 3);
  expect(movedFrom(before, planShards(before, names(101), 3))).toBe(0);
});

/** Fewest moves that any even split could do with, by trying who gets the larger sizes. */
function fewestMoves(held: number[], sizes: number[]): number {
  const larger = sizes[0] ?? 0;
  const floor = sizes.at(-1) ?? 0;
  const largerCount = larger === floor ? 0 : sizes.filter((size) => size === larger).length;
  let fewest = Infinity;
  for (let mask = 0; mask < 1 << held.length; mask += 1) {
    const isLarger = held.map((_, index) => (mask >> index) & 1);
    if (isLarger.reduce((a, b) => a + b, 0) !== largerCount) continue;
    const moves = held.reduce(
      (sum, count, index) => sum + Math.max(0, count - floor - (isLarger[index] ?? 0)),
      0,
    );
    fewest = Math.min(fewest, moves);
  }
  return fewest;
}

test("every plan is even, complete, and moves the fewest", () => {
  const current = fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 7 })), { maxLength: 60 });
  const wanted = fc.array(fc.nat(60), { maxLength: 60 });
  fc.assert(
    fc.property(current, wanted, fc.integer({ min: 1, max: 6 }), (pairs, ids, shards) => {
      const before = new Map(pairs.map(([id, shard]) => [`X:I${id}`, shard]));
      const instruments = [...new Set(ids.map((id) => `X:I${id}`))];
      const plan = planShards(before, instruments, shards);
      expect([...plan.keys()].sort()).toEqual(instruments.toSorted());
      const sizes = sizesOf(plan, shards);
      expect(sizes.toSorted((a, b) => b - a)).toEqual(evenSizes(instruments.length, shards));
      const kept = instruments.filter((id) => (before.get(id) ?? Infinity) <= shards);
      const held = sizesOf(new Map(kept.map((id) => [id, before.get(id) ?? 0])), shards);
      const unplaced = [...before.keys()].filter(
        (id) => plan.has(id) && (before.get(id) ?? 0) > shards,
      ).length;
      expect(movedFrom(before, plan)).toBe(
        fewestMoves(held, evenSizes(instruments.length, shards)) + unplaced,
      );
      expect(planShards(plan, instruments, shards)).toEqual(plan);
    }),
  );
});
