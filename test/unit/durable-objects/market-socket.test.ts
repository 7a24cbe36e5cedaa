import { expect, test, vi } from "vitest";
import {
  CLOSE_SLOW_CONSUMER,
  FAN_OUT_SENDS_PER_TURN,
  LAGGING_MS_MAX,
  STREAM_BUFFERED_BYTES_CLOSE,
  STREAM_BUFFERED_BYTES_CONFLATE,
} from "../../../src/domain/limits.ts";
import { Board } from "../../../durable-objects/market.board.ts";
import { lasts, setUp } from "../../support/market-sockets.ts";

test("sockets with the same list get the same frames, numbered one after the other", () => {
  const { join, tick } = setUp();
  const [one, two] = [join(), join()];
  tick(0, 1);
  tick(2);
  expect(one.socket.sent).toEqual(two.socket.sent);
  expect(one.socket.sent.map(({ epoch, seq }) => [epoch, seq])).toEqual([
    [7, 1],
    [7, 2],
  ]);
  expect(one.algo.position).toEqual({ epoch: 7, seq: 2 });
});

test("lesson 13: past the bound a slow reader is told and gets no ticks; drained, it gets the latest of what it missed", () => {
  const { join, tick } = setUp();
  const [slow, healthy] = [join(), join()];
  tick(0);
  slow.socket.bufferedAmount = STREAM_BUFFERED_BYTES_CONFLATE;
  tick(0);
  expect(slow.socket.sent.at(-1)).toMatchObject({ type: "ticks", seq: 2 });
  slow.socket.bufferedAmount += 1;
  tick(1);
  tick(0, 1);
  tick(1);
  expect(slow.watched.lagging).toBe(1);
  expect(slow.socket.sent.slice(2)).toMatchObject([{ type: "lagging", on: true, epoch: 7 }]);

  slow.socket.bufferedAmount = STREAM_BUFFERED_BYTES_CONFLATE / 2 + 1;
  slow.algo.checkLag(1);
  expect(slow.algo.isLagging).toBe(true);
  slow.socket.bufferedAmount = STREAM_BUFFERED_BYTES_CONFLATE / 2;
  slow.algo.checkLag(2);
  expect(slow.socket.sent.slice(3)).toMatchObject([
    { type: "lagging", on: false, seq: 5 },
    { type: "ticks", snapshot: true, seq: 5 },
  ]);
  // The third instrument did not move; the other two by their latest tick only.
  expect(lasts(slow.socket.sent[4])).toEqual([
    ["X:A", 4],
    ["X:B", 6],
  ]);
  tick(2);
  expect(slow.socket.sent.at(-1)).toMatchObject({ type: "ticks", seq: 6 });
  expect(healthy.socket.sent.map(({ type }) => type)).toEqual(Array(6).fill("ticks"));
});

test("what is not a tick still reaches a slow reader, in order", () => {
  const { join, tick } = setUp();
  const slow = join();
  slow.socket.bufferedAmount = STREAM_BUFFERED_BYTES_CONFLATE + 1;
  tick(0);
  slow.algo.send({ type: "pong", time: 1 });
  slow.algo.send({ type: "pong", time: 2 });
  expect(slow.socket.sent.map(({ type, time }) => [type, time])).toEqual([
    ["lagging", undefined],
    ["pong", 1],
    ["pong", 2],
  ]);
});

test("a reader that takes nothing for too long is closed with 4008; one that takes a little is not", () => {
  const { join, tick } = setUp();
  const stuck = join();
  stuck.socket.bufferedAmount = 2 * STREAM_BUFFERED_BYTES_CONFLATE;
  tick(0);
  const start = Date.now();
  stuck.algo.checkLag(start);
  stuck.socket.bufferedAmount -= 1;
  stuck.algo.checkLag(start + LAGGING_MS_MAX);
  stuck.algo.checkLag(start + 2 * LAGGING_MS_MAX);
  expect(stuck.socket.closed).toBe(null);
  expect(stuck.watched.closed).toBe(0);
  stuck.algo.checkLag(start + 2 * LAGGING_MS_MAX + 1);
  expect(stuck.socket.closed).toMatchObject({ code: CLOSE_SLOW_CONSUMER });
  expect(stuck.watched.closed).toBe(1);
});

test("past the second bound the socket is closed with 4008", () => {
  const { join } = setUp();
  const { algo, socket, watched } = join();
  socket.bufferedAmount = STREAM_BUFFERED_BYTES_CLOSE;
  algo.send({ type: "pong", time: 1 });
  expect(socket.closed).toBe(null);
  socket.bufferedAmount += 1;
  algo.send({ type: "pong", time: 2 });
  algo.send({ type: "pong", time: 3 });
  expect(watched.closed).toBe(1);
  expect(socket.closed).toMatchObject({ code: CLOSE_SLOW_CONSUMER });
  expect(socket.sent).toHaveLength(1);
});

test("a turn sends to some, those first that wait longest, until nothing waits", () => {
  const { board, join, take } = setUp();
  const all = Array.from({ length: 2 * FAN_OUT_SENDS_PER_TURN + 1 }, join);
  const got = () => all.filter(({ socket }) => socket.sent.length > 0).length;
  take(0);
  expect(board.isWaiting).toBe(true);
  expect([board.turn(), got()]).toEqual([FAN_OUT_SENDS_PER_TURN, FAN_OUT_SENDS_PER_TURN]);
  take(1);
  expect([board.turn(), board.turn()]).toEqual([
    FAN_OUT_SENDS_PER_TURN,
    FAN_OUT_SENDS_PER_TURN + 1,
  ]);
  expect([board.isWaiting, got(), board.turn()]).toEqual([false, all.length, 0]);
  // The first ones got both ticks in two frames, those that waited in one.
  const frames = all.map(({ socket }) => socket.sent.flatMap((frame) => lasts(frame)).length);
  expect(new Set(frames)).toEqual(new Set([2]));
  for (const { algo, socket } of all) expect(algo.position.seq).toBe(socket.sent.at(-1)?.["seq"]);
});

test("whoever joins, leaves or asks for a snapshot sees what waits first, and nothing twice", () => {
  const { board, join, take } = setUp();
  const one = join();
  take(0);
  const other = join();
  expect(lasts(one.socket.sent[0])).toEqual([["X:A", 1]]);
  expect(other.socket.sent).toEqual([]);
  expect(other.algo.position).toEqual(one.algo.position);
  take(0);
  one.algo.sendSnapshot(new Set(["X:A"]));
  expect(one.socket.sent.map((frame) => [frame["seq"], frame["snapshot"] ?? false])).toEqual([
    [1, false],
    [2, false],
    [2, true],
  ]);
  take(0);
  one.algo.leave();
  expect(lasts(one.socket.sent.at(-1))).toEqual([["X:A", 3]]);
  expect(board.isWaiting).toBe(false);
});

test("ticks that waited for their turn when a socket began to lag are in its snapshot", () => {
  const { board, join, take, tick } = setUp();
  const all = Array.from({ length: FAN_OUT_SENDS_PER_TURN + 1 }, join);
  const last = all.at(-1);
  if (!last) throw new Error("nobody joined");
  last.socket.bufferedAmount = STREAM_BUFFERED_BYTES_CONFLATE + 1;
  take(0);
  board.turn();
  take(1);
  board.turn();
  board.turn();
  tick(2);
  expect(last.algo.isLagging).toBe(true);
  last.socket.bufferedAmount = 0;
  last.algo.checkLag(0);
  expect(lasts(last.socket.sent.at(-1))).toEqual([
    ["X:A", 1],
    ["X:B", 2],
    ["X:C", 3],
  ]);
});

/** A hundred ticks for five that read, with or without one that stops reading after ten. */
const work = (isOneStuck: boolean) => {
  const built = vi.spyOn(Board.prototype, "frameText");
  const { join, tick } = setUp();
  const healthy = Array.from({ length: 5 }, () => join());
  const stuck = isOneStuck ? join() : null;
  for (let n = 0; n < 100; n += 1) {
    if (stuck && n === 10) stuck.socket.bufferedAmount = STREAM_BUFFERED_BYTES_CONFLATE + 1;
    tick(n % 3);
  }
  const frames = built.mock.calls.length;
  built.mockRestore();
  return { frames, sent: healthy.map(({ socket }) => socket.sent), stuck: stuck?.socket.sent };
};

test("a stuck reader costs the others no frame and no send: what they get, and what is built for them, is the same", () => {
  const [alone, beside] = [work(false), work(true)];
  expect(beside.frames).toBe(alone.frames);
  expect(beside.sent).toEqual(alone.sent);
  // To the stuck one: what came before it was stuck, then one word, and nothing more.
  expect(beside.stuck).toHaveLength(11);
  expect(beside.stuck?.at(-1)).toMatchObject({ type: "lagging", on: true });
});
