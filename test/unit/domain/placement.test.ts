import fc from "fast-check";
import { expect, test } from "vitest";
import {
  holdings,
  type Placement,
  readyMoves,
  replan,
  standing,
} from "../../../src/domain/placement.ts";
import { evenLayout } from "../../../src/domain/sharding.ts";

const names = (count: number) => Array.from({ length: count }, (_, index) => `X:I${index}`);

const one = () => 1;
const first = { epoch: 1, after: null };

const sizes = (placements: ReadonlyMap<string, Placement>) => {
  const counts = new Map<number, number>();
  for (const { shard, movingTo } of placements.values())
    counts.set(movingTo ?? shard, (counts.get(movingTo ?? shard) ?? 0) + 1);
  return [...counts.values()].sort((a, b) => b - a);
};

test("what is new stands at once; what moves stays where it is until it is handed over", () => {
  const two = replan(new Map(), names(10), evenLayout(2), one);
  expect([...two.values()].every(({ movingTo }) => movingTo === null)).toBe(true);
  const three = replan(two, names(10), evenLayout(3), one);
  const moving = [...three.values()].filter(({ movingTo }) => movingTo !== null);
  expect(moving.map(({ movingTo }) => movingTo)).toEqual([3, 3, 3]);
  expect(sizes(three)).toEqual([4, 3, 3]);
  for (const placed of three.values()) expect(placed.shard).toBe(two.get(placed.instrument)?.shard);
});

test("a moving instrument is in standby on the new shard and delivered by the old one", () => {
  const placed: Placement = { ...standing("X:A", 1, first), movingTo: 2 };
  const held = holdings(new Map([["X:A", placed]]));
  expect(held.get(1)).toEqual([{ placement: placed, standby: false }]);
  expect(held.get(2)).toEqual([{ placement: placed, standby: true }]);
});

test("a move is ready once its new shard is live, and no sooner", () => {
  const placed: Placement = { ...standing("X:A", 1, first), movingTo: 2 };
  const placements = new Map([["X:A", placed]]);
  expect(readyMoves(placements, (shard) => shard === 1)).toEqual([]);
  expect(readyMoves(placements, (shard) => shard === 2)).toEqual([
    { from: 1, to: 2, instruments: ["X:A"] },
  ]);
});

test("a move that was called off before its hand-over leaves everything as it was", () => {
  const two = replan(new Map(), names(10), evenLayout(2), one);
  expect(replan(replan(two, names(10), evenLayout(3), one), names(10), evenLayout(2), one)).toEqual(
    two,
  );
});

test("once the old shard may have let go there is no way back: the hand-over is finished first", () => {
  const placed: Placement = { ...standing("X:A", 1, first), movingTo: 2, isHandingOver: true };
  const placements = new Map([["X:A", placed]]);
  expect(replan(placements, ["X:A"], evenLayout(1), one).get("X:A")).toBe(placed);
  expect(readyMoves(placements, () => false)).toHaveLength(1);
  expect(replan(placements, [], evenLayout(1), one).size).toBe(0);
});

test("whatever is asked for, and however far moves have come, the plan ends even and complete", () => {
  const step = fc.record({
    wanted: fc.subarray(names(30)),
    shards: fc.integer({ min: 1, max: 6 }),
    finished: fc.array(fc.nat(30), { maxLength: 10 }),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
      let placements: ReadonlyMap<string, Placement> = new Map();
      for (const { wanted, shards, finished } of steps) {
        const next = replan(placements, wanted, evenLayout(shards), one);
        expect([...next.keys()].sort()).toEqual(wanted.toSorted());
        const held = sizes(next);
        expect(
          (held[0] ?? 0) - (held.length < shards ? 0 : (held.at(-1) ?? 0)),
        ).toBeLessThanOrEqual(1);
        for (const index of finished) {
          const placed = next.get(`X:I${index}`);
          const target = placed?.movingTo ?? null;
          if (placed && target !== null)
            next.set(placed.instrument, standing(placed.instrument, target, first));
        }
        placements = next;
      }
    }),
  );
});

test("an instrument that comes back gets a higher epoch, wherever it stands then", () => {
  let epoch = 0;
  const next = () => (epoch += 1);
  const both = replan(new Map(), ["X:A", "X:B"], evenLayout(2), next);
  expect([...both.values()].map(({ handOver }) => handOver.epoch)).toEqual([1, 1]);
  const alone = replan(both, ["X:B"], evenLayout(2), next);
  expect(epoch).toBe(1);
  const back = replan(alone, ["X:A", "X:B"], evenLayout(2), next);
  expect(back.get("X:A")?.handOver.epoch).toBe(2);
  expect(back.get("X:B")).toBe(both.get("X:B"));
});

test("a move waits until its new shard has room for the instrument in standby", () => {
  const full = replan(new Map(), names(8), evenLayout(2), one, 4);
  const heavy = new Map([...full.values()].map(({ instrument, shard }) => [instrument, shard]));
  // Both shards are full, and the weights ask for an exchange: nothing can be held twice, so nothing moves.
  const weights = new Map([...heavy].filter(([, shard]) => shard === 1).map(([id]) => [id, 100]));
  const layout = evenLayout(2, weights);
  const waiting = replan(full, names(8), layout, one, 4);
  expect([...waiting.values()].filter(({ movingTo }) => movingTo !== null)).toEqual([]);
  const moving = replan(full, names(8), layout, one, 5);
  expect([...moving.values()].filter(({ movingTo }) => movingTo !== null)).toHaveLength(2);
});

test("no shard ever holds more than its room, standby included, while moves come and go", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 3, max: 6 }), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 10, max: 14 }),
      (resizes, room) => {
        let placements = replan(new Map(), names(30), evenLayout(3), one, room);
        for (const shards of resizes) {
          placements = replan(placements, names(30), evenLayout(shards), one, room);
          for (const held of holdings(placements).values())
            expect(held.length).toBeLessThanOrEqual(room);
          for (const { from, to, instruments } of readyMoves(placements, () => true)) {
            expect(from).not.toBe(to);
            for (const id of instruments) placements.set(id, standing(id, to, first));
          }
        }
      },
    ),
  );
});
