/** Gaps in the ticks as a manager keeps them with its own bars: which of them still mark a bar. */
import { reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { OwnCandleStorage } from "../../durable-objects/broker-manager.candles.ts";
import { candleBaseOf, type HistorySources } from "../../durable-objects/broker-manager.history.ts";
import type { OwnCandles } from "../../src/application/ports.ts";
import { candleStart } from "../../src/domain/candle.ts";
import { CandleBuilder } from "../../src/domain/candle-builder.ts";
import { ok } from "../../src/domain/result.ts";

const I = "X:A";
const MINUTE = 60_000;
const M = candleStart(1_795_236_840_000, "1m");
const END = M + 2 * MINUTE;

afterEach(async () => {
  vi.useRealTimers();
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

test("a bar that closes while the broker answers has all its trades: the answer is of before", async () => {
  const builder = new CandleBuilder();
  builder.add({ time: M + 1_000, seq: 1, price: 100, quantity: 1 }, 1);
  vi.useFakeTimers({ toFake: ["Date"], now: M + MINUTE - 60 });
  const candles = async () => {
    const known = { time: M, open: 100, high: 100, low: 100, close: 100, volume: 1 };
    builder.add({ time: M + MINUTE - 20, seq: 2, price: 110, quantity: 5 }, 1);
    vi.setSystemTime(M + MINUTE + 60);
    return ok([known]);
  };
  const base = await runInDurableObject(env.MARKET.getByName("own"), (_, { storage }) =>
    candleBaseOf({ instrument: I, interval: "1m", from: M, to: M + MINUTE }, {
      broker: "x",
      master: { refuseUnknown: async () => null },
      reference: { candles },
      plan: { liveCandles: async () => builder.parts("1m") },
      own: new OwnCandleStorage(storage.sql),
    } as unknown as HistorySources),
  );
  expect(base).toMatchObject({
    ok: true,
    value: { bars: [{ time: M, high: 110, close: 110, volume: 6, mark: null }] },
  });
});
