import fc from "fast-check";
import { expect, test } from "vitest";
import { TickBook } from "../../../durable-objects/feed-shard.book.ts";
import type { LineGroup } from "../../../durable-objects/feed-shard.held.ts";
import type { AssignedInstrument } from "../../../src/application/ports.ts";
import { seqOfFields } from "../../../src/contract/link.ts";
import { HAND_OVER_UPDATES_MAX } from "../../../src/domain/limits.ts";
import { OrderBook } from "../../../src/domain/order-book/order-book.ts";
import { type MarketUpdate, tickSeqBase } from "../../../src/domain/tick.ts";

const entry = (instrument: string, more: Partial<AssignedInstrument> = {}): AssignedInstrument => ({
  instrument,
  mode: "quote",
  consumers: [{ id: "market:m1", mode: "quote" }],
  standby: false,
  handOver: null,
  ...more,
});

/** The nth update of an instrument: its volume tells it apart, several share a millisecond. */
const update = (instrument: string, n: number): MarketUpdate => ({
  instrument,
  last: 100,
  lastQuantity: 1,
  bid: null,
  bidQuantity: null,
  ask: null,
  askQuantity: null,
  volume: n,
  exchangeTime: 1_000 + Math.floor(n / 3),
});

const at = (n: number, exchangeTime: number) => ({ ...update("X:A", n), exchangeTime });

const none = new Set<string>();

const level = (price: number) => ({ price, quantity: 1, priceText: "", quantityText: "" });

/** A book with one group that takes everything; `read` gives volumes and numbers of what came out. */
function setUp(assigned: AssignedInstrument[]) {
  const unconfirmed: string[] = [];
  const book = new TickBook("x", (held) => {
    unconfirmed.push(held.instrument);
    held.isLive = true;
  });
  const group: LineGroup = { instruments: new Set(["X:A", "X:B"]), lines: [] };
  const connect = () => {
    for (const held of book.held.values()) held.groups = [group];
  };
  book.openEpoch(1);
  book.assign(assigned, none, 0);
  connect();
  const read = () =>
    group.lines.splice(0).map((line) => {
      const fields = line.slice(line.indexOf(",") + 1);
      return { volume: Number(fields.split(",")[6]), seq: seqOfFields(fields) };
    });
  return { book, read, connect, unconfirmed, group };
}

test("numbers of an instrument go up by one within an epoch, and start above all others in the next", () => {
  const { book, read } = setUp([entry("X:A"), entry("X:B")]);
  for (const n of [1, 2, 3]) book.take(update("X:A", n), n);
  book.take(update("X:B", 1), 1);
  expect(read().map(({ seq }) => seq - tickSeqBase(1))).toEqual([1, 2, 3, 1]);
  book.lose(4);
  book.openEpoch(5);
  book.take(update("X:A", 4), 5);
  expect(read()).toEqual([{ volume: 4, seq: tickSeqBase(5) + 1 }]);
});

test("an instrument that comes back within an epoch goes on where its numbers stopped", () => {
  const { book, read, connect } = setUp([entry("X:A")]);
  book.take(update("X:A", 1), 1);
  book.assign([], none, 2);
  book.take(update("X:A", 2), 2);
  book.assign([entry("X:A")], none, 3);
  connect();
  book.take(update("X:A", 3), 3);
  expect(read().map(({ seq }) => seq - tickSeqBase(1))).toEqual([1, 2]);
  expect(book.dropped).toEqual({ not_wanted: 1 });
});

test("what is cleaned away is counted by its rule and takes no number", () => {
  const { book, read } = setUp([entry("X:A")]);
  const good = update("X:A", 3);
  book.take(good, 1);
  book.take({ ...good }, 2);
  book.take({ ...good, exchangeTime: 1 }, 3);
  book.take({ ...good, last: -1 }, 4);
  book.take({ ...good, bid: 2, ask: 1, exchangeTime: 1_999 }, 5);
  book.take(update("X:A", 4), 6);
  expect(read().map(({ seq }) => seq - tickSeqBase(1))).toEqual([1, 2]);
  expect(book.dropped).toEqual({ duplicate: 1, out_of_order: 1, bad_number: 1, crossed_book: 1 });
});

test("a first tick is told before it is delivered, once", () => {
  const { book, unconfirmed } = setUp([entry("X:A")]);
  book.take(update("X:A", 1), 1);
  book.take(update("X:A", 2), 2);
  expect(unconfirmed).toEqual(["X:A"]);
  book.lose(3);
  expect(book.held.get("X:A")?.lostAt).toBe(3);
});

test("between release and hand-over nothing is lost and nothing is told twice, wherever it is cut", () => {
  const cut = fc.record({
    all: fc.integer({ min: 1, max: 40 }),
    began: fc.nat(),
    released: fc.nat(),
    taken: fc.nat(),
  });
  fc.assert(
    fc.property(cut, ({ all, began, released, taken }) => {
      const from = setUp([entry("X:A")]);
      const to = setUp([entry("X:A", { standby: true })]);
      // The new shard began to listen before the old one stopped, and took over after that.
      const stopAt = 1 + (released % all);
      const startAt = began % stopAt;
      const takeAt = stopAt + (taken % (all - stopAt + 1));
      const hand = () => {
        const after = from.book.release("X:A");
        to.book.assign([entry("X:A", { handOver: { epoch: 9, after } })], none, 0);
        to.connect();
      };
      for (let n = 1; n <= all; n += 1) {
        if (n > startAt) to.book.take(update("X:A", n), n);
        if (n <= stopAt) from.book.take(update("X:A", n), n);
        if (n === stopAt) from.book.release("X:A");
        if (n > stopAt) from.book.take(update("X:A", n), n);
        if (n === takeAt) hand();
      }
      const out = [...from.read(), ...to.read()];
      expect(out.map(({ volume }) => volume)).toEqual(
        Array.from({ length: all }, (_, index) => index + 1),
      );
      expect(out.every(({ seq }, index) => index === 0 || seq > (out[index - 1]?.seq ?? 0))).toBe(
        true,
      );
    }),
    { numRuns: 300 },
  );
});

test("a released instrument stays silent through other assignments, and answers the same again", () => {
  const { book, read, connect } = setUp([entry("X:A")]);
  book.take(update("X:A", 1), 1);
  expect(book.release("X:A")?.volume).toBe(1);
  book.assign([entry("X:A"), entry("X:B")], new Set(["X:A"]), 2);
  connect();
  book.take(update("X:A", 2), 2);
  expect(read().map(({ volume }) => volume)).toEqual([1]);
  expect(book.release("X:A")?.volume).toBe(1);
  book.assign([entry("X:B")], none, 3);
  expect(book.release("X:A")?.volume).toBe(1);
});

test("a shard whose own connection is down when it takes over tells the gap", () => {
  const { book } = setUp([entry("X:A", { standby: true })]);
  book.lose(5);
  expect(book.held.get("X:A")?.lostAt).toBe(null);
  book.assign([entry("X:A", { handOver: { epoch: 9, after: update("X:A", 1) } })], none, 7);
  expect(book.held.get("X:A")?.lostAt).toBe(7);
});

test("standby keeps a bounded number of updates", () => {
  const { book } = setUp([entry("X:A", { standby: true })]);
  for (let n = 1; n <= HAND_OVER_UPDATES_MAX + 5; n += 1) book.take(update("X:A", n), n);
  expect(book.held.get("X:A")?.kept).toHaveLength(HAND_OVER_UPDATES_MAX);
});

test("a quote is the last delivered tick, not what is only kept", () => {
  const { book } = setUp([entry("X:A"), entry("X:B", { standby: true })]);
  book.take(update("X:A", 1), 11);
  book.take(update("X:B", 1), 12);
  expect(book.quote("X:A")).toMatchObject({ volume: 1, receivedTime: 11, provider: "x", epoch: 1 });
  expect(book.quote("X:B")).toBe(null);
  expect(book.quote("X:C")).toBe(null);
});

test("whatever an instrument goes through, its numbers only rise", () => {
  const { book, read, connect } = setUp([entry("X:A", { handOver: { epoch: 7, after: null } })]);
  book.take(update("X:A", 3), 1);
  book.assign([], none, 2);
  book.assign([entry("X:A", { handOver: null })], none, 3);
  connect();
  book.take(update("X:A", 6), 4);
  book.openEpoch(8);
  book.take(update("X:A", 9), 5);
  expect(read().map(({ seq }) => seq)).toEqual([
    tickSeqBase(7) + 1,
    tickSeqBase(7) + 2,
    tickSeqBase(8) + 1,
  ]);
});

test("what is delivered is logged, and a trade out of order for its bar only", () => {
  const { book, read } = setUp([entry("X:A"), entry("X:B", { standby: true })]);
  for (const n of [3, 4, 0]) book.take(update("X:A", n), n);
  for (const n of [3, 0]) book.take(update("X:B", n), n);
  const logged: [number | null, number, boolean][] = [];
  book.log.drain((tick) => logged.push([tick.update.volume, tick.seq, tick.isLateTrade]));
  const base = tickSeqBase(1);
  expect(logged).toEqual([
    [3, base + 1, false],
    [4, base + 2, false],
    [0, base + 2, true],
  ]);
  expect(read().map(({ volume }) => volume)).toEqual([3, 4]);
  expect(book.dropped).toEqual({ out_of_order: 2 });
});

test("lesson 54b: the same token on two exchanges shares no tick and no last price", () => {
  const { book, group } = setUp([entry("NSE:500325"), entry("BSE:500325")]);
  book.take({ ...update("NSE:500325", 1), last: 100 }, 1);
  expect(book.held.get("BSE:500325")?.delivered).toBeNull();
  // A price that would be a leap on the other one is judged by its own.
  book.take({ ...update("BSE:500325", 1), last: 9_000 }, 2);
  expect(book.held.get("NSE:500325")?.delivered?.last).toBe(100);
  expect(book.held.get("BSE:500325")?.delivered?.last).toBe(9_000);
  const aliases = group.lines.map((line) => line.slice(0, line.indexOf(",")));
  expect(new Set(aliases).size).toBe(2);
});

test("a tick's line is written for each mode that somebody wants, and holds no more than the mode", () => {
  const { book, connect } = setUp([entry("X:A")]);
  const lines = { ltp: [] as string[], quote: [] as string[], depth: [] as string[] };
  const asGroup = (mode: keyof typeof lines): LineGroup => ({
    instruments: new Set(["X:A"]),
    lines: lines[mode],
  });
  connect();
  const held = book.held.get("X:A");
  if (!held) throw new Error("not held");
  held.groups = [asGroup("quote")];
  held.ltpGroups = [asGroup("ltp"), asGroup("ltp")];
  held.depthGroups = [asGroup("depth")];
  const depth = { bids: [[99, 5] as [number, number]], asks: [[101, 2] as [number, number]] };
  book.take({ ...update("X:A", 1), bid: 99, ask: 101, depth }, 1);
  expect(lines.ltp).toHaveLength(2);
  for (const line of lines.ltp) expect(line.split(",").slice(3, 7)).toEqual(Array(4).fill("null"));
  expect(lines.quote[0]?.split(",").slice(3, 7)).toEqual(["99", "null", "101", "null"]);
  expect([...lines.ltp, ...lines.quote].some((line) => line.includes("bids"))).toBe(false);
  expect(lines.depth[0]).toMatch(/^D1,.*,\{"bids":\[\[99,5\]\],"asks":\[\[101,2\]\]\}$/);
});

test("an exchange whose clock is set back is heard from then on, and its trades of before judge nothing", () => {
  const { book, read } = setUp([entry("X:A")]);
  const NOW = 1_790_000_000_000;
  book.take(at(1, NOW), NOW);
  book.take(at(2, 1_760_000_000_000), NOW + 2);
  expect(read().map(({ volume }) => volume)).toEqual([1]);
  book.forgetLaterThan(1_760_000_000_000);
  book.take(at(3, 1_760_000_000_000), NOW + 3);
  expect(read().map(({ volume }) => volume)).toEqual([3]);
  // A clock that goes on forgets nothing.
  book.forgetLaterThan(1_760_000_001_000);
  book.take(at(4, 1_759_999_999_000), NOW + 4);
  expect(book.dropped).toEqual({ out_of_order: 2 });
});

test("levels from before an instrument was let go of are not told when it is wanted again", () => {
  const depth = entry("X:A", { mode: "depth" });
  const { book } = setUp([depth]);
  const levels = { bids: [level(99)], asks: [level(101)], first: 1, last: 1, checksum: null };
  const orderBook = new OrderBook({ checksum: null });
  Object.assign(book.held.get("X:A") ?? {}, { orderBook });
  orderBook.take({ kind: "snapshot", instrument: "X:A", ...levels, exchangeTime: 1 }, 1);
  const before = at(1, 1_000);
  book.take(before, 1_000);
  expect(before.depth).toBeDefined();
  book.assign([], none, 2_000);
  book.assign([depth], none, 3_600_000);
  // Its first tick comes before the snapshot of its book.
  const after = at(2, 3_600_000);
  book.take(after, 3_600_000);
  expect(after.depth).toBeUndefined();
});
