import fc from "fast-check";
import { expect, test } from "vitest";
import { parseRecording } from "../../../src/brokers/paper/recording.ts";
import { RECORDED_TRADES_HOLD_MS } from "../../../src/domain/limits.ts";
import { TradeMerger } from "../../../src/domain/recorded-trades.ts";
import type { Tick } from "../../../src/domain/tick.ts";

const START = 1_760_000_000_000;

const tick = (at: number, more: Partial<Tick> = {}): Tick => ({
  instrument: "NSE:INFY",
  last: 1_500.05,
  lastQuantity: 1,
  bid: null,
  bidQuantity: null,
  ask: null,
  askQuantity: null,
  volume: null,
  exchangeTime: START + at,
  provider: "paper",
  receivedTime: START + at,
  epoch: 1,
  seq: 1,
  late: false,
  ...more,
});

test("a trade carries the open interest of its tick, and none where the tick has none", () => {
  const merger = new TradeMerger();
  merger.add([tick(0, { openInterest: 12_500 }), tick(1)]);
  const [first, second] = merger.take(true);
  expect(first).toStrictEqual({ ...second, time: START, openInterest: 12_500 });
  expect(second).not.toHaveProperty("openInterest");
});

test("whatever two shards' clocks say within the hold, all trades come out once, in order, and can be played", () => {
  const minutes = fc.array(
    fc.array(fc.integer({ min: -RECORDED_TRADES_HOLD_MS / 2, max: RECORDED_TRADES_HOLD_MS / 2 }), {
      maxLength: 10,
    }),
    { minLength: 1, maxLength: 6 },
  );
  fc.assert(
    fc.property(minutes, (spread) => {
      const merger = new TradeMerger();
      const given = [];
      const all: number[] = [];
      for (const [minute, offsets] of spread.entries()) {
        // Half the hold to either side of a common clock: no two differ by more than the hold.
        const times = offsets.map((offset) => minute * 60_000 + offset);
        merger.add(times.map((at) => tick(at)));
        all.push(...times.map((at) => START + at));
        given.push(...merger.take());
      }
      given.push(...merger.take(true));
      expect(given.map(({ time }) => time)).toEqual(all.sort((a, b) => a - b));
      expect(merger.leftOut).toBe(0);
      const file = given.map((trade) => JSON.stringify(trade)).join("\n");
      expect(parseRecording("day.ndjson", file).ok).toBe(given.length > 0);
    }),
  );
});

test("only trades are given, with our clock where the exchange has none", () => {
  const merger = new TradeMerger();
  merger.add([
    tick(0, { lastQuantity: null }),
    tick(0, { last: null }),
    tick(0, { lastQuantity: 0 }),
    tick(5, { exchangeTime: null }),
    tick(7.9),
  ]);
  expect(merger.take(true).map(({ time }) => time - START)).toEqual([5, 7]);
});

test("a trade later than the hold is left out and counted, never put out of order", () => {
  const merger = new TradeMerger();
  merger.add([tick(RECORDED_TRADES_HOLD_MS), tick(RECORDED_TRADES_HOLD_MS + 1)]);
  expect(merger.take()).toEqual([]);
  merger.add([tick(1)]);
  merger.add([tick(0)]);
  expect(merger.leftOut).toBe(1);
  expect(merger.take(true).map(({ time }) => time - START)).toEqual([
    1,
    RECORDED_TRADES_HOLD_MS,
    RECORDED_TRADES_HOLD_MS + 1,
  ]);
});
