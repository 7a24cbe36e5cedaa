import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decimal, ZERO } from "../../../../src/domain/decimal.ts";
import {
  closable,
  EMPTY_SIDE,
  filledUnitRisk,
  sideRisk,
  unitRisk,
  withShare,
  type PriceTerms,
  type Share,
} from "../../../../src/domain/risk/money-at-risk.ts";
import { markOf } from "../../../support/ledger/samples.ts";

const COLLAR = decimal("0.05");
const mark = { ...markOf(0, 100), bid: 99, ask: 101 };

const terms = (changes: Partial<PriceTerms>): PriceTerms => ({
  side: "buy",
  type: "limit",
  limitPrice: "100",
  stopPrice: null,
  protectiveStop: null,
  ...changes,
});

const market = { type: "market", limitPrice: null } as const;
const stop = { type: "stop", limitPrice: null } as const;

describe("money at risk of one unit", () => {
  test.each<[string, Partial<PriceTerms>, string, string]>([
    ["a limit without a stop: its full price", {}, "100", "100"],
    ["a limit with a stop: the distance", { protectiveStop: "95" }, "100", "5"],
    ["a stop on the wrong side protects nothing", { protectiveStop: "100" }, "100", "100"],
    ["a sell above the market: its price", { side: "sell", limitPrice: "110" }, "110", "110"],
    ["a sell below the market is filled at the market", { side: "sell" }, "101", "101"],
    ["a sell with a stop: from its limit", { side: "sell", protectiveStop: "104" }, "101", "4"],
    ["a market buy: the ask and the collar", market, "106.05", "106.05"],
    ["with a stop: from there", { ...market, protectiveStop: "96" }, "106.05", "10.05"],
    [
      "a market sell: up to the ask and the collar",
      { ...market, side: "sell" },
      "106.05",
      "106.05",
    ],
    [
      "with a stop: from the bid less the collar",
      { ...market, side: "sell", protectiveStop: "104" },
      "106.05",
      "9.95",
    ],
    ["a stop to buy: beyond its stop price", { ...stop, stopPrice: "110" }, "115.5", "115.5"],
    [
      "a stop to sell: below its stop price",
      { ...stop, side: "sell", stopPrice: "90", protectiveStop: "95" },
      "90",
      "9.5",
    ],
    [
      "a stop-limit: its limit",
      { type: "stop_limit", stopPrice: "104", limitPrice: "105", protectiveStop: "95" },
      "105",
      "10",
    ],
  ])("%s", (_, changes, price, moneyAtRisk) => {
    const unit = unitRisk(terms(changes), mark, COLLAR);
    expect([unit?.price.toFixed(), unit?.moneyAtRisk.toFixed()]).toEqual([price, moneyAtRisk]);
  });

  test("a market order without a mark has no price; a limit has", () => {
    expect(unitRisk(terms(market), null, COLLAR)).toBeNull();
    expect(unitRisk(terms({}), null, COLLAR)?.price.toFixed()).toBe("100");
  });

  test("a fill beyond its stop risks nothing more, one without a stop its price", () => {
    expect(filledUnitRisk("buy", decimal(94), decimal(95)).toFixed()).toBe("0");
    expect(filledUnitRisk("buy", decimal(97), decimal(95)).toFixed()).toBe("2");
    expect(filledUnitRisk("sell", decimal(97), decimal(99)).toFixed()).toBe("2");
    expect(filledUnitRisk("sell", decimal(97), null).toFixed()).toBe("97");
  });
});

const share = (quantity: number, risk: number): Share => ({
  quantity: decimal(quantity),
  price: decimal(100),
  riskPerUnit: decimal(risk),
});
const riskOf = (shares: Share[], capacity: number) => {
  let totals = EMPTY_SIDE;
  for (const each of shares) totals = withShare(totals, each);
  return sideRisk(totals, decimal(capacity), () => shares);
};

describe("orders against a position", () => {
  test("close first, and the cheapest units are taken to be those that close", () => {
    const shares = [share(10, 7), share(10, 1)];
    expect(riskOf(shares, 0).toFixed()).toBe("80");
    expect(riskOf(shares, 4).toFixed()).toBe("76");
    expect(riskOf(shares, 12).toFixed()).toBe("56");
    expect(riskOf(shares, 20).toFixed()).toBe("0");
    expect(riskOf(shares, 25).toFixed()).toBe("0");
  });

  test("only a position on the other side can be closed", () => {
    expect(closable(decimal(5), "sell").toFixed()).toBe("5");
    expect(closable(decimal(5), "buy").toFixed()).toBe("0");
    expect(closable(decimal(-5), "buy").toFixed()).toBe("5");
    expect(closable(ZERO, "sell").toFixed()).toBe("0");
  });

  test("no fill of any of them raises what the rest risks", () => {
    const shares = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 9 })),
      {
        minLength: 1,
        maxLength: 6,
      },
    );
    fc.assert(
      fc.property(shares, fc.nat(30), fc.nat(5), (list, capacity, pick) => {
        const before = riskOf(
          list.map(([quantity, risk]) => share(quantity, risk)),
          capacity,
        );
        const filled = list.map(([quantity, risk], index) =>
          share(index === pick % list.length ? quantity - 1 : quantity, risk),
        );
        const after = riskOf(filled, Math.max(0, capacity - 1));
        expect(after.lte(before)).toBe(true);
      }),
    );
  });
});
