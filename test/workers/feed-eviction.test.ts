/** Eviction of each object of the feed in mid-flow: what the algos get in the end is the same. */
import { evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { PAPER_INSTRUMENTS } from "../../src/brokers/paper/instruments.ts";
import { brokerManager } from "../../src/platform/objects.ts";
import { type Algo, frameFaults, openAlgo, tickFaults, until } from "../support/workers/algo.ts";
import { exchange } from "../support/workers/paper.ts";

const IDS = PAPER_INSTRUMENTS.map(({ id }) => id).slice(0, 30);
const paper = exchange("paper");

// Whole flows on a machine that may be busy: what is waited for is polled, so this costs nothing.
vi.setConfig({ testTimeout: 40_000 });

afterEach(async () => {
  await reset();
});

async function started(): Promise<Algo> {
  await paper.control("/market", { ticksPerSecond: 1_000 });
  const algo = await openAlgo();
  await algo.subscribe(IDS);
  await until(() => algo.ticking().size === IDS.length);
  return algo;
}

/** Every instrument ticks again, live, after what has come so far. */
async function goesOn(algo: Algo, instruments = IDS): Promise<void> {
  const from = algo.frames.length;
  const seen = () =>
    new Set(
      algo.frames
        .slice(from)
        .flatMap((frame) => (frame.type === "ticks" && !frame.snapshot ? frame.ticks : []))
        .map(({ instrument }) => instrument),
    );
  await until(() => instruments.every((instrument) => seen().has(instrument)));
}

/** Ends an object as a crash or a deploy does: memory and sockets are gone, storage stays. */
async function crash(stub: DurableObjectStub): Promise<void> {
  await runInDurableObject(stub, (_, state) => state.abort("crash")).catch(() => {});
}

test.each(["hibernate", "close"] as const)(
  "the manager's eviction (%s) changes nothing, and it still knows everything",
  async (webSockets) => {
    const algo = await started();
    await evictDurableObject(env.BROKER_MANAGER.getByName("paper"), { webSockets });
    await goesOn(algo);
    expect(tickFaults(algo.ticks())).toEqual([]);
    expect(algo.of("gap")).toEqual([]);
    const view = await brokerManager(env, "paper").view();
    expect(view.wanted).toBe(IDS.length);
    // The same declare again is the same plan; another goes on from it.
    const other = await openAlgo();
    const more = PAPER_INSTRUMENTS.map(({ id }) => id).slice(30, 40);
    await other.subscribe([...IDS, ...more]);
    await until(() => other.ticking().size === 40);
    const { connections } = await paper.control();
    expect(connections.map(({ subscriptions }) => subscriptions)).toEqual([20, 20]);
    expect(tickFaults(algo.ticks())).toEqual([]);
  },
);

test("a shard that crashes is woken, and the gap is told", async () => {
  const algo = await started();
  const lost = new Set((await shardInstruments(1)).values());
  expect(lost.size).toBe(15);
  await crash(env.FEED_SHARD.getByName("paper:paper:1"));
  await until(() => algo.of("gap").length > 0);
  await goesOn(algo);
  const told = new Set(algo.of("gap").flatMap(({ instruments }) => instruments));
  await until(
    () => new Set(algo.of("gap").flatMap(({ instruments }) => instruments)).size === lost.size,
  );
  expect([...told].every((instrument) => lost.has(instrument))).toBe(true);
  const ticks = algo.ticks();
  expect(tickFaults(ticks)).toEqual([]);
  expect(frameFaults(algo.frames)).toEqual([]);
  expect((await paper.control()).subscriptions).toBe(IDS.length);
  // The gap begins no later than the last tick before it.
  for (const { from, instruments } of algo.of("gap")) {
    const epochs = ticks.filter(({ instrument }) => instruments.includes(instrument));
    const before = epochs.filter(({ epoch }) => epoch === Math.min(...epochs.map((t) => t.epoch)));
    expect(from).toBeLessThanOrEqual(Math.max(...before.map(({ receivedTime }) => receivedTime)));
  }
});

async function shardInstruments(number: number): Promise<string[]> {
  return runInDurableObject(env.FEED_SHARD.getByName(`paper:paper:${number}`), (_, state) => {
    const [row] = state.storage.sql
      .exec<{ content: string }>("SELECT content FROM assignment")
      .toArray();
    const { instruments } = JSON.parse(row?.content ?? "{}") as {
      instruments: { instrument: string }[];
    };
    return instruments.map(({ instrument }) => instrument);
  });
}

test("a market that hibernates keeps its sockets: ticks go on, and its frames start anew under a higher epoch", async () => {
  const algo = await started();
  const compact = await openAlgo("?format=compact");
  const answer = await compact.subscribe(IDS);
  await until(() => compact.of("t").length > 3);
  await evictDurableObject(env.MARKET.getByName("m1"), { webSockets: "hibernate" });
  await goesOn(algo);
  const ticks = algo.ticks();
  expect(tickFaults(ticks)).toEqual([]);
  expect(frameFaults(algo.frames)).toEqual([]);
  expect(algo.of("gap")).toEqual([]);
  expect(new Set(algo.of("ticks").map(({ epoch }) => epoch)).size).toBe(2);
  // Aliases a client has learned stay true.
  const aliases = answer.type === "subscribed" ? Object.values(answer.aliases ?? {}) : [];
  const last = compact.of("t").at(-1);
  expect(last?.epoch).toBe(2);
  expect(last?.t.every(([alias]) => aliases.includes(alias as number))).toBe(true);
  expect(frameFaults(compact.frames)).toEqual([]);
  // What it lost from memory it asks for: a new socket gets its snapshot.
  const late = await openAlgo();
  await late.subscribe(IDS);
  const snapshot = late.of("ticks").find((frame) => frame.snapshot);
  expect(snapshot?.ticks).toHaveLength(IDS.length);
  expect(await algo.unsubscribe(IDS.slice(1))).toMatchObject({ type: "unsubscribed" });
  await goesOn(algo, IDS.slice(0, 1));
  expect(frameFaults(algo.frames)).toEqual([]);
});

test("a market whose sockets were cut lets go of what nobody wants any more, and takes them up again", async () => {
  const algo = await started();
  await evictDurableObject(env.MARKET.getByName("m1"), { webSockets: "close" });
  await until(() => algo.closed);
  // Shards come back by themselves; the market then finds that its algos are gone.
  await until(async () => (await paper.control()).subscriptions === 0);
  const again = await openAlgo();
  await again.subscribe(IDS);
  await until(() => again.ticking().size === IDS.length);
  expect((await paper.control()).subscriptions).toBe(IDS.length);
  expect(tickFaults(again.ticks())).toEqual([]);
});

test("everything at once crashes during a resize, and ends up even, complete and live", async () => {
  const algo = await started();
  const manager = brokerManager(env, "paper");
  const resizing = manager.setFeed(4).catch(() => null);
  await crash(env.BROKER_MANAGER.getByName("paper"));
  await crash(env.FEED_SHARD.getByName("paper:paper:1"));
  await resizing;
  const answer = await brokerManager(env, "paper").setFeed(3);
  expect(answer.ok).toBe(true);
  await until(async () => {
    const { connections } = await paper.control();
    return connections.map(({ subscriptions }) => subscriptions).join() === "10,10,10";
  }, 20_000);
  await goesOn(algo);
  expect(tickFaults(algo.ticks())).toEqual([]);
});
