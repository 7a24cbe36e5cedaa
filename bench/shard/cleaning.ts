/**
 * `node bench/shard/cleaning.ts`: what cleaning and freshness cost a shard per tick, in one run, against
 * the same ticks passed on unjudged and against the four stateless rules that stood before. Rounds
 * alternate, so that a busy machine slows all alike.
 */
import { TickBook } from "../../durable-objects/feed-shard.book.ts";
import { Cleaner, CLEANING_DEFAULTS, CLEANING_RULES } from "../../src/domain/cleaning.ts";
import { isSameUpdate } from "../../src/domain/cleaning.ts";
import { ExchangeClock } from "../../src/domain/exchange-clock.ts";
import { type Cadence, NO_ARRIVAL, noteArrival } from "../../src/domain/freshness.ts";
import type { MarketUpdate } from "../../src/domain/tick.ts";

const INSTRUMENTS = 100;
const TICKS = 500_000;
const ROUNDS = 15;
const START = 1_760_000_000_000;

const names = Array.from({ length: INSTRUMENTS }, (_, n) => `NSE:S${n}`);

const updates = Array.from({ length: TICKS }, (_, n): MarketUpdate => {
  const step = (Math.floor(n / INSTRUMENTS) * 7) % 200;
  return {
    instrument: names[n % INSTRUMENTS] ?? "",
    last: 1_500 + step * 0.05,
    lastQuantity: 1 + (n % 50),
    bid: 1_499.95 + step * 0.05,
    bidQuantity: 100 + (n % 90),
    ask: 1_500.05 + step * 0.05,
    askQuantity: 100 + (n % 80),
    volume: n,
    exchangeTime: START + Math.floor(n / 10),
  };
});

let passed = 0;
const sink = { pass: () => void (passed += 1), drop: () => {} };

const isPrice = (value: number | null) => value === null || (value > 0 && value < Infinity);
const isQuantity = (value: number | null) => value === null || (value >= 0 && value < Infinity);

/** The rules as they were: one look at the update and one at the last good one. */
function oldRule(last: MarketUpdate | null, u: MarketUpdate): string | null {
  const isGood =
    isPrice(u.last) &&
    isPrice(u.bid) &&
    isPrice(u.ask) &&
    isQuantity(u.lastQuantity) &&
    isQuantity(u.bidQuantity) &&
    isQuantity(u.askQuantity) &&
    isQuantity(u.volume) &&
    isQuantity(u.exchangeTime);
  if (!isGood) return "bad_number";
  if (u.bid !== null && u.ask !== null && u.bid > u.ask) return "crossed_book";
  if (last === null || last.exchangeTime === null || u.exchangeTime === null) return null;
  if (u.exchangeTime < last.exchangeTime) return "out_of_order";
  return isSameUpdate(last, u) ? "duplicate" : null;
}

/** Each answers what takes one update; `at` is the instrument's place. */
const STAGES = {
  none: () => () => sink.pass(),
  before: () => {
    const seen: (MarketUpdate | null)[] = names.map(() => null);
    return (update: MarketUpdate, at: number) => {
      if (oldRule(seen[at] ?? null, update) !== null) return;
      seen[at] = update;
      sink.pass();
    };
  },
  now: () => {
    const cleaners = names.map(() => new Cleaner(sink));
    const cadences = names.map((): Cadence => ({ ...NO_ARRIVAL }));
    const clock = new ExchangeClock();
    return (update: MarketUpdate, at: number, now: number) => {
      cleaners[at]?.take(update, now);
      const cadence = cadences[at];
      const { exchangeTime } = update;
      const seenAt = exchangeTime === null ? null : clock.observedAt(exchangeTime, now);
      if (cadence) noteArrival(cadence, now, exchangeTime, seenAt);
    };
  },
} as const;

/** Nanoseconds per tick. */
function stage(name: keyof typeof STAGES): number {
  const take = STAGES[name]();
  const before = performance.now();
  for (const [n, update] of updates.entries())
    take(update, n % INSTRUMENTS, START + Math.floor(n / 10));
  return ((performance.now() - before) * 1e6) / TICKS;
}

/** The whole tick path with its rules on or off, nanoseconds per tick. */
function path(isOn: boolean): number {
  const book = new TickBook("paper", (held) => void (held.isLive = true));
  book.openEpoch(1);
  const entry = { mode: "quote", consumers: [], standby: false, handOver: null } as const;
  book.assign(
    names.map((instrument) => ({ ...entry, instrument, consumers: [] })),
    [],
    START,
  );
  const group = { instruments: new Set(names), lines: [] as string[] };
  for (const held of book.held.values()) {
    held.groups = [group];
    if (!isOn) held.cleaner.settings = { ...CLEANING_DEFAULTS, off: CLEANING_RULES };
  }
  const before = performance.now();
  for (const [n, update] of updates.entries()) {
    book.take(update, START + Math.floor(n / 10));
    if (n % 100 === 0) group.lines.length = 0;
    if (n % 50_000 === 0) book.log.drain(() => {});
  }
  return ((performance.now() - before) * 1e6) / TICKS;
}

const RUNS = {
  none: () => stage("none"),
  before: () => stage("before"),
  now: () => stage("now"),
  pathOff: () => path(false),
  pathOn: () => path(true),
};

type Run = keyof typeof RUNS;

const measured: Record<Run, number[]> = { none: [], before: [], now: [], pathOff: [], pathOn: [] };
for (let round = 0; round < ROUNDS; round += 1)
  for (const name of Object.keys(RUNS) as Run[]) measured[name].push(RUNS[name]());

const sorted = (name: Run) => measured[name].sort((a, b) => a - b);
const median = (name: Run) => sorted(name)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
const quartiles = (name: Run) =>
  [0.25, 0.75].map((part) => (sorted(name)[Math.floor(ROUNDS * part)] ?? 0).toFixed(0)).join("–");

for (const name of ["none", "before", "now"] as const)
  console.log(`stage, ns per tick, ${name}: ${median(name).toFixed(0)} (${quartiles(name)})`);
console.log(
  `stage, now against before: ${(median("now") - median("none")).toFixed(0)} ns against ${(median("before") - median("none")).toFixed(0)} ns, ratio ${((median("now") - median("none")) / (median("before") - median("none"))).toFixed(2)}`,
);
console.log(
  `whole tick path, ns per tick: ${median("pathOff").toFixed(0)} (${quartiles("pathOff")}) with all rules off, ${median("pathOn").toFixed(0)} (${quartiles("pathOn")}) with all on, ratio ${(median("pathOn") / median("pathOff")).toFixed(2)}`,
);
console.log(`passed in all rounds: ${passed}`);
