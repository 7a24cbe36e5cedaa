import fc from "fast-check";
import { expect, test } from "vitest";
import { cleaningRule } from "../../../src/domain/cleaning.ts";
import type { MarketUpdate } from "../../../src/domain/tick.ts";

const good: MarketUpdate = {
  instrument: "NSE:INFY",
  last: 1_500.05,
  lastQuantity: 10,
  bid: 1_500,
  bidQuantity: 20,
  ask: 1_500.1,
  askQuantity: 30,
  volume: 1_000,
  exchangeTime: 1_000,
};

test.each<[string, Partial<MarketUpdate>, string | null]>([
  ["a good update", {}, null],
  ["missing fields", { last: null, bid: null, ask: null, volume: null }, null],
  ["a price of 0", { last: 0 }, "bad_number"],
  ["the smallest price", { last: 1e-9 }, null],
  ["a negative bid", { bid: -1 }, "bad_number"],
  ["a NaN price", { ask: NaN }, "bad_number"],
  ["an infinite price", { last: Infinity }, "bad_number"],
  ["a quantity of 0", { lastQuantity: 0 }, null],
  ["a negative quantity", { bidQuantity: -1 }, "bad_number"],
  ["a NaN volume", { volume: NaN }, "bad_number"],
  ["an infinite time", { exchangeTime: Infinity }, "bad_number"],
  ["a locked book", { bid: 1_500.1 }, null],
  ["a crossed book", { bid: 1_500.11 }, "crossed_book"],
])("%s", (_, change, rule) => {
  expect(cleaningRule(null, { ...good, ...change })).toBe(rule);
});

test("order and doubles are judged against the last good update, by the exchange's clock", () => {
  expect(cleaningRule(good, { ...good, exchangeTime: 999 })).toBe("out_of_order");
  expect(cleaningRule(good, { ...good })).toBe("duplicate");
  expect(cleaningRule(good, { ...good, exchangeTime: 1_001 })).toBe(null);
});

test("two equal trades are kept where no volume tells them from one sent twice", () => {
  const trade = { ...good, volume: null };
  expect(cleaningRule(trade, { ...trade })).toBe(null);
  const quote = { ...trade, lastQuantity: null };
  expect(cleaningRule(quote, { ...quote })).toBe("duplicate");
});

test("an update that differs in any one field is no duplicate", () => {
  const fields = [
    "last",
    "lastQuantity",
    "bid",
    "bidQuantity",
    "ask",
    "askQuantity",
    "volume",
  ] as const;
  fc.assert(
    fc.property(fc.constantFrom(...fields), (field) => {
      const change = { ...good, [field]: null };
      expect(cleaningRule(good, change)).toBe(null);
    }),
  );
});

test("without the exchange's clock nothing is judged late or double", () => {
  expect(cleaningRule({ ...good, exchangeTime: null }, { ...good, exchangeTime: null })).toBe(null);
});
