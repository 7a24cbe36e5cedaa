import { expect, test } from "vitest";
import type { LineGroup } from "../../../durable-objects/feed-shard.held.ts";
import { OrderBook } from "../../../src/domain/order-book/order-book.ts";
import { tickSeqBase } from "../../../src/domain/tick.ts";
import { entry, heldBook, update } from "../../support/shard-book.ts";

const at = (n: number, exchangeTime: number) => ({ ...update("X:A", n), exchangeTime });

const level = (price: number) => ({ price, quantity: 1, priceText: "", quantityText: "" });

test("numbers of an instrument go up by one within an epoch, and start above all others in the next", () => {
  const { book, read } = heldBook([entry("X:A"), entry("X:B")]);
  for (const n of [1, 2, 3]) book.take(update("X:A", n), n);
  book.take(update("X:B", 1), 1);
  expect(read().map(({ seq }) => seq - tickSeqBase(1))).toEqual([1, 2, 3, 1]);
  book.lose(4);
  book.openEpoch(5);
  book.take(update("X:A", 4), 5);
  expect(read()).toEqual([{ volume: 4, seq: tickSeqBase(5) + 1 }]);
});

test("an instrument that comes back within an epoch goes on where its numbers stopped", () => {
  const { book, read, connect } = heldBook([entry("X:A")]);
  book.take(update("X:A", 1), 1);
  book.assign([], [], 2);
  book.take(update("X:A", 2), 2);
  book.assign([entry("X:A")], [], 3);
  connect();
  book.take(update("X:A", 3), 3);
  expect(read().map(({ seq }) => seq - tickSeqBase(1))).toEqual([1, 2]);
  expect(book.dropped).toEqual({ not_wanted: 1 });
});

test("what is cleaned away is counted by its rule and takes no number", () => {
  const { book, read } = heldBook([entry("X:A")]);
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
  const { book, unconfirmed } = heldBook([entry("X:A")]);
  book.take(update("X:A", 1), 1);
  book.take(update("X:A", 2), 2);
  expect(unconfirmed).toEqual(["X:A"]);
  book.lose(3);
  expect(book.held.get("X:A")?.lostAt).toBe(3);
});

test("a quote is the last delivered tick, not what is only kept", () => {
  const { book } = heldBook([entry("X:A"), entry("X:B", { standby: true })]);
  book.take(update("X:A", 1), 11);
  book.take(update("X:B", 1), 12);
  expect(book.quote("X:A")).toMatchObject({ volume: 1, receivedTime: 11, provider: "x", epoch: 1 });
  expect(book.quote("X:B")).toBe(null);
  expect(book.quote("X:C")).toBe(null);
});

test("whatever an instrument goes through, its numbers only rise", () => {
  const { book, read, connect } = heldBook([entry("X:A", { handOver: { epoch: 7, after: null } })]);
  book.take(update("X:A", 3), 1);
  book.assign([], [], 2);
  book.assign([entry("X:A", { handOver: null })], [], 3);
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
  const { book, read } = heldBook([entry("X:A"), entry("X:B", { standby: true })]);
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
  const { book, group } = heldBook([entry("NSE:500325"), entry("BSE:500325")]);
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
  const { book, connect } = heldBook([entry("X:A")]);
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
  const { book, read } = heldBook([entry("X:A")]);
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
  const { book } = heldBook([depth]);
  const levels = { bids: [level(99)], asks: [level(101)], first: 1, last: 1, checksum: null };
  const orderBook = new OrderBook({ checksum: null });
  Object.assign(book.held.get("X:A") ?? {}, { orderBook });
  orderBook.take({ kind: "snapshot", instrument: "X:A", ...levels, exchangeTime: 1 }, 1);
  const before = at(1, 1_000);
  book.take(before, 1_000);
  expect(before.depth).toBeDefined();
  book.assign([], [], 2_000);
  book.assign([depth], [], 3_600_000);
  // Its first tick comes before the snapshot of its book.
  const after = at(2, 3_600_000);
  book.take(after, 3_600_000);
  expect(after.depth).toBeUndefined();
});
