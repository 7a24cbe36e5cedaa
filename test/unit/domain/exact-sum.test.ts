import fc from "fast-check";
import { expect, test } from "vitest";
import { foldCandle, type Candle } from "../../../src/domain/candle.ts";
import { CandleBuilder, foldParts } from "../../../src/domain/candle-builder.ts";
import { joinCandles } from "../../../src/domain/candle-join.ts";
import { decimal } from "../../../src/domain/decimal.ts";
import { addExactly } from "../../../src/domain/exact-sum.ts";

/** As numbers they add up to 8.719480669999998. */
const TRADES = [1.11964428, 0.33362212, 4.46488152, 0.30909359, 2.04328889, 0.44895027];
const TOTAL = 8.71948067;
const START = 1_760_000_040_000;

const quantities = TRADES.map((quantity, n) => ({
  time: START + n * 700,
  seq: n,
  price: 100,
  quantity,
}));

test("the plain sum of these quantities shows digits that were never traded", () => {
  expect(TRADES.reduce((sum, one) => sum + one, 0)).toBe(8.719480669999998);
});

test("a bar of one connection, folded or joined with history, has the sum of its trades as its volume", () => {
  const builder = new CandleBuilder();
  for (const trade of quantities) builder.add(trade, 1);
  const own = builder.parts("1s");
  expect(own.length).toBeGreaterThan(1);
  expect(builder.parts("1m").map(({ volume }) => volume)).toEqual([TOTAL]);
  expect(foldParts(own, "1h", "all").map(({ volume }) => volume)).toEqual([TOTAL]);
  const span = { interval: "1m", from: START, to: START + 60_000, now: START + 60_000 } as const;
  const bars = joinCandles({ ...span, broker: [], own, gaps: [] });
  expect(bars.map(({ volume }) => volume)).toEqual([TOTAL]);
});

test("a bar of several connections and one that is folded trade by trade have it too", () => {
  const builder = new CandleBuilder();
  for (const [n, trade] of quantities.entries()) builder.add(trade, n);
  expect(foldParts(builder.parts("1s"), "1m", "all")[0]?.volume).toBe(TOTAL);
  const folded = quantities.reduce<Candle | null>(
    (bar, trade) => foldCandle(bar, "1m", trade).current,
    null,
  );
  expect(folded?.volume).toBe(TOTAL);
});

test("sums and differences are those of the decimals, to the last digit, for any lot and any order", () => {
  const lots = fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 8 }));
  const count = fc.integer({ min: -1_000_000, max: 1_000_000 });
  fc.assert(
    fc.property(lots, fc.array(count, { minLength: 2, maxLength: 50 }), ([one, other], counts) => {
      const all = counts.map((lotsTraded, n) =>
        Number(decimal(lotsTraded).div(10 ** (n % 2 === 0 ? one : other))),
      );
      const exact = all.reduce((sum, value) => sum.plus(value), decimal(0));
      expect(all.reduce(addExactly, 0)).toBe(Number(exact.toFixed()) + 0);
    }),
  );
});

test("what lies on no grid, or has more digits than a number holds, is added as it is", () => {
  expect(addExactly(Math.PI, 1)).toBe(Math.PI + 1);
  expect(addExactly(1e15, 0.123)).toBe(1e15 + 0.123);
  expect(addExactly(2 ** 53, 2)).toBe(2 ** 53 + 2);
  expect(addExactly(Number.NaN, 1)).toBeNaN();
  expect(addExactly(Infinity, 1)).toBe(Infinity);
});
