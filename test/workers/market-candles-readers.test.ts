/** The bars of a market as its sockets are told them: slow readers, and an exchange whose clock is set back. */
import { expect, test } from "vitest";
import { CandleFeed, type CandleFeedHost } from "../../durable-objects/market.candles.ts";
import { HistoryTurns } from "../../durable-objects/market.turns.ts";
import type { BrokerManagerPort } from "../../src/application/ports.ts";
import { candleStart } from "../../src/domain/candle.ts";
import type { CandlePart } from "../../src/domain/candle-builder.ts";
import type { CandleBase } from "../../src/domain/candle-series.ts";
import { STREAM_BUFFERED_BYTES_CONFLATE } from "../../src/domain/limits.ts";
import { ok } from "../../src/domain/result.ts";
import { setUp as setUpSockets } from "../support/market-sockets.ts";
import { until } from "../support/until.ts";

const I = "X:A";
const MINUTE = 60_000;
const NOW = candleStart(Date.now(), "1m");

const part = (time: number, close = 100, volume = 1): CandlePart => ({
  time,
  epoch: 1,
  open: 100,
  high: Math.max(100, close),
  low: 100,
  close,
  volume,
  firstTime: time,
  firstSeq: 1,
  lastTime: time + volume,
  lastSeq: volume,
  amendedAt: 0,
});

/** One socket; `answers` are those of the broker's manager, each given when the test calls it. */
function setUp() {
  const { join, tick } = setUpSockets();
  const { algo, socket, watched } = join();
  const answers: ((base: CandleBase) => void)[] = [];
  const candleBase = () => new Promise((resolve) => answers.push((base) => resolve(ok(base))));
  const host = {
    interest: { acquire: async () => ok(new Map([[I, "live"]])), release: () => {} },
    providers: { of: () => "paper" },
    storage: { saveCandles: () => {} },
    keys: { tooMany: () => null },
    turns: new HistoryTurns(),
    know: async () => ok(null),
    wantsChanged: () => {},
    manager: () => ({ candleBase }) as unknown as BrokerManagerPort,
    log: () => {},
  } as unknown as CandleFeedHost;
  const feed = new CandleFeed(host);
  const subscribe = (interval: "1m" | "1h", history?: number) => {
    const more = history === undefined ? {} : { history };
    const request = { op: "subscribe", channel: "candles", interval } as const;
    return feed.subscribe(algo, { ...request, ...more, instruments: [I] });
  };
  const bars = (parts: CandlePart[], end: number, isSetBack = false) =>
    feed.take({
      instrument: I,
      provider: "paper",
      unit: "1m",
      until: end,
      parts,
      ...(isSetBack && { isSetBack }),
    });
  const answer = async (base: CandleBase) => {
    await until("a question", () => answers.length > 0);
    answers.shift()?.(base);
  };
  const told = () =>
    socket.sent.flatMap((frame) =>
      frame["type"] === "candle" ? [frame["candle"] as { time: number; close: number }] : [],
    );
  return { algo, socket, watched, tick, feed, subscribe, bars, answer, answers, told };
}

const NOTHING: CandleBase = { bars: [], live: [] };

test("a slow reader is told the bar under way as it stands once it has caught up, without waiting for a trade", async () => {
  const { algo, socket, watched, tick, feed, subscribe, bars, answer, told } = setUp();
  const subscribed = subscribe("1h");
  await answer(NOTHING);
  await subscribed;
  bars([part(NOW, 100, 1)], NOW);
  socket.bufferedAmount = STREAM_BUFFERED_BYTES_CONFLATE + 1;
  tick(0);
  bars([part(NOW, 150, 2)], NOW);
  expect(told().at(-1)).toMatchObject({ close: 100 });
  socket.bufferedAmount = 0;
  algo.checkLag(Date.now());
  expect(watched.caughtUp.has(algo)).toBe(true);
  feed.caughtUp(algo);
  expect(told().at(-1)).toMatchObject({ close: 150 });
  const count = told().length;
  feed.caughtUp(algo);
  expect(told()).toHaveLength(count);
});

test("a bar that closed while a slow reader lagged is told once", async () => {
  const { algo, socket, tick, feed, subscribe, bars, answer, told } = setUp();
  const subscribed = subscribe("1m");
  await answer(NOTHING);
  await subscribed;
  socket.bufferedAmount = STREAM_BUFFERED_BYTES_CONFLATE + 1;
  tick(0);
  bars([part(NOW, 150, 2)], NOW);
  bars([], NOW + MINUTE);
  socket.bufferedAmount = 0;
  algo.checkLag(Date.now());
  feed.caughtUp(algo);
  expect(told()).toMatchObject([{ time: NOW, close: 150 }]);
});

/** A recording of a year ago. */
const RECORDING = NOW - 525_600 * MINUTE;

/** What broker and shard knew before the recording began. */
const BEFORE: CandleBase = {
  bars: [NOW - MINUTE, NOW].map((time) => ({
    time,
    open: 1,
    high: 1,
    low: 1,
    close: 1,
    volume: 1,
    mark: null,
  })),
  live: [part(NOW)],
};

test("the history of a gap that is answered after a recording has begun does not silence its bars", async () => {
  const { feed, subscribe, bars, answer, answers, told } = setUp();
  const subscribed = subscribe("1m");
  await answer(BEFORE);
  await subscribed;
  const gap = { instruments: [I], from: NOW - 5_000, to: NOW - 1, reason: "down", filled: true };
  // The second one waits for the first, and is of the time before, too.
  feed.gap(gap);
  feed.gap(gap);
  await until("the read", () => answers.length === 1);
  bars([part(RECORDING)], RECORDING, true);
  await answer(BEFORE);
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(answers).toEqual([]);
  for (let n = 1; n <= 10; n += 1) bars([part(RECORDING + n * MINUTE)], RECORDING + n * MINUTE);
  expect(told().at(-1)?.time).toBe(RECORDING + 10 * MINUTE);
});

test("who subscribes while a recording begins is given nothing of the time before", async () => {
  const { socket, subscribe, bars, answer, answers, told } = setUp();
  const subscribed = subscribe("1m", 10);
  await until("the read", () => answers.length === 1);
  bars([part(RECORDING)], RECORDING, true);
  await answer(BEFORE);
  await subscribed;
  bars([part(RECORDING + MINUTE)], RECORDING + MINUTE);
  const history = socket.sent.find(({ type }) => type === "history");
  expect(history).toMatchObject({ candles: [{ time: RECORDING }] });
  expect(told().at(-1)?.time).toBe(RECORDING + MINUTE);
});
