/** A cut connection on real objects: its trades are told late, once each, and nothing newer gives way to them. */
import { reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { PAPER_INSTRUMENTS } from "../../src/brokers/paper/instruments.ts";
import type { TickView } from "../../src/contract/market.ts";
import { candleStart } from "../../src/domain/candle.ts";
import { foldParts } from "../../src/domain/candle-builder.ts";
import { TradeMerger } from "../../src/domain/recorded-trades.ts";
import { decodeRecording } from "../../src/domain/recording.ts";
import type { MarketUpdate, Tick } from "../../src/domain/tick.ts";
import { brokerManager, feedShard, marketManager } from "../../src/platform/objects.ts";
import { type Algo, openAlgo, tickFaults, until } from "../support/workers/algo.ts";
import { exchange, type FeedTap, subscribe, tapFeed } from "../support/workers/paper.ts";

const IDS = PAPER_INSTRUMENTS.map(({ id }) => id).slice(0, 3);
const I = IDS[0] ?? "";
const paper = exchange("paper");

vi.setConfig({ testTimeout: 60_000 });

afterEach(async () => {
  await reset();
});

interface Trade {
  exchangeTime: number | null;
  last: number | null;
  lastQuantity: number | null;
}

const keyOf = ({ exchangeTime, last, lastQuantity }: Trade) =>
  `${exchangeTime} ${last} ${lastQuantity}`;

/** The trades of one instrument between two moments, as often as each came. */
const tradesOf = (
  ticks: readonly (Trade & { instrument: string })[],
  id: string,
  range: number[],
) =>
  ticks
    .filter(({ instrument, lastQuantity }) => instrument === id && lastQuantity)
    .filter(({ exchangeTime }) => {
      const [from = 0, to = 0] = range;
      return (exchangeTime ?? 0) > from && (exchangeTime ?? 0) < to;
    })
    .map(keyOf)
    .sort();

/** An algo that has ticks of these, and that no other provider takes over when the line is cut. */
async function ticking(ids: string[]): Promise<Algo> {
  await paper.control("/market", { ticksPerSecond: 200 });
  await brokerManager(env, "paper").setFeed(1);
  const algo = await openAlgo();
  await algo.subscribe(ids);
  for (const id of ids)
    expect(await marketManager(env).rankProviders(id, ["paper"])).toMatchObject({ ok: true });
  await until(() => algo.ticking().size === ids.length);
  return algo;
}

/** Cuts the feed of the one shard, and keeps it down for a while. */
async function cutFeed(): Promise<void> {
  await paper.control("/faults", { fault: "refuse_connection", count: 2 });
  await paper.control("/faults", { fault: "drop_feed_socket" });
}

/** An algo whose feed was cut and filled, and the same exchange as a line saw it that was not cut. */
async function cut(): Promise<{ algo: Algo; whole: FeedTap; range: number[] }> {
  const algo = await ticking(IDS);
  const whole = await tapFeed(paper);
  subscribe(whole, paper, IDS);
  await until(() => whole.updates.length > 100);
  const from = whole.updates.at(-1)?.exchangeTime ?? 0;
  await cutFeed();
  const filled = () => algo.of("gap").filter((gap) => gap.filled !== undefined);
  await until(() => filled().length === IDS.length, 20_000);
  // Until both lines have seen a few whole seconds.
  const until4s = from + 4_000;
  const isPast = (ticks: readonly Trade[]) => (ticks.at(-1)?.exchangeTime ?? 0) > until4s;
  const isSeen = () => isPast(whole.updates) && isPast(algo.ticks().filter(({ late }) => !late));
  await until(isSeen);
  const range = [from, until4s];
  expect(whole.isClosed).toBe(false);
  return { algo, whole, range };
}

test("lesson 51: a cut line is announced, then its trades are told late, each once, and none is missing", async () => {
  const { algo, whole, range } = await cut();
  for (const id of IDS) {
    const told = tradesOf(algo.ticks(), id, range);
    expect(told).toEqual(tradesOf(whole.updates, id, range));
  }
  const late = algo.ticks().filter((tick) => tick.late);
  expect(late.length).toBeGreaterThan(0);
  expect(tickFaults(algo.ticks())).toEqual([]);
  for (const id of IDS) {
    const own = late.filter(({ instrument }) => instrument === id);
    expect(own.map(({ exchangeTime }) => exchangeTime)).toEqual(
      own.map(({ exchangeTime }) => exchangeTime ?? 0).sort((a, b) => a - b),
    );
    expect(
      own.every(({ provider, bid, ask }) => provider === "paper" && bid === null && ask === null),
    ).toBe(true);
    const place = (is: (frame: (typeof algo.frames)[number]) => boolean) =>
      algo.frames.findIndex(is);
    const isOfId = (tick: TickView) => tick.instrument === id && tick.late;
    const announced = place((frame) => frame.type === "gap" && frame.instruments.includes(id));
    const first = place((frame) => frame.type === "ticks" && frame.ticks.some(isOfId));
    const filled = place(
      (frame) => frame.type === "gap" && frame.filled === true && frame.instruments.includes(id),
    );
    const last = algo.frames.findLastIndex(
      (frame) => frame.type === "ticks" && frame.ticks.some(isOfId),
    );
    // One that did not trade in the gap has no late tick to stand anywhere.
    expect(own.length === 0 || (announced < first && last < filled)).toBe(true);
    expect(algo.frames[filled]).toMatchObject({
      filledWith: "ticks",
      lateTicks: own.length,
      reason: "the broker's connection was down",
    });
  }
});

test("a late tick is the last of nothing: who comes then sees the newest price", async () => {
  const { algo } = await cut();
  await paper.control("/market", { ticksPerSecond: 0 });
  const newest = new Map<string, number>();
  for (const { instrument, late, seq } of algo.ticks()) if (!late) newest.set(instrument, seq);
  const other = await openAlgo();
  await other.subscribe(IDS);
  const seen = other.of("ticks").flatMap(({ ticks }) => ticks);
  expect(seen.map(({ instrument }) => instrument).sort()).toEqual([...IDS].sort());
  for (const { instrument, seq, late } of seen)
    expect([late, seq >= (newest.get(instrument) ?? Infinity)]).toEqual([false, true]);
  const quotes = await brokerManager(env, "paper").quotes(IDS);
  expect(quotes.every(({ late }) => !late)).toBe(true);
  const [mark] = await brokerManager(env, "paper").quality();
  const quote = quotes.find(({ instrument }) => instrument === mark?.instrument);
  // The clock is read for each: it may have gone on by a millisecond.
  expect(Math.abs((mark?.lastTickAt ?? 0) - (quote?.receivedTime ?? 0))).toBeLessThanOrEqual(1);
});

/** Bars of one second by plain reduction. */
function plainBars(updates: readonly MarketUpdate[], [from = 0, to = 0]: number[]) {
  const bars = new Map<
    number,
    { open: number; high: number; low: number; close: number; volume: number }
  >();
  for (const { instrument, last, lastQuantity, exchangeTime } of updates) {
    if (instrument !== I || last === null || !lastQuantity) continue;
    const time = candleStart(exchangeTime ?? 0, "1s");
    if (time <= from || time + 1_000 > to) continue;
    const bar = bars.get(time) ?? { open: last, high: last, low: last, close: last, volume: 0 };
    bars.set(time, {
      open: bar.open,
      high: Math.max(bar.high, last),
      low: Math.min(bar.low, last),
      close: last,
      volume: bar.volume + lastQuantity,
    });
  }
  return bars;
}

async function recorded(): Promise<Tick[]> {
  const ticks: Tick[] = [];
  for (const { key } of (await env.RECORDINGS.list({ prefix: "ticks/paper/" })).objects) {
    const blob = await env.RECORDINGS.get(key);
    const read = decodeRecording(new Uint8Array((await blob?.arrayBuffer()) ?? []));
    if (read.ok) ticks.push(...read.value);
  }
  return ticks;
}

test("bars over the gap are those of a line that was never cut, and a replay of the recording has no hole", async () => {
  const { algo, whole, range } = await cut();
  const { shards } = await brokerManager(env, "paper").view();
  const parts = await Promise.all(
    shards.map(({ shard }) => feedShard(env, shard).candles(I, "1s")),
  );
  const bars = new Map(foldParts(parts.flat(), "1s", "all").map((bar) => [bar.time, bar]));
  const expected = plainBars(whole.updates, range);
  expect(expected.size).toBeGreaterThan(0);
  for (const [time, bar] of expected) expect(bars.get(time)).toMatchObject(bar);
  const trades = tradesOf(whole.updates, I, range);
  await algo.unsubscribe(IDS);
  await until(async () => (await recorded()).length >= algo.ticks().length, 20_000);
  const ticks = await recorded();
  expect(ticks.some(({ late }) => late)).toBe(true);
  const merger = new TradeMerger();
  merger.add(ticks);
  const replayed = merger.take(true).map(({ time, price, quantity, ...trade }) => ({
    ...trade,
    exchangeTime: time,
    last: price,
    lastQuantity: quantity,
  }));
  expect(tradesOf(replayed, I, range)).toEqual(trades);
});

test("the exchange trades on while nobody listens, and what it does not know is filled with bars alone", async () => {
  const algo = await ticking([I]);
  await until(() => algo.ticks().length > 100);
  await cutFeed();
  await until(() => algo.of("gap").some(({ filled }) => filled === true), 20_000);
  // Nobody else had a line: what came late was traded while none stood.
  expect(algo.of("gap").at(-1)).toMatchObject({ filledWith: "ticks" });
  expect(algo.ticks().filter(({ late }) => late).length).toBeGreaterThan(0);
  // A shard that was evicted does not know what it told before.
  const before = algo.of("gap").length;
  const shard = env.FEED_SHARD.getByName("paper:paper:1");
  await runInDurableObject(shard, (_, state) => state.abort("crash")).catch(() => {});
  const isFilled = () =>
    algo
      .of("gap")
      .slice(before)
      .some(({ filled }) => filled !== undefined);
  await until(isFilled, 20_000);
  expect(algo.of("gap").at(-1)).toMatchObject({
    filledWith: "bars",
    reason:
      "the broker's connection was down; no ticks: no trade of it was told since the shard started",
  });
  expect(tickFaults(algo.ticks())).toEqual([]);
});
