import { expect, test } from "vitest";
import { TickBook } from "../../../durable-objects/feed-shard.book.ts";
import type { HeldInstrument } from "../../../durable-objects/feed-shard.held.ts";
import { LateTrades, tellLateTicks } from "../../../durable-objects/feed-shard.late.ts";
import type { PastTrades } from "../../../src/brokers/broker.ts";
import {
  LATE_TICKS_SLICE,
  LATE_TRADES_AGE_MS_MAX,
  LATE_TRADES_CALLS_PER_SECOND,
  LATE_TRADES_SETTLE_MS,
  LATE_TRADES_SPAN_MS_MAX,
} from "../../../src/domain/feed-limits.ts";
import { ok } from "../../../src/domain/result.ts";
import { type MarketUpdate, tickSeqBase } from "../../../src/domain/tick.ts";
import type { PastTrade, SeamWatch } from "../../../src/domain/trade-seam.ts";

const NOW = 1_795_236_800_000;
const I = "X:A";

const trade = (time: number, price = 10): PastTrade => ({
  tradeId: null,
  time,
  price,
  quantity: 1,
});

const update = (time: number, last: number): MarketUpdate => ({
  instrument: I,
  last,
  lastQuantity: 1,
  bid: last,
  bidQuantity: 1,
  ask: last,
  askQuantity: 1,
  volume: null,
  exchangeTime: time,
});

/** An instrument with one tick delivered, wanted in every mode and for marks. */
function oneHeld(): { book: TickBook; one: HeldInstrument } {
  const book = new TickBook("paper", (held) => (held.isLive = true));
  const mode = "quote";
  book.assign([{ instrument: I, mode, consumers: [], standby: false, handOver: null }], [], NOW);
  book.openEpoch(3);
  const one = book.held.get(I);
  if (!one) throw new Error("not held");
  const newGroup = () => ({ instruments: new Set([I]), lines: [] as string[] });
  one.groups = [newGroup()];
  one.ltpGroups = [newGroup()];
  one.depthGroups = [newGroup()];
  one.markGroups = [{ changed: new Set() }];
  book.take(update(NOW, 50), NOW);
  for (const group of one.markGroups) group.changed.clear();
  return { book, one };
}

test("late ticks take the next numbers in order, and change no price, no mark and no freshness", () => {
  const { book, one } = oneHeld();
  const before = [book.quote(I), one.delivered, { ...one.cadence }, one.cleaner.seen];
  const told = tellLateTicks(one, [trade(NOW - 9, 10), trade(NOW - 8, 99)], {
    provider: "paper",
    now: NOW + 5,
  });
  const base = tickSeqBase(3);
  expect(told).toMatchObject([
    { seq: base + 2, epoch: 3, late: true, receivedTime: NOW + 5, update: { last: 10, bid: null } },
    { seq: base + 3, update: { last: 99, exchangeTime: NOW - 8 } },
  ]);
  const lines = [2, 3].map((n) => {
    const [price, time] = n === 2 ? [10, NOW - 9] : [99, NOW - 8];
    return `L1,${price},1,null,null,null,null,null,${time},${NOW + 5},3,${base + n},1,"paper"`;
  });
  for (const group of [...one.groups, ...one.ltpGroups, ...one.depthGroups])
    expect(group.lines.slice(-2)).toEqual(lines);
  expect([book.quote(I), one.delivered, { ...one.cadence }, one.cleaner.seen]).toEqual(before);
  expect(one.markGroups.map(({ changed }) => changed.size)).toEqual([0]);
  // A far price that came late is no last good one: the next live tick is judged by the live one before.
  book.take(update(NOW + 6, 50.5), NOW + 6);
  expect(book.quote(I)).toMatchObject({ last: 50.5, seq: base + 4 });
});

interface World {
  answer?: PastTrades | string;
  now?: number;
  isHeld?: () => boolean;
  onPause?: (ms: number) => void;
}

function late({
  answer = { trades: [], isWhole: true },
  now = NOW,
  isHeld = () => true,
  onPause,
}: World) {
  const told: PastTrade[][] = [];
  const pauses: number[] = [];
  const asked: unknown[] = [];
  const made = new LateTrades({
    manager: () => ({
      trades: async (request) => {
        asked.push(request);
        if (typeof answer !== "string") return ok(answer);
        return { ok: false, error: { code: "NOT_FOUND", message: answer, details: null } };
      },
    }),
    drain: () => {},
    tell: (_, trades) => isHeld() && told.push([...trades]) > 0,
    pause: async (ms) => {
      pauses.push(ms);
      onPause?.(ms);
    },
    now: () => now,
  });
  return { made, told, pauses, asked };
}

const watch = (over: Partial<SeamWatch> = {}): SeamWatch => ({
  since: NOW - 5_000,
  openedAt: NOW - 1_000,
  told: [],
  first: NOW,
  isPast: true,
  endedBy: null,
  ...over,
});

/** Nothing was told yet. */
const none = () => ({ told: 0, size: 0 });

const gap = { from: NOW - 4_000, to: NOW - 1_000 };
const trades = [trade(NOW - 3_000), trade(NOW - 2_000)];

test("the missing trades are told, and how many they were", async () => {
  const { made, told, asked, pauses } = late({ answer: { trades, isWhole: true } });
  expect(await made.fill(I, gap, watch(), none())).toEqual(ok(2));
  expect(told).toEqual([trades]);
  expect(asked).toMatchObject([{ instrument: I, since: NOW - 5_000 }]);
  expect(pauses).toEqual([]);
});

test.each([
  ["nothing was told before", { watch: null }, "no trade of it was told since the shard started"],
  ["the broker gives none", { answer: "no trades here" }, "no trades here"],
  [
    "it does not give all",
    { answer: { trades, isWhole: false } },
    "the broker does not give all trades of it",
  ],
  ["too much came meanwhile", { watch: watch({ endedBy: "too much came" }) }, "too much came"],
  [
    "it moved",
    { answer: { trades, isWhole: true }, isHeld: () => false },
    "the instrument moved to another shard",
  ],
  [
    "too long",
    { gap: { from: NOW - LATE_TRADES_SPAN_MS_MAX - 1, to: NOW } },
    "it was too long for single trades",
  ],
  [
    "too late",
    { gap: { from: NOW - LATE_TRADES_AGE_MS_MAX - 1, to: NOW - LATE_TRADES_AGE_MS_MAX } },
    "its single trades came too late",
  ],
])(
  "no tick is told when %s",
  async (_, over: World & { watch?: SeamWatch | null; gap?: typeof gap }, reason) => {
    const { made, told } = late(over);
    const answer = await made.fill(
      I,
      over.gap ?? gap,
      over.watch === undefined ? watch() : over.watch,
      none(),
    );
    expect(answer).toEqual({ ok: false, error: reason });
    expect(told).toEqual([]);
  },
);

test("the longest gap and the oldest trade are still told", async () => {
  const { made } = late({ answer: { trades, isWhole: true } });
  expect(
    await made.fill(I, { from: NOW - LATE_TRADES_SPAN_MS_MAX, to: NOW }, watch(), none()),
  ).toEqual(ok(2));
  const oldest = { from: NOW - LATE_TRADES_AGE_MS_MAX, to: NOW - LATE_TRADES_AGE_MS_MAX };
  expect(await made.fill(I, oldest, watch(), none())).toEqual(ok(2));
});

test("a trade that may still come live is waited for, and is not told late when it came", async () => {
  const waits = watch({ first: null, isPast: false });
  const [first, second] = trades;
  const { made, told, pauses } = late({
    answer: { trades, isWhole: true },
    onPause: () => {
      waits.first = second?.time ?? 0;
      waits.told.push(...trades.slice(1));
    },
  });
  expect(await made.fill(I, gap, waits, none())).toEqual(ok(1));
  expect(pauses).toEqual([LATE_TRADES_SETTLE_MS]);
  expect(told).toEqual([[first]]);
});

test("when the instrument moves while its trades are told, it is said how many were", async () => {
  const many = Array.from({ length: LATE_TICKS_SLICE * 2 + 1 }, (_, n) => trade(NOW - 3_000 + n));
  let slices = 0;
  const { made, told } = late({
    answer: { trades: many, isWhole: true },
    isHeld: () => (slices += 1) < 2,
  });
  const progress = { told: 0, size: 0 };
  expect(await made.fill(I, gap, watch(), progress)).toEqual({
    ok: false,
    error: "only 250 of 501 trades were told: the instrument moved to another shard",
  });
  expect(told).toHaveLength(1);
  expect(progress).toEqual({ told: LATE_TICKS_SLICE, size: many.length });
});

test("many trades are told in slices, and many gaps ask one after the other", async () => {
  const many = Array.from({ length: LATE_TICKS_SLICE * 2 + 1 }, (_, n) => trade(NOW - 3_000 + n));
  const { made, told, pauses } = late({ answer: { trades: many, isWhole: true } });
  expect(await made.fill(I, gap, watch(), none())).toEqual(ok(many.length));
  expect(told.map(({ length }) => length)).toEqual([LATE_TICKS_SLICE, LATE_TICKS_SLICE, 1]);
  const before = pauses.length;
  await made.fill(I, gap, watch(), none());
  await made.fill(I, gap, watch(), none());
  const turns = pauses.slice(before).filter((ms) => ms >= 1_000 / LATE_TRADES_CALLS_PER_SECOND);
  expect(turns).toEqual([1, 2].map((n) => (n * 1_000) / LATE_TRADES_CALLS_PER_SECOND));
});
