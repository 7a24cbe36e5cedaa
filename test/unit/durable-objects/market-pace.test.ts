import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FlushPace } from "../../../durable-objects/market.pace.ts";
import { FAN_OUT_MS_PER_SEND } from "../../../src/domain/limits.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Each turn sends the first of these numbers of frames. */
function pacing(...waiting: number[]) {
  const turns: number[] = [];
  const board = {
    turn: () => {
      turns.push(Date.now());
      return waiting.shift() ?? 0;
    },
    get isWaiting() {
      return waiting.length > 0;
    },
  };
  return { waiting, turns, pace: new FlushPace(board) };
}

test("what comes while the market is idle leaves at once", () => {
  const { pace, turns } = pacing(1);
  pace.soon(Date.now());
  expect(turns).toHaveLength(1);
  vi.advanceTimersByTime(1_000);
  expect(turns).toHaveLength(1);
});

test("after a turn it pauses by what it sent, and takes turns until nothing waits", () => {
  const pauseMs = 10;
  const sends = pauseMs / FAN_OUT_MS_PER_SEND;
  const { pace, turns, waiting } = pacing(sends, 2 * sends, sends);
  const start = Date.now();
  pace.soon(start);
  pace.soon(start);
  vi.advanceTimersByTime(100);
  expect(turns.map((at) => at - start)).toEqual([0, pauseMs, 3 * pauseMs]);
  waiting.push(1);
  pace.soon(Date.now());
  expect(turns).toHaveLength(4);
});

test("what comes in the pause waits for its end, and only for that", () => {
  const pauseMs = 10;
  const { pace, turns, waiting } = pacing(pauseMs / FAN_OUT_MS_PER_SEND);
  const start = Date.now();
  pace.soon(start);
  vi.advanceTimersByTime(4);
  waiting.push(1);
  pace.soon(Date.now());
  pace.soon(Date.now());
  expect(turns).toHaveLength(1);
  vi.advanceTimersByTime(6);
  expect(turns.map((at) => at - start)).toEqual([0, pauseMs]);
});
