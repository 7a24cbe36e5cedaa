import fc from "fast-check";
import { expect, test } from "vitest";
import { TickBook } from "../../../durable-objects/feed-shard.book.ts";
import type { LineGroup } from "../../../durable-objects/feed-shard.held.ts";
import { Standby } from "../../../durable-objects/feed-shard.standby.ts";
import { seqOfFields } from "../../../src/contract/link.ts";
import { type MarketUpdate, tickSeqBase } from "../../../src/domain/tick.ts";

const ID = "X:A";

/** The nth update: its volume tells it apart, three share a millisecond. */
const update = (n: number, more: Partial<MarketUpdate> = {}): MarketUpdate => ({
  instrument: ID,
  last: 100,
  lastQuantity: 1,
  bid: null,
  bidQuantity: null,
  ask: null,
  askQuantity: null,
  volume: n,
  exchangeTime: 1_000 + Math.floor(n / 3),
  ...more,
});

function setUp() {
  const book = new TickBook("x", (held) => (held.isLive = true));
  const group: LineGroup = { instruments: new Set([ID]), lines: [] };
  book.openEpoch(1);
  const entry = { instrument: ID, mode: "quote", consumers: [], standby: false } as const;
  book.assign([{ ...entry, consumers: [], handOver: null }], [], 0);
  for (const held of book.held.values()) held.groups = [group];
  const standby = new Standby(book.held, {});
  const read = () =>
    group.lines.splice(0).map((line) => {
      const fields = line.slice(line.indexOf(",") + 1);
      return { volume: Number(fields.split(",")[6]), seq: seqOfFields(fields) };
    });
  const goOn = () => {
    book.openEpoch(2);
    book.goOn(standby);
  };
  return { book, standby, goOn, read };
}

const volumes = (read: { volume: number }[]) => read.map(({ volume }) => volume);

test("wherever two sockets stand, every update is delivered once and in order by the one that goes on", () => {
  const place = fc.nat({ max: 60 });
  fc.assert(
    fc.property(place, place, place, (first, began, second) => {
      // The first has brought all up to `first`; the second began at `began` and has come to `second`.
      fc.pre(began <= first);
      const { book, standby, goOn, read } = setUp();
      const reached = Math.max(began, second);
      for (let n = 0; n <= first; n += 1) book.take(update(n), n);
      for (let n = began; n <= reached; n += 1) standby.take(update(n), n);
      goOn();
      for (let n = reached + 1; n <= 80; n += 1) book.take(update(n), n);
      const ticks = read();
      expect(volumes(ticks)).toEqual(Array.from({ length: 81 }, (_, n) => n));
      expect(ticks.every(({ seq }, at) => at === 0 || seq > (ticks[at - 1]?.seq ?? 0))).toBe(true);
      expect(ticks.at(-1)?.seq).toBe(tickSeqBase(2) + (80 - first));
      expect(book.dropped).toEqual({});
    }),
  );
});

test("a socket is not gone over to before the first has brought what the second no longer has", () => {
  const { book, standby } = setUp();
  for (let n = 0; n <= 10; n += 1) book.take(update(n), n);
  for (let n = 20; n <= 25; n += 1) standby.take(update(n), n);
  expect(standby.hasOverlap).toBe(false);
  for (let n = 11; n <= 20; n += 1) book.take(update(n), n);
  expect(standby.hasOverlap).toBe(true);
});

test("the judge goes on with what it knows: a price that stands out on the new socket waits as on the old one", () => {
  const { book, standby, goOn, read } = setUp();
  for (let n = 0; n <= 5; n += 1) book.take(update(n), n);
  for (let n = 3; n <= 5; n += 1) standby.take(update(n), n);
  standby.take(update(6, { last: 250 }), 6);
  goOn();
  expect(volumes(read())).toEqual([0, 1, 2, 3, 4, 5]);
  book.take(update(7), 7);
  expect(volumes(read())).toEqual([7]);
  expect(book.dropped).toEqual({ spike: 1 });
});

test("a snapshot with which the new socket begins is no tick of its own", () => {
  const { book, standby, goOn, read } = setUp();
  book.take(update(1), 1);
  standby.take(update(1, { lastQuantity: null }), 2);
  goOn();
  book.take(update(3), 3);
  expect(volumes(read())).toEqual([1, 3]);
});

test("what a lost second socket had brought is forgotten: it has a hole", () => {
  const { book, standby, goOn, read } = setUp();
  book.take(update(1), 1);
  standby.take(update(5), 2);
  standby.clear();
  goOn();
  for (const n of [3, 5, 6]) book.take(update(n), n);
  expect(volumes(read())).toEqual([1, 3, 5, 6]);
});

test("a recording that starts after a change-over is delivered from its first update on", () => {
  const { book, goOn, read } = setUp();
  const now = 1_795_236_800_000;
  const recordedAt = now - 31_536_000_000;
  book.take(update(1, { exchangeTime: now }), now);
  goOn();
  book.forgetLaterThan(recordedAt);
  read();
  const recorded = [2, 3, 4].map((n) => update(n, { exchangeTime: recordedAt + n }));
  for (const one of recorded) book.take(one, now);
  expect(volumes(read())).toEqual([2, 3, 4]);
});
