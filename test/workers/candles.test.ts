/** The channel `candles` on real objects: history, live bars and closed ones, through everything that may happen to a feed. */
import { evictDurableObject, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { PAPER_INSTRUMENTS } from "../../src/brokers/paper/instruments.ts";
import { candleStart } from "../../src/domain/candle.ts";
import { brokerManager } from "../../src/platform/objects.ts";
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
  const times = closed.map(({ candle }) => candle.time);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  const ticks = fromTicks(algo);
  // The ticks of the first seconds came before this algo did.
  for (const { candle, provider } of closed.slice(1)) {
    const own = ticks.get(candle.time);
    expect(provider).toBe("paper");
    expect(candle.mark).toBeNull();
    expect(candle).toMatchObject({
      open: own?.prices[0],
      close: own?.prices.at(-1),
      high: Math.max(...(own?.prices ?? [])),
      low: Math.min(...(own?.prices ?? [])),
      volume: own?.volume,
    });
  }
  // No hole and no double where history ends and live bars begin.
  const all = new Set([...(history?.candles ?? []).map(({ time }) => time), ...times]);
  const first = Math.min(...all);
  expect([...all].sort((a, b) => a - b)).toEqual([...all].map((_, index) => first + index * 1_000));
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
