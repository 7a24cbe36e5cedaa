import fc from "fast-check";
import { expect, test } from "vitest";
import {
  Cleaner,
  CLEANING_DEFAULTS,
  CLEANING_RULES,
  type CleaningRule,
  type CleaningSettings,
} from "../../../src/domain/cleaning.ts";
import type { MarketUpdate } from "../../../src/domain/tick.ts";

const NOW = 1_760_000_000_000;

const good: MarketUpdate = {
  instrument: "NSE:INFY",
  last: 1_500.05,
  lastQuantity: 10,
  bid: 1_500,
  bidQuantity: 20,
  ask: 1_500.1,
  askQuantity: 30,
  volume: 1_000,
  exchangeTime: NOW,
};

/** A cleaner whose answers are kept: what passed, and what was dropped by which rule. */
function cleanerOf(settings: Partial<CleaningSettings> = {}) {
  const passed: MarketUpdate[] = [];
  const times: number[] = [];
  const dropped: [CleaningRule, MarketUpdate][] = [];
  const cleaner = new Cleaner({
    pass: (update, receivedTime) => {
      passed.push(update);
      times.push(receivedTime);
    },
    drop: (rule, update) => dropped.push([rule, update]),
  });
  cleaner.settings = { ...CLEANING_DEFAULTS, ...settings };
  return { cleaner, passed, times, dropped };
}

/** What becomes of `next` after `before`, all received at `NOW`. */
function fate(before: MarketUpdate[], next: MarketUpdate, settings?: Partial<CleaningSettings>) {
  const { cleaner, passed, dropped } = cleanerOf(settings);
  for (const update of before) cleaner.take(update, NOW);
  cleaner.take(next, NOW);
  if (cleaner.waiting === next) return "waits";
  return (
    dropped.find(([, update]) => update === next)?.[0] ??
    (passed.includes(next) ? "passes" : "lost")
  );
}

test.each<[string, Partial<MarketUpdate>, CleaningRule | "passes"]>([
  ["a good update", {}, "passes"],
  ["missing fields", { last: null, bid: null, ask: null, volume: null }, "passes"],
  ["a price of 0", { last: 0 }, "bad_number"],
  ["the smallest price", { last: 1e-9 }, "passes"],
  ["a negative bid", { bid: -1 }, "bad_number"],
  ["a NaN price", { ask: NaN }, "bad_number"],
  ["an open interest of 0", { openInterest: 0 }, "passes"],
  ["an open interest below 0", { openInterest: -1 }, "bad_number"],
  ["an endless open interest", { openInterest: Infinity }, "bad_number"],
  ["an infinite price", { last: Infinity }, "bad_number"],
  ["a quantity of 0", { lastQuantity: 0 }, "passes"],
  ["a negative quantity", { bidQuantity: -1 }, "bad_number"],
  ["a NaN volume", { volume: NaN }, "bad_number"],
  ["an infinite time", { exchangeTime: Infinity }, "bad_number"],
  ["a locked book", { bid: 1_500.1 }, "passes"],
  ["a crossed book", { bid: 1_500.11 }, "crossed_book"],
  ["a clock ahead by the bound", { exchangeTime: NOW + 5_000 }, "passes"],
  ["a clock ahead by more than the bound", { exchangeTime: NOW + 5_001 }, "clock_skew"],
  ["a last trade of yesterday", { exchangeTime: NOW - 86_400_000 }, "passes"],
])("%s", (_, change, expected) => {
  expect(fate([], { ...good, ...change })).toBe(expected);
});

test("order and doubles are judged against the last good update, by the exchange's clock", () => {
  expect(fate([good], { ...good, exchangeTime: NOW - 1 })).toBe("out_of_order");
  expect(fate([good], { ...good })).toBe("duplicate");
  expect(fate([good], { ...good, exchangeTime: NOW + 1 })).toBe("passes");
});

test("two equal trades are kept where no volume tells them from one sent twice", () => {
  const trade = { ...good, volume: null };
  expect(fate([trade], { ...trade })).toBe("passes");
  const quote = { ...trade, lastQuantity: null };
  expect(fate([quote], { ...quote })).toBe("duplicate");
});

test("an update of the same time that differs in any one field is real", () => {
  const fields = [
    "last",
    "lastQuantity",
    "bid",
    "bidQuantity",
    "ask",
    "askQuantity",
    "volume",
  ] as const;
  for (const field of fields) expect(fate([good], { ...good, [field]: null })).toBe("passes");
});

test("without the exchange's clock nothing is judged late, double or ahead", () => {
  const timeless = { ...good, exchangeTime: null };
  expect(fate([timeless], { ...timeless })).toBe("passes");
});

/** Prices only, a millisecond apart. */
const trades = (...prices: number[]): MarketUpdate[] =>
  prices.map((last, n) => ({
    ...good,
    last,
    bid: null,
    ask: null,
    volume: 1_000 + n,
    exchangeTime: NOW + n,
  }));

test.each<[string, number[], number[], number[]]>([
  ["a price at the edge of the band passes at once", [100, 120, 100], [100, 120, 100], []],
  [
    "a price beyond the band that the next one refutes is dropped",
    [100, 121, 100],
    [100, 100],
    [121],
  ],
  ["so is one below the band", [100, 79, 101], [100, 101], [79]],
  [
    "a spike that the next one confirms comes before it",
    [100, 200, 201, 199],
    [100, 200, 201, 199],
    [],
  ],
  [
    "a spike in another direction confirms nothing",
    [100, 1_000, 10, 10.1],
    [100, 10, 10.1],
    [1_000],
  ],
  [
    "after a confirmed jump, the new price is what is judged by",
    [100, 200, 200, 100, 200],
    [100, 200, 200, 200],
    [100],
  ],
])("%s", (_, prices, passes, drops) => {
  const { cleaner, passed, dropped } = cleanerOf();
  for (const trade of trades(...prices)) cleaner.take(trade, NOW);
  expect(passed.map(({ last }) => last)).toEqual(passes);
  expect(dropped).toEqual(drops.map((last) => ["spike", expect.objectContaining({ last })]));
  expect(cleaner.dropped.spike).toBe(drops.length);
});

test("a confirmed spike keeps the time at which it was received", () => {
  const { cleaner, times } = cleanerOf();
  const [first, spike, next] = trades(100, 200, 201);
  for (const [n, trade] of [first, spike, next].entries()) if (trade) cleaner.take(trade, NOW + n);
  expect(times).toEqual([NOW, NOW + 1, NOW + 2]);
});

test("a spike sent twice does not confirm itself", () => {
  const { cleaner, passed, dropped } = cleanerOf();
  const [first, spike, next] = trades(100, 1_000, 101);
  for (const trade of [first, spike, spike && { ...spike }, next])
    if (trade) cleaner.take(trade, NOW);
  expect(passed.map(({ last }) => last)).toEqual([100, 101]);
  expect(dropped.map(([rule]) => rule)).toEqual(["duplicate", "spike"]);
});

test("the middle of the next book confirms a spike too, and is never one itself", () => {
  const [first, spike] = trades(100, 200);
  const book = { ...good, last: null, bid: 199, ask: 201, exchangeTime: NOW + 2 };
  const confirmed = cleanerOf();
  for (const one of [first, spike, book]) if (one) confirmed.cleaner.take(one, NOW);
  expect(confirmed.passed).toEqual([first, spike, book]);
  expect(fate(first ? [first] : [], book)).toBe("passes");
});

test("an honest tick that arrives after a spike, but is older, passes and does not decide over it", () => {
  const { cleaner, passed } = cleanerOf();
  const [first, older, spike, next] = trades(100, 101, 200, 201);
  for (const trade of [first, spike, older, next]) if (trade) cleaner.take(trade, NOW);
  expect(passed.map(({ last }) => last)).toEqual([100, 101, 200, 201]);
});

test("two spikes that arrive in the wrong order confirm each other in the right one", () => {
  const { cleaner, passed } = cleanerOf();
  const [first, earlier, later] = trades(100, 200, 201);
  for (const trade of [first, later, earlier]) if (trade) cleaner.take(trade, NOW);
  expect(passed.map(({ last }) => last)).toEqual([100, 200, 201]);
});

const bad: Record<CleaningRule, [before: MarketUpdate[], next: MarketUpdate]> = {
  bad_number: [[], { ...good, last: -1 }],
  clock_skew: [[], { ...good, exchangeTime: NOW + 60_000 }],
  crossed_book: [[], { ...good, bid: 1_501 }],
  out_of_order: [[good], { ...good, exchangeTime: NOW - 1 }],
  duplicate: [[good], { ...good }],
  spike: [[good], { ...good, last: 15_000, exchangeTime: NOW + 1 }],
};

test.each(CLEANING_RULES)("the rule %s can be switched off, and then only that one", (rule) => {
  const [before, next] = bad[rule];
  expect(fate(before, next)).toBe(rule === "spike" ? "waits" : rule);
  expect(fate(before, next, { off: [rule] })).toBe("passes");
  const others = CLEANING_RULES.filter((other) => other !== rule);
  expect(fate(before, next, { off: others })).toBe(rule === "spike" ? "waits" : rule);
});

test("band and clock bound are the instrument's own", () => {
  const [first, next] = trades(100, 106);
  expect(fate(first ? [first] : [], next ?? good, { spikeBand: 0.05 })).toBe("waits");
  expect(fate([], { ...good, exchangeTime: NOW + 101 }, { clockSkewMs: 100 })).toBe("clock_skew");
});

const price = fc.oneof(
  fc.double({ min: 0.01, max: 1_000, noNaN: true }),
  fc.constantFrom(null, 0, -1, Number.NaN, Number.POSITIVE_INFINITY),
);

const anyUpdate = fc.record<MarketUpdate>({
  instrument: fc.constant("NSE:INFY"),
  last: price,
  lastQuantity: fc.constantFrom(null, 1, 2),
  bid: price,
  bidQuantity: fc.constant(null),
  ask: price,
  askQuantity: fc.constant(null),
  volume: fc.constantFrom(null, 1, 2, 3),
  exchangeTime: fc.oneof(fc.constant(null), fc.integer({ min: NOW - 50, max: NOW + 10_000 })),
});

const anySettings = fc.record<CleaningSettings>({
  off: fc.subarray([...CLEANING_RULES]),
  spikeBand: fc.double({ min: 0.001, max: 10, noNaN: true }),
  clockSkewMs: fc.integer({ min: 0, max: 20_000 }),
});

test("every update passes once, is dropped once under a counted rule, or is the one that waits", () => {
  fc.assert(
    fc.property(fc.array(anyUpdate, { maxLength: 60 }), anySettings, (updates, settings) => {
      const { cleaner, passed, dropped } = cleanerOf(settings);
      for (const update of updates) cleaner.take(update, NOW);
      const waiting = cleaner.waiting ? [cleaner.waiting] : [];
      const all = [...passed, ...dropped.map(([, update]) => update), ...waiting];
      expect(all.length).toBe(updates.length);
      expect(new Set(all)).toEqual(new Set(updates));
      const counted = Object.values(cleaner.dropped).reduce((sum, count) => sum + count, 0);
      expect(counted).toBe(dropped.length);
      for (const [rule] of dropped) expect(settings.off).not.toContain(rule);
    }),
    { numRuns: 500 },
  );
});

test("what passes is clean: good numbers, no crossed book, in order, no jump that stands alone", () => {
  fc.assert(
    fc.property(fc.array(anyUpdate, { maxLength: 60 }), (updates) => {
      const { cleaner, passed } = cleanerOf();
      for (const update of updates) cleaner.take(update, NOW);
      for (const { last, bid, ask, exchangeTime } of passed) {
        for (const one of [last, bid, ask])
          expect(one === null || (one > 0 && one < Infinity)).toBe(true);
        expect(bid !== null && ask !== null && bid > ask).toBe(false);
        expect((exchangeTime ?? 0) - NOW).toBeLessThanOrEqual(CLEANING_DEFAULTS.clockSkewMs);
      }
      const late = passed.filter(({ exchangeTime }, n) => {
        const before = passed[n - 1]?.exchangeTime ?? null;
        return before !== null && exchangeTime !== null && exchangeTime < before;
      });
      expect(late).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test("another open interest is news, the same one twice is not", () => {
  const open = { ...good, openInterest: 12_500 };
  expect(fate([open], { ...open })).toBe("duplicate");
  expect(fate([open], { ...open, openInterest: 12_575 })).toBe("passes");
  expect(fate([open], { ...good })).toBe("passes");
});
