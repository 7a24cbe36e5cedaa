import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TheirBar } from "../../../scripts/compare-bars/bars-file.ts";
import { barsOfTrades, type CountedBar } from "../../../scripts/compare-bars/build.ts";
import { compareBars } from "../../../scripts/compare-bars/compare.ts";
import { reportText } from "../../../scripts/compare-bars/report.ts";
import { parseRestTrades } from "../../../src/brokers/kraken/parse.ts";
import { CANDLE_INTERVALS, CANDLE_INTERVAL_MS } from "../../../src/domain/candle.ts";

const T = 1_795_236_720_000;
const MINUTE = 60_000;

interface Trade {
  time: number;
  price: number;
  quantity: number;
}

/** Bars as a database makes them: nothing of the platform's own folding is in it. */
function barsBySql(trades: readonly Trade[], intervalMs: number): CountedBar[] {
  const db = new DatabaseSync(":memory:");
  db.exec(
    "CREATE TABLE trade (place INTEGER PRIMARY KEY, time INTEGER, price REAL, quantity REAL)",
  );
  const add = db.prepare("INSERT INTO trade VALUES (?, ?, ?, ?)");
  for (const [place, { time, price, quantity }] of trades.entries())
    add.run(place, time, price, quantity);
  const rows = db
    .prepare(
      `SELECT DISTINCT start AS time,
         first_value(price) OVER whole AS open, max(price) OVER whole AS high, min(price) OVER whole AS low,
         last_value(price) OVER whole AS close, sum(quantity) OVER whole AS volume, count(*) OVER whole AS count
       FROM (SELECT *, time - time % ? AS start FROM trade)
       WINDOW whole AS (PARTITION BY start ORDER BY time, place
         ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
       ORDER BY start`,
    )
    .all(intervalMs);
  db.close();
  return rows.map((row) => ({ ...row }) as unknown as CountedBar);
}

const theirs = (bars: readonly CountedBar[]): TheirBar[] =>
  bars.map((bar) => ({ ...bar, isUnderWay: false }));

/** Steps of 0 are trades of one millisecond; larger ones cross seconds, minutes and hours. */
const trades = fc
  .array(
    fc.record({
      step: fc.oneof(
        fc.constant(0),
        fc.integer({ min: 0, max: 900 }),
        fc.integer({ min: 0, max: 400_000 }),
      ),
      price: fc.integer({ min: 1, max: 500 }).map((price) => price / 4),
      quantity: fc.integer({ min: 1, max: 4_000 }).map((quantity) => quantity / 1_000),
    }),
    { minLength: 1, maxLength: 80 },
  )
  .map((list) => {
    let time = T;
    return list.map(({ step, price, quantity }) => ({ time: (time += step), price, quantity }));
  });

test("the bars of any trades are those that a database makes of them, in every interval", () => {
  fc.assert(
    fc.property(trades, fc.constantFrom(...CANDLE_INTERVALS), (list, interval) => {
      const { bars, tooLate } = barsOfTrades(list, interval);
      const reference = barsBySql(list, CANDLE_INTERVAL_MS[interval]);
      expect(tooLate).toBe(0);
      expect(bars.map(({ volume: _volume, ...bar }) => bar)).toEqual(
        reference.map(({ volume: _volume, ...bar }) => bar),
      );
      for (const [index, { volume }] of bars.entries())
        expect(volume).toBeCloseTo(reference[index]?.volume ?? Number.NaN, 9);
      expect(compareBars(bars, theirs(reference), interval).differences).toEqual([]);
    }),
  );
});

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

const ours = (minutes: readonly number[]): CountedBar[] =>
  minutes.map((minute) => {
    const { isUnderWay: _isUnderWay, ...one } = bar(minute);
    return { ...one, count: 3 };
  });

describe("two lists of bars", () => {
  test("the recording's first and last bar are partial, and so is the exchange's bar under way", () => {
    const wrong = { close: 9 };
    const told = [bar(-1), bar(0, wrong), bar(1), bar(2), bar(3, { ...wrong, isUnderWay: true })];
    const { verdicts, differences, outside } = compareBars(ours([0, 1, 2, 3, 4]), told, "1m");
    expect(verdicts.map(({ kind }) => kind)).toEqual(["partial", "same", "same", "partial"]);
    expect([differences, outside]).toEqual([[], 1]);
  });

  test.each([
    [{ open: 1.5 }, { field: "open", ours: 1, theirs: 1.5 }],
    [{ high: 5 }, { field: "high", ours: 4, theirs: 5 }],
    [{ low: 0.5 }, { field: "low", ours: 1, theirs: 0.5 }],
    [{ close: 3 }, { field: "close", ours: 2, theirs: 3 }],
    [{ volume: 3.000001 }, { field: "volume", ours: 3, theirs: 3.000001 }],
    [{ count: 4 }, { field: "count", ours: 3, theirs: 4 }],
  ])("a difference of %j is told with both values", (over, expected) => {
    const told = [bar(0), bar(1, over), bar(2)];
    const { differences, verdicts } = compareBars(ours([0, 1, 2]), told, "1m");
    expect(differences).toEqual([{ time: T + MINUTE, ...expected }]);
    expect(verdicts[1]?.kind).toBe("different");
  });

  test("a bar that only one side has is a difference, unless nothing was traded in it", () => {
    const only = compareBars(ours([0, 2, 3, 4]), [bar(0), bar(1), bar(3), bar(4)], "1m");
    expect(only.differences).toMatchObject([
      { time: T + MINUTE, field: "bar", ours: null, theirs: 2 },
      { time: T + 2 * MINUTE, field: "bar", ours: 2, theirs: null },
    ]);
    const empty = compareBars(
      ours([0, 2, 3]),
      [bar(0), bar(1, { volume: 0, count: 0 }), bar(2), bar(3)],
      "1m",
    );
    expect(empty.verdicts.map(({ kind }) => kind)).toEqual(["partial", "empty", "same", "partial"]);
  });

  test("sums that differ by the order of adding are the same, and a count that is not given is not compared", () => {
    const told = [bar(0), bar(1, { volume: 3 + 1e-13, count: null }), bar(2)];
    expect(compareBars(ours([0, 1, 2]), told, "1m").differences).toEqual([]);
  });

  test("the report names each difference, the partial bars, and counts by the hour", () => {
    const text = reportText(
      compareBars(ours([0, 1, 2]), [bar(0), bar(1, { close: 3 }), bar(2)], "1m"),
    );
    expect(text.split("\n")).toEqual([
      "2026-11-21 04:53:00  close: ours 2, theirs 3",
      "",
      "hour (UTC)        same  different  partial  empty",
      "2026-11-21 04:00     0          1        2      0",
      "",
      "partial, not compared: 2026-11-21 04:52:00, 2026-11-21 04:54:00",
      "1 difference",
    ]);
  });
});

const oneBar = (close: number): string =>
  `time,open,high,low,close,volume\n${T + MINUTE},102,103,102,${close},2\n`;

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["scripts/compare-bars.ts", ...args],
    { encoding: "utf8" },
  );
  return { status, text: stdout + stderr };
}

/** Each run is a process of its own. */
describe("the command", { timeout: 60_000 }, () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "compare-bars-"));
    const ticks = [0, 20, 61, 70, 125].map((second, index) =>
      JSON.stringify({
        instrument: "KRAKEN:BTC/USD",
        time: T + second * 1_000,
        price: 100 + index,
        quantity: 1,
      }),
    );
    writeFileSync(join(folder, "trades.ndjson"), ticks.join("\n"));
    writeFileSync(join(folder, "same.csv"), oneBar(103));
    writeFileSync(join(folder, "other.csv"), oneBar(102.5));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const file = (name: string) => join(folder, name);

  test("ends with 0 when all is the same, and with 1 and both values when it is not", () => {
    const same = run("--trades", file("trades.ndjson"), "--bars", file("same.csv"));
    expect(same).toMatchObject({ status: 0 });
    expect(same.text).toContain("no difference");
    const other = run("--trades", file("trades.ndjson"), "--bars", file("other.csv"));
    expect(other).toMatchObject({ status: 1 });
    expect(other.text).toContain("close: ours 103, theirs 102.5");
  });

  test("wrong options, files that are not there and nothing to compare end with 2", () => {
    expect(run("--help")).toMatchObject({ status: 0 });
    expect(run("--trades", file("trades.ndjson"))).toMatchObject({ status: 2 });
    const both = ["--trades", file("trades.ndjson"), "--bars", file("same.csv")];
    for (const args of [
      [...both, "--interval", "2m"],
      [...both, "--instrument", "NSE:INFY"],
      [...both, "--nope"],
      ["--trades", file("none"), "--bars", file("same.csv")],
      [...both, "--interval", "1h"],
    ])
      expect(run(...args).status).toBe(2);
  });
});

/** A decimal text as a whole number of its last digit. */
function digits(text: string, places: number): bigint {
  const [whole = "0", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(places, "0"));
}

const RECORDED = "../shared/fixtures/kraken/http_trades.json";

describe.skipIf(!existsSync(RECORDED))(
  "the recorded trades of Kraken (skipped where absent)",
  () => {
    test("make the bars, the volumes and the average prices that a database makes of the exchange's own text", () => {
      const answer = parseRestTrades(readFileSync(RECORDED, "utf8"));
      const list = (answer.ok ? answer.value.trades : []).map(({ time, price, quantity }) => ({
        time,
        price: Number(price),
        quantity: Number(quantity),
      }));
      expect(list).toHaveLength(1_000);
      for (const interval of CANDLE_INTERVALS) {
        const { bars } = barsOfTrades(list, interval);
        const reference = barsBySql(list, CANDLE_INTERVAL_MS[interval]);
        const { differences, verdicts } = compareBars(bars, theirs(reference), interval);
        expect(differences).toEqual([]);
        const least = interval === "1m" ? 10 : 0;
        const same = verdicts.filter(({ kind }) => kind === "same");
        expect(same.length).toBeGreaterThanOrEqual(least);
        // The edges too: here both sides have the same trades of them.
        expect(bars.map(({ open, close, count }) => [open, close, count])).toEqual(
          reference.map(({ open, close, count }) => [open, close, count]),
        );
      }
      // Whole numbers of the smallest digits: what the exchange wrote, added and multiplied without rounding.
      const exact = (answer.ok ? answer.value.trades : []).map(({ time, price, quantity }) => {
        const [units, lots] = [digits(price, 5), digits(quantity, 8)];
        return { start: time - (time % MINUTE), lots, turnover: units * lots };
      });
      for (const { time, volume } of barsOfTrades(list, "1m").bars) {
        const own = exact.filter(({ start }) => start === time);
        const lots = own.reduce((sum, trade) => sum + trade.lots, 0n);
        const turnover = own.reduce((sum, trade) => sum + trade.turnover, 0n);
        expect(volume).toBeCloseTo(Number(lots) / 1e8, 9);
        const average = Number(turnover / lots) / 1e5;
        const members = list.filter((trade) => trade.time - (trade.time % MINUTE) === time);
        const paid = members.reduce((sum, { price, quantity }) => sum + price * quantity, 0);
        expect(paid / volume).toBeCloseTo(average, 3);
      }
    });
  },
);
