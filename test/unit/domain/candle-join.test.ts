import fc from "fast-check";
import { expect, test } from "vitest";
import { type Candle, candleStart } from "../../../src/domain/candle.ts";
import { CandleBuilder, type CandlePart } from "../../../src/domain/candle-builder.ts";
import { type CandleSources, joinCandles } from "../../../src/domain/candle-join.ts";

const START = candleStart(1_760_000_000_000, "1h");
const MINUTE = 60_000;

const bar = (minute: number, price: number, volume = 1): Candle => ({
  time: START + minute * MINUTE,
  open: price,
  high: price,
  low: price,
  close: price,
  volume,
});

const own = (minute: number, price: number, more: Partial<CandlePart> = {}): CandlePart => {
  const { time } = bar(minute, price);
  const seqs = { firstTime: time, firstSeq: 1, lastTime: time, lastSeq: 1 };
  return { ...bar(minute, price), epoch: 1, ...seqs, amendedAt: 0, ...more };
};

const join = (sources: Partial<CandleSources>) =>
  joinCandles({
    interval: "1m",
    from: START,
    to: START + 60 * MINUTE,
    now: START + 60 * MINUTE,
    broker: [],
    own: [],
    gaps: [],
    ...sources,
  });

test("the list has no hole and no double, and the broker's closed bars stand", () => {
  const minutes = fc.uniqueArray(fc.nat({ max: 59 }));
  fc.assert(
    fc.property(minutes, minutes, (told, built) => {
      const bars = join({
        broker: told.map((minute) => bar(minute, 10)),
        own: built.map((minute) => own(minute, 20)),
      });
      const all = [...new Set([...told, ...built])].sort((a, b) => a - b);
      expect(bars.map(({ time }) => (time - START) / MINUTE)).toEqual(all);
      for (const [index, { close, mark }] of bars.entries()) {
        expect(close).toBe(told.includes(all[index] ?? -1) ? 10 : 20);
        expect(mark).toBeNull();
      }
    }),
  );
});

test("the bar under way is the widest of what both saw, and no volume is counted twice", () => {
  const sources = { broker: [bar(5, 10, 7)], own: [own(5, 12, { volume: 3 })] };
  const now = START + 6 * MINUTE;
  expect(join({ ...sources, now: now - 1 })).toEqual([
    { ...bar(5, 10, 7), high: 12, close: 12, mark: null },
  ]);
  expect(join({ ...sources, now })).toEqual([{ ...bar(5, 10, 7), mark: null }]);
});

test("only bars that start in what was asked for are given", () => {
  const sources = { broker: [bar(0, 1), bar(1, 1), bar(2, 1)], own: [own(0, 1), own(2, 1)] };
  const asked = join({ ...sources, from: START + MINUTE, to: START + 2 * MINUTE });
  expect(asked.map(({ time }) => time)).toEqual([START + MINUTE]);
});

test("a gap marks what the broker filled in as late, and our own as partial", () => {
  const gaps = [{ from: START + 2 * MINUTE - 1, to: START + 3 * MINUTE + 1 }];
  const bars = join({
    broker: [bar(0, 10), bar(1, 10), bar(2, 10)],
    own: [own(1, 20), own(3, 20), own(4, 20)],
    gaps,
  });
  expect(bars.map(({ mark }) => mark)).toEqual([null, "late", "late", "partial", null]);
});

test("a bar that a late trade changed after its close is marked", () => {
  const end = START + MINUTE;
  const marks = [end - 1, end].map((amendedAt) => join({ own: [own(0, 20, { amendedAt })] }));
  expect(marks.map(([first]) => first?.mark)).toEqual([null, "amended"]);
});

test("longer bars are made of our minutes, over all connections", () => {
  const builder = new CandleBuilder();
  for (const [seq, at] of [0, 61_000, 299_999, 300_000].entries())
    builder.add({ time: START + at, seq, price: 10 + seq, quantity: 1 }, seq < 2 ? 1 : 2);
  const parts = [...builder.parts("1m")].reverse();
  expect(join({ interval: "5m", own: parts })).toEqual([
    { time: START, open: 10, high: 12, low: 10, close: 12, volume: 3, mark: null },
    { ...bar(5, 13), mark: null },
  ]);
});

test("over a gap whose trades were told late our bar is whole: late, and partial only beside another gap", () => {
  const filled = { from: START + 1, to: START + MINUTE, isFilled: true };
  expect(join({ own: [own(0, 10)], gaps: [filled] })).toMatchObject([{ close: 10, mark: "late" }]);
  const open = { from: START + 5, to: START + 9 };
  expect(join({ own: [own(0, 10)], gaps: [filled, open] })).toMatchObject([{ mark: "partial" }]);
  // The broker's bar stands, as it does over any gap.
  expect(join({ broker: [bar(0, 20)], own: [own(0, 10)], gaps: [filled] })).toMatchObject([
    { close: 20, mark: "late" },
  ]);
});
