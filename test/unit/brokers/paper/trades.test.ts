import { expect, test } from "vitest";
import { RecentTrades } from "../../../../src/brokers/paper/market/trades.ts";

const ring = (most: number, times: number[]): RecentTrades => {
  const trades = new RecentTrades(100, most);
  for (const time of times) trades.note(time % 2 === 0 ? "X:EVEN" : "X:ODD", time, time / 10, 1);
  return trades;
};

test("the trades of one instrument come oldest first, from the moment asked for on", () => {
  const trades = ring(10, [100, 101, 102, 104]);
  expect(trades.since("X:EVEN", 101, 9)).toEqual({
    items: [
      [102, 10.2, 1],
      [104, 10.4, 1],
    ],
    from: 100,
    isCut: false,
  });
  expect(trades.since("X:NONE", 0, 9)).toEqual({ items: [], from: 100, isCut: false });
});

test("more than are asked for are cut, and it says so", () => {
  const trades = ring(10, [100, 102, 104]);
  expect(trades.since("X:EVEN", 0, 3)).toMatchObject({ isCut: false });
  expect(trades.since("X:EVEN", 0, 2)).toMatchObject({
    items: [
      [100, 10, 1],
      [102, 10.2, 1],
    ],
    isCut: true,
  });
});

test("what fell out of the ring is not passed off as nothing: it says from when on it is whole", () => {
  const trades = ring(3, [100, 101, 102, 103, 104]);
  expect(trades.since("X:EVEN", 0, 9)).toEqual({
    items: [
      [102, 10.2, 1],
      [104, 10.4, 1],
    ],
    from: 102,
    isCut: false,
  });
  trades.clear(500);
  expect(trades.since("X:EVEN", 0, 9)).toEqual({ items: [], from: 500, isCut: false });
});
