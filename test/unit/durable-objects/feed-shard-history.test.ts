import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ShardCandles } from "../../../durable-objects/feed-shard.candles.ts";
import { LastWork } from "../../../durable-objects/feed-shard.last-work.ts";
import { Recorder } from "../../../durable-objects/feed-shard.recorder.ts";
import { TickLog } from "../../../durable-objects/feed-shard.tick-log.ts";
import type { Log } from "../../../src/application/log.ts";
import type { OwnCandles } from "../../../src/application/ports.ts";
import {
  HISTORY_END_MS_MAX,
  OWN_CANDLES_DELAY_MS,
  RECORDING_RETRY_MS,
  RECORDING_TRIES_MAX,
  RECORDINGS_WAITING_MAX,
  SHARD_LOG_TICKS_MAX,
} from "../../../src/domain/limits.ts";
import { decodeRecording } from "../../../src/domain/recording.ts";
import { type MarketUpdate, tickSeqBase } from "../../../src/domain/tick.ts";

const MINUTE = 60_000;
const START = Date.parse("2026-11-21T09:05:00Z");

const update = (time: number, more: Partial<MarketUpdate> = {}): MarketUpdate => ({
  instrument: "X:A",
  last: 10,
  lastQuantity: 1,
  bid: null,
  bidQuantity: null,
  ask: null,
  askQuantity: null,
  volume: null,
  exchangeTime: time,
  ...more,
});

const logged = (time: number, count = 1, more: Partial<MarketUpdate> = {}) => ({
  update: update(time, more),
  receivedTime: time,
  epoch: 1,
  seq: tickSeqBase(1) + count,
  isLateTrade: false,
  late: false,
});

const quiet = () => {};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function recorder(fails: () => boolean = () => false) {
  const written = new Map<string, number[]>();
  const log = vi.fn<Log>();
  const put = async (key: string, bytes: Uint8Array) => {
    if (fails()) throw new Error("archive down");
    const read = decodeRecording(bytes);
    written.set(key, read.ok ? read.value.map(({ receivedTime }) => receivedTime) : []);
  };
  return { written, log, made: new Recorder({ broker: "x", shard: "x:x:1", put, log }) };
}

test("a log gives back what was added once, late trades by themselves, and counts what does not fit", () => {
  const log = new TickLog();
  log.add(update(1), 2, 3, 0);
  log.addLate(update(0), 3, 3, 0);
  const drained = () => {
    const ticks: [number, number, boolean][] = [];
    log.drain(({ receivedTime, seq, isLateTrade }) => ticks.push([receivedTime, seq, isLateTrade]));
    return ticks;
  };
  expect(drained()).toEqual([
    [2, tickSeqBase(3), false],
    [3, tickSeqBase(3), true],
  ]);
  expect(drained()).toEqual([]);
  for (let n = 0; n <= SHARD_LOG_TICKS_MAX; n += 1) log.add(update(n), n, 1, n);
  expect(log.lost).toBe(1);
  expect(drained()).toHaveLength(SHARD_LOG_TICKS_MAX);
});

test("a log that is worked off in slices gives everything once and in order, and keeps its room", () => {
  const log = new TickLog();
  const drained: number[] = [];
  const slice = () => log.drain(({ receivedTime }) => drained.push(receivedTime), 7);
  for (let n = 0; n < 20; n += 1) {
    log.add(update(n), n, 1, n);
    if (n % 3 === 0) slice();
  }
  log.drain(({ receivedTime }) => drained.push(receivedTime));
  expect(drained).toEqual(Array.from({ length: 20 }, (_, n) => n));
  for (let n = 0; n < SHARD_LOG_TICKS_MAX; n += 1) log.add(update(n), n, 1, n);
  slice();
  for (let n = 0; n < 8; n += 1) log.add(update(n), SHARD_LOG_TICKS_MAX + n, 1, n);
  expect(log.lost).toBe(1);
  drained.length = 0;
  log.drain(({ receivedTime }) => drained.push(receivedTime));
  expect(drained).toEqual(Array.from({ length: SHARD_LOG_TICKS_MAX }, (_, n) => n + 7));
});

test("each minute is one recording, written when it is over, whether or not a tick follows", async () => {
  const { made, written } = recorder();
  for (const time of [START + 7_042, START + 59_999, START + MINUTE]) made.add(logged(time));
  await vi.runAllTimersAsync();
  const first = "ticks/x/2026-11-21/09-05/x:x:1/07042";
  expect([...written]).toEqual([[first, [START + 7_042, START + 59_999]]]);
  made.beat(START + 2 * MINUTE - 1);
  expect(written.size).toBe(1);
  made.beat(START + 2 * MINUTE);
  await vi.runAllTimersAsync();
  expect([...written.keys()]).toEqual([first, "ticks/x/2026-11-21/09-06/x:x:1/00000"]);
  expect(made.view).toEqual({ written: 2, waiting: 0, retries: 0, lostTicks: 0 });
});

test("a write that fails is tried again, and what fails to the end is counted and told", async () => {
  let failures = RECORDING_TRIES_MAX - 1;
  const { made, written, log } = recorder(() => failures-- > 0);
  made.add(logged(START));
  made.finish();
  await vi.advanceTimersByTimeAsync(RECORDING_RETRY_MS * RECORDING_TRIES_MAX);
  expect(written.size).toBe(1);
  expect(made.view).toMatchObject({ retries: RECORDING_TRIES_MAX - 1, lostTicks: 0 });
  failures = RECORDING_TRIES_MAX;
  made.add(logged(START + MINUTE));
  made.finish();
  await vi.runAllTimersAsync();
  expect(written.size).toBe(1);
  expect(made.view).toMatchObject({ written: 1, waiting: 0, lostTicks: 1 });
  expect(log).toHaveBeenCalledOnce();
});

test("while the archive hangs no more than the bound waits, and the one on its way stays", async () => {
  const { made } = recorder();
  const never = new Recorder({
    broker: "x",
    shard: "x:x:1",
    put: () => new Promise(() => {}),
    log: quiet,
  });
  for (let minute = 0; minute <= RECORDINGS_WAITING_MAX; minute += 1) {
    never.add(logged(START + minute * MINUTE));
    never.finish();
  }
  expect(never.view).toEqual({
    written: 0,
    waiting: RECORDINGS_WAITING_MAX,
    retries: 0,
    lostTicks: 1,
  });
  expect(made.view.written).toBe(0);
});

function candles(fails: () => boolean = () => false, isHeld = () => true) {
  const sent: OwnCandles[] = [];
  const send = async (batch: OwnCandles) => {
    if (fails()) throw new Error("manager away");
    sent.push(structuredClone(batch));
  };
  return { sent, made: new ShardCandles(send, quiet, isHeld) };
}

test("closed minutes are handed over once a minute, and only trades are in them", async () => {
  const { made, sent } = candles();
  made.beat(START + OWN_CANDLES_DELAY_MS);
  made.add(logged(START + 1_000));
  made.add(logged(START + 2_000, 2, { lastQuantity: null }));
  made.add(logged(START + 3_000, 3, { last: null }));
  made.beat(START + MINUTE);
  await vi.runAllTimersAsync();
  expect(sent).toEqual([]);
  made.beat(START + MINUTE + OWN_CANDLES_DELAY_MS);
  await vi.runAllTimersAsync();
  expect(sent).toMatchObject([{ bars: [{ instrument: "X:A", part: { time: START, volume: 1 } }] }]);
  made.beat(START + 2 * MINUTE + OWN_CANDLES_DELAY_MS);
  await vi.runAllTimersAsync();
  expect(sent).toHaveLength(1);
});

test("what the manager did not take is handed over again, with the gaps", async () => {
  let isDown = true;
  const { made, sent } = candles(() => isDown);
  made.add(logged(START));
  made.gap(["X:A"], { from: START, to: START + 5 });
  made.beat(START, true);
  await vi.runAllTimersAsync();
  expect(sent).toEqual([]);
  isDown = false;
  made.beat(START + 2 * MINUTE);
  await vi.runAllTimersAsync();
  expect(sent).toMatchObject([
    { bars: [{ part: { volume: 1 } }], gaps: [{ instrument: "X:A", from: START, to: START + 5 }] },
  ]);
});

test("a trade later than the grace is counted", () => {
  const { made } = candles();
  made.add(logged(START + 2 * MINUTE));
  made.add(logged(START));
  expect(made.tooLate).toBe(1);
  expect(made.parts("X:A", "1m")).toHaveLength(1);
  expect(made.parts("X:B", "1m")).toEqual([]);
});

test("bars of an instrument that left are handed over, leave memory, and are never told again in part", () => {
  let isHeld = true;
  const { made, sent } = candles(
    () => false,
    () => isHeld,
  );
  const beat = (minutes: number) => made.beat(START + minutes * MINUTE + OWN_CANDLES_DELAY_MS);
  made.add(logged(START + 50_000));
  isHeld = false;
  beat(1);
  // Within the grace it may still be amended.
  expect(made.parts("X:A", "1s")).toHaveLength(1);
  beat(2);
  expect(made.parts("X:A", "1s")).toEqual([]);
  const told = () => sent.flatMap(({ bars }) => bars.map(({ part }) => part.time));
  expect(told()).toEqual([START]);
  isHeld = true;
  made.add(logged(START + 55_000, 2));
  expect(made.tooLate).toBe(1);
  made.add(logged(START + 2 * MINUTE, 3));
  beat(3);
  expect(made.tooLate).toBe(1);
  expect(made.parts("X:A", "1m").map(({ time }) => time)).toEqual([START + 2 * MINUTE]);
});

test("bars of an instrument that is quiet but held stay in memory", () => {
  const { made } = candles();
  made.add(logged(START));
  for (let minutes = 1; minutes < 5; minutes += 1)
    made.beat(START + minutes * MINUTE + OWN_CANDLES_DELAY_MS);
  expect(made.parts("X:A", "1s")).toHaveLength(1);
});

test("a shard that was emptied does its last work once, at a time of its own", () => {
  const work = vi.fn<(now: number) => void>();
  const last = new LastWork({ work, isAtWork: () => false, random: () => 0.5 });
  last.soon();
  // Told again, as each alarm does: it is not put off by it.
  vi.advanceTimersByTime(HISTORY_END_MS_MAX / 2 - 1);
  last.soon();
  expect(work).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(work).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(HISTORY_END_MS_MAX);
  expect(work).toHaveBeenCalledTimes(1);
  last.soon();
  vi.advanceTimersByTime(HISTORY_END_MS_MAX);
  expect(work).toHaveBeenCalledTimes(2);
});

test("a shard that got work again before its last work goes on with the bars it was at", () => {
  const work = vi.fn<(now: number) => void>();
  let isAtWork = false;
  const last = new LastWork({ work, isAtWork: () => isAtWork, random: () => 0.5 });
  last.soon();
  isAtWork = true;
  vi.advanceTimersByTime(HISTORY_END_MS_MAX);
  expect(work).not.toHaveBeenCalled();
});
