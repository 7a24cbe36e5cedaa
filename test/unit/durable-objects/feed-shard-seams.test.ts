import { expect, test } from "vitest";
import { TickBook } from "../../../durable-objects/feed-shard.book.ts";
import { TradeSeams } from "../../../durable-objects/feed-shard.seams.ts";
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

/** A book with one instrument, and the seams that hear all that it tells. */
function setUp() {
  const book = new TickBook("paper", (held) => (held.isLive = true));
  book.assign(
    [{ instrument: I, mode: "quote", consumers: [], standby: false, handOver: null }],
    new Set(),
    T,
  );
  book.openEpoch(1);
  const seams = new TradeSeams(() => {});
  const drain = () => book.log.drain((tick) => seams.note(tick));
  /** The connection was down for so long, and is there again. */
  const reconnect = (from: number, to: number): SeamWatch => {
    book.lose(from);
    book.openEpoch(2);
    drain();
    const watch = seams.open(I, { instruments: [I], from, to, reason: "" });
    if (!watch) throw new Error("nothing is watched");
    return watch;
  };
  return { book, drain, reconnect };
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
