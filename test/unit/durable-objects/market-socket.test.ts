import { expect, test } from "vitest";
import { Board } from "../../../durable-objects/market.board.ts";
import { AlgoSocket } from "../../../durable-objects/market.socket.ts";
import { tickFields } from "../../../src/contract/link.ts";
import {
  CLOSE_SLOW_CONSUMER,
  LAGGING_MS_MAX,
  STREAM_BUFFERED_BYTES_CLOSE,
  STREAM_BUFFERED_BYTES_CONFLATE,
} from "../../../src/domain/limits.ts";

/** A socket whose other side reads as much as the test says. */
class FakeSocket {
  bufferedAmount = 0;
  readonly sent: Record<string, unknown>[] = [];
  closed: { code: number; reason: string } | null = null;

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(code: number, reason: string): void {
    this.closed = { code, reason };
  }

  serializeAttachment(): void {}
}

function setUp() {
  const board = new Board(7);
  const instruments = ["X:A", "X:B", "X:C"].map((id, index) => board.admit(id, index + 1));
  let seq = 0;
  const join = () => {
    const socket = new FakeSocket();
    const caller = { kind: "algo", id: "k", algoId: null, scopes: [] } as const;
    const attachment = { kind: "algo", id: "s", format: "plain", caller, channels: [] } as const;
    const watched = { lagging: 0 };
    const algo = new AlgoSocket(
      socket,
      { ...attachment, caller: { ...caller, scopes: [] }, channels: [] },
      board,
      () => (watched.lagging += 1),
    );
    for (const { instrument } of instruments) algo.instruments.set(instrument, "quote");
    algo.regroup();
    return { socket, algo, watched };
  };
  /** One frame with a tick of each of these instruments. */
  const tick = (...which: number[]) => {
    for (const index of which) {
      const one = instruments[index];
      if (!one) throw new Error("no such instrument");
      seq += 1;
      const update = { instrument: one.instrument, last: seq, lastQuantity: 1, volume: seq };
      const quote = { bid: null, bidQuantity: null, ask: null, askQuantity: null };
      const stamp = { providerJson: '"x"', receivedTime: 0, epoch: 1, seq, late: false };
      board.take(one, tickFields({ ...update, ...quote, exchangeTime: seq }, stamp));
    }
    board.flush(false);
  };
  return { join, tick };
}

const lasts = (frame: Record<string, unknown> | undefined) => {
  const ticks = frame?.["ticks"] as { instrument: string; last: number }[] | undefined;
  return ticks?.map(({ instrument, last }) => [instrument, last]);
};

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

test("past the bound a slow reader is told and gets no ticks; drained, it gets the latest of what it missed", () => {
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
  stuck.algo.checkLag(start + 2 * LAGGING_MS_MAX + 1);
  expect(stuck.socket.closed).toMatchObject({ code: CLOSE_SLOW_CONSUMER });
});

test("past the second bound the socket is closed with 4008", () => {
  const { join } = setUp();
  const { algo, socket } = join();
  socket.bufferedAmount = STREAM_BUFFERED_BYTES_CLOSE;
  algo.send({ type: "pong", time: 1 });
  expect(socket.closed).toBe(null);
  socket.bufferedAmount += 1;
  algo.send({ type: "pong", time: 2 });
  expect(socket.closed).toMatchObject({ code: CLOSE_SLOW_CONSUMER });
  expect(socket.sent).toHaveLength(1);
});
