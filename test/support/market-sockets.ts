/** A market's board with sockets on it whose other side reads as much as a test says. */
import { Board } from "../../durable-objects/market.board.ts";
import { AlgoSocket } from "../../durable-objects/market.socket.ts";
import { tickFields } from "../../src/contract/link.ts";

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

export function setUp() {
  const board = new Board(7);
  const instruments = ["X:A", "X:B", "X:C"].map((id, index) => board.admit(id, index + 1, "paper"));
  let seq = 0;
  const join = () => {
    const socket = new FakeSocket();
    const caller = { kind: "algo", id: "k", algoId: null, scopes: [] } as const;
    const attachment = { kind: "algo", id: "s", format: "plain", caller, channels: [] } as const;
    const watched = { lagging: 0, closed: 0, caughtUp: new Set<AlgoSocket>() };
    const algo = new AlgoSocket(
      socket,
      { ...attachment, caller: { ...caller, scopes: [] }, channels: [] },
      board,
      {
        lagging: () => (watched.lagging += 1),
        caughtUp: (one) => watched.caughtUp.add(one),
        closed: () => (watched.closed += 1),
      },
    );
    for (const { instrument } of instruments) algo.instruments.set(instrument, "quote");
    algo.regroup();
    return { socket, algo, watched };
  };
  /** One frame with a tick of each of these instruments. */
  const take = (...which: number[]) => {
    for (const index of which) {
      const one = instruments[index];
      if (!one) throw new Error("no such instrument");
      seq += 1;
      const update = { instrument: one.instrument, last: seq, lastQuantity: 1, volume: seq };
      const quote = { bid: null, bidQuantity: null, ask: null, askQuantity: null };
      const stamp = { providerJson: '"x"', receivedTime: 0, epoch: 1, seq, late: false };
      board.take(one, tickFields({ ...update, ...quote, exchangeTime: seq }, stamp));
    }
  };
  const tick = (...which: number[]) => {
    take(...which);
    board.flush(false);
  };
  return { board, join, take, tick };
}

export const lasts = (frame: Record<string, unknown> | undefined) => {
  const ticks = frame?.["ticks"] as { instrument: string; last: number }[] | undefined;
  return ticks?.map(({ instrument, last }) => [instrument, last]);
};
