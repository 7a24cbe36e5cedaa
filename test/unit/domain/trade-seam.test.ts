import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LATE_TRADES_MARGIN_MS, LATE_TRADES_MAX } from "../../../src/domain/feed-limits.ts";
import type { MarketUpdate } from "../../../src/domain/tick.ts";
import {
  isSettled,
  missingTrades,
  type PastTrade,
  type SeamWatch,
  TradeSeam,
} from "../../../src/domain/trade-seam.ts";

const trade = (time: number, price = 10, quantity = 1, tradeId: string | null = null) =>
  ({ tradeId, time, price, quantity }) satisfies PastTrade;

const update = ({ time, price, quantity, tradeId }: PastTrade): MarketUpdate => ({
  instrument: "X:A",
  last: price,
  lastQuantity: quantity,
  bid: null,
  bidQuantity: null,
  ask: null,
  askQuantity: null,
  volume: null,
  exchangeTime: time,
  ...(tradeId !== null && { tradeId }),
});

/** A seam that was told these, live. */
function seamOf(told: readonly PastTrade[], lagMs = 0): TradeSeam {
  const seam = new TradeSeam();
  for (const one of told) seam.note(update(one), one.time + lagMs, false);
  return seam;
}

function opened(seam: TradeSeam, lostAt: number, openedAt = lostAt): SeamWatch {
  const watch = seam.open(lostAt, openedAt);
  if (!watch) throw new Error("nothing is watched");
  return watch;
}

/** A run of trades with many of the same time, price and quantity, cut twice. */
const run = fc
  .record({
    steps: fc.array(
      fc.record({
        step: fc.integer({ min: 0, max: 2 }),
        price: fc.integer({ min: 1, max: 2 }),
        quantity: fc.integer({ min: 1, max: 2 }),
      }),
      { minLength: 1, maxLength: 40 },
    ),
    cuts: fc.tuple(fc.nat(), fc.nat()),
    hasIds: fc.boolean(),
  })
  .map(({ steps, cuts, hasIds }) => {
    let time = 1_000;
    const trades = steps.map(({ step, price, quantity }, index) =>
      trade((time += step), price, quantity, hasIds ? String(index) : null),
    );
    const [first, second] = cuts.map((cut) => 1 + (cut % trades.length)).sort((a, b) => a - b);
    return { trades, from: first ?? 0, to: second ?? 0 };
  });

test("whatever is cut out of a run of trades is missing, each as often as it was cut, and nothing else is", () => {
  fc.assert(
    fc.property(run, ({ trades, from, to }) => {
      const seam = seamOf(trades.slice(0, from));
      const watch = opened(seam, trades[from - 1]?.time ?? 0);
      for (const one of trades.slice(to)) seam.note(update(one), one.time, false);
      const missing = missingTrades(watch, trades);
      expect(missing.map(plain).sort()).toEqual(trades.slice(from, to).map(plain).sort());
      expect(missing.map(({ time }) => time)).toEqual(
        missing.map(({ time }) => time).sort((a, b) => a - b),
      );
    }),
  );
});

const plain = ({ time, price, quantity }: PastTrade): string => `${time} ${price} ${quantity}`;

test("what was told late is not told again when the line breaks once more before a live trade", () => {
  const all = [1, 2, 3, 4].map((time) => trade(time));
  const seam = seamOf(all.slice(0, 1));
  const first = opened(seam, 1);
  const second = opened(seam, 1);
  const late = missingTrades(first, all.slice(0, 3));
  for (const one of late) seam.note(update(one), 9, true);
  seam.close(first);
  expect(missingTrades(second, all)).toEqual([all[3]]);
  // And a third time: the seam goes on from the last one told, late or not.
  expect(missingTrades(opened(seam, 1), all)).toEqual([all[3]]);
});

test("a trade that came out of order after the gap was told, and is not missing", () => {
  const seam = seamOf([trade(1)]);
  const watch = opened(seam, 1);
  for (const time of [10, 8]) seam.note(update(trade(time)), 10, false);
  expect(missingTrades(watch, [trade(1), trade(8), trade(9), trade(10)])).toEqual([trade(9)]);
});

describe("where a seam begins", () => {
  test("nobody knows before the first trade, nor by ticks without trade or time", () => {
    const seam = new TradeSeam();
    for (const over of [
      { last: null },
      { lastQuantity: 0 },
      { lastQuantity: null },
      { exchangeTime: null },
    ])
      seam.note({ ...update(trade(5)), ...over }, 5, false);
    expect(seam.open(9, 9)).toBeNull();
  });

  test("at the last trade told, or a margin before the line was lost when that is later", () => {
    expect(opened(seamOf([trade(100_000)]), 101_000).since).toBe(100_000);
    // Our clock stood 700 ms after the exchange's.
    const rare = opened(seamOf([trade(1_000)], 700), 100_700);
    expect(rare.since).toBe(100_000 - LATE_TRADES_MARGIN_MS);
  });

  test("is waited for until it is closed", () => {
    const seam = seamOf([trade(10)]);
    expect(seam.openSince).toBe(Infinity);
    const watch = opened(seam, 10);
    expect(seam.openSince).toBe(10);
    seam.close(watch);
    expect(seam.openSince).toBe(Infinity);
  });
});

test("what may still come live is settled by a later live trade, or by time", () => {
  const seam = seamOf([trade(1)]);
  const watch = opened(seam, 1);
  expect(isSettled(watch, [trade(1)])).toBe(true);
  expect(isSettled(watch, [trade(1), trade(2)])).toBe(false);
  seam.note(update(trade(2)), 2, false);
  expect(isSettled(watch, [trade(1), trade(2), trade(2)])).toBe(false);
  seam.note(update(trade(3)), 3, false);
  expect(isSettled(watch, [trade(1), trade(2), trade(2)])).toBe(true);
});

test("a watch that is told more than it keeps says so", () => {
  const seam = seamOf([trade(1)]);
  const watch = opened(seam, 1);
  for (let n = 0; n < LATE_TRADES_MAX - 1; n += 1) seam.note(update(trade(2)), 2, false);
  expect(watch.endedBy).toBeNull();
  seam.note(update(trade(2)), 2, false);
  expect(watch.endedBy).toBe("too much came meanwhile");
});
