import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { foldCandle, type Candle } from "../../src/contract/market.ts";
import { CandleBook, joinCandles } from "../src/candles.ts";
import { CANDLES_KEPT_MAX } from "../src/limits.ts";
import { tickOf } from "./support/views.ts";

const MINUTE = 60_000;
const I = "NSE:INFY";
const bar = (minute: number, close = 100, volume = 10): Candle => ({
  time: minute * MINUTE,
  open: 100,
  high: Math.max(100, close),
  low: Math.min(100, close),
  close,
  volume,
});
const at = (minute: number, over: Parameters<typeof tickOf>[0] = {}) =>
  tickOf({ exchangeTime: minute * MINUTE + 30_000, ...over });
const gapOf = (more: { filled?: true } = {}) => {
  const gap = { instruments: [I], from: 1, to: 2, provider: "paper", reason: "down", ...more };
  return { kind: "gap", gap } as const;
};
function book(): CandleBook {
  const candles = new CandleBook();
  candles.track(I, "1m");
  return candles;
}

describe("candles", () => {
  test("history and live ticks are one array without hole or double", () => {
    const candles = book();
    expect(candles.history(I, "1m", [bar(1), bar(2), bar(3)])).toEqual([]);
    expect(candles.tick(at(3, { last: 107 }))).toEqual([]);
    expect(candles.candles(I).at(-1)).toMatchObject({ high: 107, close: 107, volume: 11 });
    const closed = candles.tick(at(4, { last: 95 }));
    expect(closed).toMatchObject([{ instrument: I, interval: "1m", time: 3 * MINUTE, close: 107 }]);
    expect(candles.candles(I).map((candle) => candle.time / MINUTE)).toEqual([1, 2, 3, 4]);
  });

  test("the last known tick counts no trade twice and opens no bar", () => {
    const candles = book();
    candles.history(I, "1m", [bar(3, 100, 50)]);
    candles.tick(at(3, { last: 101, volume: 900, snapshot: true }));
    expect(candles.candles(I).at(-1)).toMatchObject({ close: 101, volume: 50 });
    candles.tick(at(4, { last: 102, volume: 905, snapshot: true }));
    expect(candles.candles(I)).toHaveLength(1);
  });

  test("conflated ticks lose no volume: the session's volume tells what was traded between", () => {
    const candles = book();
    candles.tick(at(1, { volume: 1_000, lastQuantity: 5 }));
    candles.tick(at(1, { volume: 1_070, lastQuantity: 2 }));
    expect(candles.candles(I).at(-1)?.volume).toBe(75);
  });

  test("a session volume that starts again counts the tick's own quantity", () => {
    const candles = book();
    candles.tick(at(1, { volume: 1_000, lastQuantity: 5 }));
    candles.tick(at(1, { volume: 3, lastQuantity: 3 }));
    expect(candles.candles(I).at(-1)?.volume).toBe(8);
  });

  test("what was traded in a gap is counted in the bar of the gap, never in one after it", () => {
    const candles = book();
    candles.tick(at(1, { volume: 1_000, lastQuantity: 5 }));
    candles.hear(gapOf());
    candles.tick(at(1, { volume: 1_100, lastQuantity: 1 }));
    expect(candles.candles(I).at(-1)?.volume).toBe(105);
    candles.hear(gapOf());
    candles.tick(at(2, { volume: 1_600, lastQuantity: 1 }));
    expect(candles.candles(I).at(-1)?.volume).toBe(1);
    // Told again once it was filled: nothing is missing since.
    candles.hear(gapOf({ filled: true }));
    candles.tick(at(3, { volume: 1_650, lastQuantity: 1 }));
    expect(candles.candles(I).at(-1)?.volume).toBe(50);
  });

  test("what the history of a gap holds is not counted again by the tick after it", () => {
    const candles = book();
    candles.tick(at(1, { volume: 1_000, lastQuantity: 5 }));
    candles.hear(gapOf());
    candles.history(I, "1m", [bar(1, 100, 105)]);
    candles.tick(at(1, { volume: 1_101, lastQuantity: 1 }));
    expect(candles.candles(I).at(-1)?.volume).toBe(106);
  });

  test("the session volume of another provider is no trade", () => {
    const candles = book();
    candles.tick(at(1, { volume: 1_000, lastQuantity: 5 }));
    candles.tick(at(1, { volume: 50_000, lastQuantity: 2, provider: "kraken" }));
    candles.tick(at(1, { volume: 50_003, lastQuantity: 1, provider: "kraken" }));
    expect(candles.candles(I).at(-1)?.volume).toBe(10);
  });

  test("what was traded while the platform joined ticks is counted by the snapshot after that", () => {
    const candles = book();
    candles.tick(at(1, { volume: 1_000, lastQuantity: 5 }));
    candles.hear({ kind: "lagging", on: true });
    candles.hear({ kind: "lagging", on: false });
    candles.tick(at(1, { volume: 1_050, snapshot: true }));
    expect(candles.candles(I).at(-1)?.volume).toBe(55);
    candles.tick(at(1, { volume: 1_051 }));
    // One that is asked for later stands for nothing that was not told.
    candles.tick(at(1, { volume: 1_060, snapshot: true }));
    expect(candles.candles(I).at(-1)?.volume).toBe(56);
    candles.hear({ kind: "lagging", on: false });
    candles.tick(at(2, { volume: 1_090, snapshot: true }));
    candles.tick(at(2, { volume: 1_091 }));
    expect(candles.candles(I).at(-1)).toMatchObject({ time: 2 * MINUTE, volume: 1 });
  });

  test("a tick without a price, a late one and one of nobody's instrument change nothing", () => {
    const candles = book();
    for (const over of [{ last: null }, { late: true }, { instrument: "NSE:TCS" }]) {
      expect(candles.tick(at(1, over))).toEqual([]);
    }
    expect(candles.candles(I)).toEqual([]);
  });

  test("bars that closed during a gap are told when history brings them, once", () => {
    const candles = book();
    candles.history(I, "1m", [bar(1), bar(2)]);
    candles.tick(at(3));
    const closed = candles.history(I, "1m", [bar(2), bar(3, 103), bar(4), bar(5)]);
    expect(closed.map((candle) => candle.time / MINUTE)).toEqual([3, 4]);
    expect(candles.history(I, "1m", [bar(3), bar(4), bar(5)])).toEqual([]);
    expect(candles.tick(at(6)).map((candle) => candle.time / MINUTE)).toEqual([5]);
  });

  test("history of another interval is not mixed in", () => {
    const candles = book();
    expect(candles.history(I, "5m", [bar(5)])).toEqual([]);
    expect(candles.candles(I)).toEqual([]);
  });

  test("the oldest bars go when there are too many", () => {
    const candles = book();
    for (let minute = 0; minute < CANDLES_KEPT_MAX + 3; minute += 1) candles.tick(at(minute));
    expect(candles.candles(I)).toHaveLength(CANDLES_KEPT_MAX);
    expect(candles.candles(I)[0]?.time).toBe(3 * MINUTE);
  });

  test("however history and live ticks are cut, the prices are those of the whole", () => {
    const trade = fc.record({ second: fc.nat(600), price: fc.integer({ min: 1, max: 200 }) });
    fc.assert(
      fc.property(fc.array(trade, { minLength: 2 }), fc.nat(), (unsorted, at_) => {
        const trades = unsorted.toSorted((a, b) => a.second - b.second);
        const whole = fold(trades);
        const cut = at_ % trades.length;
        const candles = book();
        candles.history(I, "1m", fold(trades.slice(0, cut)));
        for (const { second, price } of trades.slice(cut)) {
          candles.tick(tickOf({ exchangeTime: second * 1_000, last: price }));
        }
        expect(candles.candles(I)).toEqual(whole);
        // A refresh with the whole history changes nothing.
        expect(joinCandles(candles.candles(I), whole)).toEqual(whole);
      }),
    );
  });
});

function fold(trades: readonly { second: number; price: number }[]): Candle[] {
  const bars: Candle[] = [];
  let current: Candle | null = null;
  for (const { second, price } of trades) {
    const step = foldCandle(current, "1m", { time: second * 1_000, price, quantity: 1 });
    if (step.closed !== null) bars.push(step.closed);
    current = step.current;
  }
  return current === null ? bars : [...bars, current];
}
