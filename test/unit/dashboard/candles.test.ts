/** The chart's line of bars, and what it says of marks and gaps. */
import { describe, expect, test, vi } from "vitest";
import {
  CandleLine,
  type CandleListener,
  type MarkedBar,
} from "../../../dashboard/src/api/candle-line.ts";
import { QuoteStore } from "../../../dashboard/src/api/quote-store.ts";
import { markLines } from "../../../dashboard/src/pages/market/bar-marks.ts";
import { gapAfterHistory, gapText } from "../../../dashboard/src/pages/market/gap-text.ts";
import type { TickView } from "../../../src/contract/market.ts";
import type { StreamMessage, StreamRequest } from "../../../src/contract/stream.ts";

const I = "NSE:INFY";
const bar = (time: number, mark: MarkedBar["mark"] = null): MarkedBar => ({
  time,
  open: 1,
  high: 1,
  low: 1,
  close: 1,
  volume: 1,
  mark,
});

const gap = (over: Partial<Extract<StreamMessage, { type: "gap" }>> = {}) =>
  ({
    type: "gap",
    instruments: [I],
    from: 0,
    to: 1_000,
    provider: "paper",
    reason: "down",
    ...over,
  }) satisfies StreamMessage;

function setUp() {
  const sent: StreamRequest[] = [];
  const told: unknown[] = [];
  let later: (() => void) | null = null;
  const line = new CandleLine({
    send: (request) => sent.push(request),
    later: (ask) => (later = ask),
  });
  const listener: CandleListener = {
    onHistory: (candles) => told.push(["history", candles.map(({ time }) => time)]),
    onBar: ({ time, mark }) => told.push(["bar", time, mark]),
    onGap: ({ filled }) => told.push(["gap", filled]),
    onRefused: ({ code }) => told.push(["refused", code]),
  };
  const watch = (interval: "1m" | "5m" = "1m") =>
    line.watch({ instrument: I, interval, history: 500, listener });
  return { line, sent, told, watch, later: () => later };
}

const subscribe = (requestId: string, interval = "1m") => ({
  op: "subscribe",
  channel: "candles",
  instruments: [I],
  interval,
  history: 500,
  requestId,
});

describe("the line of bars", () => {
  test("tells the history, then each bar, of its own series alone", () => {
    const { line, sent, told, watch } = setUp();
    watch();
    expect(sent).toEqual([subscribe("candles-1")]);
    const interval = "1m";
    const history = { type: "history", instrument: I, interval } as const;
    line.take({ ...history, channel: "candles", candles: [bar(0), bar(60_000)] });
    line.take({ ...history, candles: [bar(5)] });
    const live = { type: "candle", instrument: I, closed: true, provider: "paper" } as const;
    line.take({ ...live, interval, candle: bar(60_000, "late") });
    line.take({ ...live, interval: "5m", candle: bar(0) });
    line.take({ ...live, instrument: "NSE:TCS", interval, candle: bar(0) });
    line.take(gap());
    line.take(gap({ instruments: ["NSE:TCS"] }));
    line.take(gap({ filled: true }));
    expect(told).toEqual([
      ["history", [0, 60_000]],
      ["bar", 60_000, "late"],
      ["gap", undefined],
      ["gap", true],
    ]);
  });

  test("asks a new socket for all again, and for nothing that is not watched any more", () => {
    const { line, sent, watch } = setUp();
    const stop = watch();
    watch("5m");
    sent.length = 0;
    line.askAll();
    expect(sent).toEqual([subscribe("candles-1"), subscribe("candles-2", "5m")]);
    sent.length = 0;
    stop();
    stop();
    expect(sent).toEqual([
      { op: "unsubscribe", channel: "candles", instruments: [I], interval: "1m" },
    ]);
    sent.length = 0;
    line.askAll();
    expect(sent).toEqual([subscribe("candles-2", "5m")]);
  });

  test("leaves a series that somebody else still watches", () => {
    const { sent, watch } = setUp();
    const stop = watch();
    watch();
    sent.length = 0;
    stop();
    expect(sent).toEqual([]);
  });

  test("asks again by itself for what passes, and tells what does not", () => {
    const { line, sent, told, watch, later } = setUp();
    watch();
    const refusal = { type: "error", message: "no" } as const;
    line.take({ ...refusal, code: "UNKNOWN_INSTRUMENT", requestId: "another" });
    line.take({ ...refusal, code: "UNAVAILABLE", requestId: "another" });
    expect([told, later()]).toEqual([[], null]);
    line.take({ ...refusal, code: "UNKNOWN_INSTRUMENT", requestId: "candles-1" });
    expect([told, later()]).toEqual([[["refused", "UNKNOWN_INSTRUMENT"]], null]);
    // Nobody says which frame was not read.
    line.take({ ...refusal, code: "MESSAGE_RATE" });
    sent.length = 0;
    later()?.();
    expect(sent).toEqual([subscribe("candles-1")]);
    expect(told).toHaveLength(1);
  });
});

test("marks are counted in words, each kind once", () => {
  expect(markLines([bar(0), bar(1)])).toEqual([]);
  const bars = [bar(0, "late"), bar(1, "amended"), bar(2, "late"), bar(3, "partial")];
  expect(markLines(bars).map(({ text }) => text)).toEqual([
    "2 bars filled in after a gap",
    "1 bar with trades missing",
    "1 bar amended by a late trade",
  ]);
});

test.each([
  [{}, "being filled in"],
  [{ filled: false }, "could not be filled in"],
  [{ filled: true, filledWith: "bars" }, "filled in with the broker's bars"],
  [{ filled: true, filledWith: "ticks", lateTicks: 0 }, "nothing was traded in it"],
  [{ filled: true, filledWith: "ticks", lateTicks: 1 }, "filled in with 1 late trade"],
  [{ filled: true, filledWith: "ticks", lateTicks: 7 }, "filled in with 7 late trades"],
] as const)("a gap with %j is told as: %s", (over, text) => {
  expect(gapText(gap(over))).toMatch(new RegExp(`^Gap .+ to .+: ${text}$`));
});

test("after history was read anew nothing is said to be being filled in any more, and what was said in the end stays", () => {
  expect(gapAfterHistory(null)).toBeNull();
  expect(gapAfterHistory(gap())).toBeNull();
  for (const filled of [true, false])
    expect(gapAfterHistory(gap({ filled }))).toMatchObject({ filled });
});

test("a late tick never becomes the quote on screen, whatever its number", () => {
  // There is no screen here: what is drawn later would find no animation frame.
  vi.useFakeTimers();
  const store = new QuoteStore();
  const tick = (seq: number, last: number, late: boolean) => ({ instrument: I, seq, last, late });
  store.apply([tick(1, 100, false), tick(2, 50, true)] as TickView[]);
  expect(store.get(I)?.tick).toMatchObject({ seq: 1, last: 100 });
  vi.clearAllTimers();
  vi.useRealTimers();
});
