/** How much one message of an algo may ask for, and how many of them may wait. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Requests, type RequestsHost } from "../../durable-objects/market.requests.ts";
import {
  STREAM_BUFFERED_BYTES_CLOSE,
  STREAM_HISTORY_BARS_MAX,
  STREAM_INSTRUMENTS_MAX,
} from "../../src/domain/limits.ts";
import {
  STREAM_REQUEST_BARS_MAX,
  STREAM_REQUESTS_PENDING_MAX,
} from "../../src/domain/market-limits.ts";
import { setUp as setUpSockets } from "../support/market-sockets.ts";

/** A market whose answer to each publish comes when the test says so, and that cannot do anything else. */
function setUp() {
  const { join } = setUpSockets();
  const { algo, socket } = join();
  const waiting: (() => void)[] = [];
  const requests = new Requests({
    keys: { mayTalk: () => true, tooMany: () => null },
    providers: { has: () => false },
    managers: () => ({ activeProviders: async () => [] }),
    signalFeed: {
      publish: (_algo: unknown, { requestId }: { requestId: string }) =>
        new Promise<void>((resolve) => {
          waiting.push(() => {
            algo.send({ type: "published", topic: "t", seq: 1, requestId });
            resolve();
          });
        }),
    },
    log: () => {},
  } as unknown as RequestsHost);
  let second = 0;
  const say = (request: object) => {
    second += 1;
    requests.take(algo, JSON.stringify(request), second * 1_000);
  };
  const publish = (requestId: string) => say({ op: "publish", topic: "t", value: 1, requestId });
  return { algo, socket, waiting, say, publish };
}

const many = (count: number) => Array.from({ length: count }, (_, index) => `X:I${index}`);

const subscribe = (channel: string, count: number, history: number) => ({
  op: "subscribe",
  channel,
  instruments: many(count),
  interval: "1m",
  history,
  requestId: "r",
});

test.each(["ticks", "candles"])(
  "a subscribe to %s may ask for so many bars over all its instruments, and for not one instrument more",
  async (channel) => {
    const { algo, socket, say } = setUp();
    const most = STREAM_REQUEST_BARS_MAX / STREAM_HISTORY_BARS_MAX;
    say(subscribe(channel, most, STREAM_HISTORY_BARS_MAX));
    await algo.queue;
    // It was taken: this market knows no instrument at all.
    expect(socket.sent.at(-1)).toMatchObject({ type: "error", code: "UNKNOWN_INSTRUMENT" });
    say(subscribe(channel, most + 1, STREAM_HISTORY_BARS_MAX));
    const error = socket.sent.at(-1);
    expect(error).toMatchObject({ type: "error", code: "SUBSCRIPTION_LIMIT", requestId: "r" });
    for (const fact of [
      STREAM_REQUEST_BARS_MAX,
      51_000,
      "51 instruments",
      "at most 50 instruments",
    ])
      expect(error?.["message"]).toContain(String(fact));
    expect([algo.pending, socket.closed]).toEqual([0, null]);
    say({ op: "ping" });
    expect(socket.sent.at(-1)).toMatchObject({ type: "pong" });
  },
);

test("the most bars that one subscribe may ask for fit in what a socket may leave unread", () => {
  const bar = { time: Date.now(), open: 12345.67, high: 12345.67, low: 12345.67, close: 12345.67 };
  const text = JSON.stringify({ ...bar, volume: 123_456_789, mark: "amended" });
  expect(STREAM_REQUEST_BARS_MAX * text.length).toBeLessThan(STREAM_BUFFERED_BYTES_CLOSE);
});

test("so many requests of a socket wait; one more is refused by the limit's name, and there is room once one is answered", async () => {
  const { algo, socket, waiting, publish, say } = setUp();
  for (let n = 1; n <= STREAM_REQUESTS_PENDING_MAX; n += 1) publish(`p${n}`);
  expect(socket.sent).toEqual([]);
  publish("over");
  expect(socket.sent).toMatchObject([{ type: "error", code: "REQUEST_LIMIT", requestId: "over" }]);
  expect(socket.sent[0]?.["message"]).toContain(String(STREAM_REQUESTS_PENDING_MAX));
  // What is answered at once does not wait.
  say({ op: "ping" });
  say({ op: "ack", seq: 0 });
  expect(socket.sent.at(-1)).toMatchObject({ type: "pong" });
  await Promise.resolve();
  waiting.shift()?.();
  await expect.poll(() => algo.pending).toBe(STREAM_REQUESTS_PENDING_MAX - 1);
  publish("again");
  publish("over again");
  expect(socket.sent.at(-1)).toMatchObject({ code: "REQUEST_LIMIT", requestId: "over again" });
  for (let n = 0; n < STREAM_REQUESTS_PENDING_MAX; n += 1) {
    await expect.poll(() => waiting.length).toBeGreaterThan(0);
    waiting.shift()?.();
  }
  await algo.queue;
  const answered = socket.sent.flatMap(({ type, requestId }) =>
    type === "published" ? [requestId] : [],
  );
  const asked = Array.from({ length: STREAM_REQUESTS_PENDING_MAX }, (_, n) => `p${n + 1}`);
  expect([answered, algo.pending, socket.closed]).toEqual([[...asked, "again"], 0, null]);
});

test("whatever is asked for, each request is answered once, and the socket stays", async () => {
  const request = fc.oneof(
    fc
      .tuple(
        fc.constantFrom("ticks", "candles"),
        fc.integer({ min: 1, max: STREAM_INSTRUMENTS_MAX }),
        fc.integer({ min: 1, max: STREAM_HISTORY_BARS_MAX }),
      )
      .map(([channel, count, history]) => subscribe(channel, count, history)),
    fc.constant({ op: "subscribe", channel: "ticks", instruments: ["X:A"] }),
    fc.constant({ op: "unsubscribe", channel: "news" }),
    fc.constant({ op: "ping" }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(request, { maxLength: 70 }), async (asked) => {
      const { algo, socket, say } = setUp();
      for (const one of asked) say(one);
      expect(algo.pending).toBeLessThanOrEqual(STREAM_REQUESTS_PENDING_MAX);
      await algo.queue;
      expect([socket.sent.length, algo.pending, socket.closed]).toEqual([asked.length, 0, null]);
      const over = asked.filter(
        (one) => "history" in one && one.instruments.length * one.history > STREAM_REQUEST_BARS_MAX,
      );
      const refused = socket.sent.filter(({ code }) => code === "SUBSCRIPTION_LIMIT");
      expect(refused).toHaveLength(over.length);
    }),
    { numRuns: 50 },
  );
});
