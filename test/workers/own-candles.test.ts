/** Gaps in the ticks as a manager keeps them with its own bars: which of them still mark a bar. */
import { reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test } from "vitest";
import { OwnCandleStorage } from "../../durable-objects/broker-manager.candles.ts";
import type { OwnCandles } from "../../src/application/ports.ts";
import { candleStart } from "../../src/domain/candle.ts";

const I = "X:A";
const MINUTE = 60_000;
const M = candleStart(1_795_236_840_000, "1m");
const END = M + 2 * MINUTE;

afterEach(async () => {
  await reset();
});

const bar = (time: number) => ({
  instrument: I,
  part: {
    time,
    open: 1,
    high: 1,
    low: 1,
    close: 1,
    volume: 1,
    epoch: 2,
    amendedAt: 0,
    firstTime: time,
    firstSeq: 1,
    lastTime: time,
    lastSeq: 1,
  },
});

type Gap = OwnCandles["gaps"][number];

/** A connection that was lost, and after it one that brought nothing: both gaps begin with the same last data. */
const short: Gap = { instrument: I, from: M + 1_000, to: M + 6_000 };
const long: Gap = { ...short, to: M + 90_000 };
const filled = (gap: Gap): Gap => ({ ...gap, isFilled: true });

/**
 * The marks of two minutes of which the broker has no bars, when these gaps were handed over one after the
 * other. Any object's storage does: a manager would sign in at its broker.
 */
const marks = (gaps: Gap[]) =>
  runInDurableObject(env.MARKET.getByName("own"), (_, { storage }) => {
    const own = new OwnCandleStorage(storage.sql);
    own.keep({ bars: [bar(M), bar(M + MINUTE)], gaps: [] }, END);
    for (const gap of gaps) own.keep({ bars: [], gaps: [gap] }, END);
    const request = { instrument: I, interval: "1m", from: M, to: END } as const;
    return own.join(request, [], [], END + 600_000).map(({ mark }) => mark);
  });

test.each<[string, Gap[], (string | null)[]]>([
  ["a gap marks the minutes it touches", [short], ["partial", null]],
  ["one that was filled leaves whole bars, though late", [short, filled(short)], ["late", null]],
  [
    "the next one with the same beginning is not filled because the first one was",
    [short, filled(short), long],
    ["partial", "partial"],
  ],
  [
    "the fill of the first one, told after the next, fills no more than the first",
    [short, long, filled(short)],
    ["partial", "partial"],
  ],
  [
    "the fill of the next one fills both",
    [short, long, filled(short), filled(long)],
    ["late", "late"],
  ],
  ["what is handed over again changes nothing", [short, filled(short), short], ["late", null]],
  [
    "nor does the shorter one after both",
    [short, long, filled(long), short, filled(short)],
    ["late", "late"],
  ],
])("%s", async (_, gaps, expected) => {
  expect(await marks(gaps)).toEqual(expected);
});
