import { expect, test } from "vitest";
import { FRAME_FAULTS_MAX, FRAME_FAULTS_WINDOW_MS } from "../../../src/domain/feed-limits.ts";
import { FrameFaults } from "../../../src/domain/frame-faults.ts";

test("each kind is logged once in a minute, and counted every time", () => {
  const faults = new FrameFaults();
  expect(faults.note("binary", 0).isToLog).toBe(true);
  expect(faults.note("binary", FRAME_FAULTS_WINDOW_MS - 1).isToLog).toBe(false);
  expect(faults.note("truncated", FRAME_FAULTS_WINDOW_MS - 1).isToLog).toBe(true);
  expect(faults.note("binary", FRAME_FAULTS_WINDOW_MS).isToLog).toBe(true);
  expect(faults.counts).toEqual({ binary: 3, truncated: 1 });
});

test("so many within the window replace the connection; the same spread out, or over two connections, do not", () => {
  const faults = new FrameFaults();
  const times = (count: number, from: number, step: number) =>
    Array.from({ length: count }, (_, index) => faults.note("malformed", from + index * step));
  expect(times(FRAME_FAULTS_MAX - 1, 0, 1).some(({ isTooMany }) => isTooMany)).toBe(false);
  faults.reset();
  expect(faults.note("malformed", 50).isTooMany).toBe(false);
  const spread = times(3 * FRAME_FAULTS_MAX, FRAME_FAULTS_WINDOW_MS, FRAME_FAULTS_WINDOW_MS / 5);
  expect(spread.some(({ isTooMany }) => isTooMany)).toBe(false);
  const burst = times(FRAME_FAULTS_MAX, 100 * FRAME_FAULTS_WINDOW_MS, 1);
  expect(burst.map(({ isTooMany }) => isTooMany).indexOf(true)).toBe(FRAME_FAULTS_MAX - 1);
});
