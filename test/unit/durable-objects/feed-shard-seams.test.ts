import { expect, test, vi } from "vitest";
import { TickBook } from "../../../durable-objects/feed-shard.book.ts";
import { ShardCandles } from "../../../durable-objects/feed-shard.candles.ts";
import { TradeSeams } from "../../../durable-objects/feed-shard.seams.ts";
import { candleStart } from "../../../src/domain/candle.ts";
import { LATE_TRADES_AGE_MS_MAX } from "../../../src/domain/feed-limits.ts";
import { CLOCK_SKEW_TICK_MS_MAX } from "../../../src/domain/quality-limits.ts";
import type { MarketUpdate } from "../../../src/domain/tick.ts";
import { missingTrades, type PastTrade, type SeamWatch } from "../../../src/domain/trade-seam.ts";

const I = "X:A";
const T = 1_795_236_800_000;

const update = (exchangeTime: number, last: number): MarketUpdate => ({
  instrument: I,
  last,
  lastQuantity: 1,
  bid: null,
  bidQuantity: null,
  ask: null,
  askQuantity: null,
  volume: null,
  exchangeTime,
});

const past = (time: number, price: number): PastTrade => ({
  tradeId: null,
  time,
  price,
  quantity: 1,
});

/** A book with one instrument, and the bars and seams that hear all that it tells. */
function setUp() {
  const book = new TickBook("paper", (held) => (held.isLive = true));
  book.assign(
    [{ instrument: I, mode: "quote", consumers: [], standby: false, handOver: null }],
    [],
    T,
  );
  book.openEpoch(1);
  const handedOver: number[] = [];
  const candles = new ShardCandles(
    async ({ bars }) => void handedOver.push(...bars.map(({ part }) => part.time)),
    () => {},
  );
  const seams = new TradeSeams((instrument, since) => candles.waitFor(instrument, since));
  const drain = () =>
    book.log.drain((tick) => {
      candles.add(tick);
      seams.note(tick);
    });
  /** The connection was down for so long, and is there again. */
  const reconnect = (from: number, to: number): SeamWatch => {
    book.lose(from);
    book.openEpoch(2);
    drain();
    const watch = seams.open(I, { instruments: [I], from, to, reason: "" });
    if (!watch) throw new Error("nothing is watched");
    return watch;
  };
  /** The exchange says that its clock stands there now, as `ShardQuality` and `ShardHistory` hear it. */
  const setClock = (time: number, now: number) => {
    const holdsUntil = book.clock.holdsUntil(time, now);
    book.clock.heard({ time, isSet: true }, now);
    book.forgetLaterThan(holdsUntil);
    drain();
    candles.forgetLaterThan(holdsUntil);
    seams.forgetLaterThan(holdsUntil);
  };
  return { book, drain, reconnect, setClock, candles, handedOver };
}

test("a trade that comes out of order right after the reconnect hides nothing of the gap", () => {
  const { book, drain, reconnect } = setUp();
  book.take(update(T, 100), T);
  const watch = reconnect(T, T + 5_000);
  // From before the gap: no consumer sees it, its bar is amended.
  book.take(update(T - 50, 100), T + 5_001);
  book.take(update(T + 5_100, 100), T + 5_100);
  drain();
  expect(book.dropped).toEqual({ out_of_order: 1 });
  const missed = [past(T + 1_000, 101), past(T + 2_000, 102)];
  const all = [past(T, 100), ...missed, past(T + 5_100, 100)];
  expect(missingTrades(watch, all)).toEqual(missed);
});

test("a spike that waited through the gap hides nothing of it, and is not told twice", () => {
  const { book, drain, reconnect } = setUp();
  book.take(update(T, 100), T);
  // Beyond the band: it waits for the next update, which comes after the gap.
  book.take(update(T + 100, 150), T + 100);
  const watch = reconnect(T + 100, T + 5_000);
  book.take(update(T + 5_100, 151), T + 5_100);
  book.take(update(T + 5_200, 151), T + 5_200);
  drain();
  expect(book.dropped).toEqual({});
  const missed = [past(T + 1_000, 149), past(T + 2_000, 150)];
  const all = [past(T, 100), past(T + 100, 150), ...missed, past(T + 5_100, 151)];
  expect(missingTrades(watch, all)).toEqual(missed);
});

const minute = (time: number) => candleStart(time, "1m");

const logged = (time: number) => ({
  update: update(time, 90),
  receivedTime: time,
  epoch: 1,
  seq: 1,
  isLateTrade: false,
  late: false,
});

/** A recording of a year ago. */
const R = T - 31_536_000_000;

test("a gap in a recording that was started after live trading is filled", () => {
  const { book, drain, reconnect, setClock } = setUp();
  book.take(update(T, 100), T);
  setClock(R, T + 1);
  book.take(update(R + 10, 90), T + 10);
  drain();
  const watch = reconnect(T + 10, T + 5_000);
  const missed = [past(R + 1_000, 91), past(R + 2_000, 92)];
  expect(missingTrades(watch, [past(R + 10, 90), ...missed])).toEqual(missed);
});

test("a gap that was open when the clock was set is not taken for one without trades", () => {
  const { book, reconnect, setClock } = setUp();
  book.take(update(T, 100), T);
  const watch = reconnect(T, T + 5_000);
  setClock(R, T + 5_001);
  expect(watch.endedBy).toBe("the exchange's clock was set meanwhile");
});

test("trades of a recording that was started after live trading make bars, and those before are handed over", async () => {
  const { book, drain, setClock, candles, handedOver } = setUp();
  book.take(update(T, 100), T);
  setClock(R, T + 1);
  book.take(update(R + 10, 90), T + 10);
  book.take(update(R + 20, 91), T + 20);
  drain();
  expect(candles.tooLate).toBe(0);
  expect(candles.parts(I, "1m")).toMatchObject([{ time: minute(R), close: 91, volume: 2 }]);
  await vi.waitFor(() => expect(handedOver).toEqual([minute(T)]));
});

test("bars of an instrument that had left begin anew with a recording", () => {
  let isHeld = false;
  const candles = new ShardCandles(
    async () => {},
    () => {},
    () => isHeld,
  );
  candles.add(logged(T));
  candles.beat(T + 600_000);
  expect(candles.parts(I, "1s")).toEqual([]);
  isHeld = true;
  candles.forgetLaterThan(R);
  candles.add(logged(R + 10));
  expect(candles.tooLate).toBe(0);
});

test("a recording that is started again within seconds is told again, and its bars hold each trade once", () => {
  const { book, drain, setClock, candles } = setUp();
  for (const startedAt of [T, T + 4_000]) {
    setClock(R, startedAt);
    for (let n = 0; n < 40; n += 1) book.take(update(R + n * 100, 100), startedAt + n * 100);
    drain();
  }
  expect([book.ticks, book.dropped]).toEqual([80, {}]);
  expect(candles.parts(I, "1m").reduce((sum, { volume }) => sum + volume, 0)).toBe(40);
});

test("a clock that is set by less than clocks differ forgets nothing", () => {
  const { book, drain, reconnect, setClock, candles } = setUp();
  book.take(update(T, 100), T);
  drain();
  const watch = reconnect(T, T + 1_000);
  setClock(T - CLOCK_SKEW_TICK_MS_MAX, T + 1_001);
  expect(candles.parts(I, "1s")).toHaveLength(1);
  expect(watch.endedBy).toBeNull();
});

/** Seams of one instrument that was told a trade, with what its bars wait for. */
function watching() {
  let waitsSince = Infinity;
  const seams = new TradeSeams((_, since) => (waitsSince = since));
  const tick = { update: update(T, 100), receivedTime: T, epoch: 1, seq: 1 };
  seams.note({ ...tick, isLateTrade: false, late: false });
  const open = (to: number) => seams.open(I, { instruments: [I], from: T, to, reason: "" });
  return { seams, open, waitsSince: () => waitsSince };
}

test("a gap whose turn does not come is watched no longer than its trades may be told late", () => {
  const { seams, open, waitsSince } = watching();
  const [old, young] = [open(T), open(T + 1_000)];
  seams.keepOnly(() => true, T + LATE_TRADES_AGE_MS_MAX);
  expect([old?.endedBy, young?.endedBy]).toEqual([null, null]);
  seams.keepOnly(() => true, T + LATE_TRADES_AGE_MS_MAX + 1);
  expect([old?.endedBy, young?.endedBy]).toEqual(["its single trades came too late", null]);
  expect(waitsSince()).toBe(T);
  seams.keepOnly(() => true, T + LATE_TRADES_AGE_MS_MAX + 1_001);
  expect(young?.endedBy).not.toBeNull();
  expect(waitsSince()).toBe(Infinity);
});

test("bars wait for no trades of an instrument that left while its gap was being filled in", () => {
  const { seams, open, waitsSince } = watching();
  open(T);
  expect(waitsSince()).toBe(T);
  seams.keepOnly(() => false, T + 1);
  expect(waitsSince()).toBe(Infinity);
});
