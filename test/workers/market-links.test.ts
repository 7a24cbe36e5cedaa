/** The fence of a market: what a provider brings that an instrument is not taken from gets no further. */
import { expect, test } from "vitest";
import { Board } from "../../durable-objects/market.board.ts";
import { MarketLinks } from "../../durable-objects/market.links.ts";
import { OwedFrames } from "../../durable-objects/market.owed.ts";
import {
  aliasLine,
  gapLine,
  lateTickLine,
  type LinkStatus,
  statusLine,
  tickFields,
  tickLine,
} from "../../src/contract/link.ts";
import type { MarketUpdate } from "../../src/domain/tick.ts";

const INFY = "NSE:INFY";

const UPDATE: MarketUpdate = {
  instrument: INFY,
  last: 100,
  lastQuantity: 5,
  bid: 99,
  bidQuantity: 1,
  ask: 101,
  askQuantity: 2,
  volume: 1_000,
  exchangeTime: 1,
};

/** A provider without a book and without a volume. */
const BARE: MarketUpdate = {
  ...UPDATE,
  last: 102,
  lastQuantity: null,
  bid: null,
  bidQuantity: null,
  ask: null,
  askQuantity: null,
  volume: null,
  exchangeTime: 2,
};

function setUp() {
  const board = new Board(1);
  const one = board.admit(INFY, 7, "first");
  const frames: string[] = [];
  const group = {
    key: "k",
    format: "plain" as const,
    instruments: new Map([[one, "quote" as const]]),
    receivers: new Set([{ receive: (frame: string) => void frames.push(frame) }]),
    seq: 0,
    owed: new OwedFrames(),
    rows: [],
    since: 0,
  };
  one.groups = [group];
  const told: unknown[] = [];
  const links = new MarketLinks(board, {
    saveAliases: () => {},
    bars: () => {},
    barUnits: () => new Set(),
    gap: (gap) => void told.push(gap),
    status: (status) => void told.push(status),
    resumed: (each) => {
      told.push(`resumed ${each.instrument}`);
      each.gapFrom = null;
    },
  });
  const open = (provider: string) => {
    const socket = { send: () => {}, close: () => {} } as unknown as WebSocket;
    links.open(socket, { kind: "link", shard: `${provider}:${provider}:1`, provider }, []);
    links.read(socket, aliasLine(1, INFY));
    return (...lines: string[]) => links.read(socket, lines.join("\n"));
  };
  return { board, one, links, told, open };
}

const line = (provider: string, seq: number, update = UPDATE) => {
  const stamp = {
    providerJson: JSON.stringify(provider),
    receivedTime: seq,
    epoch: 1,
    seq,
    late: false,
  };
  return tickLine(1, tickFields(update, stamp), null);
};

test("a late tick is told in its turn, and the last tick stays what it was", () => {
  const { board, one, links, open } = setUp();
  const first = open("first");
  const stamp = { providerJson: '"first"', receivedTime: 9, epoch: 1, seq: 2, late: true };
  const fields = tickFields(UPDATE, stamp);
  first(line("first", 1));
  const { fields: last, frame } = one;
  first(lateTickLine(1, fields));
  expect([one.seq, one.fields, one.frame]).toEqual([2, last, frame]);
  // The same once more, one that is older, and one of another provider are told to nobody.
  const { repeated } = board;
  first(lateTickLine(1, fields));
  open("second")(lateTickLine(1, tickFields(UPDATE, { ...stamp, seq: 9 })));
  expect([board.repeated - repeated, links.fenced, one.seq]).toEqual([1, 1, 2]);
  // The last tick again, in a mode that brings more, is taken although a late one came after it.
  const depth = `{"bids":[[1,1]],"asks":[]}`;
  board.take(one, last ?? "", depth);
  expect([one.depth, one.seq]).toEqual([depth, 2]);
  first(line("first", 3));
  expect(one.seq).toBe(3);
});

test("a tick of a provider that an instrument is not taken from is dropped and counted, whatever its number", () => {
  const { one, links, open } = setUp();
  const [first, second] = [open("first"), open("second")];
  first(line("first", 1));
  second(line("second", 50));
  expect([one.seq, links.fenced]).toEqual([1, 1]);
  one.provider = "second";
  first(line("first", 99));
  expect([one.seq, links.fenced]).toEqual([1, 2]);
  second(line("second", 51));
  expect([one.seq, links.fenced]).toEqual([51, 2]);
});

test("what the other provider tells of an instrument is not told on, and neither is the loss of its link", () => {
  const { told, open, links, board } = setUp();
  const socket = { send: () => {}, close: () => {} } as unknown as WebSocket;
  links.open(socket, { kind: "link", shard: "second:second:1", provider: "second" }, [[1, INFY]]);
  const gap = { instruments: [INFY], from: 1, to: 2, reason: "r" };
  const status: LinkStatus = {
    subject: "instrument",
    state: "stale",
    instruments: [INFY],
    message: "m",
  };
  links.read(socket, [gapLine(gap), statusLine(status)].join("\n"));
  expect(told).toEqual([
    { ...gap, instruments: [] },
    { ...status, instruments: [] },
  ]);
  expect(links.close(socket, 1006)).toEqual({ shard: "second:second:1", instruments: [] });
  told.length = 0;
  open("first")(gapLine(gap));
  expect(told).toEqual([gap]);
  expect(board.get(INFY)?.provider).toBe("first");
});

test("a field that the next provider does not give is null: nothing of the one before is carried over", () => {
  const { one, open, told } = setUp();
  open("first")(line("first", 1));
  const second = open("second");
  Object.assign(one, { provider: "second", gapFrom: 1 });
  second(line("second", 60, BARE));
  // Besides that its ticks come, which is told of each provider.
  expect(told.filter((each) => typeof each === "string")).toEqual([`resumed ${INFY}`]);
  expect(one.fields).toBe('102,null,null,null,null,null,null,2,60,1,60,0,"second"');
});
