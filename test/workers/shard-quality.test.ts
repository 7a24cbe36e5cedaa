/** What a shard says of its data: fresh or stale, told once, with where each value came from. */
import { expect, test } from "vitest";
import { TickBook } from "../../durable-objects/feed-shard.book.ts";
import { markOf } from "../../durable-objects/feed-shard.consumer.ts";
import { dueSince } from "../../durable-objects/feed-shard.freshness.ts";
import { ShardHealth } from "../../durable-objects/feed-shard.health.ts";
import { ShardQuality } from "../../durable-objects/feed-shard.quality.ts";
import type { FeedTerms } from "../../src/application/ports.ts";
import type { LinkStatus } from "../../src/contract/link.ts";
import { CLEANING_DEFAULTS } from "../../src/domain/cleaning.ts";
import { NO_ARRIVAL } from "../../src/domain/freshness.ts";
import { CLOCK_SKEW_TICK_MS_MAX } from "../../src/domain/quality-limits.ts";
import type { MarketUpdate } from "../../src/domain/tick.ts";

const START = 1_760_000_000_000;

const update = (instrument: string, n: number, more: Partial<MarketUpdate> = {}): MarketUpdate => ({
  instrument,
  last: 100,
  lastQuantity: 1,
  bid: null,
  bidQuantity: null,
  ask: null,
  askQuantity: null,
  volume: n,
  exchangeTime: START + n,
  ...more,
});

function setUp(instruments: string[], calendar = "always") {
  const told: LinkStatus[] = [];
  const clocks: number[] = [];
  const book = new TickBook("one", (held) => void (held.isLive = true));
  const quality = new ShardQuality(book, {
    provider: "one",
    shard: "one:one:1",
    feed: {},
    terms: async () => [],
    clockSet: (time) => void clocks.push(time),
    tell: (status) => void told.push(status),
    resync: () => {},
    log: () => {},
  });
  const entry = { mode: "quote", consumers: [], standby: false, handOver: null } as const;
  const assigned = instruments.map((instrument) => ({ ...entry, instrument, consumers: [] }));
  book.openEpoch(1);
  book.assign(assigned, [], START);
  quality.assign(assigned);
  const terms = (instrument: string): FeedTerms => ({
    instrument,
    calendar,
    cleaning: CLEANING_DEFAULTS,
  });
  quality.learn(instruments.map(terms));
  const stateOf = (instrument: string, now: number) =>
    quality.view(now).find((row) => row.instrument === instrument)?.state;
  return { book, quality, told, clocks, stateOf };
}

test("lesson 56: a quote tells its provider, both times and how fresh it is, and no field is made up", () => {
  const { book, quality } = setUp(["X:A"]);
  book.take(update("X:A", 1), START);
  book.take(
    update("X:A", 2, { last: null, lastQuantity: null, volume: null, exchangeTime: null }),
    START + 9,
  );
  const [quote] = quality.quotes(["X:A"], START + 10);
  // The last price of the tick before is not carried over.
  expect(quote).toMatchObject({
    last: null,
    volume: null,
    bid: null,
    exchangeTime: null,
    receivedTime: START + 9,
    provider: "one",
    freshness: "fresh",
  });
  expect(quality.quotes(["X:A"], START + 10_000)[0]).toMatchObject({ freshness: "stale" });
  expect(quality.quotes(["X:B"], START)).toEqual([]);
});

test("an instrument that falls silent is told stale once, and its recovery once", () => {
  const { book, quality, told } = setUp(["X:A", "X:B"]);
  book.take(update("X:A", 1), START);
  book.take(update("X:B", 1), START);
  for (let second = 1; second < 60; second += 1) quality.beat(START + second * 1_000);
  expect(told).toEqual([expect.objectContaining({ state: "stale", instruments: ["X:A", "X:B"] })]);
  book.take(update("X:B", 2), START + 60_000);
  expect(quality.beat(START + 60_001)).toBe(true);
  expect(quality.beat(START + 61_000)).toBe(false);
  expect(told.slice(1)).toEqual([expect.objectContaining({ state: "live", instruments: ["X:B"] })]);
});

test("the ledger's mark of a stale instrument says so, and the next fresh one does not", () => {
  const { book, quality } = setUp(["X:A"]);
  const held = book.held.get("X:A");
  if (!held) throw new Error("not held");
  book.take(update("X:A", 1), START);
  expect(markOf(held, "one")).toEqual([expect.not.objectContaining({ stale: true })]);
  const changed = new Set([held]);
  changed.clear();
  held.markGroups.push({ changed });
  quality.beat(START + 5_001);
  expect([...changed]).toEqual([held]);
  expect(markOf(held, "one")).toMatchObject([{ stale: true, time: START, provider: "one" }]);
  book.take(update("X:A", 2), START + 6_000);
  quality.beat(START + 6_001);
  expect(markOf(held, "one")).toEqual([expect.not.objectContaining({ stale: true })]);
});

test("while its market is shut an instrument is closed and never told stale", () => {
  // A Saturday.
  const saturday = Date.parse("2026-11-21T06:00:00Z");
  const { book, quality, told, stateOf } = setUp(["NSE:A"], "NSE");
  book.take(update("NSE:A", 1, { exchangeTime: null }), saturday);
  expect(quality.beat(saturday + 3_600_000)).toBe(false);
  expect(stateOf("NSE:A", saturday + 3_600_000)).toBe("closed");
  expect(told).toEqual([]);
});

test("the same token on two exchanges shares no price, no rule's memory and no freshness", () => {
  const { book, quality, stateOf } = setUp(["NSE:1594", "BSE:1594"]);
  book.take(update("NSE:1594", 1, { last: 100 }), START);
  // Ten times the other one's price: it is no spike of this instrument, which has no price yet.
  book.take(update("BSE:1594", 1, { last: 1_000 }), START);
  book.take(update("BSE:1594", 2, { last: 1_000 }), START + 60_000);
  expect(quality.quotes(["NSE:1594", "BSE:1594"], START).map(({ last }) => last)).toEqual([
    100, 1_000,
  ]);
  expect([stateOf("NSE:1594", START + 60_001), stateOf("BSE:1594", START + 60_001)]).toEqual([
    "stale",
    "fresh",
  ]);
  expect(book.dropped).toEqual({});
});

test("a mark is as old as the exchange says, and one of unknown age opens nothing", () => {
  const { book, quality } = setUp(["X:A", "X:B"]);
  const mark = (instrument: string) => {
    const held = book.held.get(instrument);
    return held && markOf(held, "one")[0];
  };
  // The exchange's clock is three seconds behind; the snapshot is of a trade two hours old.
  quality.heard({ time: START - 3_000 }, START);
  book.take(update("X:A", 1, { exchangeTime: START - 3_000 - 7_200_000 }), START);
  expect(mark("X:A")).toMatchObject({ time: START - 7_200_000, stale: true });
  expect(quality.quotes(["X:A"], START)).toMatchObject([
    { freshness: "unknown", observedAt: START - 7_200_000, receivedTime: START },
  ]);
  book.take(update("X:A", 2, { exchangeTime: START - 3_000 }), START + 5);
  expect(mark("X:A")).toMatchObject({ time: START });
  expect(mark("X:A")).not.toHaveProperty("stale");
  // Without a time the first one after a subscribe may be hours old, and the second is not.
  book.take(update("X:B", 1, { exchangeTime: null }), START);
  expect(mark("X:B")).toMatchObject({ stale: true });
  book.take(update("X:B", 2, { exchangeTime: null }), START + 1_000);
  expect(mark("X:B")).not.toHaveProperty("stale");
});

test("data is due from the opening of the first of the open markets on, and not while all are shut", () => {
  const { book } = setUp(["X:A"], "NSE");
  const due = (now: string) => dueSince(book.held.values(), Date.parse(now));
  // Monday the 30th of November; 09:15 in Mumbai is 03:45 UTC.
  expect(due("2026-11-30T05:00:00Z")).toBe(Date.parse("2026-11-30T03:45:00Z"));
  expect(due("2026-11-30T03:44:59Z")).toBeNull();
  expect(due("2026-11-30T20:00:00Z")).toBeNull();
  // Hours that nobody knows change nothing, and are no reason to wait when nothing else is known.
  const [held] = book.held.values();
  const unknown = { cadence: { ...NO_ARRIVAL }, calendar: null };
  expect(held && dueSince([held, unknown], Date.parse("2026-11-30T20:00:00Z"))).toBeNull();
  expect(dueSince([unknown], START)).toBe(0);
});

test("the market manager is told fresh and stale, and neither while nobody can tell", () => {
  const { book } = setUp(["X:A"], "NSE");
  const told: (boolean | null | undefined)[] = [];
  const health = new ShardHealth({
    provider: "one",
    shard: "one:one:1",
    held: () => book.held.values(),
    isConnected: () => true,
    send: async ({ instruments }) => void told.push(instruments[0]?.isFresh),
    log: () => {},
  });
  const open = Date.parse("2026-11-30T05:00:00Z");
  const tick = (ms: number) => book.take(update("X:A", ms, { exchangeTime: open + ms }), open + ms);
  health.look(open);
  tick(0);
  health.look(open);
  // Whether three seconds are long for it is not known yet.
  health.look(open + 3_001);
  for (let second = 4; second < 10; second += 1) tick(second * 1_000);
  health.look(open + 9_000);
  health.look(open + 60_000);
  health.look(Date.parse("2026-11-30T20:00:00Z"));
  // A second after the bell of the next day nothing is late.
  health.look(Date.parse("2026-12-01T03:45:01Z"));
  health.look(Date.parse("2026-12-01T03:46:00Z"));
  expect(told).toEqual([null, true, null, true, false, null, true, false]);
});

test("a clock that the exchange has set is told on, and one that it only states is not", () => {
  const { quality, clocks } = setUp(["X:A"]);
  quality.heard({ time: START }, START);
  quality.heard({}, START);
  expect(clocks).toEqual([]);
  quality.heard({ time: START - 1_000_000, isSet: true }, START);
  expect(clocks).toEqual([START - 1_000_000]);
  // Before its first statement, clocks may differ by so much.
  const other = setUp(["X:A"]);
  other.quality.heard({ time: START - 1_000_000, isSet: true }, START);
  expect(other.clocks).toEqual([START - 1_000_000 + CLOCK_SKEW_TICK_MS_MAX]);
});
