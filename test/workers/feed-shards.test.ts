/** Shards while they are resized, weighed, drained and refused: what consumers see, and what the operator is told. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import type { BrokerView } from "../../src/contract/brokers.ts";
import { PAPER_INSTRUMENTS } from "../../src/brokers/paper/instruments.ts";
import { FRAME_FAULTS_MAX } from "../../src/domain/feed-limits.ts";
import { brokerManager, feedShard, marketManager } from "../../src/platform/objects.ts";
import { type Algo, frameFaults, openAlgo, tickFaults, until } from "../support/workers/algo.ts";
import { exchange } from "../support/workers/paper.ts";

const IDS = PAPER_INSTRUMENTS.map(({ id }) => id);
const paper = exchange("paper");
const manager = () => brokerManager(env, "paper");

// Whole flows on a machine that may be busy: what is waited for is polled, so this costs nothing.
vi.setConfig({ testTimeout: 60_000 });

afterEach(async () => {
  await reset();
});

const held = (view: BrokerView) =>
  view.shards.map(({ instruments }) => instruments).filter((count) => count > 0);

const allTicks = (algo: Algo) => algo.of("ticks").flatMap(({ ticks }) => ticks);

/** Instruments on each shard that takes any, once every move is over. */
async function settled(sizes: number[]): Promise<BrokerView> {
  await until(async () => {
    const view = await manager().view();
    const isConfirmed = view.shards.every(({ pending, alarmed }) => pending + alarmed === 0);
    return isConfirmed && JSON.stringify(held(view)) === JSON.stringify(sizes);
  }, 20_000);
  return manager().view();
}

const more = async (algo: Algo, frames = 10) => {
  const from = algo.frames.length;
  await until(() => algo.frames.length > from + frames);
};

test("resized, weighed and drained under load, every consumer sees every tick once and in order", async () => {
  const hundred = IDS.slice(0, 100);
  await paper.control("/market", { ticksPerSecond: 5_000 });
  const algo = await openAlgo();
  const narrow = await openAlgo();
  await algo.subscribe(hundred);
  await narrow.subscribe(hundred.slice(0, 10), { mode: "ltp" });
  await until(() => algo.ticking().size === 100 && narrow.ticking().size === 10);
  const toldBefore = new Map([algo, narrow].map((one) => [one, one.of("status").length]));
  expect(await manager().setFeed(3)).toMatchObject({ ok: true });
  await settled([34, 33, 33]);
  // The first shard's busiest ten are spread, and the counts stay even.
  const weights = Object.fromEntries(hundred.slice(0, 10).map((id) => [id, 50]));
  expect(await manager().setFeed(5, weights)).toMatchObject({ ok: true, value: { weights } });
  await settled([20, 20, 20, 20, 20]);
  await more(algo);
  expect(await manager().drainShard(2, "now")).toMatchObject({ ok: true });
  const drained = await settled([25, 25, 25, 25]);
  expect(drained.shards[1]).toMatchObject({
    instruments: 0,
    draining: { when: "now", isClosed: true },
  });
  await until(async () => (await paper.control()).connections.length === 4);
  await more(algo);
  expect(await manager().drainShard(2, null)).toMatchObject({ ok: true });
  await settled([20, 20, 20, 20, 20]);
  expect(await manager().setFeed(2)).toMatchObject({ ok: true });
  await settled([50, 50]);
  await more(algo);
  const ticks = algo.ticks();
  expect(ticks.length).toBeGreaterThan(1_000);
  for (const one of [algo, narrow]) {
    expect(tickFaults(one.ticks())).toEqual([]);
    expect(frameFaults(one.frames)).toEqual([]);
    expect(one.of("gap")).toEqual([]);
    // Links of new shards open and those of emptied ones close, and nobody is told of a break that is none.
    const told = one.of("status").slice(toldBefore.get(one));
    expect(told.filter(({ state }) => state === "disconnected")).toEqual([]);
  }
  const last = new Map<string, number>();
  const holes = ticks.filter(({ instrument, volume, lastQuantity }) => {
    const before = last.get(instrument);
    last.set(instrument, volume ?? Number.NaN);
    return before !== undefined && !(Math.abs((volume ?? 0) - before - (lastQuantity ?? 0)) < 1e-6);
  });
  expect(holes).toEqual([]);
});

test("a shard that takes an instrument over without having all of it tells the gap at once", async () => {
  await paper.control("/market", { ticksPerSecond: 1_000 });
  const [instrument = ""] = IDS;
  const port = feedShard(env, "paper:paper:9");
  const named = { broker: "paper", account: "paper", shard: "paper:paper:9" };
  const entry = { instrument, mode: "quote" as const, consumers: [] };
  const standby = [{ ...entry, standby: true, handOver: null }];
  const assigned = () => port.assign({ ...named, version: 1, instruments: standby });
  await until(async () => (await assigned()).live.includes(instrument));
  expect(await port.quality()).toEqual([]);
  // The other one's connection was down for a minute when it let go.
  const handOver = { epoch: 9, after: null, wholeUntil: Date.now() - 60_000 };
  const instruments = [{ ...entry, standby: false, handOver }];
  await port.assign({ ...named, version: 2, instruments });
  expect(await port.quality()).toMatchObject([{ instrument, gaps: 1 }]);
});

test("a shard that drains after hours takes nothing new and keeps what it has; the last one may not drain", async () => {
  await manager().pin(IDS.slice(0, 20));
  await settled([10, 10]);
  expect(await manager().drainShard(1, "after_hours")).toMatchObject({ ok: true });
  await manager().pin(IDS.slice(20, 30));
  const view = await settled([10, 20]);
  expect(view.shards[0]).toMatchObject({ state: "draining", draining: { isClosed: false } });
  expect(await manager().drainShard(2, "now")).toMatchObject({
    ok: false,
    error: { code: "SHARD_CAPACITY" },
  });
  expect(await manager().drainShard(3, "now")).toMatchObject({ error: { code: "NOT_FOUND" } });
});

test("a broker that drains refuses what is new, keeps what it has, and lets go of it all when told now", async () => {
  const algo = await openAlgo();
  await algo.subscribe(IDS.slice(0, 4));
  await until(() => algo.ticking().size === 4);
  expect(await manager().drain("after_hours")).toMatchObject({ ok: true });
  const refused = await algo.subscribe(IDS.slice(3, 5));
  expect(refused).toMatchObject({ type: "error", code: "DRAINING", instruments: IDS.slice(4, 5) });
  await more(algo);
  const before = algo.of("status").length;
  expect(await manager().drain("now")).toMatchObject({ ok: true, value: { wanted: 4 } });
  await until(async () => (await paper.control()).subscriptions === 0);
  // Its links close too, and what they brought stands nowhere now.
  const lost = () =>
    algo
      .of("status")
      .slice(before)
      .flatMap((s) => (s.state === "disconnected" ? s.instruments : []));
  await until(() => new Set(lost()).size === 4);
  expect(await manager().drain(null)).toMatchObject({ ok: true, value: { draining: null } });
  await until(async () => (await paper.control()).subscriptions === 4);
  await more(algo);
  expect(tickFaults(algo.ticks())).toEqual([]);
});

test("lesson 10: a broker that takes fewer than its rules say teaches the limit; it is kept, named, and forgotten when told", async () => {
  await paper.control("/market", { instrumentsPerConnection: 10 });
  const algo = await openAlgo();
  await algo.subscribe(IDS.slice(0, 25));
  await until(async () => (await manager().view()).limits.instrumentsPerConnection === 10);
  const view = await manager().view();
  expect(view.configuredLimits.instrumentsPerConnection).toBe(1_000);
  expect(view.learnedLimits).toMatchObject([
    { limit: "instrumentsPerConnection", value: 10, reason: "a connection takes 10 instruments" },
  ]);
  // Nothing is dropped in silence: what does not fit is alarmed, counted, and told.
  expect(view).toMatchObject({ wanted: 25, overCapacity: 5 });
  const alarmed = () =>
    new Set(algo.of("status").flatMap((s) => (s.state === "alarm" ? s.instruments : [])));
  await until(() => alarmed().size === 5);
  expect(await algo.subscribe(IDS.slice(25, 26))).toMatchObject({ code: "SHARD_CAPACITY" });
  // With room for all, what was alarmed goes live without anybody asking again.
  expect(await manager().setFeed(3)).toMatchObject({ ok: true, value: { overCapacity: 0 } });
  await until(() => algo.ticking().size === 25);
  await paper.control("/market", { instrumentsPerConnection: 1_000 });
  expect(await manager().forgetLimits()).toMatchObject({
    learnedLimits: [],
    limits: view.configuredLimits,
  });
});

test("garbage in place of frames is counted by kind, and the connection that repeats it is replaced", async () => {
  await paper.control("/market", { ticksPerSecond: 1_000 });
  const algo = await openAlgo();
  await algo.subscribe(["NSE:INFY"]);
  await until(() => algo.ticking().size === 1);
  await paper.control("/faults", { fault: "malformed_feed", count: FRAME_FAULTS_MAX });
  await until(async () => (await manager().view()).shards.some(({ reconnects }) => reconnects > 0));
  const { shards } = await manager().view();
  const counts = shards.flatMap(({ unreadable }) => Object.values(unreadable));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(FRAME_FAULTS_MAX);
  await more(algo);
  expect(tickFaults(algo.ticks())).toEqual([]);
});

test("each consumer gets its own mode and never more, whatever the others ask for", async () => {
  await paper.control("/market", { ticksPerSecond: 1_000 });
  const [ltp, quote, depth] = [await openAlgo(), await openAlgo(), await openAlgo()];
  await ltp.subscribe(["NSE:INFY"], { mode: "ltp" });
  await until(() => ltp.ticks().length > 3);
  await depth.subscribe(["NSE:INFY"], { mode: "depth" });
  await quote.subscribe(["NSE:INFY"]);
  await until(() => depth.ticks().some((tick) => tick.depth !== undefined));
  await until(() => quote.ticks().some(({ bid }) => bid !== null));
  expect(
    allTicks(ltp).filter(
      ({ bid, ask, bidQuantity, askQuantity }) => bid ?? ask ?? bidQuantity ?? askQuantity,
    ),
  ).toEqual([]);
  expect([...allTicks(ltp), ...allTicks(quote)].filter((tick) => tick.depth !== undefined)).toEqual(
    [],
  );
  for (const algo of [ltp, quote, depth]) expect(tickFaults(algo.ticks())).toEqual([]);
  // The last one who wanted levels leaves: the others go on, and upstream is asked for less.
  await depth.close();
  await more(quote);
  // Asking again changes the mode of a socket.
  await quote.subscribe(["NSE:INFY"], { mode: "ltp" });
  const after = quote.frames.length;
  await more(quote, 5);
  const later = quote.frames
    .slice(after)
    .flatMap((frame) => (frame.type === "ticks" ? frame.ticks : []));
  expect(later.filter(({ bid }) => bid !== null)).toEqual([]);
  expect(frameFaults(quote.frames)).toEqual([]);
});

test("lesson 8: the three limits of a broker are shown apart, and a shard's figures are all there", async () => {
  await paper.control("/market", { ticksPerSecond: 1_000 });
  await manager().pin(IDS.slice(0, 10));
  const algo = await openAlgo();
  await algo.subscribe(IDS.slice(0, 10));
  await until(() => algo.ticking().size === 10);
  await until(async () =>
    (await manager().view()).shards.every(({ ticksPerSecond }) => ticksPerSecond > 0),
  );
  const view = await manager().view();
  expect(view.limits).toEqual({
    instrumentsPerConnection: 1_000,
    connections: 10,
    subscribeMessagesPerSecond: 20,
  });
  for (const { lag, queue, lastMessageAt, reconnects } of view.shards) {
    expect(lag.exchangeToReceived.p50).toBeGreaterThanOrEqual(0);
    expect(lag.receivedToSent.p99).toBeGreaterThanOrEqual(lag.receivedToSent.p50 ?? Infinity);
    expect(queue).toMatchObject({ upstreamInstruments: 0, upstreamMessages: 0 });
    expect(Date.now() - (lastMessageAt ?? 0)).toBeLessThan(10_000);
    expect(reconnects).toBe(0);
  }
});

test("lesson 5: a connection filled to the broker's cap ticks in every place of it under a fast feed, loses nothing and holds; one more is refused by name", async () => {
  const cap = IDS.length - 1;
  await paper.control("/market", { instrumentsPerConnection: cap, ticksPerSecond: 0 });
  expect(await manager().setFeed(1)).toMatchObject({ ok: true });
  const algo = await openAlgo();
  await algo.subscribe(IDS.slice(0, cap));
  await settled([cap]);
  const shard = async () => {
    const [view] = (await manager().view()).shards;
    if (!view) throw new Error("no shard");
    const dropped = Object.values(view.dropped).reduce((sum, count) => sum + count, 0);
    return { ...view, came: view.ticks + dropped };
  };
  const before = { sent: (await paper.control()).ticksSent, came: (await shard()).came };
  const fast = async (ms: number) => {
    await paper.control("/market", { ticksPerSecond: 3_000 });
    await new Promise((resolve) => setTimeout(resolve, ms));
    await paper.control("/market", { ticksPerSecond: 0 });
  };
  await fast(3_000);
  const { ticksSent: sent } = await paper.control();
  expect(sent - before.sent).toBeGreaterThan(2_000);
  // All that the exchange sent on the one connection came, and all of it reached the algo.
  await until(async () => (await shard()).came - before.came === sent - before.sent);
  expect(algo.ticking().size).toBe(cap);
  expect(tickFaults(algo.ticks())).toEqual([]);

  await paper.control("/market", { ticksPerSecond: 300 });
  const over = IDS.slice(cap);
  // From here alone: another provider would take it in.
  for (const one of over) await marketManager(env).rankProviders(one, ["paper"]);
  await algo.subscribe(over);
  await until(async () => (await manager().view()).limits.instrumentsPerConnection === cap);
  expect((await manager().view()).learnedLimits).toMatchObject([
    { limit: "instrumentsPerConnection", reason: `a connection takes ${cap} instruments` },
  ]);
  expect(await manager().view()).toMatchObject({ overCapacity: over.length });
  await fast(1_000);
  expect(await shard()).toMatchObject({ state: "live", reconnects: 0 });
  expect((await paper.control()).connections.map(({ subscriptions }) => subscriptions)).toEqual([
    cap,
  ]);
  expect(tickFaults(algo.ticks())).toEqual([]);
});
