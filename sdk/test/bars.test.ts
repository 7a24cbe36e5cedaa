/** Bars of the channel `candles`: each closed one told once and in order, over every line. */
import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type Candle } from "../../src/contract/market.ts";
import { CLOSE_MOVED, type StreamRequest } from "../../src/contract/stream.ts";
import { until } from "../../test/support/until.ts";
import { BarSeries, type Bar } from "../src/bar-series.ts";
import { Bars } from "../src/bars.ts";
import type { ClosedCandle } from "../src/closed-candle.ts";
import { TIMING } from "../src/limits.ts";
import type { StreamEvent } from "../src/stream-events.ts";
import { startAlgo, startFake } from "./support/start.ts";

const I = "NSE:INFY";
const MINUTE = 60_000;

const bar = (minute: number, close = 100, mark: Bar["mark"] = null): Candle => {
  const made: Bar = { time: minute * MINUTE, open: 100, high: 200, low: 1, close, volume: 5, mark };
  return made;
};
const bars = (...minutes: number[]): Candle[] => minutes.map((minute) => bar(minute));
const text = ({ instrument, interval, time, close, mark, corrected }: ClosedCandle): string =>
  `${instrument} ${interval} ${time / MINUTE} ${close}${mark ? ` ${mark}` : ""}${corrected ? " corrected" : ""}`;
const minutesOf = (candles: readonly Candle[]): number[] =>
  candles.map(({ time }) => time / MINUTE);

async function start(history?: number) {
  const platform = await startFake();
  platform.bars.set(I, bars(1, 2, 3));
  const told: string[] = [];
  const started = await startAlgo(platform, (algo) => ({
    onStart: () => algo.subscribeCandles([I], { interval: "1m", history }),
    onCandle: (candle) => void told.push(text(candle)),
  }));
  return { platform, told, ...started };
}

const told = (minute: number, rest = ""): string => `${I} 1m ${minute} 100${rest}`;

describe("bars of the platform", () => {
  test("history is there when the subscribe resolves; then each bar is told once when it has closed, in order", async () => {
    const { platform, told: heard, algo } = await start(2);
    expect(platform.socket.ofCandles()).toMatchObject([
      { instruments: [I], interval: "1m", history: 2 },
    ]);
    expect(minutesOf(algo.candles(I, "1m"))).toEqual([2, 3]);
    expect(algo.candles(I)).toEqual([]);
    const { socket } = platform;
    socket.bar(I, bar(3, 101), false);
    await until("the growing bar", () => algo.candles(I, "1m").at(-1)?.close === 101);
    socket.bar(I, bar(3), true);
    socket.bar(I, bar(3), true);
    socket.bar(I, bar(4, 90), false);
    socket.bar(I, bar(4), true);
    await until("two bars", () => heard.length === 2);
    expect(heard).toEqual([told(3), told(4)]);
  });

  test("several intervals of an instrument, and other instruments' frames, are kept apart", async () => {
    const { platform, told: heard, algo } = await start();
    await algo.subscribeCandles([I], { interval: "1h" });
    platform.socket.bar("NSE:TCS", bar(4), true);
    platform.socket.bar(I, bar(60), true, "1h");
    platform.socket.bar(I, bar(4), true);
    await until("the bars", () => heard.length === 4);
    expect(heard.toSorted()).toEqual([`${I} 1h 3 100`, `${I} 1h 60 100`, told(3), told(4)]);
  });

  test("a bar that changed after it was told comes again as corrected, with its mark", async () => {
    const { platform, told: heard, algo } = await start();
    for (const minute of [3, 4]) platform.socket.bar(I, bar(minute), true);
    platform.socket.bar(I, bar(3, 77, "amended"), true);
    platform.socket.bar(I, bar(3, 77, "amended"), true);
    platform.socket.bar(I, bar(5), true);
    await until("four bars", () => heard.length === 4);
    expect(heard).toEqual([told(3), told(4), `${I} 1m 3 77 amended corrected`, told(5)]);
    expect(algo.candles(I, "1m").map(({ close }) => close)).toEqual([77, 100, 100]);
  });

  test("a reconnect leaves no hole and no double: what was missed comes from history", async () => {
    const { platform, told: heard, algo } = await start(2);
    platform.socket.bar(I, bar(3), true);
    platform.socket.bar(I, bar(4, 50), false);
    await until("the growing bar", () => algo.candles(I, "1m").length === 3);
    platform.bars.set(I, [bar(2), bar(3, 66, "amended"), ...bars(4, 5, 6)]);
    platform.onCandles = ((answer) => (socket, request) => {
      answer(socket, { ...request, history: 5 });
      socket.bar(I, bar(6, 99), false);
    })(platform.onCandles);
    platform.socket.socket.close(CLOSE_MOVED, "");
    await until("the next socket", () => platform.sockets.length === 2);
    await until("what was missed", () => heard.length === 4);
    expect(platform.socket.ofCandles()[0]?.history).toBeGreaterThanOrEqual(3);
    platform.socket.bar(I, bar(6), true);
    await until("the next bar", () => heard.length === 5);
    const amended = `${I} 1m 3 66 amended corrected`;
    expect(heard).toEqual([told(3), amended, told(4), told(5), told(6)]);
    expect(minutesOf(algo.candles(I, "1m"))).toEqual([2, 3, 4, 5, 6]);
  });

  test("no more is told or asked for after an unsubscribe", async () => {
    const { platform, told: heard, algo } = await start();
    platform.socket.bar(I, bar(3), true);
    await until("a bar", () => heard.length === 1);
    algo.unsubscribeCandles([I]);
    const gone = () => platform.socket.received.filter(({ op }) => op === "unsubscribe");
    await until("the unsubscribe", () => gone().length === 1);
    expect(gone()).toEqual([
      { op: "unsubscribe", channel: "candles", instruments: [I], interval: "1m" },
    ]);
    platform.socket.bar(I, bar(4), true);
    platform.socket.socket.close(CLOSE_MOVED, "");
    await until("the next socket", () => platform.sockets.length === 2);
    await until("its requests", () => platform.socket.received.some(({ op }) => op === "ping"));
    expect(platform.socket.ofCandles()).toEqual([]);
    expect([heard, algo.candles(I, "1m")]).toEqual([[told(3)], []]);
  });

  test("beside ticks of the same interval a bar is told once", async () => {
    const { platform, told: heard, algo } = await start();
    await algo.subscribe([I]);
    platform.socket.tick(I, { seq: 1, time: 3 * MINUTE });
    platform.socket.tick(I, { seq: 2, time: 4 * MINUTE });
    platform.socket.bar(I, bar(3), true);
    platform.socket.bar(I, bar(4), true);
    await until("two bars", () => heard.length === 2);
    expect(heard).toEqual([told(3), told(4)]);
  });

  test("a refusal rejects; a refused repair is asked again", async () => {
    const { platform, told: heard, algo } = await start();
    const answer = platform.onCandles;
    let refusals = 2;
    platform.onCandles = (socket, request) => {
      refusals -= 1;
      if (refusals < 0) return answer(socket, request);
      const { requestId } = request;
      socket.send({ type: "error", code: "UNAVAILABLE", message: "try again", requestId });
    };
    await expect(algo.subscribeCandles(["NSE:TCS"])).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await expect(algo.subscribeCandles(["infy"])).rejects.toMatchObject({ code: "BAD_REQUEST" });
    platform.bars.set(I, bars(3, 4, 5));
    platform.socket.socket.close(CLOSE_MOVED, "");
    await until("what was missed", () => heard.length === 2);
    expect(platform.socket.ofCandles().map(({ instruments }) => instruments)).toEqual([[I], [I]]);
    expect(heard).toEqual([told(3), told(4)]);
  });
});

test("more missed than comes at once is told as a gap, never passed over", () => {
  vi.useFakeTimers({ now: 3 * MINUTE });
  onTestFinished(() => void vi.useRealTimers());
  const asked: StreamRequest[] = [];
  const events: StreamEvent[] = [];
  const feed = new Bars({
    timing: TIMING,
    send: (request) => void asked.push(request),
    emit: (event) => void events.push(event),
    toldUntil: () => null,
  });
  const history = (candles: Candle[]) =>
    feed.history({ type: "history", channel: "candles", instrument: I, interval: "1m", candles });
  feed.subscribe([I]).catch(() => {});
  history(bars(3));
  feed.subscribed("candles-1");
  vi.setSystemTime(2_003 * MINUTE);
  feed.ask();
  expect(asked.at(-1)).toMatchObject({ history: 1_000 });
  history(bars(1_004, 1_005));
  expect(events[0]).toMatchObject({
    kind: "gap",
    gap: { instruments: [I], from: 3 * MINUTE, to: 1_004 * MINUTE, provider: "stream" },
  });
  expect(events).toHaveLength(3);
});

test("bars begin anew when the exchange's clock was set back, as when it plays a recording", () => {
  const events: StreamEvent[] = [];
  const feed = new Bars({
    timing: TIMING,
    send: () => {},
    emit: (event) => void events.push(event),
    toldUntil: () => null,
  });
  const series = { channel: "candles", instrument: I, interval: "1m" } as const;
  feed.subscribe([I]).catch(() => {});
  feed.history({ type: "history", ...series, candles: bars(1_000, 1_001) });
  feed.subscribed("candles-1");
  feed.history({ type: "history", ...series, candles: [], restarted: true });
  expect(feed.candles(I, "1m")).toEqual([]);
  for (const minute of [7, 8]) {
    const candle = { ...bar(minute), mark: null };
    const rest = { instrument: I, interval: "1m", provider: "paper" } as const;
    feed.hear({ type: "candle", ...rest, closed: true, candle });
  }
  const heard = events.flatMap((event) => (event.kind === "candle" ? [text(event.candle)] : []));
  expect(heard).toEqual([told(7), told(8)]);
  expect(minutesOf(feed.candles(I, "1m"))).toEqual([7, 8]);
});

test("a bar that comes before the history that is awaited is told after those in between", () => {
  const series = new BarSeries(I, "1m", null);
  series.history(bars(1, 2), 0);
  series.await(0);
  expect(series.live(bar(5), true, 0)).toEqual([]);
  expect(minutesOf(series.history(bars(2, 3, 4, 5, 6), 0))).toEqual([2, 3, 4, 5]);
});

test("wherever the line breaks, closed bars are told once, in order and without a hole", () => {
  const steps = fc.array(fc.constantFrom("grow", "close", "cut", "back"), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (taken) => {
      const series = new BarSeries(I, "1m", null);
      let minute = 3;
      let isUp = true;
      const heard = [...series.history(bars(1, 2, 3), 0)];
      const back = (): void => {
        const asked = series.await(minute * MINUTE);
        const all = Array.from({ length: minute }, (_, at) => bar(at + 1));
        heard.push(...series.history(all.slice(-asked), minute * MINUTE));
        isUp = true;
      };
      for (const step of taken) {
        if (step === "cut") isUp = false;
        else if (step === "back") back();
        else if (step === "grow") {
          if (isUp) heard.push(...series.live(bar(minute), false, minute * MINUTE));
        } else {
          if (isUp) heard.push(...series.live(bar(minute), true, minute * MINUTE));
          minute += 1;
        }
      }
      back();
      const expected = Array.from({ length: minute - 3 }, (_, at) => at + 3);
      expect(minutesOf(heard)).toEqual(expected);
      expect(heard.some(({ corrected }) => corrected)).toBe(false);
    }),
  );
});
