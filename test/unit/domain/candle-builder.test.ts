import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRecording } from "../../../src/brokers/paper/recording.ts";
import {
  type Candle,
  CANDLE_INTERVALS,
  candleStart,
  foldCandle,
} from "../../../src/domain/candle.ts";
import {
  CandleBuilder,
  type CandlePart,
  type CandleTrade,
  foldParts,
  isAmended,
} from "../../../src/domain/candle-builder.ts";
import { LATE_TRADES_AGE_MS_MAX } from "../../../src/domain/feed-limits.ts";
import { CANDLE_GRACE_MS } from "../../../src/domain/limits.ts";

const START = candleStart(1_760_000_000_000, "1d");

/** Quantities in sixteenths add up exactly, in any order. */
const trades = (spanMs: number): fc.Arbitrary<CandleTrade[]> =>
  fc
    .array(
      fc.record({
        at: fc.nat({ max: spanMs }),
        price: fc.integer({ min: 1, max: 1_000 }),
        sixteenths: fc.integer({ min: 1, max: 100 }),
      }),
      { minLength: 1, maxLength: 60 },
    )
    .map((list) =>
      list.map(({ at, price, sixteenths }, seq) => ({
        time: START + 45_000 + at,
        seq,
        price,
        quantity: sixteenths / 16,
      })),
    );

const shuffled = <T>(list: readonly T[]) =>
  fc.shuffledSubarray([...list], { minLength: list.length });

const plain = (bar: CandlePart): CandlePart => ({ ...bar, amendedAt: 0 });

const candle = ({ time, open, high, low, close, volume }: Candle): Candle => ({
  time,
  open,
  high,
  low,
  close,
  volume,
});

const inOrder = (list: readonly CandleTrade[]) =>
  [...list].sort((a, b) => a.time - b.time || a.seq - b.seq);

/** Everything a builder gave out, the newest word on each bar. */
function minutesOf(list: readonly CandleTrade[], takeEvery = Infinity): CandlePart[] {
  const builder = new CandleBuilder();
  const told = new Map<string, CandlePart>();
  const tell = (parts: readonly CandlePart[]) => {
    for (const part of parts) told.set(`${part.time},${part.epoch}`, part);
  };
  for (const [index, trade] of list.entries()) {
    builder.add(trade, 1);
    if (index % takeEvery === 0) tell(builder.takeClosed());
  }
  tell(builder.parts("1m"));
  return [...told.values()].sort((a, b) => a.time - b.time);
}

describe("bars built from trades", () => {
  test("are the same in any order of arrival within the grace as in the order of time", () => {
    const list = trades(CANDLE_GRACE_MS);
    fc.assert(
      fc.property(
        list.chain((all) => fc.tuple(fc.constant(all), shuffled(all))),
        fc.integer({ min: 1, max: 10 }),
        ([all, mixed], takeEvery) => {
          const sorted = new CandleBuilder();
          const late = new CandleBuilder();
          for (const trade of inOrder(all)) expect(sorted.add(trade, 1)).toBe(true);
          for (const trade of mixed) expect(late.add(trade, 1)).toBe(true);
          expect(late.parts("1s").map(plain)).toEqual(sorted.parts("1s").map(plain));
          expect(minutesOf(mixed, takeEvery).map(plain)).toEqual(
            minutesOf(inOrder(all)).map(plain),
          );
        },
      ),
    );
  });

  test("over hours are those of the plain fold, however often they are taken", () => {
    fc.assert(
      fc.property(trades(7_200_000), fc.integer({ min: 1, max: 10 }), (all, takeEvery) => {
        const sorted = inOrder(all);
        const closed: Candle[] = [];
        let current: Candle | null = null;
        for (const trade of sorted) {
          const folded = foldCandle(current, "1m", trade);
          if (folded.closed) closed.push(folded.closed);
          current = folded.current;
        }
        if (current) closed.push(current);
        expect(minutesOf(sorted, takeEvery).map(candle)).toEqual(closed);
      }),
    );
  });

  test("of a longer interval are the fold of any shorter one", () => {
    fc.assert(
      fc.property(trades(2 * 86_400_000), (all) => {
        const minutes = minutesOf(inOrder(all));
        for (const [index, interval] of CANDLE_INTERVALS.entries()) {
          if (index < 1) continue;
          const shorter = CANDLE_INTERVALS.slice(1, index + 1);
          const direct = foldParts(minutes, interval, "all");
          for (const step of shorter)
            expect(foldParts(foldParts(minutes, step, "all"), interval, "all")).toEqual(direct);
        }
      }),
    );
  });

  test("of several connections stay apart to be kept and join to be shown", () => {
    const builder = new CandleBuilder();
    builder.add({ time: START, seq: 1, price: 10, quantity: 1 }, 1);
    builder.add({ time: START + 500, seq: 2, price: 12, quantity: 1 }, 2);
    builder.add({ time: START + 600, seq: 3, price: 9, quantity: 2 }, 2);
    expect(builder.parts("1m").map(({ epoch, volume }) => [epoch, volume])).toEqual([
      [1, 1],
      [2, 3],
    ]);
    expect(foldParts(builder.parts("1m").reverse(), "1m", "all").map(candle)).toEqual([
      { time: START, open: 10, high: 12, low: 9, close: 9, volume: 4 },
    ]);
  });
});

const trade = (at: number): CandleTrade => ({
  time: START + at,
  seq: at,
  price: 10,
  quantity: 1,
});

describe("a bar", () => {
  test("is left-closed and right-open", () => {
    const builder = new CandleBuilder();
    for (const at of [0, 59_999, 60_000]) builder.add(trade(at), 1);
    expect(builder.parts("1m").map(({ time, volume }) => [time - START, volume])).toEqual([
      [0, 2],
      [60_000, 1],
    ]);
  });

  test("is closed by the first trade of the next interval, or by the timer", () => {
    const builder = new CandleBuilder();
    builder.add(trade(1_000), 1);
    builder.closeUntil(START + 59_999);
    expect(builder.takeClosed()).toEqual([]);
    builder.closeUntil(START + 60_000);
    expect(builder.takeClosed()).toHaveLength(1);
    expect(builder.takeClosed()).toEqual([]);
    builder.add(trade(70_000), 1);
    expect(builder.takeClosed()).toEqual([]);
    builder.add(trade(120_000), 1);
    expect(builder.takeClosed().map(({ time }) => time - START)).toEqual([60_000]);
  });

  test("that is amended after its close is told again, whole and marked", () => {
    const builder = new CandleBuilder();
    builder.add(trade(59_000), 1);
    builder.add(trade(60_000), 1);
    const [first] = builder.takeClosed();
    expect(first && isAmended(first, "1m")).toBe(false);
    builder.add(trade(59_500), 1);
    const [again] = builder.takeClosed();
    expect(again).toMatchObject({ time: START, volume: 2 });
    expect(again && isAmended(again, "1m")).toBe(true);
    expect(again && isAmended(again, "5m")).toBe(false);
  });

  test("takes a trade as late as the grace, and not one later", () => {
    const builder = new CandleBuilder();
    builder.add(trade(100_000), 1);
    expect(builder.add(trade(100_000 - CANDLE_GRACE_MS), 1)).toBe(true);
    expect(builder.add(trade(100_000 - CANDLE_GRACE_MS - 1), 1)).toBe(false);
    expect(foldParts(builder.parts("1m"), "1h", "all")).toMatchObject([{ volume: 2 }]);
  });
});

const at = (time: number, seq: number): CandleTrade => ({
  time: START + time,
  seq,
  price: 10,
  quantity: 1,
});

describe("while a gap is being filled in", () => {
  test("trades far beyond the grace amend their minutes, which are handed over whole", () => {
    const builder = new CandleBuilder();
    builder.add(at(5_000, 1), 1);
    builder.waitsSince = START + 5_000;
    const live = at(150_000, 3);
    builder.add(live, 2);
    const before = builder.takeClosed();
    expect(before.map(({ volume }) => volume)).toEqual([1]);
    for (const time of [10_000, 70_000]) expect(builder.add(at(time, 2), 2)).toBe(true);
    // The minute of the first trade is told again, with both of its parts.
    const closed = builder.takeClosed();
    expect(closed.map(({ time, epoch, volume }) => [time - START, epoch, volume])).toEqual([
      [0, 1, 1],
      [0, 2, 1],
      [60_000, 2, 1],
    ]);
    builder.waitsSince = Infinity;
    expect(builder.add(at(80_000, 4), 2)).toBe(false);
  });

  test("memory stays bounded when nobody says that it is over", () => {
    const builder = new CandleBuilder();
    builder.add(at(0, 1), 1);
    builder.waitsSince = START;
    for (let second = 1; second <= 900; second += 1) builder.add(at(second * 1_000, second), 1);
    const oldest = 900_000 - LATE_TRADES_AGE_MS_MAX;
    expect(builder.parts("1s").length).toBeLessThanOrEqual((900_000 - oldest) / 1_000 + 61);
    expect(builder.add(at(oldest, 1), 1)).toBe(true);
    expect(builder.add(at(oldest - 1, 1), 1)).toBe(false);
  });
});

const RECORDED = "../shared/fixtures/kraken/http_trades.json";

describe.skipIf(!existsSync(RECORDED))(
  "the recorded trades of Kraken (skipped where absent)",
  () => {
    test("make the bars that sorting and folding them by hand makes", () => {
      const recording = parseRecording("http_trades.json", readFileSync(RECORDED, "utf8"));
      const ticks = recording.ok ? recording.value : [];
      expect(ticks).toHaveLength(1_000);
      const list = ticks.map(({ time, price, quantity }, seq) => ({ time, seq, price, quantity }));
      const minutes = minutesOf(list, 7);
      for (const interval of ["1m", "5m", "15m", "1h", "1d"] as const) {
        const bars = foldParts(minutes, interval, "all");
        const byStart = Map.groupBy(list, ({ time }) => candleStart(time, interval));
        expect(bars.map(({ time }) => time)).toEqual([...byStart.keys()]);
        for (const bar of bars) {
          const members = byStart.get(bar.time) ?? [];
          const prices = members.map(({ price }) => price);
          expect(bar).toMatchObject({
            open: prices[0],
            high: Math.max(...prices),
            low: Math.min(...prices),
            close: prices.at(-1),
          });
          expect(bar.volume).toBeCloseTo(
            members.reduce((sum, { quantity }) => sum + quantity, 0),
            9,
          );
        }
      }
    });
  },
);
