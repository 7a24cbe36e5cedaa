/** Live bars: what is told in the end is what the trades say, wherever history ended and however often parts are told. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CANDLE_INTERVAL_MS,
  type CandleInterval,
  candleStart,
} from "../../../src/domain/candle.ts";
import { CandleBuilder, type CandlePart, foldParts } from "../../../src/domain/candle-builder.ts";
import { joinCandles, type MarkedCandle } from "../../../src/domain/candle-join.ts";
import { type CandleChange, CandleSeries, partUnit } from "../../../src/domain/candle-series.ts";
import { CANDLE_GRACE_MS } from "../../../src/domain/limits.ts";
import { LIVE_BARS_OF_SERIES } from "../../../src/domain/market-limits.ts";

const T = 1_795_236_720_000;

const part = (time: number, price: number, more: Partial<CandlePart> = {}): CandlePart => ({
  time,
  epoch: 1,
  open: price,
  high: price,
  low: price,
  close: price,
  volume: 1,
  firstTime: time,
  firstSeq: 1,
  lastTime: time,
  lastSeq: 1,
  amendedAt: 0,
  ...more,
});

const bar = (time: number, price: number, volume: number): MarkedCandle => ({
  time,
  open: price,
  high: price,
  low: price,
  close: price,
  volume,
  mark: null,
});

const short = ({ candle, isClosed, provider }: CandleChange) =>
  `${(candle.time - T) / 60_000} ${isClosed ? "closed" : "live"} ${candle.close} x${candle.volume} ${candle.mark ?? "-"} ${provider}`;

function started(bars: MarkedCandle[] = [], live: CandlePart[] = []): CandleSeries {
  const series = new CandleSeries("1m");
  series.start({ bars, live }, "a", T + 1_000);
  return series;
}

test("who joins later is told as amended what was amended, and nothing that merely had closed", () => {
  const series = started();
  const marks = () => series.bars().map(({ time, mark }) => [(time - T) / 60_000, mark]);
  const [first, second] = [part(T, 10), part(T + 60_000, 11)];
  series.take("a", [first, second], T + 120_000);
  series.changes();
  expect(marks()).toEqual([
    [0, null],
    [1, null],
  ]);
  const amended = { ...first, volume: 2 };
  series.take("a", [amended], T + 120_000);
  series.changes();
  const expected = [
    [0, "amended"],
    [1, null],
  ];
  expect(marks()).toEqual(expected);
  // History read again changes nothing in that.
  const live = [amended, second];
  series.restart({ bars: [bar(T, 10, 2), bar(T + 60_000, 11, 1)], live }, "a", T + 70_000, {
    from: T + 200_000,
    to: T + 200_001,
  });
  expect(marks()).toEqual(expected);
});

test.each(["1s", "1m", "5m", "1h"] as const)(
  "a series of %s that trades in every part never holds more bars than a market counts for it",
  (interval) => {
    const series = new CandleSeries(interval);
    series.start({ bars: [], live: [] }, "a", T);
    const unit = partUnit(interval);
    let most = 0;
    for (let n = 0; n < 400; n += 1) {
      const time = T + n * CANDLE_INTERVAL_MS[unit];
      series.take("a", [part(time, 10)], time);
      series.changes();
      most = Math.max(most, series.bars().length);
    }
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(LIVE_BARS_OF_SERIES[unit]);
  },
);

test("of what is told again and again before history is there, the newest counts", () => {
  const series = new CandleSeries("1m");
  for (let volume = 1; volume <= 50; volume += 1)
    series.take("a", [part(T, 10, { volume, lastSeq: volume })], T);
  series.start({ bars: [], live: [] }, "a", T + 1_000);
  expect(series.changes().map(short)).toEqual(["0 live 10 x50 - a"]);
});

describe("a series of bars", () => {
  test("tells the bar under way, and once that it has closed", () => {
    const series = started();
    series.take("a", [part(T, 10)], T);
    expect(series.changes().map(short)).toEqual(["0 live 10 x1 - a"]);
    expect(series.changes()).toEqual([]);
    series.take("a", [], T + 60_000);
    expect(series.changes().map(short)).toEqual(["0 closed 10 x1 - a"]);
    series.take("a", [], T + 120_000);
    expect(series.changes()).toEqual([]);
  });

  test("closes a bar with the first trade of the next one, whatever the clock says", () => {
    const series = started();
    series.take("a", [part(T, 10), part(T + 60_000, 11)], T);
    expect(series.changes().map(short)).toEqual(["0 closed 10 x1 - a", "1 live 11 x1 - a"]);
  });

  test("tells a closed bar again, marked, when a late trade came to it, and only then", () => {
    const series = started();
    series.take("a", [part(T, 10)], T + 60_000);
    series.changes();
    const late = part(T, 10, { high: 12, volume: 3, amendedAt: T + 61_000 });
    series.take("a", [late], T + 60_000);
    expect(series.changes().map(short)).toEqual(["0 closed 10 x3 amended a"]);
    series.take("a", [late], T + 60_000);
    expect(series.changes()).toEqual([]);
  });

  test("goes on from what history knew of the bar under way, and adds nothing twice", () => {
    const live = [part(T, 10, { volume: 4 })];
    const series = started([bar(T - 60_000, 9, 7), bar(T, 10, 100)], live);
    series.take("a", live, T);
    expect(series.changes()).toEqual([]);
    series.take("a", [part(T, 11, { volume: 6, lastSeq: 3 })], T);
    expect(series.changes().map(short)).toEqual(["0 live 11 x102 - a"]);
  });

  test("keeps what comes before history does, and joins it", () => {
    const series = new CandleSeries("1m");
    series.take("a", [part(T, 11, { volume: 6 })], T);
    expect(series.changes()).toEqual([]);
    series.start({ bars: [bar(T, 10, 100)], live: [part(T, 10, { volume: 4 })] }, "a", T + 1_000);
    expect(series.changes().map(short)).toEqual(["0 live 11 x102 - a"]);
  });

  test("takes each part from one provider when they are switched, and marks that bar", () => {
    const series = started();
    series.take("a", [part(T, 10), part(T + 60_000, 11, { volume: 5 })], T + 60_000);
    series.changes();
    const whole = [part(T, 10.5, { volume: 9 }), part(T + 60_000, 12, { volume: 8, epoch: 2 })];
    series.take("b", whole, T + 60_000);
    expect(series.changes().map(short)).toEqual(["1 live 12 x8 partial b"]);
  });

  test("marks the bars of a gap, and only those", () => {
    const series = started();
    series.take("a", [part(T, 10), part(T + 60_000, 11)], T + 60_000);
    series.changes();
    series.gap({ from: T + 60_000, to: T + 61_000 });
    expect(series.changes().map(short)).toEqual(["1 live 11 x1 partial a"]);
    series.gap({ from: T - 5, to: T });
    expect(series.changes()).toEqual([]);
  });

  test("of a recording years ago are told like any others, whatever our clock says", () => {
    const now = T + 3 * 365 * 86_400_000;
    for (const bars of [[], [bar(T - 60_000, 9, 1)]]) {
      const series = new CandleSeries("1m");
      series.start({ bars, live: [] }, "a", now);
      series.take("a", [part(T, 10)], T + 60_000);
      const told = series.changes().at(-1);
      expect(told).toMatchObject({ candle: { time: T, close: 10 }, isClosed: true });
    }
  });

  test("holds a bounded number of parts, and a bar that is over for good is never changed", () => {
    const series = new CandleSeries("1d");
    series.start({ bars: [], live: [] }, "a", T);
    const day = candleStart(T, "1d");
    for (let minute = 0; minute < 600; minute += 1) {
      series.take("a", [part(T + minute * 60_000, 10)], T + minute * 60_000);
      series.changes();
    }
    // Told again long after: it is in the bar already.
    series.take("a", [part(T, 10)], T);
    expect(series.changes()).toEqual([]);
    expect(series.bars()).toMatchObject([{ time: day, volume: 600 }]);
    const minutes = started();
    minutes.take("a", [part(T, 10)], T);
    minutes.take("a", [], T + 60_000 + 2 * 60_000 + CANDLE_GRACE_MS);
    minutes.changes();
    minutes.take("a", [part(T, 10, { volume: 9 })], 0);
    expect(minutes.changes()).toEqual([]);
  });
});

const trade = fc.record({
  after: fc.integer({ min: 0, max: 20_000 }),
  late: fc.integer({ min: 0, max: CANDLE_GRACE_MS }),
  price: fc.integer({ min: 1, max: 1_000 }),
  quantity: fc.integer({ min: 1, max: 50 }),
  /** A new connection, a look at what is told, a repetition of all that is in memory. */
  what: fc.constantFrom("", "", "", "epoch", "look", "again"),
});

test("wherever history ends and whatever is repeated, the bars told last are those of all trades", () => {
  fc.assert(
    fc.property(
      fc.array(trade, { minLength: 1, maxLength: 80 }),
      fc.nat(),
      fc.constantFrom<CandleInterval>("1s", "1m", "5m"),
      (trades, joins, interval) => {
        const builder = new CandleBuilder();
        const unit = partUnit(interval);
        const stored = new Map<string, CandlePart>();
        const series = new CandleSeries(interval);
        const told = new Map<number, CandleChange>();
        const joinAt = joins % trades.length;
        let [now, version, epoch] = [T, 0, 1];
        const all: CandlePart[] = [];
        const look = () => {
          for (const change of series.changes()) told.set(change.candle.time, change);
        };
        for (const [seq, { after, late, price, quantity, what }] of trades.entries()) {
          now += after;
          if (what === "epoch") epoch += 1;
          const time = Math.max(T, now - (late % 7 === 0 ? late : 0));
          if (builder.add({ time, seq, price, quantity }, epoch)) {
            const one = { open: price, high: price, low: price, close: price, volume: quantity };
            const place = { firstTime: time, firstSeq: seq, lastTime: time, lastSeq: seq };
            all.push({ time, epoch, ...one, ...place, amendedAt: 0 });
          }
          for (const one of builder.takeClosed()) stored.set(`${one.time},${one.epoch}`, one);
          const changed = builder.changedSince(what === "again" ? 0 : version);
          version = changed.version;
          const start = candleStart(changed.from, unit);
          const parts = builder.parts(unit).filter((one) => one.time >= start);
          series.take("a", parts, builder.closedUntil);
          if (seq === joinAt) {
            const live = builder.parts(unit);
            const known = new Map(
              [...stored.values(), ...live].map((one) => [`${one.time},${one.epoch}`, one]),
            );
            const own = unit === "1s" ? live : [...known.values()];
            const [from, to] = [0, now + 1];
            const bars = joinCandles({ interval, from, to, now, broker: [], own, gaps: [] });
            series.start({ bars, live }, "a", now);
            for (const one of bars)
              told.set(one.time, { candle: one, isClosed: false, provider: "a" });
          }
          if (what === "look") look();
        }
        series.take("a", [], now + CANDLE_INTERVAL_MS[interval] * 2);
        look();
        // Of seconds only what was in memory at the join is known from before it.
        const first = Math.min(...told.keys());
        const right = foldParts(all, interval, "all").filter(({ time }) => time >= first);
        for (const { time, open, high, low, close, volume } of right)
          expect(told.get(time)?.candle).toMatchObject({ open, high, low, close, volume });
        expect(told.size).toBe(right.length);
      },
    ),
    { numRuns: 300 },
  );
});
