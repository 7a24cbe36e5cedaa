import fc from "fast-check";
import { expect, test } from "vitest";
import { CANDLE_INTERVALS, CANDLE_INTERVAL_MS } from "../../../../src/domain/candle.ts";
import type { Candle, CandleInterval } from "../../../../src/domain/candle.ts";
import { PAPER_INSTRUMENTS } from "../../../../src/brokers/paper/instruments.ts";
import { INSTRUMENT_ID_PATTERN } from "../../../../src/domain/instrument.ts";
import { CALENDAR_IDS } from "../../../../src/domain/calendar.ts";
import { gridOf, priceNumber, priceText, ticksOf } from "../../../../src/brokers/paper/grid.ts";
import { OwnBars } from "../../../../src/brokers/paper/market/bars.ts";
import { pathMinuteUntil, seededCandles } from "../../../../src/brokers/paper/market/history.ts";
import {
  openInterestLots,
  pathPrice,
  pathTerms,
} from "../../../../src/brokers/paper/market/path.ts";
import { tickOf } from "../../../../src/brokers/paper/market/seeded.ts";
import { startWalk, stepWalk } from "../../../../src/brokers/paper/market/walk.ts";
import { listingOf } from "./bench.ts";

const NOW = 1_795_000_017_345;
const terms = pathTerms(listingOf("NSE:INFY").instrument, 7);

const candles = (
  interval: CandleInterval,
  from: number,
  to: number,
  terms_ = { own: new OwnBars(), now: NOW },
): Candle[] => seededCandles({ terms, interval, from, to, isOpen: () => true, ...terms_ });

test("at least 120 instruments of four kinds are listed, each once and on its own grid", () => {
  expect(PAPER_INSTRUMENTS.length).toBeGreaterThanOrEqual(120);
  expect(new Set(PAPER_INSTRUMENTS.map(({ id }) => id)).size).toBe(PAPER_INSTRUMENTS.length);
  const wrong = PAPER_INSTRUMENTS.filter((instrument) => {
    const grid = gridOf(instrument);
    return (
      !INSTRUMENT_ID_PATTERN.test(instrument.id) ||
      !CALENDAR_IDS.includes(instrument.calendar) ||
      ticksOf(grid, instrument.startPrice) === null
    );
  });
  expect(wrong).toEqual([]);
  expect(new Set(PAPER_INSTRUMENTS.map(({ currency }) => currency))).toEqual(
    new Set(["INR", "USD", "USDT"]),
  );
});

test("the number of a price is the one nearest to its exact text", () => {
  const instrument = fc.constantFrom(...PAPER_INSTRUMENTS);
  fc.assert(
    fc.property(instrument, fc.integer({ min: 1, max: 10_000_000 }), (listed, ticks) => {
      const grid = gridOf(listed);
      expect(priceNumber(grid, ticks)).toBe(Number(priceText(grid, ticks)));
      expect(ticksOf(grid, priceText(grid, ticks))).toBe(ticks);
    }),
  );
});

/** The first fifty ticks of a market with this seed. */
function ticksOfSeed(seed: number): number[][] {
  const walk = startWalk(pathTerms(listingOf("NSE:INFY").instrument, seed), NOW);
  return Array.from({ length: 50 }, (_, index) => {
    stepWalk(walk, NOW + index * 20);
    return [walk.bidTicks, walk.askTicks, walk.lastTicks, walk.lastLots];
  });
}

test("the same seed gives the same market, another seed another one", () => {
  expect(ticksOfSeed(7)).toEqual(ticksOfSeed(7));
  expect(ticksOfSeed(7)).not.toEqual(ticksOfSeed(8));
});

test("live prices keep bid below ask, sizes above 0, the last at one of both, and stay near their path", () => {
  fc.assert(
    fc.property(fc.constantFrom(...PAPER_INSTRUMENTS), fc.nat(0xffff_ffff), (listed, seed) => {
      const listedTerms = pathTerms(listed, seed);
      const walk = startWalk(listedTerms, NOW);
      let volume = walk.volumeLots;
      for (let tick = 0; tick < 200; tick += 1) {
        stepWalk(walk, NOW + tick * 10);
        const { bidTicks, askTicks, lastTicks, bidLots, askLots, lastLots, volumeLots } = walk;
        expect(bidTicks > 0 && bidTicks < askTicks && bidLots > 0 && askLots > 0).toBe(true);
        expect(lastTicks === bidTicks || lastTicks === askTicks).toBe(true);
        expect(volumeLots).toBe(volume + lastLots);
        volume = volumeLots;
        const path = pathPrice(listedTerms, walk.time);
        expect(Math.abs(lastTicks - path)).toBeLessThan(Math.max(6, path * 0.002));
      }
    }),
    { numRuns: 50 },
  );
});

test("history is the same whenever it is asked for, as long as its bars are over", () => {
  const from = NOW - 86_400_000;
  const first = candles("5m", from, NOW).slice(0, -1);
  const later = candles("5m", from, NOW, { own: new OwnBars(), now: NOW + 3_600_000 });
  expect(later.slice(0, first.length)).toEqual(first);
});

/** Bars joined to a longer interval. */
function joined(bars: Candle[], interval: CandleInterval): Candle[] {
  const byStart = new Map<number, Candle>();
  const lengthMs = CANDLE_INTERVAL_MS[interval];
  for (const bar of bars) {
    const time = Math.floor(bar.time / lengthMs) * lengthMs;
    const known = byStart.get(time);
    if (!known) byStart.set(time, { ...bar, time });
    else {
      known.high = Math.max(known.high, bar.high);
      known.low = Math.min(known.low, bar.low);
      known.close = bar.close;
      known.volume += bar.volume;
    }
  }
  return [...byStart.values()];
}

test.each([
  ["1s", "1m", 600_000],
  ["1m", "5m", 7_200_000],
  ["5m", "15m", 7_200_000],
  ["15m", "1h", 86_400_000],
  ["1h", "1d", 10 * 86_400_000],
] as const)("%s bars join to exactly the %s bars", (short, long, spanMs) => {
  const end = Math.floor(NOW / CANDLE_INTERVAL_MS[long]) * CANDLE_INTERVAL_MS[long];
  const from = Math.floor((end - spanMs) / CANDLE_INTERVAL_MS[long]) * CANDLE_INTERVAL_MS[long];
  expect(joined(candles(short, from, end), long)).toEqual(candles(long, from, end));
});

test("bars have no hole and no double, hold their open and close, and end with the one in progress", () => {
  for (const interval of CANDLE_INTERVALS) {
    const lengthMs = CANDLE_INTERVAL_MS[interval];
    const from = Math.floor(NOW / lengthMs) * lengthMs - 50 * lengthMs;
    const bars = candles(interval, from, NOW + lengthMs);
    expect(bars.map(({ time }) => time)).toEqual(
      Array.from({ length: 51 }, (_, index) => from + index * lengthMs),
    );
    const wrong = bars.filter(
      ({ open, high, low, close }) => high < Math.max(open, close) || low > Math.min(open, close),
    );
    expect(wrong).toEqual([]);
  }
});

test("a bar that starts this very moment is there already", () => {
  const minute = Math.floor(NOW / 60_000) * 60_000;
  const at = { own: new OwnBars(), now: minute };
  expect(candles("1m", minute, minute + 60_000, at)).toMatchObject([{ time: minute }]);
});

test("a range is left-closed and right-open", () => {
  const minute = Math.floor(NOW / 60_000) * 60_000 - 600_000;
  expect(candles("1m", minute, minute + 60_000)).toMatchObject([{ time: minute }]);
  expect(candles("1m", minute + 1, minute + 60_001)).toMatchObject([{ time: minute + 60_000 }]);
});

test("at the seam the first own bar goes on where history stops, and own bars are what was traded", () => {
  const own = new OwnBars();
  const minute = Math.floor(NOW / 60_000);
  const history = candles("1m", (minute - 2) * 60_000, minute * 60_000);
  const traded: number[] = [];
  for (let time = NOW; time < NOW + 90_000; time += 500) {
    const ticks = Math.round(pathPrice(terms, time)) + (time % 3);
    traded.push(ticks);
    own.add(terms.id, time, ticks, 10, (at) => pathMinuteUntil(terms, at, time));
  }
  const now = NOW + 90_000;
  const bars = candles("1m", (minute - 2) * 60_000, now, { own, now });
  expect(bars.slice(0, 2)).toEqual(history);
  const [, before, seam, next] = bars;
  expect(seam?.open).toBe(before?.close);
  expect(Math.abs((next?.open ?? 0) - (seam?.close ?? 0))).toBeLessThan(1);
  expect(bars.at(-1)?.close).toBe(priceNumber(terms.grid, traded.at(-1) ?? 0));
});

test("outside its hours an instrument has no bars", () => {
  const day = Math.floor(NOW / 86_400_000) * 86_400_000 - 86_400_000;
  const isOpen = (time: number) => time >= day + 3_600_000 && time < day + 7_200_000;
  const request = { terms, own: new OwnBars(), from: day, to: day + 86_400_000, now: NOW, isOpen };
  expect(seededCandles({ ...request, interval: "1m" })).toHaveLength(60);
  expect(seededCandles({ ...request, interval: "1h" }).map(({ time }) => time)).toEqual([
    day + 3_600_000,
  ]);
});

test("futures alone tell an open interest: whole lots, the same for the same time, and no jump within a day", () => {
  const futures = PAPER_INSTRUMENTS.filter(({ kind }) => kind === "future");
  expect(futures.length).toBeGreaterThan(0);
  const telling = PAPER_INSTRUMENTS.filter((listed) => {
    const tick = tickOf(startWalk(pathTerms(listed, 7), NOW));
    return "openInterest" in tick;
  });
  expect(telling).toEqual(futures);
  for (const listed of futures) {
    const ofFuture = pathTerms(listed, 7);
    const dayStart = NOW - (NOW % 86_400_000);
    const hours = Array.from({ length: 49 }, (_, hour) => dayStart + hour * 3_600_000);
    const lots = hours.map((time) => openInterestLots(ofFuture, time) ?? Number.NaN);
    expect(lots).toEqual(hours.map((time) => openInterestLots(pathTerms(listed, 7), time)));
    expect(lots.every((one) => Number.isSafeInteger(one) && one > 0)).toBe(true);
    const steps = lots.slice(1).map((one, index) => Math.abs(one / (lots[index] ?? 0) - 1));
    expect(Math.max(...steps)).toBeGreaterThan(0);
    expect(Math.max(...steps)).toBeLessThan(0.02);
  }
});
