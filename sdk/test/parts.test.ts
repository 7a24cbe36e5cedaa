/** Whatever an algo wants, no message of the SDK asks for more than the platform takes in one, nor do too many wait. */
import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  STREAM_HISTORY_BARS_MAX,
  STREAM_REQUEST_BARS_MAX,
  STREAM_REQUESTS_PENDING_MAX,
} from "../../src/contract/stream-candles.ts";
import { CLOSE_MOVED } from "../../src/contract/stream.ts";
import { INSTRUMENTS_PER_CALL_MAX } from "../../src/domain/limits.ts";
import { until } from "../../test/support/until.ts";
import { REQUESTS_OPEN_MAX } from "../src/limits.ts";
import { Pace } from "../src/pace.ts";
import { partsOf } from "../src/parts.ts";
import { Subscriptions } from "../src/subscriptions.ts";
import type { FakeSocket } from "./support/fake-platform.ts";
import { startAlgo, startFake } from "./support/start.ts";

const MANY = Array.from({ length: 120 }, (_, index) => `X:I${index}`);
const HISTORY = 1_000;
const WISH = { interval: "1m", history: HISTORY, mode: "quote" } as const;
/** 120 × 1,000 bars are more than two messages may ask for. */
const SIZES = [50, 50, 20];

const sizes = (requests: { instruments: string[] }[]) =>
  requests.map(({ instruments }) => instruments.length);
const named = (requests: { instruments: string[] }[]) =>
  requests.flatMap(({ instruments }) => instruments);
const refusal = (requestId: string | undefined) => ({
  type: "error",
  code: "UNAVAILABLE",
  message: "try again",
  requestId,
});

const sendNoBars = (socket: FakeSocket, instruments: readonly string[]) => {
  for (const instrument of instruments)
    socket.send({ type: "history", instrument, interval: "1m", candles: [] });
};

/** Six requests, of which three may be without an answer. */
const setUp = (waitMsMax = 20_000) => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const sent: string[] = [];
  const pace = new Pace(1_000, (text) => void sent.push(text), { openMax: 3, waitMsMax });
  for (let n = 1; n <= 6; n += 1) pace.send(String(n));
  return { pace, sent };
};

test("parts hold everything once, in order, and none is too large or smaller than it need be", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: INSTRUMENTS_PER_CALL_MAX }),
      fc.option(fc.integer({ min: 1, max: STREAM_HISTORY_BARS_MAX })),
      (count, history) => {
        const all = Array.from({ length: count }, (_, index) => String(index));
        const parts = partsOf(all, history);
        expect(parts.flat()).toEqual(all);
        for (const part of parts)
          expect(part.length * (history ?? 0)).toBeLessThanOrEqual(STREAM_REQUEST_BARS_MAX);
        for (const part of parts.slice(0, -1))
          expect((part.length + 1) * (history ?? 0)).toBeGreaterThan(STREAM_REQUEST_BARS_MAX);
      },
    ),
  );
});

test("a repair of everything is said in as many messages as it takes, each answered for itself", () => {
  const subscriptions = new Subscriptions(1_000);
  onTestFinished(() => subscriptions.close(new Error("over")));
  subscriptions.add(MANY, WISH).answered.catch(() => {});
  const all = subscriptions.refresh(MANY);
  expect(all.map((message) => "instruments" in message && message.instruments.length)).toEqual(
    SIZES,
  );
  for (const message of all) {
    expect(subscriptions.repairing).toBe(true);
    expect(subscriptions.subscribed("requestId" in message ? message.requestId : "")).toBe(true);
  }
  expect(subscriptions.repairing).toBe(false);
});

describe("an algo that wants more bars than one message may ask for", () => {
  test("is answered when every part is there, and asks in parts again on the next line", async () => {
    const platform = await startFake();
    const parts: (() => void)[] = [];
    platform.onSubscribe = (socket, request) =>
      parts.push(() => {
        sendNoBars(socket, request.instruments);
        socket.subscribed(request, request.instruments);
      });
    const { algo } = await startAlgo(platform);
    let isThere = false;
    const answered = algo.subscribe(MANY, WISH).then(() => (isThere = true));
    await until("all parts", () => parts.length === SIZES.length);
    expect(sizes(platform.socket.ofTicks())).toEqual(SIZES);
    parts[0]?.();
    parts[2]?.();
    // What is answered after them is read after them.
    platform.onSubscribe = (socket, request) => socket.subscribed(request, request.instruments);
    await algo.subscribe(["X:LAST"]);
    expect(isThere).toBe(false);
    parts[1]?.();
    await answered;
    platform.onSubscribe = (socket, request) => {
      sendNoBars(socket, request.instruments);
      socket.subscribed(request, request.instruments);
    };
    platform.socket.socket.close(CLOSE_MOVED, "");
    await until("the next line", () => platform.sockets.length === 2);
    await until("everything", () => named(platform.socket.ofTicks()).length === MANY.length + 1);
    expect(sizes(platform.socket.ofTicks())).toEqual([...SIZES, 1]);
  });

  test("has none of it when a part is refused", async () => {
    const platform = await startFake();
    let answers = 0;
    platform.onSubscribe = (socket, request) => {
      answers += 1;
      if (answers === 2) return socket.send(refusal(request.requestId));
      sendNoBars(socket, request.instruments);
      socket.subscribed(request, request.instruments);
    };
    const { algo } = await startAlgo(platform);
    await expect(algo.subscribe(MANY, WISH)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(algo.instruments).toEqual([]);
    await until("the rest taken back", () =>
      platform.socket.received.some(({ op }) => op === "unsubscribe"),
    );
    const gone = platform.socket.received.find(({ op }) => op === "unsubscribe");
    expect(gone).toMatchObject({
      channel: "ticks",
      instruments: [...MANY.slice(0, 50), ...MANY.slice(100)],
    });
  });

  test("of the platform's own is answered when every part is there, and asks in parts again for all it missed", async () => {
    const platform = await startFake();
    for (const instrument of MANY)
      platform.bars.set(instrument, [{ time: 0, open: 1, high: 1, low: 1, close: 1, volume: 1 }]);
    const { algo } = await startAlgo(platform);
    await algo.subscribeCandles(MANY, { interval: "1s", history: HISTORY });
    expect(sizes(platform.socket.ofCandles())).toEqual(SIZES);
    platform.socket.socket.close(CLOSE_MOVED, "");
    await until("the next line", () => platform.sockets.length === 2);
    await until("everything", () => named(platform.socket.ofCandles()).length === MANY.length);
    for (const { instruments, history: bars = 0 } of platform.socket.ofCandles())
      expect(instruments.length * bars).toBeLessThanOrEqual(STREAM_REQUEST_BARS_MAX);
  });

  test("of the platform's own has none of it when a part is refused", async () => {
    const platform = await startFake();
    const answer = platform.onCandles;
    let answers = 0;
    platform.onCandles = (socket, request) => {
      answers += 1;
      if (answers === 2) return socket.send(refusal(request.requestId));
      answer(socket, request);
    };
    const { algo } = await startAlgo(platform);
    const wish = { interval: "1m", history: HISTORY } as const;
    await expect(algo.subscribeCandles(MANY, wish)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await until("the rest taken back", () =>
      platform.socket.received.some(({ op }) => op === "unsubscribe"),
    );
    platform.socket.socket.close(CLOSE_MOVED, "");
    await until("the next line", () => platform.sockets.length === 2);
    await until("its first words", () => platform.socket.received.some(({ op }) => op === "ping"));
    expect(platform.socket.ofCandles()).toEqual([]);
  });
});

describe("requests without an answer", () => {
  test("hold back what is beyond so many, in order, until one is answered", () => {
    const { pace, sent } = setUp();
    expect(sent).toEqual(["1", "2", "3"]);
    vi.advanceTimersByTime(19_000);
    expect(sent).toHaveLength(3);
    pace.answered();
    expect(sent).toEqual(["1", "2", "3", "4"]);
    pace.answered();
    pace.answered();
    expect(sent).toEqual(["1", "2", "3", "4", "5", "6"]);
  });

  test("hold back nothing that is not answered as a request is", () => {
    const { pace, sent } = setUp();
    pace.sendAhead("ack 7");
    pace.sendAhead("ping", "ping");
    expect(sent).toEqual(["1", "2", "3", "ack 7", "ping"]);
  });

  test("that got none for long are one by one taken to be lost", () => {
    const { sent } = setUp(1_000);
    vi.advanceTimersByTime(999);
    expect(sent).toHaveLength(3);
    vi.advanceTimersByTime(1);
    expect(sent).toHaveLength(4);
    vi.advanceTimersByTime(1_000);
    expect(sent).toHaveLength(5);
  });

  test("are fewer than the platform keeps waiting, however many an algo makes", async () => {
    expect(REQUESTS_OPEN_MAX).toBeLessThanOrEqual(STREAM_REQUESTS_PENDING_MAX / 2);
    const platform = await startFake();
    const waiting: (() => void)[] = [];
    let answered = 0;
    let most = 0;
    platform.onSubscribe = (socket, request) => {
      waiting.push(() => socket.subscribed(request, request.instruments));
      most = Math.max(most, waiting.length);
    };
    const { algo } = await startAlgo(platform);
    const asked = MANY.slice(0, REQUESTS_OPEN_MAX + 5).map((name) => algo.subscribe([name]));
    await until("as many as may be open", () => waiting.length >= REQUESTS_OPEN_MAX - 2);
    while (answered < asked.length) {
      await until("a request", () => waiting.length > 0);
      waiting.shift()?.();
      answered += 1;
    }
    await Promise.all(asked);
    expect(most).toBeLessThanOrEqual(REQUESTS_OPEN_MAX);
  });
});
