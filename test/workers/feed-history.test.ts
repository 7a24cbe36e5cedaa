/** What is kept of the ticks: bars at the manager, recordings in the archive, and both tell what the algos saw. */
import { reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { PAPER_INSTRUMENTS } from "../../src/brokers/paper/instruments.ts";
import type { TickView } from "../../src/contract/market.ts";
import { candleStart } from "../../src/domain/candle.ts";
import { decodeRecording } from "../../src/domain/recording.ts";
import type { Tick } from "../../src/domain/tick.ts";
import { brokerManager } from "../../src/platform/objects.ts";
import { type Algo, openAlgo, until } from "../support/workers/algo.ts";
import { exchange } from "../support/workers/paper.ts";

const IDS = PAPER_INSTRUMENTS.map(({ id }) => id).slice(0, 10);
const paper = exchange("paper");

vi.setConfig({ testTimeout: 40_000 });

afterEach(async () => {
  await reset();
});

async function ticking(): Promise<Algo> {
  await paper.control("/market", { ticksPerSecond: 1_000 });
  const algo = await openAlgo();
  await algo.subscribe(IDS);
  await until(() => algo.ticks().length > 500);
  return algo;
}

async function recorded(): Promise<Tick[]> {
  const ticks: Tick[] = [];
  for (const { key } of (await env.RECORDINGS.list({ prefix: "ticks/paper/" })).objects) {
    const blob = await env.RECORDINGS.get(key);
    const read = decodeRecording(new Uint8Array((await blob?.arrayBuffer()) ?? []));
    expect(read.ok).toBe(true);
    if (read.ok) ticks.push(...read.value);
  }
  return ticks;
}

const bySeq = (a: TickView | Tick, b: TickView | Tick) =>
  a.instrument === b.instrument ? a.seq - b.seq : a.instrument < b.instrument ? -1 : 1;

test("when nobody wants a feed any more, all it delivered is in the archive, tick by tick", async () => {
  const algo = await ticking();
  await algo.unsubscribe(IDS);
  const seen = algo.ticks().sort(bySeq);
  await until(async () => (await recorded()).length >= seen.length);
  const kept = (await recorded()).sort(bySeq);
  const seqs = new Set(seen.map(({ instrument, seq }) => `${instrument},${seq}`));
  // The last ticks before the unsubscribe were delivered to the market, and to nobody behind it.
  expect(kept.filter(({ instrument, seq }) => seqs.has(`${instrument},${seq}`))).toEqual(seen);
  const { shards } = await brokerManager(env, "paper").view();
  expect(shards.every(({ recording }) => recording.written > 0 && recording.lostTicks === 0)).toBe(
    true,
  );
});

test("bars have no hole and no double, and the live one holds what was just seen", async () => {
  const algo = await ticking();
  const instrument = IDS[0] ?? "";
  const now = Date.now();
  const from = candleStart(now - 3_600_000, "1m");
  const request = { instrument, interval: "1m", from, to: now + 120_000 } as const;
  const answer = await brokerManager(env, "paper").candles(request);
  const bars = answer.ok ? answer.value : [];
  expect(bars.length).toBeGreaterThanOrEqual(60);
  for (const [index, { time }] of bars.entries()) expect(time).toBe(from + index * 60_000);
  expect(bars.every(({ high, low, open, close }) => low <= open && high >= close)).toBe(true);
  const start = candleStart(Date.now(), "1m");
  const prices = algo
    .ticks()
    .filter((tick) => tick.instrument === instrument && (tick.exchangeTime ?? 0) >= start)
    .flatMap(({ last }) => last ?? []);
  const live = await brokerManager(env, "paper").candles(request);
  const last = live.ok ? live.value.find(({ time }) => time === start) : undefined;
  expect(last?.high).toBeGreaterThanOrEqual(Math.max(...prices));
  expect(last?.low).toBeLessThanOrEqual(Math.min(...prices));
});

test("closed bars and gaps are kept by the manager, once, whatever is told twice", async () => {
  const manager = brokerManager(env, "paper");
  const time = candleStart(Date.now() - 600_000, "1m");
  const prices = { open: 10, high: 10, low: 10, close: 10, volume: 2 };
  const seqs = { firstTime: time, firstSeq: 1, lastTime: time, lastSeq: 1, amendedAt: 0 };
  const part = { time, ...prices, epoch: 1, ...seqs };
  const instrument = IDS[0] ?? "";
  const gap = { instrument, from: time + 1, to: time + 2 };
  for (const volume of [2, 5])
    await manager.keepCandles({
      bars: [{ instrument, part: { ...part, volume } }],
      gaps: [gap],
    });
  const rows = await runInDurableObject(env.BROKER_MANAGER.getByName("paper"), (_, state) =>
    state.storage.sql.exec("SELECT volume FROM own_candle").toArray(),
  );
  expect(rows).toEqual([{ volume: 5 }]);
  const answer = await manager.candles({
    instrument,
    interval: "1m",
    from: time,
    to: time + 60_000,
  });
  // The broker has this bar: it stands, and is marked as filled in.
  expect(answer).toMatchObject({ ok: true, value: [{ time, mark: "late" }] });
  expect(answer.ok && answer.value[0]?.close).not.toBe(10);
});

test("a feed that drops leaves a mark on the bars of that time", async () => {
  const algo = await ticking();
  await paper.control("/faults", { fault: "drop_feed_socket" });
  await until(() => algo.of("gap").length > 0);
  const [gap] = algo.of("gap");
  const instrument = gap?.instruments[0] ?? "";
  await algo.unsubscribe(IDS);
  const at = candleStart(gap?.from ?? 0, "1m");
  const request = { instrument, interval: "1m", from: at, to: at + 60_000 } as const;
  const marked = async () => {
    const answer = await brokerManager(env, "paper").candles(request);
    return answer.ok && answer.value[0]?.mark === "late";
  };
  await until(marked);
  expect(await marked()).toBe(true);
});
