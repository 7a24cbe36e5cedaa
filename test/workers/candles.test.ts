/** The channel `candles` on real objects: history, live bars and closed ones, through everything that may happen to a feed. */
import { evictDurableObject, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { PAPER_INSTRUMENTS } from "../../src/brokers/paper/instruments.ts";
import type { RecordedTick } from "../../src/contract/paper.ts";
import { candleStart } from "../../src/domain/candle.ts";
import { brokerManager, marketManager } from "../../src/platform/objects.ts";
import { type Algo, type Frame, openAlgo, until } from "../support/workers/algo.ts";
import { exchange } from "../support/workers/paper.ts";

const IDS = PAPER_INSTRUMENTS.map(({ id }) => id).slice(0, 4);
const I = IDS[0] ?? "";
const paper = exchange("paper");

vi.setConfig({ testTimeout: 60_000 });

afterEach(async () => {
  await reset();
});

type Bar = Frame<"candle">;

const subscribe = (algo: Algo, instruments: string[], more: Record<string, unknown>) =>
  algo.ask({ op: "subscribe", channel: "candles", instruments, ...more });

const barsOf = (algo: Algo, instrument = I): Bar[] =>
  algo.of("candle").filter((bar) => bar.instrument === instrument);

const closedOf = (algo: Algo, instrument = I): Bar[] =>
  barsOf(algo, instrument).filter(({ closed }) => closed);

/** The bars of one second that an algo's own ticks give. */
function fromTicks(algo: Algo, instrument = I) {
  const bars = new Map<number, { prices: number[]; volume: number }>();
  for (const tick of algo.ticks()) {
    if (tick.instrument !== instrument || tick.last === null || !tick.lastQuantity) continue;
    const time = candleStart(tick.exchangeTime ?? tick.receivedTime, "1s");
    const bar = bars.get(time) ?? { prices: [], volume: 0 };
    bar.prices.push(tick.last);
    bar.volume += tick.lastQuantity;
    bars.set(time, bar);
  }
  return bars;
}

test("bars come in order, history first, and the closed ones are what the ticks say", async () => {
  await paper.control("/market", { ticksPerSecond: 200 });
  const algo = await openAlgo();
  await algo.subscribe([I]);
  await until(() => algo.ticks().length > 20);
  await subscribe(algo, [I], { interval: "1s", history: 5 });
  await until(() => closedOf(algo).length >= 4, 20_000);
  const at = (type: string) => algo.frames.findIndex((frame) => frame.type === type);
  const subscribed = algo.frames.findIndex(
    (frame) => frame.type === "subscribed" && frame.channel === "candles",
  );
  expect(at("history")).toBeLessThan(subscribed);
  expect(subscribed).toBeLessThan(at("candle"));
  const [history] = algo.of("history");
  expect(history?.candles.length).toBeGreaterThan(0);
  const closed = closedOf(algo);
  const times = closed
    .filter(({ candle }) => candle.mark === null)
    .map(({ candle }) => candle.time);
  expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
  const ticks = fromTicks(algo);
  const last = new Map(closed.map((bar) => [bar.candle.time, bar]));
  const [first = 0] = times;
  for (const [time, { prices, volume }] of ticks) {
    // The trades of the first seconds came before this algo did.
    if (time <= first || time > Math.max(...last.keys())) continue;
    expect(last.get(time)).toMatchObject({
      provider: "paper",
      candle: {
        open: prices[0],
        close: prices.at(-1),
        high: Math.max(...prices),
        low: Math.min(...prices),
        volume,
      },
    });
  }
  // No hole where history ends and live bars begin: each second that had a trade has its bar.
  const known = new Set([...(history?.candles ?? []).map(({ time }) => time), ...last.keys()]);
  const traded = [...ticks.keys()].filter(
    (time) => time >= Math.min(...known) && time <= Math.max(...known),
  );
  expect(traded.filter((time) => !known.has(time))).toEqual([]);
});

test("a bar goes on over a moving shard and an evicted market: no bar is missing or told differently", async () => {
  await paper.control("/market", { ticksPerSecond: 200 });
  const algo = await openAlgo();
  await algo.subscribe(IDS);
  await subscribe(algo, IDS, { interval: "1s" });
  await until(() => closedOf(algo).length >= 2, 20_000);
  await brokerManager(env, "paper").setFeed(3);
  await until(() => closedOf(algo).length >= 5, 20_000);
  await evictDurableObject(env.MARKET.getByName("m1"), { webSockets: "hibernate" });
  const before = closedOf(algo).length;
  await until(() => closedOf(algo).length >= before + 3, 20_000);
  for (const instrument of IDS) {
    const last = new Map(closedOf(algo, instrument).map(({ candle }) => [candle.time, candle]));
    const ticks = fromTicks(algo, instrument);
    const times = [...last.keys()].sort((a, b) => a - b);
    const [first = 0] = times;
    // Each second that had trades has its bar, and the bar told last is what the ticks say.
    for (const [time, { prices, volume }] of ticks) {
      if (time <= first || time > (times.at(-1) ?? 0)) continue;
      expect(last.get(time)).toMatchObject({ close: prices.at(-1), volume });
    }
  }
});

test("an instrument that nobody knows, one series too many and a wrong interval are refused by name", async () => {
  const algo = await openAlgo();
  expect(await subscribe(algo, ["NSE:NOPE"], { interval: "1m" })).toMatchObject({
    type: "error",
    code: "UNKNOWN_INSTRUMENT",
    instruments: ["NSE:NOPE"],
  });
  for (const request of [{ interval: "2m" }, {}, { interval: "1m", history: 1_001 }])
    expect(await subscribe(algo, [I], request)).toMatchObject({ code: "BAD_REQUEST" });
  expect(await subscribe(algo, [I], { interval: "1d", history: 2 })).toMatchObject({
    type: "subscribed",
    channel: "candles",
    interval: "1d",
  });
  const gone = { op: "unsubscribe", channel: "candles", instruments: [I], interval: "1d" };
  expect(await algo.ask(gone)).toMatchObject({ type: "unsubscribed", instruments: [I] });
  // Nobody wants it any more: neither does the market.
  await until(async () => (await brokerManager(env, "paper").view()).wanted === 0);
});

test("lesson 51: a broken feed is told as a gap at once, then as filled with the broker's bars marked late, to who has ticks and to who has bars", async () => {
  await paper.control("/market", { ticksPerSecond: 200 });
  const algo = await openAlgo();
  await algo.subscribe([I]);
  await subscribe(algo, [I], { interval: "1m", history: 2 });
  const seconds = await openAlgo();
  await subscribe(seconds, [I], { interval: "1s" });
  await until(() => closedOf(seconds).length >= 2, 20_000);
  await paper.control("/faults", { fault: "drop_feed_socket" });
  await until(() => algo.of("gap").some(({ filled }) => filled === true), 20_000);
  const [told, filled] = algo.of("gap");
  expect(told?.filled).toBeUndefined();
  expect(filled).toMatchObject({ filled: true, instruments: [I], from: told?.from, to: told?.to });
  const minute = candleStart(told?.from ?? 0, "1m");
  expect(filled?.candles?.[0]).toMatchObject({ time: minute, mark: "late" });
  expect(filled?.candles?.every(({ mark }) => mark === "late")).toBe(true);
  // The bar under way goes on from the broker's: nothing of the gap is missing from it.
  const late = () => barsOf(algo).filter(({ candle }) => candle.mark === "late");
  await until(() => late().length > 0);
  const [bar] = late();
  expect(bar?.candle.time).toBe(minute);
  expect(bar?.candle.volume).toBeGreaterThanOrEqual(filled?.candles?.[0]?.volume ?? Infinity);
  // Who has bars alone hears of the gap too, and gets those of its time again.
  const gapBars = () =>
    barsOf(seconds).filter(
      ({ candle }) => candle.time + 1_000 > (told?.from ?? 0) && candle.time < (told?.to ?? 0),
    );
  await until(() => gapBars().some(({ candle }) => candle.mark === "late"), 20_000);
  expect(seconds.of("gap").map((gap) => gap.filled)).toEqual([undefined, true]);
});

const XBT = "KRAKEN:XBT/USDT";

/** A trade of one lot at each of these times. */
const recorded = (times: readonly number[]): RecordedTick[] =>
  times.map((time) => ({ instrument: XBT, time, price: 100_000, quantity: 0.001 }));

test("bars that are watched while a recording starts to be played go on with those of the recording, and again when it is played once more", async () => {
  await paper.control("/market", { ticksPerSecond: 200 });
  await marketManager(env).rankProviders(XBT, ["paper"]);
  const algo = await openAlgo();
  await subscribe(algo, [XBT], { interval: "1s" });
  await subscribe(algo, [XBT], { interval: "1m" });
  await until(() => closedOf(algo, XBT).length >= 2, 20_000);
  const minute = candleStart(1_762_795_433_000, "1m");
  const ticks = recorded(Array.from({ length: 300 }, (_, index) => minute + index * 500));
  await paper.control("/replay", { op: "load", fresh: true, ticks });
  const closed = (interval: string) =>
    closedOf(algo, XBT).filter(
      (bar) => bar.interval === interval && bar.candle.time < minute + 86_400_000,
    );
  for (const time of ["once", "again"]) {
    algo.frames.length = 0;
    await paper.control("/replay", { op: "start", speed: 30 });
    await until(() => closed("1m").length >= 2, 20_000).catch(() => {});
    expect([time, closed("1m").map(({ candle }) => [candle.time, candle.volume])]).toEqual([
      time,
      [
        [minute, 0.12],
        [minute + 60_000, 0.12],
      ],
    ]);
    const last = new Map(closed("1s").map(({ candle }) => [candle.time, candle.volume]));
    expect([...last.keys()].filter((second) => second < minute + 120_000)).toEqual(
      Array.from({ length: 120 }, (_, index) => minute + index * 1_000),
    );
    expect(new Set(last.values())).toEqual(new Set([0.002]));
  }
});
