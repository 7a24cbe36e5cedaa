import { reset } from "cloudflare:test";
import { afterEach, expect, test } from "vitest";
import type { RecordedTick } from "../../src/contract/paper.ts";
import { approved, crash, exchange, subscribe, tapFeed, until } from "../support/workers/paper.ts";

afterEach(() => reset());

const XBT = "KRAKEN:XBT/USDT";
const START = 1_762_795_433_000;

/** A trade every second, the price rising by one. */
const recording = (count: number): RecordedTick[] =>
  Array.from({ length: count }, (_, index) => ({
    instrument: XBT,
    time: START + index * 1_000,
    price: 100_000 + index,
    quantity: 0.001,
  }));

test("a recording plays in order at its speed, makes nothing up, and says when it is finished", async () => {
  const paper = exchange("paper");
  await paper.control("/replay", { op: "load", fresh: true, ticks: recording(30) });
  await paper.control("/replay", { op: "load", ticks: recording(60).slice(30) });
  const tap = await tapFeed(paper);
  subscribe(tap, paper, [XBT, "NSE:INFY"]);
  await paper.control("/replay", { op: "start", speed: 100 });
  // Seeded ticks came before the start; they have both sides of the book, recorded ones have none.
  const played = () => tap.updates.filter(({ bid }) => bid === null);
  await until(() => played().length === 60);
  expect(played().map(({ last }) => last)).toEqual(recording(60).map(({ price }) => price));
  expect(played()[7]).toEqual({
    instrument: XBT,
    last: 100_007,
    lastQuantity: 0.001,
    bid: null,
    bidQuantity: null,
    ask: null,
    askQuantity: null,
    volume: null,
    exchangeTime: START + 7_000,
  });
  const view = await paper.control();
  expect(view).toMatchObject({ mode: "replay", replay: { ticks: 60, played: 60, finished: true } });
});

test("orders trade at the recorded price and no more than was traded", async () => {
  const paper = exchange("paper");
  await paper.control("/replay", { op: "load", fresh: true, ticks: recording(500) });
  const early = await paper.trading.submit(
    approved({ instrument: XBT, quantity: "0.0025", clientOrderId: "early" }),
  );
  expect(early.outcome).toBe("accepted");
  await paper.control("/replay", { op: "start", speed: 50 });
  const none = await paper.trading.submit(approved({ instrument: "NSE:INFY" }));
  expect(none).toEqual({
    outcome: "rejected",
    reason: "REJECTED: no price of NSE:INFY is known yet",
  });
  await until(async () => (await paper.control()).replay?.played !== 0);
  const late = approved({ instrument: XBT, quantity: "0.0025", clientOrderId: "late" });
  await paper.trading.submit(late);
  const fillsOfLate = async () => {
    const executions = await paper.trading.executions(0);
    if (!executions.ok) throw new Error(executions.error.reason);
    return executions.value.filter(({ clientOrderId }) => clientOrderId === "late");
  };
  await paper.trading.openOrderStream().then((socket) => socket.accept?.());
  await until(async () => (await fillsOfLate()).length === 3);
  const fills = await fillsOfLate();
  expect(fills.map(({ quantity }) => quantity)).toEqual(["0.001", "0.001", "0.0005"]);
  for (const { price } of fills) expect(Number(price)).toBeGreaterThanOrEqual(100_000);
});

test("candles of a replay are those of the ticks played so far", async () => {
  const paper = exchange("paper");
  await paper.control("/replay", { op: "load", fresh: true, ticks: recording(90) });
  await paper.control("/replay", { op: "start", speed: 100_000 });
  await until(
    async () =>
      (await paper.control("/replay", { op: "load" }).catch(() => paper.control())).replay
        ?.finished,
  );
  const minute = Math.floor(START / 60_000) * 60_000;
  const range = { from: minute, to: minute + 300_000 };
  const bars = await paper.reference.candles({ instrument: XBT, interval: "1m", ...range });
  const all = recording(90);
  const expected = [0, 1, 2].flatMap((index) => {
    const start = minute + index * 60_000;
    const ticks = all.filter(({ time }) => time >= start && time < start + 60_000);
    const prices = ticks.map(({ price }) => price);
    const [open, close] = [prices[0], prices.at(-1)];
    return ticks.length === 0
      ? []
      : [{ time: start, open, high: Math.max(...prices), low: Math.min(...prices), close }];
  });
  expect(bars).toMatchObject({ ok: true, value: expected });
});

test("a recording goes on where it was after a crash, and plays no tick twice", async () => {
  const paper = exchange("paper");
  await paper.control("/replay", { op: "load", fresh: true, ticks: recording(200) });
  await paper.control("/replay", { op: "start", speed: 100 });
  const first = await tapFeed(paper);
  subscribe(first, paper, [XBT]);
  await until(() => first.updates.length > 20);
  await crash(paper);
  const second = await tapFeed(paper);
  subscribe(second, paper, [XBT]);
  await until(async () => (await paper.control()).replay?.finished);
  const times = second.updates.slice(1).map(({ exchangeTime }) => exchangeTime ?? 0);
  expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
  expect(times.at(-1)).toBe(START + 199_000);
});

test("a recording that has played to its end within a second plays nothing more after a crash", async () => {
  const paper = exchange("paper");
  await paper.control("/replay", { op: "load", fresh: true, ticks: recording(60) });
  await paper.control("/replay", { op: "start", speed: 1_000 });
  await until(async () => (await paper.control()).replay?.finished);
  await crash(paper);
  // Its place is what was stored: no beat has come yet.
  expect((await paper.control()).replay).toMatchObject({ played: 60, finished: true });
});

test("a wrong chunk is refused whole, by place and field", async () => {
  const paper = exchange("paper");
  const ticks = recording(3).map((tick, index) => (index === 2 ? { ...tick, price: 1.05 } : tick));
  const load = paper.control("/replay", { op: "load", fresh: true, ticks });
  await expect(load).rejects.toThrow(/ticks\.2\.price: .*multiple of 0\.1/);
  const unordered = recording(2).reverse();
  const wrongOrder = paper.control("/replay", { op: "load", ticks: unordered });
  await expect(wrongOrder).rejects.toThrow("ticks.1.time");
  const nothing = paper.control("/replay", { op: "start" });
  await expect(nothing).rejects.toThrow("nothing to play");
  expect((await paper.control()).replay).toBeNull();
});
