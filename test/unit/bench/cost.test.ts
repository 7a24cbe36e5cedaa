import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { METERS } from "../../../bench/cost/prices.ts";
import { readRecorded, type RecordedRun } from "../../../bench/cost/recorded.ts";
import {
  lines,
  linkFrames,
  type Load,
  marketMessages,
  totalOf,
  usage,
} from "../../../bench/cost/sheet.ts";
import { sheetText } from "../../../bench/cost/text.ts";
import { COALESCE_MS_MAX, MARKET_SOCKETS_MAX } from "../../../src/domain/limits.ts";

const HOUR_S = 3_600;
const MONTH_S = 30.4 * 24 * HOUR_S;

const load: Load = { instruments: 100, ticks: 1, algos: 10, hours: 5, days: 20, shards: 1 };

const run = (part: Partial<RecordedRun> = {}): RecordedRun => ({
  at: "2026-11-21T08:00:00.000Z",
  instruments: 100,
  ticks: 1,
  algos: 10,
  shards: 1,
  markets: 1,
  idle: { seconds: 10, counts: {} },
  opening: { counts: {} },
  steady: { seconds: 60, counts: {} },
  ...part,
});

const none = {
  workerRequests: 0,
  workerCpu: 0,
  objectRequests: 0,
  objectDuration: 0,
  rowsRead: 0,
  rowsWritten: 0,
  r2Writes: 0,
  r2Storage: 0,
};

test("what the plan holds costs nothing more, and the next unit is the first that does", () => {
  expect(totalOf(lines(none))).toBe(5);
  for (const [meter, { included, price, per }] of Object.entries(METERS)) {
    expect([meter, totalOf(lines({ ...none, [meter]: included }))]).toEqual([meter, 5]);
    expect(totalOf(lines({ ...none, [meter]: included + per }))).toBeCloseTo(5 + price, 9);
  }
});

test("the published example: an object awake all month is 0.128 GB for each of its seconds", () => {
  const all = lines({ ...none, objectDuration: 400_000 + 1_000_000 });
  expect(all.find(({ meter }) => meter === "objectDuration")?.dollars).toBeCloseTo(12.5, 9);
});

test("idle counts are of the whole month but for trading, steady ones of trading, opening ones of each day and algo", () => {
  const tradingS = load.hours * HOUR_S * load.days;
  const idleOnly = run({ idle: { seconds: 10, counts: { "rows written": 20 } } });
  expect(usage(load, idleOnly).rowsWritten).toBeCloseTo(2 * (MONTH_S - tradingS), 3);
  const steadyOnly = run({ steady: { seconds: 60, counts: { "rows written": 120 } } });
  expect(usage(load, steadyOnly).rowsWritten).toBeCloseTo(2 * tradingS, 3);
  const wider = { ...load, instruments: 300 };
  expect(usage(wider, steadyOnly).rowsWritten).toBeCloseTo(6 * tradingS, 3);
  const openingOnly = run({ opening: { counts: { "rows written": 70 } } });
  expect(usage({ ...load, algos: 20 }, openingOnly).rowsWritten).toBeCloseTo(2 * 70 * 20, 6);
});

test("calls and alarms count whole, messages a twentieth", () => {
  const quiet = { ...load, ticks: 0 };
  const base = usage(quiet, run()).objectRequests;
  const counts = { "rpc Market.view": 30, "alarm FeedShard": 20, "fetch Market": 10 };
  const called = usage(quiet, run({ opening: { counts } })).objectRequests;
  expect(called - base).toBeCloseTo(60 * quiet.days, 6);
  const counted = run({ opening: { counts: { "message Market": 1_000, "rows read": 5 } } });
  expect(usage(quiet, counted).objectRequests).toBeCloseTo(base, 6);
  // One mark a second from the shard to the ledger, and a ping each five seconds from each algo.
  expect(base).toBeCloseTo(((1 + 10 / 5) / 20) * load.hours * HOUR_S * load.days, 3);
});

test("a link's frames follow the ticks until they are joined", () => {
  expect(linkFrames(0)).toBe(0);
  expect(linkFrames(10)).toBe(10);
  expect(linkFrames(100_000)).toBe(1_000 / COALESCE_MS_MAX);
});

test("a market more is a link more for each shard, and awake like the others", () => {
  const [one, two] = [MARKET_SOCKETS_MAX, MARKET_SOCKETS_MAX + 1].map((algos) =>
    marketMessages({ ...load, algos }, { acknowledged: false }),
  );
  expect(two).toBe(2 * (one ?? 0));
  const awake = (algos: number) => usage({ ...load, algos }, run()).objectDuration;
  const tradingS = load.hours * HOUR_S * load.days;
  expect(awake(MARKET_SOCKETS_MAX + 1) - awake(MARKET_SOCKETS_MAX)).toBeCloseTo(
    0.128 * tradingS,
    3,
  );
});

test("a recording costs one write for each shard and minute, and its bytes for a year", () => {
  const counts = { "r2 put": 1, "r2 bytes": 6_000 * 10 };
  const used = usage(load, run({ steady: { seconds: 66, counts } }));
  const tradingS = load.hours * HOUR_S * load.days;
  expect(used.r2Writes).toBeCloseTo(tradingS / 60, 6);
  expect(used.r2Storage).toBeCloseTo((100 * tradingS * 10 * 12) / 1e9, 9);
});

test("the kept run can be read, and the formula of a market's messages holds for it", () => {
  const recorded = readRecorded();
  const { instruments, ticks, algos, shards, steady } = recorded;
  const formula = marketMessages(
    { ...load, instruments, ticks, algos, shards },
    { acknowledged: false },
  );
  const measured = (steady.counts["message Market"] ?? 0) / steady.seconds;
  expect(measured / formula).toBeGreaterThan(0.6);
  expect(measured / formula).toBeLessThan(1.05);
});

test("docs/cost.md shows what the command prints", () => {
  const asked = { instruments: 500, ticks: 1, algos: 50, hours: 6.5, days: 21, shards: 2 };
  expect(readFileSync("docs/cost.md", "utf8")).toContain(sheetText(asked, readRecorded()));
});
