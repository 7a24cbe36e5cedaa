/**
 * `node bench/shard/history.ts`: what bars and recordings cost a shard per tick, against the same tick
 * path without them, in one run. Rounds alternate, so that a busy machine slows both alike.
 */
import { TickBook } from "../../durable-objects/feed-shard.book.ts";
import { ShardCandles } from "../../durable-objects/feed-shard.candles.ts";
import { Recorder } from "../../durable-objects/feed-shard.recorder.ts";
import { TradeSeams } from "../../durable-objects/feed-shard.seams.ts";
import { TickLog } from "../../durable-objects/feed-shard.tick-log.ts";
import type { MarketUpdate } from "../../src/domain/tick.ts";

const INSTRUMENTS = 100;
const TICKS_PER_SECOND = 10_000;
const SECONDS = 60;
const ROUNDS = 15;
const START = 1_760_000_000_000;

class NoLog extends TickLog {
  override add(): void {}
}

const names = Array.from({ length: INSTRUMENTS }, (_, n) => `NSE:S${n}`);

const update = (n: number): MarketUpdate => ({
  instrument: names[n % INSTRUMENTS] ?? "",
  last: 1_500 + ((n * 7) % 200) * 0.05,
  lastQuantity: 1 + (n % 50),
  bid: 1_499.95 + ((n * 7) % 200) * 0.05,
  bidQuantity: 100 + (n % 90),
  ask: 1_500.05 + ((n * 7) % 200) * 0.05,
  askQuantity: 100 + (n % 80),
  volume: n,
  exchangeTime: START + Math.floor((n * 1_000) / TICKS_PER_SECOND),
});

interface Round {
  /** Microseconds of the tick path, and of the work by the second, per tick. */
  path: number;
  beats: number;
  longestBeatMs: number;
  bytes: number;
}

async function round(isKept: boolean): Promise<Round> {
  const log = isKept ? new TickLog() : new NoLog();
  const book = new TickBook("paper", (held) => void (held.isLive = true), log);
  book.openEpoch(1);
  const entry = { mode: "quote", consumers: [], standby: false, handOver: null } as const;
  const assigned = names.map((instrument) => ({ ...entry, instrument, consumers: [] }));
  book.assign(assigned, [], START);
  const group = { instruments: new Set(names), lines: [] as string[] };
  for (const held of book.held.values()) held.groups = [group];
  let bytes = 0;
  const put = async (_: string, blob: Uint8Array) => void (bytes += blob.length);
  const recorder = new Recorder({ broker: "paper", shard: "paper:paper:1", put, log: () => {} });
  const candles = new ShardCandles(
    async () => {},
    () => {},
  );
  const seams = new TradeSeams(() => {});
  const spent = { path: 0, beats: 0, longest: 0 };
  for (let second = 0; second < SECONDS; second += 1) {
    const first = second * TICKS_PER_SECOND;
    const updates = Array.from({ length: TICKS_PER_SECOND }, (_, n) => update(first + n));
    const now = START + second * 1_000;
    const before = performance.now();
    for (const [n, one] of updates.entries()) {
      book.take(one, now);
      if (n % 100 === 0) group.lines.length = 0;
    }
    const between = performance.now();
    log.drain((tick) => {
      recorder.add(tick);
      candles.add(tick);
      seams.note(tick);
    });
    recorder.beat(now);
    candles.beat(now);
    const after = performance.now();
    spent.path += between - before;
    spent.beats += after - between;
    spent.longest = Math.max(spent.longest, after - between);
  }
  recorder.finish();
  while (recorder.view.waiting > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  const ticks = TICKS_PER_SECOND * SECONDS;
  return {
    path: (spent.path * 1_000) / ticks,
    beats: (spent.beats * 1_000) / ticks,
    longestBeatMs: spent.longest,
    bytes: bytes / ticks,
  };
}

const median = (values: number[]): number =>
  values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const without: Round[] = [];
const kept: Round[] = [];
for (let n = 0; n < ROUNDS; n += 1) {
  without.push(await round(false));
  kept.push(await round(true));
}
const of = (rounds: Round[], name: keyof Round) => median(rounds.map((one) => one[name]));
const [path, base] = [of(kept, "path"), of(without, "path")];
console.log(`tick path, µs per tick: ${base.toFixed(3)} without, ${path.toFixed(3)} with`);
console.log(`work by the second, µs per tick: ${of(kept, "beats").toFixed(3)}`);
console.log(`ratio of all: ${((path + of(kept, "beats")) / base).toFixed(2)}`);
console.log(`longest second's work: ${of(kept, "longestBeatMs").toFixed(1)} ms`);
console.log(`bytes per recorded tick: ${of(kept, "bytes").toFixed(1)}`);
