import fc from "fast-check";
import { expect, test } from "vitest";
import {
  evenLayout,
  evenSizes,
  planShards,
  type ShardLayout,
} from "../../../src/domain/sharding.ts";

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
  expect(sizesOf(planShards(new Map(), names(100), evenLayout(3)), 3)).toEqual([34, 33, 33]);
});

test("3 to 5 shards moves 40 of 100, and back to 2 only what must", () => {
  const three = planShards(new Map(), names(100), evenLayout(3));
  const five = planShards(three, names(100), evenLayout(5));
  expect(sizesOf(five, 5)).toEqual([20, 20, 20, 20, 20]);
  expect(movedFrom(three, five)).toBe(40);
  const two = planShards(five, names(100), evenLayout(2));
  expect(sizesOf(two, 2)).toEqual([50, 50]);
  expect(movedFrom(five, two)).toBe(60);
});

test("adding an instrument moves nothing", () => {
  const before = planShards(new Map(), names(100), evenLayout(3));
  expect(movedFrom(before, planShards(before, names(101), evenLayout(3)))).toBe(0);
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
      const plan = planShards(before, instruments, evenLayout(shards));
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
      expect(planShards(plan, instruments, evenLayout(shards))).toEqual(plan);
    }),
  );
});

const weightsOf = (plan: ReadonlyMap<string, number>, layout: ShardLayout) =>
  layout.takes.map((number) =>
    [...plan]
      .filter(([, shard]) => shard === number)
      .reduce((sum, [id]) => sum + (layout.weights.get(id) ?? 1), 0),
  );

const spread = (values: number[]) => Math.max(...values) - Math.min(...values);

test("busy instruments are spread: no shard carries two of them while another has none", () => {
  const weights = new Map(["X:I0", "X:I1", "X:I2"].map((id) => [id, 100]));
  const layout = evenLayout(3, weights);
  // All three stood together, as they came.
  const before = planShards(new Map(), names(30), evenLayout(1));
  const plan = planShards(before, names(30), layout);
  expect(weightsOf(plan, layout)).toEqual([109, 109, 109]);
  expect(sizesOf(plan, 3)).toEqual([10, 10, 10]);
});

const weighted = fc.record({
  current: fc.array(fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 7 })), { maxLength: 40 }),
  wanted: fc.array(fc.nat(40), { maxLength: 40 }),
  weights: fc.array(fc.tuple(fc.nat(40), fc.double({ min: 0.01, max: 1_000, noNaN: true })), {
    maxLength: 40,
  }),
  shards: fc.integer({ min: 1, max: 6 }),
});

test("with weights too every plan is even by count, and no two shards differ by more than the heaviest instrument", () => {
  fc.assert(
    fc.property(weighted, ({ current, wanted, weights, shards }) => {
      const before = new Map(current.map(([id, shard]) => [`X:I${id}`, shard]));
      const layout = evenLayout(shards, new Map(weights.map(([id, w]) => [`X:I${id}`, w])));
      const instruments = [...new Set(wanted.map((id) => `X:I${id}`))];
      const plan = planShards(before, instruments, layout);
      expect([...plan.keys()].sort()).toEqual(instruments.toSorted());
      expect(sizesOf(plan, shards).toSorted((a, b) => b - a)).toEqual(
        evenSizes(instruments.length, shards),
      );
      const heaviest = Math.max(0, ...instruments.map((id) => layout.weights.get(id) ?? 1));
      expect(spread(weightsOf(plan, layout))).toBeLessThanOrEqual(heaviest * (1 + 1e-6));
      // The same question has the same answer, and an answer that stands moves nothing.
      expect([...planShards(before, instruments, layout)]).toEqual([...plan]);
      expect(planShards(plan, instruments, layout)).toEqual(plan);
    }),
  );
});

test("weights of one make the same moves as no weights at all", () => {
  fc.assert(
    fc.property(weighted, ({ current, wanted, shards }) => {
      const before = new Map(current.map(([id, shard]) => [`X:I${id}`, shard]));
      const instruments = [...new Set(wanted.map((id) => `X:I${id}`))];
      const ones = new Map(instruments.map((id) => [id, 1]));
      const plain = planShards(before, instruments, evenLayout(shards));
      const plan = planShards(before, instruments, evenLayout(shards, ones));
      expect(movedFrom(before, plan)).toBe(movedFrom(before, plain));
    }),
  );
});

test("a shard that only keeps gets nothing new and loses nothing; one that is in neither list loses all", () => {
  const before = planShards(new Map(), names(90), evenLayout(3));
  const layout = { takes: [1, 3], keeps: [2], weights: new Map() };
  const kept = planShards(before, names(120), layout);
  expect(sizesOf(kept, 3)).toEqual([45, 30, 45]);
  expect(movedFrom(before, kept)).toBe(0);
  const closed = planShards(kept, names(120), { ...layout, keeps: [] });
  expect(sizesOf(closed, 3)).toEqual([60, 0, 60]);
  expect(movedFrom(kept, closed)).toBe(30);
});

test("lesson 4: the 1,001st instrument lands on the second shard, and none is over a connection's thousand", () => {
  const full = planShards(new Map(), names(1_000), evenLayout(1));
  const plan = planShards(full, names(1_001), evenLayout(2));
  expect(plan.get("X:I1000")).toBe(2);
  expect(sizesOf(plan, 2)).toEqual([501, 500]);
});

test("lesson 54b: the same symbol on two exchanges is two instruments, wherever they are placed", () => {
  const both = ["NSE:500325", "BSE:500325"];
  const plan = planShards(new Map(), both, evenLayout(2));
  expect(new Set(plan.values())).toEqual(new Set([1, 2]));
  expect(planShards(plan, ["BSE:500325"], evenLayout(2)).has("NSE:500325")).toBe(false);
});
