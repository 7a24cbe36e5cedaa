import fc from "fast-check";
import { expect, test } from "vitest";
import { LagMeter } from "../../../src/domain/lag.ts";

test("a percentile is never below the truth, and at most a fifth above it", () => {
  const lags = fc.array(fc.integer({ min: 1, max: 600_000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(lags, (values) => {
      const meter = new LagMeter();
      for (const value of values) meter.note(value);
      const sorted = values.toSorted((a, b) => a - b);
      for (const [part, figure] of [
        [0.5, meter.figures.p50],
        [0.99, meter.figures.p99],
      ] as const) {
        const truth = sorted[Math.ceil(values.length * part) - 1] ?? 0;
        expect(figure).toBeGreaterThanOrEqual(truth * 0.999);
        expect(figure).toBeLessThanOrEqual(truth * 1.2 + 0.1);
      }
    }),
  );
});

test("what is older than two halves of the window is forgotten, and nothing noted is no figure", () => {
  const meter = new LagMeter();
  expect(meter.figures).toEqual({ p50: null, p99: null });
  meter.note(1_000);
  meter.turn();
  meter.note(-5);
  expect(meter.figures.p99).toBeGreaterThan(900);
  meter.turn();
  expect(meter.figures).toEqual({ p50: 0, p99: 0 });
  meter.turn();
  expect(meter.figures.p50).toBeNull();
});
