/** What a market answers of how an instrument stands, when it cannot know from before. */
import { evictDurableObject, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { PAPER_INSTRUMENTS } from "../../src/brokers/paper/instruments.ts";
import { brokerManager } from "../../src/platform/objects.ts";
import { openAlgo, until } from "../support/workers/algo.ts";
import { exchange } from "../support/workers/paper.ts";

const INFY = "NSE:INFY";
const paper = exchange("paper");

vi.setConfig({ testTimeout: 60_000 });

afterEach(() => reset());

test("after an eviction an instrument is live again with its first tick, and whoever holds it is told once", async () => {
  const algo = await openAlgo();
  await algo.subscribe([INFY]);
  await until(() => algo.ticks().length > 3);
  await evictDurableObject(env.MARKET.getByName("m1"), { webSockets: "hibernate" });
  const from = algo.frames.length;
  const count = algo.ticks().length;
  await until(() => algo.ticks().length > count + 3);
  const told = () =>
    algo.frames.slice(from).flatMap((frame) => (frame.type === "status" ? [frame] : []));
  await until(() => told().length > 0);
  expect(told()).toMatchObject([{ subject: "instrument", state: "live", instruments: [INFY] }]);
  const answer = await algo.subscribe([INFY]);
  expect(answer).toMatchObject({ instruments: [{ instrument: INFY, state: "live" }] });
  const again = algo.ticks().length;
  await until(() => algo.ticks().length > again + 3);
  expect(told()).toHaveLength(1);
});

test("lesson 7: an instrument that everybody had left is pending when it is wanted again, without its old price, until the broker gives it", async () => {
  const algo = await openAlgo();
  await algo.subscribe([INFY]);
  await until(() => algo.ticks().length > 3);
  await algo.unsubscribe([INFY]);
  await until(async () => (await paper.control()).subscriptions === 0);
  await paper.control("/faults", { fault: "refuse_subscribe", count: 1_000 });
  const from = algo.frames.length;
  const answer = await algo.subscribe([INFY]);
  expect(answer).toMatchObject({ instruments: [{ instrument: INFY, state: "pending" }] });
  const since = () => algo.frames.slice(from);
  const told = () =>
    since().flatMap((frame) =>
      frame.type === "status" && frame.subject === "instrument" ? [frame.state] : [],
    );
  await until(() => told().length > 0);
  expect(told()).toEqual(["alarm"]);
  expect(since().filter(({ type }) => type === "ticks")).toEqual([]);
});

/** How many markets each shard has a link to. */
const markets = async () =>
  (await brokerManager(env, "paper").view()).shards.map((shard) => shard.markets);

test("a shard that gives up its link, because nobody wants what it brings any more, disturbs no feed", async () => {
  const algo = await openAlgo();
  await algo.ask({ op: "subscribe", channel: "status" });
  const ids = PAPER_INSTRUMENTS.slice(0, 8).map(({ id }) => id);
  await algo.subscribe(ids);
  await until(() => algo.ticking().size === ids.length);
  expect(await markets()).toEqual([1, 1]);
  const from = algo.frames.length;
  await algo.unsubscribe(ids.slice(1));
  await until(async () => (await markets()).includes(0));
  const count = algo.ticks().length;
  await until(() => algo.ticks().length > count + 20);
  const told = algo.frames.slice(from).filter(({ type }) => type === "status");
  expect(told).toEqual([]);
});
