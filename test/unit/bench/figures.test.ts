import fc from "fast-check";
import { expect, test } from "vitest";
import { Histogram } from "../../../bench/lib/histogram.ts";
import { table } from "../../../bench/lib/table.ts";
import { figuresOf, type Turn } from "../../../bench/load/measure.ts";

test("percentiles are those of the sorted values, also over merged parts", () => {
  const values = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(values, values, fc.constantFrom(0.5, 0.9, 0.99, 1), (one, other, share) => {
      const [a, b] = [new Histogram(), new Histogram()];
      for (const value of one) a.add(value);
      for (const value of other) b.add(value);
      a.merge(b.counts());
      const sorted = [...one, ...other].toSorted((x, y) => x - y);
      expect(a.percentile(share)).toBe(sorted[Math.ceil(sorted.length * share) - 1]);
    }),
  );
});

test("nothing measured has no percentile, and a clock's rounding is no negative latency", () => {
  const histogram = new Histogram();
  expect(histogram.percentile(0.5)).toBeNull();
  histogram.add(-1);
  expect(histogram.percentile(0.5)).toBe(0);
});

test("numbers stand to the right, words to the left, and nothing is a dash", () => {
  expect(
    table(
      ["server", "n"],
      [
        ["hub", 12_345],
        ["b", null],
      ],
    ),
  ).toBe(["server       n", "──────  ──────", "hub     12,345", "b            –"].join("\n"));
});

/** A second in which ticks took so long each, in ms. */
const turn = (lost: number, ...latencies: number[]): Turn => {
  const histogram = new Histogram();
  for (const latency of latencies) histogram.add(latency);
  const counts = { lost, doubled: 0, silenceMs: lost, durationMs: 1_000, frames: 1 };
  return {
    reports: [{ ...counts, deliveries: latencies.length, latencies: histogram.counts() }],
    cores: { server: 0.5, feed: 0.1, clients: 0.2 },
  };
};

test("of several turns the slowest is in no figure, and what it lost is told all the same", () => {
  const figures = figuresOf([turn(0, 1, 2), turn(7, 900, 900, 900), turn(1, 3, 4)], 10);
  expect(figures).toMatchObject({ p50Ms: 2, p99Ms: 4, deliveriesPerSecond: 2, framesPerSecond: 1 });
  expect(figures).toMatchObject({ lost: 8, silenceMs: 7, cores: { server: 0.5 } });
});

test("a single turn is told, however slow it was", () => {
  expect(figuresOf([turn(0, 900)], 10)).toMatchObject({ p99Ms: 900, deliveriesPerSecond: 1 });
});
