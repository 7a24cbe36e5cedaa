import fc from "fast-check";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseRestTrades } from "../../../../src/brokers/kraken/parse.ts";
import { parseRecording } from "../../../../src/brokers/paper/recording.ts";

const TRADE = ["105433.60000", "0.00027625", 1762795433.9717445, "b", "l", "", 10218208];

const answer = (trades: unknown[], pair = "XBTUSDT"): string =>
  JSON.stringify({ error: [], result: { [pair]: trades, last: "1762820035982277754" } });

test("a trade keeps the text of its price and quantity, and its time in milliseconds", () => {
  expect(parseRestTrades(answer([TRADE]))).toEqual({
    ok: true,
    value: {
      instrument: "KRAKEN:XBT/USDT",
      last: "1762820035982277754",
      trades: [
        {
          price: "105433.60000",
          quantity: "0.00027625",
          time: 1762795433971,
          side: "buy",
          type: "limit",
          tradeId: 10218208,
        },
      ],
    },
  });
});

test.each([
  ["XXBTZUSD", "KRAKEN:BTC/USD"],
  ["XETHZUSD", "KRAKEN:ETH/USD"],
  ["XDGUSD", "KRAKEN:DOGE/USD"],
])("the pair %s is %s", (pair, instrument) => {
  expect(parseRestTrades(answer([TRADE], pair))).toMatchObject({ value: { instrument } });
});

const change = (index: number, value: unknown) => TRADE.with(index, value as string);

test.each([
  ["a price of 0", answer([change(0, "0")]), "result.XBTUSDT[0][0]"],
  ["a price as number", answer([change(0, 105433.6)]), "result.XBTUSDT[0][0]"],
  ["a price with an exponent", answer([change(0, "1e5")]), "result.XBTUSDT[0][0]"],
  ["an empty quantity", answer([TRADE, change(1, "")]), "result.XBTUSDT[1][1]"],
  ["a negative time", answer([change(2, -1)]), "result.XBTUSDT[0][2]"],
  ["a side that is neither", answer([change(3, "x")]), "result.XBTUSDT[0][3]"],
  ["a type that is neither", answer([change(4, "x")]), "result.XBTUSDT[0][4]"],
  ["a trade id as text", answer([change(6, "7")]), "result.XBTUSDT[0][6]"],
  ["a short trade", answer([TRADE.slice(0, 3)]), "result.XBTUSDT[0]"],
  ["an unknown pair", answer([TRADE], "FOOBAR"), "result.FOOBAR"],
  ["a pair named like an object's own", answer([TRADE], "constructor"), "result.constructor"],
  ["no pair", JSON.stringify({ error: [], result: { last: "1" } }), "result"],
  ["Kraken's own error", JSON.stringify({ error: ["EGeneral:Too busy"] }), "error"],
  ["no list of errors", JSON.stringify({ result: {} }), "error"],
  ["no last", JSON.stringify({ error: [], result: { XBTUSDT: [] } }), "result.last"],
  ["no JSON", "<html>", null],
])("%s is an error at its field", (_, text, field) => {
  expect(parseRestTrades(text)).toMatchObject({ ok: false, error: { field } });
});

test("whatever comes is read or refused, and never throws", () => {
  const part = fc.oneof(fc.jsonValue(), fc.constant(TRADE), fc.constantFrom(...TRADE));
  const shaped = fc.array(fc.array(part, { maxLength: 8 })).map((rows) => answer(rows));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), shaped), (text) => {
      expect(typeof parseRestTrades(text).ok).toBe("boolean");
    }),
  );
});

const RECORDED = "../shared/fixtures/kraken/http_trades.json";

describe.skipIf(!existsSync(RECORDED))(
  "the recorded day of XBT/USDT (skipped where absent)",
  () => {
    test("1,000 real trades over seven hours are read whole, in order, and fit the grid", () => {
      const recording = parseRecording("http_trades.json", readFileSync(RECORDED, "utf8"));
      const ticks = recording.ok ? recording.value : [];
      expect(ticks).toHaveLength(1_000);
      expect(ticks[0]).toEqual({
        instrument: "KRAKEN:XBT/USDT",
        time: 1762795433971,
        price: 105433.6,
        quantity: 0.00027625,
      });
      expect((ticks[999]?.time ?? 0) - (ticks[0]?.time ?? 0)).toBe(24_602_011);
    });
  },
);
