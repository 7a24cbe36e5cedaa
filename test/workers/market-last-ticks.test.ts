/** The last tick that a market asks for when a socket subscribes, beside the ticks that come over the link. */
import { expect, test } from "vitest";
import { Board } from "../../durable-objects/market.board.ts";
import { fetchLast } from "../../durable-objects/market.history.ts";
import type { MarketProviders } from "../../durable-objects/market.providers.ts";
import type { BrokerManagerPort } from "../../src/application/ports.ts";
import { tickFields } from "../../src/contract/link.ts";
import type { TickView } from "../../src/contract/market.ts";
import type { FeedMode } from "../../src/domain/tick.ts";

const I = "X:A";

const tickAt = (seq: number): TickView => ({
  instrument: I,
  last: 100,
  lastQuantity: 1,
  bid: 99,
  bidQuantity: 1,
  ask: 101,
  askQuantity: 1,
  volume: seq,
  exchangeTime: seq,
  receivedTime: 1,
  provider: "paper",
  epoch: 1,
  seq,
  late: false,
});

const depth = { bids: [[99, 1] as [number, number]], asks: [[101, 1] as [number, number]] };

const fieldsAt = (seq: number) =>
  tickFields(tickAt(seq), { receivedTime: 1, epoch: 1, seq, late: false, providerJson: '"paper"' });

/** A board with one instrument, whose shard answers with that tick. */
function setUp(answer: TickView) {
  const board = new Board(1);
  const one = board.admit(I, 1, "paper");
  const quotes: BrokerManagerPort["quotes"] = async () => [answer];
  const host = {
    board,
    providers: { of: () => "paper" } as unknown as MarketProviders,
    manager: () => ({ quotes }) as BrokerManagerPort,
    log: () => {},
  };
  const join = (mode: FeedMode) => {
    const seqs: number[] = [];
    const receive = (frame: string) => {
      const { ticks } = JSON.parse(frame) as { ticks: { seq: number }[] };
      seqs.push(...ticks.map(({ seq }) => seq));
    };
    const group = board.join({ receive }, "plain", new Map([[I, mode]]));
    return { seqs, group };
  };
  const bring = (...seqs: number[]) => {
    for (const seq of seqs) board.take(one, fieldsAt(seq));
    board.flush(false);
  };
  const ask = (changed: string[] = []) => fetchLast([I], changed, host);
  return { board, one, join, bring, ask };
}

test("while others hold an instrument live, an answer that overtakes its ticks on the link makes none of them a repeated one", async () => {
  const { join, bring, ask, board } = setUp(tickAt(3));
  const { seqs } = join("quote");
  bring(1);
  // Another socket changes its mode; ticks 2 and 3 are in the frame that the shard sends next.
  await ask([I]);
  bring(2, 3);
  expect(seqs).toEqual([1, 2, 3]);
  expect(board.repeated).toBe(0);
});

test("so too for the first who subscribes after an eviction, when nothing is known of what others hold", async () => {
  const { join, bring, ask } = setUp(tickAt(3));
  const { seqs } = join("quote");
  await ask();
  bring(2, 3);
  expect(seqs).toEqual([2, 3]);
});

test("an answer that is the very last tick brings the book that a lower mode had left out of it", async () => {
  const { join, bring, ask, board, one } = setUp({ ...tickAt(1), depth });
  const { seqs } = join("quote");
  bring(1);
  await ask([I]);
  const { group } = join("depth");
  expect(one.depth).toContain("bids");
  expect(group && board.snapshot(group, null, 0)).toContain("bids");
  expect(seqs).toEqual([1]);
});

test("what nobody holds yet begins with the answer, and goes on after it", async () => {
  const { join, bring, ask, one } = setUp(tickAt(3));
  await ask();
  expect(one.seq).toBe(3);
  const { seqs } = join("quote");
  bring(2, 3, 4);
  expect(seqs).toEqual([4]);
});
