/** The whole feed on the paper exchange: broker socket, shards, market, algos. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { PAPER_INSTRUMENTS } from "../../src/brokers/paper/instruments.ts";
import { brokerManager } from "../../src/platform/objects.ts";
import { type Algo, frameFaults, openAlgo, tickFaults, until } from "../support/workers/algo.ts";
import { exchange } from "../support/workers/paper.ts";

const IDS = PAPER_INSTRUMENTS.map(({ id }) => id);
const paper = exchange("paper");

// Whole flows on a machine that may be busy: what is waited for is polled, so this costs nothing.
vi.setConfig({ testTimeout: 40_000 });

afterEach(async () => {
  await reset();
});

test("20 algos on 100 instruments over 2 shards are 100 subscriptions upstream, 50 and 50", async () => {
  const hundred = IDS.slice(0, 100);
  expect(hundred).toHaveLength(100);
  await paper.control("/market", { ticksPerSecond: 2_000 });
  const algos: Algo[] = await Promise.all(Array.from({ length: 20 }, () => openAlgo()));
  const answers = await Promise.all(algos.map((algo) => algo.subscribe(hundred)));
  expect(answers.map(({ type }) => type)).toEqual(Array(20).fill("subscribed"));
  await until(() => algos.every((algo) => algo.ticking().size === 100));
  const view = await paper.control();
  expect(view.subscriptions).toBe(100);
  expect(view.connections.map(({ subscriptions }) => subscriptions)).toEqual([50, 50]);
  for (const algo of algos) {
    expect(tickFaults(algo.ticks())).toEqual([]);
    expect(frameFaults(algo.frames)).toEqual([]);
  }
  const { shards, wanted } = await brokerManager(env, "paper").view();
  expect(wanted).toBe(100);
  expect(shards.map(({ state, confirmed, markets }) => [state, confirmed, markets])).toEqual([
    ["live", 50, 1],
    ["live", 50, 1],
  ]);
});

test("adding and removing instruments live loses no tick of the others", async () => {
  const [kept, coming, going] = [IDS.slice(0, 40), IDS.slice(40, 70), IDS.slice(70, 100)];
  await paper.control("/market", { ticksPerSecond: 2_000 });
  const algo = await openAlgo();
  const other = await openAlgo("?format=compact");
  await algo.subscribe([...kept, ...going]);
  await other.subscribe(kept);
  await until(() => algo.ticking().size === 70);
  for (let round = 0; round < 3; round += 1) {
    await algo.subscribe(coming);
    await algo.unsubscribe(going);
    await until(() => algo.ticks().some(({ instrument }) => instrument === coming.at(-1)));
    await algo.unsubscribe(coming);
    await algo.subscribe(going);
    const from = algo.frames.length;
    await until(() => algo.frames.length > from + 5);
  }
  const ticks = algo.ticks().filter(({ instrument }) => kept.includes(instrument));
  expect(ticks.length).toBeGreaterThan(200);
  expect(tickFaults(ticks)).toEqual([]);
  expect(frameFaults(algo.frames)).toEqual([]);
  expect(frameFaults(other.frames)).toEqual([]);
  expect(algo.of("gap")).toEqual([]);
  // Upstream is exactly what is wanted: the last one out has unsubscribed.
  await until(async () => (await paper.control()).subscriptions === 70);
});

test("an instrument that was given up ticks again, whichever shard takes it the next time", async () => {
  await paper.control("/market", { ticksPerSecond: 500 });
  const algo = await openAlgo();
  const four = ["NSE:INFY", "NSE:TCS", "NSE:ITC", "NSE:LT"];
  const ticksOf = async (instrument: string) => {
    const from = algo.frames.length;
    const isTick = ({ instrument: name }: { instrument: string }) => name === instrument;
    await until(() =>
      algo.frames.slice(from).some((frame) => frame.type === "ticks" && frame.ticks.some(isTick)),
    );
  };
  // Each comes back to the emptier shard, which is now the one, now the other.
  for (let round = 0; round < 12; round += 1) {
    const instrument = four[round % 4] ?? "";
    await algo.subscribe([instrument]);
    await ticksOf(instrument);
    await algo.unsubscribe([four[(round + 2) % 4] ?? ""]);
  }
  expect(tickFaults(algo.ticks())).toEqual([]);
});

test("an instrument is given up upstream when its last algo closes, not before", async () => {
  const [first, second] = [await openAlgo(), await openAlgo()];
  await first.subscribe(["NSE:INFY", "NSE:TCS"]);
  await second.subscribe(["NSE:INFY"]);
  await until(async () => (await paper.control()).subscriptions === 2);
  await first.close();
  await until(async () => (await paper.control()).subscriptions === 1);
  expect((await paper.control()).connections.flatMap((one) => one.subscriptions)).toContain(1);
  await second.close();
  await until(async () => (await paper.control()).subscriptions === 0);
});

test("a broker socket that drops is repaired, and the gap is told", async () => {
  await paper.control("/market", { ticksPerSecond: 1_000 });
  const algo = await openAlgo();
  await algo.subscribe(IDS.slice(0, 20));
  await until(() => algo.ticking().size === 20);
  await paper.control("/faults", { fault: "drop_feed_socket" });
  await until(() => new Set(algo.of("gap").flatMap((gap) => gap.instruments)).size > 0);
  const dropped = new Set(algo.of("gap").flatMap((gap) => gap.instruments));
  await until(() => algo.of("status").some(({ state }) => state === "connected"));
  const after = algo.frames.length;
  await until(() => {
    const ticking = new Set(
      algo.frames
        .slice(after)
        .flatMap((frame) => (frame.type === "ticks" ? frame.ticks.map((t) => t.instrument) : [])),
    );
    return IDS.slice(0, 20).every((instrument) => ticking.has(instrument));
  });
  for (const { from, to, provider } of algo.of("gap")) {
    expect(from).toBeLessThanOrEqual(to);
    expect(provider).toBe("paper");
  }
  expect(algo.of("status").some(({ state }) => state === "disconnected")).toBe(true);
  const ticks = algo.ticks();
  expect(tickFaults(ticks)).toEqual([]);
  // The ticks of a dropped connection go on under a higher epoch, and only theirs.
  for (const instrument of dropped) {
    const epochs = new Set(ticks.filter((t) => t.instrument === instrument).map((t) => t.epoch));
    expect(epochs.size).toBe(2);
  }
  expect((await paper.control()).subscriptions).toBe(20);
});

test("a socket that stays open but brings no data is replaced", async () => {
  await paper.control("/market", { ticksPerSecond: 1_000 });
  const algo = await openAlgo();
  await algo.subscribe(IDS.slice(0, 4));
  await until(() => algo.ticking().size === 4);
  await paper.control("/faults", { fault: "silent_feed", durationMs: 60_000 });
  await until(() => algo.of("gap").length > 0, 20_000);
  const after = algo.frames.length;
  await until(() => algo.frames.slice(after).some(({ type }) => type === "ticks"));
  expect(tickFaults(algo.ticks())).toEqual([]);
});

test("instruments move between shards under load without a tick lost or told twice", async () => {
  const hundred = IDS.slice(0, 100);
  await paper.control("/market", { ticksPerSecond: 5_000 });
  const algo = await openAlgo();
  await algo.subscribe(hundred);
  await until(() => algo.ticking().size === 100);
  const manager = brokerManager(env, "paper");
  for (const shards of [3, 5, 2, 6, 1, 4, 2]) {
    const answer = await manager.setFeed(shards);
    expect(answer.ok).toBe(true);
    const sizes = Array.from({ length: shards }, () => 0).map(
      (_, index) => Math.floor(100 / shards) + (index < 100 % shards ? 1 : 0),
    );
    await until(async () => {
      const { connections } = await paper.control();
      const held = connections.map(({ subscriptions }) => subscriptions).sort((a, b) => b - a);
      return JSON.stringify(held) === JSON.stringify(sizes);
    });
    const from = algo.frames.length;
    await until(() => algo.frames.length > from + 20);
  }
  const ticks = algo.ticks();
  expect(tickFaults(ticks)).toEqual([]);
  expect(frameFaults(algo.frames)).toEqual([]);
  expect(algo.of("gap")).toEqual([]);
  // Volume adds up what was traded: each tick's is that of the tick before and its own quantity.
  const last = new Map<string, number>();
  const holes = ticks.filter(({ instrument, volume, lastQuantity }) => {
    const before = last.get(instrument);
    last.set(instrument, volume ?? Number.NaN);
    return before !== undefined && !(Math.abs((volume ?? 0) - before - (lastQuantity ?? 0)) < 1e-6);
  });
  expect(ticks.length).toBeGreaterThan(1_000);
  expect(holes).toEqual([]);
});
