import { describe, expect, test } from "vitest";
import { parseBars, type TheirBar } from "../../../scripts/compare-bars/bars-file.ts";

const T = 1_795_236_720_000;
const MINUTE = 60_000;

const bar = (minute: number, over: Partial<TheirBar> = {}): TheirBar => ({
  time: T + minute * MINUTE,
  open: 1,
  high: 4,
  low: 1,
  close: 2,
  volume: 3,
  count: 3,
  isUnderWay: false,
  ...over,
});

const KRAKEN = (rows: unknown[]) =>
  JSON.stringify({ error: [], result: { XXBTZUSD: rows, last: 1_795_236_780 } });
const ROW = [T / 1_000, "1.5", "4", "1", "2", "1.8", "3.25", 3];

describe("a file of bars", () => {
  test("is Kraken's answer, whose last bar is under way", () => {
    const parsed = parseBars("ohlc.json", KRAKEN([ROW, [T / 1_000 + 60, ...ROW.slice(1)]]), "1m");
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        instrument: "KRAKEN:BTC/USD",
        bars: [
          {
            time: T,
            open: 1.5,
            high: 4,
            low: 1,
            close: 2,
            volume: 3.25,
            count: 3,
            isUnderWay: false,
          },
          { time: T + MINUTE, isUnderWay: true },
        ],
      },
    });
  });

  test("or our candles, a line each, or a table", () => {
    const expected = {
      ok: true,
      value: { instrument: null, bars: [bar(0, { count: null }), bar(1)] },
    };
    const line = (minute: number) => {
      const { isUnderWay: _isUnderWay, count, ...one } = bar(minute);
      return JSON.stringify(minute === 0 ? { ...one, mark: null } : { ...one, count });
    };
    expect(parseBars("b.ndjson", `${line(0)}\n${line(1)}\n`, "1m")).toEqual(expected);
    const csv = `time,open,high,low,close,volume\n${T},1,4,1,2,3\n`;
    expect(parseBars("b.csv", csv, "1m")).toEqual({
      ok: true,
      value: { instrument: null, bars: [bar(0, { count: null })] },
    });
  });

  test.each([
    ["b.csv", "time,open\n", "line 1: must be the header"],
    ["b.csv", "time,open,high,low,close,volume\n1,2\n", "line 2: has 2 fields, not 6"],
    ["b.csv", `time,open,high,low,close,volume\n${T},1,4,,2,3\n`, "line 2: low must be a number"],
    ["b.ndjson", "{}\nx", "line 1: time must be a number"],
    ["b.ndjson", "[]", "line 1: must be an object"],
    ["b.ndjson", "\nx", "line 2: not JSON"],
    ["b.json", "{}", "error: must be a list"],
    ["b.json", KRAKEN([]), "the file holds no bars"],
    ["b.json", KRAKEN([[...ROW.slice(0, 7), "3"]]), "result.XXBTZUSD[0][7]: count"],
    [
      "b.json",
      KRAKEN([[ROW[0], 1.5, ...ROW.slice(2)]]),
      "result.XXBTZUSD[0][1]: must be a decimal",
    ],
    ["b.json", KRAKEN([ROW, ROW]), "bar 2: time"],
    ["b.csv", `time,open,high,low,close,volume\n${T + 1},1,4,1,2,3\n`, "bar 1: time"],
  ])("%s with %j is refused: %s", (name, text, message) => {
    const parsed = parseBars(name, text, "1m");
    expect(!parsed.ok && parsed.error).toContain(message);
  });
});
