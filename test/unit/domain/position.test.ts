import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decimal, ZERO } from "../../../src/domain/decimal.ts";
import type { Side } from "../../../src/domain/order.ts";
import {
  averagePrice,
  fillPosition,
  FLAT,
  unrealisedProfit,
  type Position,
} from "../../../src/domain/position.ts";

type Fill = [side: Side, quantity: string, price: string, risk?: string, fee?: string];

const book = (fills: Fill[]): Position => {
  let position = FLAT;
  for (const [side, quantity, price, risk = "0", fee = "0"] of fills)
    position = fillPosition(position, {
      side,
      quantity: decimal(quantity),
      price: decimal(price),
      riskPerUnit: decimal(risk),
      fee: decimal(fee),
    });
  return position;
};

const shown = ({ quantity, cost, moneyAtRisk, realisedProfit }: Position) =>
  [quantity, cost, moneyAtRisk, realisedProfit].map((each) => each.toFixed()).join(" ");

describe("a position", () => {
  test.each<[string, Fill[], string]>([
    ["opens", [["buy", "10", "100", "5"]], "10 1000 50 0"],
    [
      "grows at its own cost",
      [
        ["buy", "10", "100"],
        ["buy", "10", "110"],
      ],
      "20 2100 0 0",
    ],
    [
      "closes in part, pro rata",
      [
        ["buy", "10", "100", "5"],
        ["sell", "4", "110"],
      ],
      "6 600 30 40",
    ],
    [
      "closes whole",
      [
        ["buy", "3", "100", "5"],
        ["sell", "3", "90"],
      ],
      "0 0 0 -30",
    ],
    [
      "flips",
      [
        ["buy", "3", "100", "5"],
        ["sell", "5", "110", "7"],
      ],
      "-2 -220 14 30",
    ],
    ["is short", [["sell", "10", "100", "5"]], "-10 -1000 50 0"],
    [
      "short, closes in part",
      [
        ["sell", "10", "100", "5"],
        ["buy", "4", "90"],
      ],
      "-6 -600 30 40",
    ],
    ["pays its fees", [["buy", "1", "100", "0", "0.5"]], "1 100 0 -0.5"],
  ])("%s", (_, fills, expected) => {
    expect(shown(book(fills))).toBe(expected);
  });

  test("has a mean price while it is open", () => {
    expect(averagePrice(FLAT)).toBeNull();
    const position = book([
      ["buy", "1", "100"],
      ["buy", "2", "103"],
    ]);
    expect(averagePrice(position)?.toFixed()).toBe("102");
    expect(unrealisedProfit(position, decimal(103)).toFixed()).toBe("3");
    expect(unrealisedProfit(book([["sell", "2", "100"]]), decimal(103)).toFixed()).toBe("-6");
  });

  test("loses not a digit: profit is what came in less what went out, whatever the parts", () => {
    const fill = fc.tuple(
      fc.constantFrom<Side[]>("buy", "sell"),
      fc.integer({ min: 1, max: 9_999 }),
      fc.integer({ min: 1, max: 999_999 }),
    );
    fc.assert(
      fc.property(fc.array(fill, { maxLength: 30 }), fc.nat(999), (fills, mark) => {
        const decimals = fills.map(([side, quantity, price]): Fill => [
          side,
          `0.${quantity}`,
          `1.${price}`,
        ]);
        const position = book(decimals);
        let cash = ZERO;
        for (const [side, quantity, price] of decimals) {
          const paid = decimal(quantity).times(price);
          cash = side === "buy" ? cash.minus(paid) : cash.plus(paid);
        }
        const price = decimal(mark);
        const whole = position.realisedProfit.plus(unrealisedProfit(position, price));
        expect(whole.toFixed()).toBe(cash.plus(position.quantity.times(price)).toFixed());
      }),
    );
  });
});
