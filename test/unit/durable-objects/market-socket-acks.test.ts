/** What a socket has acknowledged, and what it owes. */
import { expect, test } from "vitest";
import {
  STREAM_BUFFERED_BYTES_CONFLATE,
  STREAM_UNACKNOWLEDGED_FRAMES_MAX,
} from "../../../src/domain/limits.ts";
import { setUp } from "../../support/market-sockets.ts";

test("one that acknowledged and stopped gets no tick past the bound until it speaks again, and is held to it after that too", () => {
  const { join, tick } = setUp();
  const { algo, socket, watched } = join();
  const ticks = () => socket.sent.filter(({ type }) => type === "ticks").length;
  tick(0);
  algo.acknowledge(1);
  for (let n = 0; n < STREAM_UNACKNOWLEDGED_FRAMES_MAX; n += 1) tick(0);
  expect([ticks(), algo.isLagging]).toEqual([1 + STREAM_UNACKNOWLEDGED_FRAMES_MAX, false]);
  tick(0);
  const start = Date.now();
  for (const at of [1, 2, 3]) algo.checkLag(start + at);
  tick(0);
  expect([ticks(), algo.isLagging]).toEqual([1 + STREAM_UNACKNOWLEDGED_FRAMES_MAX, true]);

  algo.acknowledge(1 + STREAM_UNACKNOWLEDGED_FRAMES_MAX / 2 - 1);
  algo.checkLag(start + 4);
  expect(algo.isLagging).toBe(true);
  algo.acknowledge(1 + STREAM_UNACKNOWLEDGED_FRAMES_MAX / 2);
  algo.checkLag(start + 5);
  expect(algo.isLagging).toBe(false);
  for (let n = 0; n < STREAM_UNACKNOWLEDGED_FRAMES_MAX + 1; n += 1) tick(0);
  expect([algo.isLagging, watched.lagging]).toEqual([true, 2]);
});

test("one that acknowledged, asked for more and stopped is held to what comes after", () => {
  const { join, tick } = setUp();
  const { algo } = join();
  tick(0);
  algo.acknowledge(1);
  algo.instruments.delete("X:C");
  algo.regroup();
  for (let n = 0; n < STREAM_UNACKNOWLEDGED_FRAMES_MAX; n += 1) tick(0);
  expect(algo.isLagging).toBe(false);
  tick(0);
  expect(algo.isLagging).toBe(true);
});

test("a first acknowledgement that was on its way while the socket got a new base is not taken for a debt", () => {
  const { join, tick } = setUp();
  join();
  for (let n = 0; n < 2 * STREAM_UNACKNOWLEDGED_FRAMES_MAX; n += 1) tick(0);
  // The group was there before it: its base is far above what it has counted elsewhere.
  const { algo } = join();
  algo.acknowledge(16);
  tick(0);
  expect(algo.isLagging).toBe(false);
  // From its first one in the new numbers on it is held to them.
  algo.acknowledge(algo.position.seq);
  for (let n = 0; n <= STREAM_UNACKNOWLEDGED_FRAMES_MAX; n += 1) tick(0);
  expect(algo.isLagging).toBe(true);
});

test("a first acknowledgement from before a socket had caught up does not make it lag again", () => {
  const { join, tick } = setUp();
  const { socket, algo } = join();
  socket.bufferedAmount = STREAM_BUFFERED_BYTES_CONFLATE + 1;
  for (let n = 0; n < 2 * STREAM_UNACKNOWLEDGED_FRAMES_MAX; n += 1) tick(0);
  socket.bufferedAmount = 0;
  algo.checkLag(Date.now());
  algo.acknowledge(8);
  tick(0);
  expect(algo.isLagging).toBe(false);
});

test("one that never acknowledges is not held to it", () => {
  const { join, tick } = setUp();
  const { algo } = join();
  for (let n = 0; n < 2 * STREAM_UNACKNOWLEDGED_FRAMES_MAX; n += 1) tick(0);
  expect(algo.isLagging).toBe(false);
});
