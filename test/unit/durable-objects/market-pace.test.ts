import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FlushPace } from "../../../durable-objects/market.pace.ts";
import {
  FAN_OUT_MS_PER_SEND_MAX,
  FAN_OUT_MS_PER_SEND_MIN,
  FAN_OUT_PAUSE_RATIO,
  FAN_OUT_PROBE_SENDS_MIN,
  FAN_OUT_TURNS_PER_PROBE,
} from "../../../src/domain/market-limits.ts";

/** Pause after one send on a fast machine, ms. */
const PAUSE_MS = FAN_OUT_MS_PER_SEND_MIN * FAN_OUT_PAUSE_RATIO;

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
  const sends = pauseMs / PAUSE_MS;
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
  const { pace, turns, waiting } = pacing(pauseMs / PAUSE_MS);
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

/** Turns of so many frames, each of which costs so much, for so long; the pause after the last, ms. */
function pauseOf(sends: number, msPerSend: number, turns: number): number {
  const board = { isWaiting: false, turn: () => sends };
  const pace = new FlushPace(board);
  for (let n = 0; n < turns; n += 1) {
    pace.soon(Date.now());
    // The runtime hands on what was sent, and only then comes to any timer.
    vi.setSystemTime(Date.now() + sends * msPerSend);
    vi.advanceTimersByTime(0);
    vi.advanceTimersByTime(1_000);
  }
  const start = Date.now();
  pace.soon(start);
  const sent = vi.spyOn(board, "turn");
  pace.soon(start);
  vi.advanceTimersToNextTimer();
  expect(sent).toHaveBeenCalledTimes(1);
  return Date.now() - start;
}

const MANY = 100 * FAN_OUT_TURNS_PER_PROBE;

test.each([
  ["where sending costs more the pause is longer, in proportion", 0.06, 0.06],
  ["a fast machine's pause is not shorter than the least", 0.001, FAN_OUT_MS_PER_SEND_MIN],
  ["however much sending costs, the pause has a bound", 5, FAN_OUT_MS_PER_SEND_MAX],
])("%s", (_, costs, believed) => {
  const pause = 200 * believed * FAN_OUT_PAUSE_RATIO;
  expect(Math.abs(pauseOf(200, costs, MANY) - pause)).toBeLessThanOrEqual(1);
});

test("one turn that a collection of the runtime held up changes the pause by little", () => {
  const quiet = pauseOf(200, 0, 0);
  expect(pauseOf(200, 5, FAN_OUT_TURNS_PER_PROBE)).toBeLessThanOrEqual(1.5 * quiet);
});

test("of turns of a few frames nothing is concluded: what a timer takes would pass for what they cost", () => {
  const sends = FAN_OUT_PROBE_SENDS_MIN - 1;
  expect(pauseOf(sends, 1, MANY)).toBe(pauseOf(sends, 0, 0));
});

test("a clock of whole milliseconds that mostly says nothing of a small turn is right on average", () => {
  let sends = 40;
  const board = { isWaiting: false, turn: () => sends };
  const pace = new FlushPace(board);
  for (let n = 0; n < 2 * MANY; n += 1) {
    pace.soon(Date.now());
    const isOdd = Math.floor(n / FAN_OUT_TURNS_PER_PROBE) % 2 === 1;
    vi.setSystemTime(Date.now() + (isOdd ? 2 : 0));
    vi.advanceTimersByTime(0);
    vi.advanceTimersByTime(1_000);
  }
  sends = 400;
  const start = Date.now();
  pace.soon(start);
  pace.soon(start);
  vi.advanceTimersToNextTimer();
  // 2 ms every other time for 40 frames are 0.025 ms each.
  expect(Math.abs(Date.now() - start - 400 * 0.025 * FAN_OUT_PAUSE_RATIO)).toBeLessThanOrEqual(2);
});
