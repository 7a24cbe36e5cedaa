import { expect, test, vi } from "vitest";
import { BarFeed } from "../../../durable-objects/feed-shard.bars.ts";
import { ShardCandles } from "../../../durable-objects/feed-shard.candles.ts";
import { readBars, wantsText } from "../../../src/contract/link-bars.ts";
import { BAR_UPDATE_INTERVAL_MS } from "../../../src/domain/feed-limits.ts";
import { tickSeqBase } from "../../../src/domain/tick.ts";

const START = Date.parse("2026-11-21T09:05:00Z");
const NAMES = ["X:A", "X:B"];

/** A shard's bars, and a market at the end of a link that wants those of a second of both instruments. */
function setUp() {
  const candles = new ShardCandles(
    async () => {},
    () => {},
  );
  const feed = new BarFeed({
    built: (alias) => candles.built(NAMES[alias] ?? ""),
    drain: () => {},
    setBacks: () => candles.setBacks,
  });
  const told: string[] = [];
  const socket = new EventTarget() as WebSocket;
  socket.send = (text) => {
    if (typeof text === "string") told.push(...text.split("\n"));
  };
  vi.useFakeTimers({ now: START });
  feed.listen(socket);
  const data = wantsText({ "1s": [0, 1], "1m": [] });
  socket.dispatchEvent(Object.assign(new Event("message"), { data }));
  let count = 0;
  const trade = (alias: number, time: number, quantity: number) => {
    count += 1;
    candles.add({
      update: {
        instrument: NAMES[alias] ?? "",
        last: 10,
        lastQuantity: quantity,
        bid: null,
        bidQuantity: null,
        ask: null,
        askQuantity: null,
        volume: null,
        exchangeTime: time,
      },
      receivedTime: time,
      epoch: 1,
      seq: tickSeqBase(1) + count,
      isLateTrade: false,
      late: false,
    });
  };
  /** What was told since it was asked last: of which instrument, and the volume of each of its parts. */
  const volumes = () =>
    told.splice(0).map((line) => {
      const bars = readBars(JSON.parse(line.slice(1)));
      return [bars?.alias, bars?.parts.map(({ volume }) => volume)];
    });
  return { feed, trade, volumes, end: () => (feed.stop(), vi.useRealTimers()) };
}

test("a bar that grows is told at most once in its interval", () => {
  const { feed, trade, volumes, end } = setUp();
  trade(0, START, 1);
  feed.beat(START);
  expect(volumes()).toEqual([[0, [1]]]);
  trade(0, START + 100, 2);
  feed.beat(START + BAR_UPDATE_INTERVAL_MS - 1);
  expect(volumes()).toEqual([]);
  feed.beat(START + BAR_UPDATE_INTERVAL_MS);
  expect(volumes()).toEqual([[0, [3]]]);
  end();
});

test("what was built of an instrument is told whole as another shard takes it over, and of no other", () => {
  const { feed, trade, volumes, end } = setUp();
  for (const alias of [0, 1]) trade(alias, START, 1);
  feed.beat(START);
  volumes();
  for (const alias of [0, 1]) trade(alias, START + 100, 2);
  feed.release(START + 150, (alias) => alias === 1);
  expect(volumes()).toEqual([[1, [3]]]);
  feed.release(START + 160, (alias) => alias === 1);
  expect(volumes()).toEqual([]);
  end();
});
