import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { actionOf, fairPrice, PriceWindow } from "../../../examples/mean-reversion/reversion.ts";
import { trendOf, wantedOrder } from "../../../examples/moving-average/crossover.ts";
import { instrumentsFrom } from "../../../examples/shared/settings.ts";
import { movedPrice, positionQuantity } from "../../../examples/shared/sizing.ts";
import { decimal } from "../../../sdk/index.ts";

const RULE = { fast: 2, slow: 4, band: 0.01 };
const zero = decimal(0);

describe("moving average", () => {
  test.each([
    [[100, 100, 100], "unclear"],
    [[100, 100, 110, 110], "up"],
    [[110, 110, 100, 100], "down"],
    [[100, 100, 101.9, 101.9], "unclear"],
    [[100, 100, 102.1, 102.1], "up"],
    // Only the newest bars count.
    [[1, 1, 1, 110, 110, 100, 100], "down"],
  ] as const)("the closes %j say %s", (closes, trend) => {
    expect(trendOf(closes, RULE)).toBe(trend);
  });

  test("it holds one position with the trend, and closes what stands against it first", () => {
    const unit = decimal(3);
    const short = decimal(-3);
    expect(wantedOrder("up", zero, unit)).toMatchObject({ side: "buy", reduceOnly: false });
    expect(wantedOrder("down", zero, unit)).toMatchObject({ side: "sell", reduceOnly: false });
    expect(wantedOrder("up", unit, unit)).toBeNull();
    expect(wantedOrder("down", short, unit)).toBeNull();
    expect(wantedOrder("down", unit, unit)).toMatchObject({ side: "sell", reduceOnly: true });
    expect(wantedOrder("up", short, unit)).toMatchObject({ side: "buy", reduceOnly: true });
    expect(wantedOrder("unclear", zero, unit)).toBeNull();
  });

  test("whatever the trends, the position never passes one unit either way", () => {
    const trends = fc.array(fc.constantFrom("up" as const, "down" as const, "unclear" as const));
    fc.assert(
      fc.property(trends, fc.integer({ min: 1, max: 1_000 }), (said, size) => {
        const unit = decimal(size);
        let held = zero;
        for (const trend of said) {
          const order = wantedOrder(trend, held, unit);
          if (order === null) continue;
          held = order.side === "buy" ? held.plus(order.quantity) : held.minus(order.quantity);
          expect(held.abs().lte(unit)).toBe(true);
          // What only closes never opens the other side.
          expect(order.reduceOnly && !held.eq(0)).toBe(false);
        }
      }),
    );
  });
});

describe("mean reversion", () => {
  const RULE_OF_TWO = { window: 3, enterBelow: 1.5, leaveAbove: 0.5 };

  test("there is no score before the window is full, nor while nothing moves", () => {
    const prices = new PriceWindow(3);
    prices.add(100);
    prices.add(90);
    expect(prices.score).toBeNull();
    for (let n = 0; n < 3; n += 1) prices.add(100.1);
    expect(prices.score).toBeNull();
  });

  test("the score is the distance from the mean in deviations, of the newest prices only", () => {
    const prices = new PriceWindow(4);
    for (const price of [5_000, 100, 100, 100, 96]) prices.add(price);
    expect(prices.score).toBeCloseTo(-Math.sqrt(3));
  });

  test.each([
    [-1.51, false, "enter"],
    [-1.5, false, "enter"],
    [-1.49, false, "none"],
    [-3, true, "none"],
    [0.49, true, "none"],
    [0.5, true, "leave"],
    [3, false, "none"],
    [null, true, "none"],
  ] as const)("at a score of %d, holding %s: %s", (score, isHolding, action) => {
    expect(actionOf(score, isHolding, RULE_OF_TWO)).toBe(action);
  });

  test("the fair price lies between bid and ask, else it is the last", () => {
    expect(fairPrice({ last: 101, bid: 99, ask: 101 })).toBe(100);
    expect(fairPrice({ last: 101, bid: null, ask: 101 })).toBe(101);
    expect(fairPrice({ last: null, bid: null, ask: null })).toBeNull();
  });
});

describe("what both share", () => {
  test("a position is worth its fixed value, in whole lots", () => {
    const share = { currency: "INR", lotSize: "1", minQuantity: "1" };
    expect(positionQuantity(1_500, share).toFixed()).toBe("33");
    const coin = { currency: "USD", lotSize: "0.00000001", minQuantity: "0.00005" };
    expect(positionQuantity(105_400, coin).toFixed()).toBe("0.00948766");
    // Never less than the smallest order.
    expect(positionQuantity(1_000_000_000, coin).toFixed()).toBe("0.00005");
  });

  test("a moved price stands on the grid", () => {
    expect(movedPrice(1_500.05, -0.005, "0.05")).toBe("1492.55");
    expect(movedPrice(0.18, -0.01, "0.0000001")).toBe("0.1782");
  });

  test("arguments come before the environment, and both before its own choice", () => {
    const env = { TRUNKLINE_INSTRUMENTS: "KRAKEN:XBT/USDT" };
    expect(instrumentsFrom(["NSE:A", "NSE:B,NSE:A"], env, ["X:Y"])).toEqual(["NSE:A", "NSE:B"]);
    expect(instrumentsFrom([], env, ["X:Y"])).toEqual(["KRAKEN:XBT/USDT"]);
    expect(instrumentsFrom([], { TRUNKLINE_INSTRUMENTS: " , " }, ["X:Y"])).toEqual(["X:Y"]);
    expect(instrumentsFrom([], {}, ["NSE:NIFTY 50"])).toEqual(["NSE:NIFTY 50"]);
  });
});
