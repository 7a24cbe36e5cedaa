import fc from "fast-check";
import { expect, test } from "vitest";
import { BOOK_RESYNCS_MAX } from "../../../../src/domain/quality-limits.ts";
import type { BookLevel, BookMessage } from "../../../../src/domain/order-book/message.ts";
import { OrderBook } from "../../../../src/domain/order-book/order-book.ts";

const level = (price: number, quantity: number): BookLevel => ({
  price,
  quantity,
  priceText: String(price),
  quantityText: String(quantity),
});

const levels = (...pairs: [number, number][]) => pairs.map(([price, size]) => level(price, size));

const snapshot = (last: number | null, change: Partial<BookMessage> = {}): BookMessage => ({
  kind: "snapshot",
  instrument: "X:A",
  bids: levels([99, 1], [98, 2]),
  asks: levels([101, 3], [102, 4]),
  first: last,
  last,
  checksum: null,
  exchangeTime: 1,
  ...change,
});

const delta = (number: number | null, change: Partial<BookMessage> = {}): BookMessage => ({
  ...snapshot(number),
  kind: "delta",
  bids: [],
  asks: [],
  ...change,
});

const valid = () => {
  const book = new OrderBook();
  book.take(snapshot(10), 0);
  return book;
};

const shown = (book: OrderBook) =>
  [book.bids, book.asks].map((side) => side.map(({ price, quantity }) => [price, quantity]));

test("changes set, add and take away levels, best first on both sides", () => {
  const book = valid();
  book.take(delta(11, { bids: levels([100, 5], [98, 0]), asks: levels([101, 7], [101.5, 1]) }), 1);
  expect(shown(book)).toEqual([
    [
      [100, 5],
      [99, 1],
    ],
    [
      [101, 7],
      [101.5, 1],
      [102, 4],
    ],
  ]);
  expect(book.depth()).toEqual({
    bids: [
      [100, 5],
      [99, 1],
    ],
    asks: [
      [101, 7],
      [101.5, 1],
      [102, 4],
    ],
  });
});

test("a level taken away that is not there changes nothing", () => {
  const book = valid();
  expect(book.take(delta(11, { bids: levels([97, 0]) }), 1)).toBe(null);
  expect(shown(book)[0]).toEqual([
    [99, 1],
    [98, 2],
  ]);
});

test("what stands below the depth that was subscribed is forgotten", () => {
  const book = new OrderBook({ levelsMax: 2 });
  book.take(snapshot(10), 0);
  book.take(delta(11, { bids: levels([98.5, 9]) }), 1);
  expect(shown(book)[0]).toEqual([
    [99, 1],
    [98.5, 9],
  ]);
});

test("ticks carry ten levels of a side", () => {
  const book = new OrderBook();
  const asks = levels(...Array.from({ length: 30 }, (_, n): [number, number] => [101 + n, 1]));
  book.take(snapshot(1, { asks }), 0);
  expect(book.depth()?.asks.length).toBe(10);
  expect(book.depth()?.asks[9]).toEqual([110, 1]);
});

test("lesson 50: one change that is missing makes the book invalid at once, and is asked for exactly once", () => {
  const book = valid();
  expect(book.take(delta(12), 1_000)).toBe("gap");
  expect(book.state).toBe("invalid");
  expect([book.bids, book.asks, book.depth()]).toEqual([[], [], null]);
  expect(book.askForResync(1_000)).toBe(true);
  // A storm of changes while the answer is on its way asks for nothing more.
  for (let n = 13; n < 200; n += 1) {
    expect(book.take(delta(n), 1_000 + n)).toBe(null);
    expect(book.askForResync(1_000 + n)).toBe(false);
  }
  expect(book.take(snapshot(200), 1_300)).toBe(null);
  expect(book.take(delta(201), 1_301)).toBe(null);
  expect([book.state, book.resyncs, book.faults.gap]).toEqual(["valid", 1, 1]);
});

test("lesson 12: a book whose bid is above its ask is invalid and asked for afresh, a locked one is not", () => {
  const book = valid();
  expect(book.take(delta(11, { bids: levels([101, 1]) }), 1)).toBe(null);
  expect(book.take(delta(12, { bids: levels([101.01, 1]) }), 2)).toBe("crossed");
  expect([book.state, book.depth(), book.askForResync(2)]).toEqual(["invalid", null, true]);
  const born = new OrderBook();
  expect(born.take(snapshot(1, { bids: levels([102, 1]) }), 0)).toBe("crossed");
  expect(born.askForResync(0)).toBe(true);
});

test("a change that the book holds already is passed over, one that overlaps is taken", () => {
  const book = valid();
  expect(book.take(delta(10, { bids: levels([99, 50]) }), 1)).toBe(null);
  expect(shown(book)[0]?.[0]).toEqual([99, 1]);
  expect(book.take(delta(12, { first: 9, bids: levels([99, 60]) }), 2)).toBe(null);
  expect(shown(book)[0]?.[0]).toEqual([99, 60]);
  expect(book.take(delta(13), 3)).toBe(null);
});

test("where the broker numbers nothing, only the content is checked", () => {
  const book = new OrderBook();
  book.take(snapshot(null), 0);
  expect(book.take(delta(null, { bids: levels([100, 1]) }), 1)).toBe(null);
  expect(book.state).toBe("valid");
});

test("a change before any snapshot is a gap: the snapshot was lost", () => {
  const book = new OrderBook();
  expect(book.take(delta(1), 0)).toBe("gap");
  expect(book.askForResync(0)).toBe(true);
});

test("the broker's checksum is compared after each message, and not where it gives none", () => {
  const book = new OrderBook({ checksum: (bids, asks) => bids.length * 10 + asks.length });
  expect(book.take(snapshot(1, { checksum: 22 }), 0)).toBe(null);
  expect(book.take(delta(2, { bids: levels([97, 1]), checksum: 32 }), 1)).toBe(null);
  expect(book.take(delta(3), 2)).toBe(null);
  expect(book.take(delta(4, { checksum: 31 }), 3)).toBe("checksum");
  expect(book.state).toBe("invalid");
});

test.each([
  [level(0, 1)],
  [level(-1, 1)],
  [level(Number.NaN, 1)],
  [level(Infinity, 1)],
  [level(100, -1)],
  [level(100, Number.NaN)],
])("a level that is none breaks the book: %o", (bad) => {
  const book = valid();
  expect(book.take(delta(11, { asks: [bad] }), 1)).toBe("bad_level");
  expect(book.state).toBe("invalid");
});

test("requests for a fresh book wait longer each time, and end", () => {
  const book = valid();
  book.take(delta(20), 0);
  const asked: number[] = [];
  for (let now = 0; now < 600_000; now += 500) if (book.askForResync(now)) asked.push(now);
  expect(asked).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000]);
  expect(asked.length).toBe(BOOK_RESYNCS_MAX);
  expect(book.hasGivenUp).toBe(true);
  book.restart();
  expect([book.state, book.hasGivenUp]).toEqual(["waiting", false]);
});

test("a book that breaks again and again is not asked for faster than its pauses allow", () => {
  const book = new OrderBook();
  let number = 0;
  let asked = 0;
  for (let now = 0; now < 30_000; now += 100) {
    // Every snapshot is answered at once, and the change after it is lost.
    book.take(snapshot(number), now);
    book.take(delta((number += 2)), now);
    if (book.askForResync(now)) asked += 1;
  }
  expect(asked).toBeLessThanOrEqual(5);
});

test("a book that stood for a minute has recovered: its next fault is answered at once", () => {
  const book = valid();
  for (const at of [0, 1_000, 3_000]) {
    book.take(delta(100), at);
    book.askForResync(at);
    book.take(snapshot(10), at);
  }
  book.take(delta(100), 63_000);
  expect(book.askForResync(63_000)).toBe(true);
});

test("whatever comes in whatever order, a book shows an uncrossed sorted book or nothing", () => {
  const anyLevels = fc.array(
    fc.tuple(fc.integer({ min: 90, max: 110 }), fc.integer({ min: 0, max: 3 })),
    { maxLength: 6 },
  );
  const anyMessage = fc.record({
    kind: fc.constantFrom("snapshot" as const, "delta" as const, "delta" as const),
    bids: anyLevels,
    asks: anyLevels,
    step: fc.constantFrom(1, 1, 1, 1, 2, 0),
  });
  fc.assert(
    fc.property(fc.array(anyMessage, { maxLength: 40 }), (messages) => {
      const book = new OrderBook();
      let number = 0;
      for (const [now, { kind, bids, asks, step }] of messages.entries()) {
        number += step;
        const before = book.state;
        const fault = book.take(
          { ...snapshot(number), kind, bids: levels(...bids), asks: levels(...asks) },
          now,
        );
        expect(fault === null || book.state === "invalid").toBe(true);
        expect(before === "invalid" && kind === "delta" && book.state !== "invalid").toBe(false);
        const [bidPrices = [], askPrices = []] = [book.bids, book.asks].map((side) =>
          side.map(({ price }) => price),
        );
        expect(bidPrices).toEqual([...new Set(bidPrices)].sort((a, b) => b - a));
        expect(askPrices).toEqual([...new Set(askPrices)].sort((a, b) => a - b));
        expect((bidPrices[0] ?? 0) > (askPrices[0] ?? Infinity)).toBe(false);
        expect([...book.bids, ...book.asks].every(({ quantity }) => quantity > 0)).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});

test("changes applied in order make the same book as a snapshot of the end", () => {
  const change = fc.tuple(
    fc.constantFrom("bids" as const, "asks" as const),
    fc.integer({ min: 1, max: 20 }),
    fc.integer({ min: 0, max: 5 }),
  );
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const book = new OrderBook();
      book.take(snapshot(0, { bids: [], asks: [] }), 0);
      const sides = { bids: new Map<number, number>(), asks: new Map<number, number>() };
      for (const [n, [side, step, size]] of changes.entries()) {
        const price = side === "bids" ? 100 - step : 100 + step;
        if (size === 0) sides[side].delete(price);
        else sides[side].set(price, size);
        book.take(delta(n + 1, { [side]: levels([price, size]) }), n);
      }
      expect(shown(book)).toEqual([
        [...sides.bids].sort(([a], [b]) => b - a),
        [...sides.asks].sort(([a], [b]) => a - b),
      ]);
    }),
  );
});
