/** How many bars all sockets of one market hold together: history in turns, live series up to a number. */
import { afterEach, expect, test, vi } from "vitest";
import { Requests, type RequestsHost } from "../../durable-objects/market.requests.ts";
import type { BrokerManagerPort } from "../../src/application/ports.ts";
import type { CandlePart } from "../../src/domain/candle-builder.ts";
import {
  CLOSE_SLOW_CONSUMER,
  LAGGING_CHECK_MS,
  LAGGING_MS_MAX,
  STREAM_BUFFERED_BYTES_CONFLATE,
  STREAM_HISTORY_BARS_MAX,
} from "../../src/domain/limits.ts";
import {
  LIVE_BARS_OF_SERIES,
  MARKET_HISTORY_BARS_MAX,
  MARKET_LIVE_BARS_MAX,
  SMALL_HISTORY_BARS_MAX,
  STREAM_REQUEST_BARS_MAX,
} from "../../src/domain/market-limits.ts";
import { ok } from "../../src/domain/result.ts";
import { setUp as setUpSockets } from "../support/market-sockets.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** A market that knows every instrument, and whose history comes when the test says so. */
function setUp() {
  const { board, join: joinBoard } = setUpSockets();
  /** Reads under way: of which instrument, and how to answer each. */
  let reads: { instrument: string; answer: () => void }[] = [];
  const watch = { began: (_instrument: string) => {} };
  const read = <Answer>({ instrument }: { instrument: string }, answer: Answer) =>
    new Promise<Answer>((resolve) => {
      reads.push({ instrument, answer: () => resolve(answer) });
      watch.began(instrument);
    });
  const manager = {
    candles: (request: { instrument: string }) => read(request, ok([])),
    candleBase: (request: { instrument: string }) => read(request, ok({ bars: [], live: [] })),
    quotes: async () => [],
  } as unknown as BrokerManagerPort;
  const host = {
    board,
    interest: { acquire: async () => ok(new Map()), release: () => {}, add: () => {} },
    providers: { has: () => true, of: () => "paper" },
    storage: { saveSocket: () => {}, saveCandles: () => {} },
    keys: { mayTalk: () => true, tooMany: () => null },
    manager: () => manager,
    wantsChanged: () => {},
    log: () => {},
  };
  const requests = new Requests(host as unknown as RequestsHost);
  const join = () => {
    const { algo, socket } = joinBoard();
    const say = (request: object) => requests.take(algo, JSON.stringify(request), Date.now());
    const answers = () =>
      socket.sent.filter(({ type }) => type === "subscribed" || type === "error");
    return { algo, socket, say, answers };
  };
  const answerReads = (of: (instrument: string) => boolean = () => true) => {
    const answered = reads.filter(({ instrument }) => of(instrument));
    reads = reads.filter((one) => !answered.includes(one));
    for (const { answer } of answered) answer();
  };
  const underWay = () => reads.length;
  return { requests, join, watch, answerReads, underWay };
}

type Joined = ReturnType<ReturnType<typeof setUp>["join"]>;

/** A subscribe for so many instruments that only this one asks for. */
const subscribe = (who: string, channel: string, count: number, more: object = {}) => ({
  op: "subscribe",
  channel,
  instruments: Array.from({ length: count }, (_, index) => `${who}:I${index}`),
  ...more,
});

const LARGEST = STREAM_REQUEST_BARS_MAX / STREAM_HISTORY_BARS_MAX;
const longest = { interval: "1m", history: STREAM_HISTORY_BARS_MAX };

test.each(["ticks", "candles"])(
  "twelve sockets that ask for the longest history of %s get it in turns: what is read and not sent yet never exceeds what a market may hold",
  async (channel) => {
    const { join, watch, answerReads } = setUp();
    const algos = new Map(Array.from({ length: 12 }, (_, index) => [`S${index}`, join()]));
    const begun = new Set<string>();
    let heldMax = 0;
    watch.began = (instrument) => {
      begun.add(instrument.split(":")[0] ?? "");
      const held = [...begun].filter((who) => algos.get(who)?.answers().length === 0);
      heldMax = Math.max(heldMax, held.length * STREAM_REQUEST_BARS_MAX);
    };
    for (const [who, { say }] of algos) say(subscribe(who, channel, LARGEST, longest));
    await vi.waitUntil(
      () => {
        answerReads();
        return [...algos.values()].every(({ answers }) => answers().length > 0);
      },
      { timeout: 20_000, interval: 1 },
    );
    for (const { answers } of algos.values()) expect(answers()[0]?.["type"]).toBe("subscribed");
    expect(heldMax).toBeGreaterThan(0);
    expect(heldMax).toBeLessThanOrEqual(MARKET_HISTORY_BARS_MAX);
  },
);

test("a short history does not wait for a long one that is being read", async () => {
  const { join, answerReads, underWay } = setUp();
  const [slow, next, quick] = [join(), join(), join()];
  slow.say(subscribe("SLOW", "candles", LARGEST, longest));
  next.say(subscribe("NEXT", "candles", LARGEST, longest));
  await vi.waitFor(() => expect(underWay()).toBeGreaterThan(0));
  quick.say(subscribe("QUICK", "candles", 5, { interval: "1m", history: 200 }));
  await vi.waitUntil(() => {
    answerReads((instrument) => instrument.startsWith("QUICK"));
    return quick.answers().length > 0;
  });
  expect(quick.answers()).toMatchObject([{ type: "subscribed" }]);
  expect([slow.answers(), next.answers()]).toEqual([[], []]);
});

test("one who leaves while it waits is read nothing for, and keeps no place", async () => {
  const { join, watch, answerReads } = setUp();
  const [first, gone, last] = [join(), join(), join()];
  const begun = new Set<string>();
  watch.began = (instrument) => begun.add(instrument.split(":")[0] ?? "");
  first.say(subscribe("FIRST", "ticks", LARGEST, longest));
  gone.say(subscribe("GONE", "ticks", LARGEST, longest));
  last.say(subscribe("LAST", "ticks", LARGEST, longest));
  await vi.waitFor(() => expect(begun.size).toBeGreaterThan(0));
  gone.algo.isClosed = true;
  await vi.waitUntil(
    () => {
      answerReads();
      return last.answers().length > 0;
    },
    { interval: 1 },
  );
  expect([...begun]).toEqual(["FIRST", "LAST"]);
});

test("history that its reader has not taken yet is held, and the next one waits for it; a reader that takes nothing is closed", async () => {
  const { join, watch, answerReads } = setUp();
  const [slow, stuck, next] = [join(), join(), join()];
  const begun = new Set<string>();
  watch.began = (instrument) => begun.add(instrument.split(":")[0] ?? "");
  vi.useFakeTimers();
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += LAGGING_CHECK_MS) {
      answerReads();
      await vi.advanceTimersByTimeAsync(LAGGING_CHECK_MS);
    }
  };
  for (const { socket } of [slow, stuck])
    socket.bufferedAmount = 2 * STREAM_BUFFERED_BYTES_CONFLATE;
  slow.say(subscribe("SLOW", "ticks", LARGEST, longest));
  stuck.say(subscribe("STUCK", "ticks", LARGEST, longest));
  next.say(subscribe("NEXT", "ticks", LARGEST, longest));
  await pass(2_000);
  expect(slow.answers()).toHaveLength(1);
  // It reads, however slowly: it is not closed for that.
  for (let n = 0; n < 4; n += 1) {
    await pass(LAGGING_MS_MAX / 2);
    slow.socket.bufferedAmount -= 1;
  }
  expect([[...begun], slow.socket.closed]).toEqual([["SLOW"], null]);
  slow.socket.bufferedAmount = 0;
  await pass(2_000);
  expect([[...begun], stuck.answers().length]).toEqual([["SLOW", "STUCK"], 1]);
  await pass(LAGGING_MS_MAX);
  expect(stuck.socket.closed).toMatchObject({ code: CLOSE_SLOW_CONSUMER });
  await pass(2_000);
  expect(next.answers()).toMatchObject([{ type: "subscribed" }]);
});

test("live series of a market are bounded over all its sockets, each counted once; one more is refused and told what to do", async () => {
  const { join, answerReads } = setUp();
  const ask = async ({ say, answers }: Joined, request: object) => {
    const before = answers().length;
    say(request);
    await vi.waitUntil(
      () => {
        answerReads();
        return answers().length > before;
      },
      { interval: 1 },
    );
    return answers().at(-1);
  };
  const fits = Math.floor(MARKET_LIVE_BARS_MAX / LIVE_BARS_OF_SERIES["1s"]);
  const [one, other] = [join(), join()];
  const seconds = (count: number) => subscribe("S", "candles", count, { interval: "1s" });
  expect(await ask(one, seconds(fits))).toMatchObject({ type: "subscribed" });
  // The same series once more cost nothing.
  expect(await ask(other, seconds(fits))).toMatchObject({ type: "subscribed" });
  const more = subscribe("T", "candles", 1, { interval: "1s", requestId: "over" });
  const refused = await ask(other, more);
  expect(refused).toMatchObject({ code: "SUBSCRIPTION_LIMIT", requestId: "over" });
  for (const words of [String(MARKET_LIVE_BARS_MAX), "1s", "unsubscribe", "market"])
    expect(refused?.["message"]).toContain(words);
  const gone = { ...seconds(1), op: "unsubscribe" };
  one.say(gone);
  other.say(gone);
  expect(await ask(other, more)).toMatchObject({ type: "subscribed" });
  expect(one.socket.closed).toBeNull();
});

test("after an eviction bars are read again in turns, and so they are for a gap of all of them", async () => {
  const { requests, join, answerReads, underWay } = setUp();
  const { algo, socket } = join();
  const series = Array.from({ length: 500 }, (_, index) => ({
    instrument: `X:I${index}`,
    interval: "1s" as const,
  }));
  requests.candles.restore(algo, series);
  const now = Math.floor(Date.now() / 1_000) * 1_000;
  const prices = { open: 1, high: 1, low: 1, close: 1, volume: 1 };
  const edges = { firstTime: now, firstSeq: 1, lastTime: now, lastSeq: 1, amendedAt: 0 };
  const part: CandlePart = { time: now, epoch: 1, ...prices, ...edges };
  const news = { provider: "paper", unit: "1s" as const, until: now, parts: [part] };
  for (const { instrument } of series) requests.candles.take({ ...news, instrument });
  const readAll = async () => {
    let readsMax = 0;
    for (let idle = 0; idle < 5; idle += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      readsMax = Math.max(readsMax, underWay());
      if (underWay() > 0) idle = 0;
      answerReads();
    }
    return readsMax;
  };
  const most = await readAll();
  expect(most).toBeGreaterThan(0);
  expect(most * LIVE_BARS_OF_SERIES["1s"]).toBeLessThanOrEqual(MARKET_HISTORY_BARS_MAX);
  const told = new Set(
    socket.sent.flatMap(({ type, instrument }) => (type === "candle" ? [instrument] : [])),
  );
  expect(told.size).toBe(series.length);
  const instruments = series.map(({ instrument }) => instrument);
  const gap = { instruments, from: now - 3_600_000, to: now, reason: "", filled: true as const };
  requests.candles.gap(gap);
  const ofGap = await readAll();
  expect(ofGap).toBeGreaterThan(0);
  expect(ofGap * STREAM_HISTORY_BARS_MAX).toBeLessThanOrEqual(MARKET_HISTORY_BARS_MAX);
});

test("the longest wish that counts as short is no longer than what is kept for short ones", () => {
  expect(SMALL_HISTORY_BARS_MAX).toBeLessThan(MARKET_HISTORY_BARS_MAX - STREAM_REQUEST_BARS_MAX);
});
