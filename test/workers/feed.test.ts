/** The whole feed on the paper exchange: broker socket, shards, market, algos. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test } from "vitest";
import { PAPER_INSTRUMENTS } from "../../src/brokers/paper/instruments.ts";
import { brokerManager } from "../../src/platform/objects.ts";
import { type Algo, frameFaults, openAlgo, tickFaults, until } from "../support/workers/algo.ts";
import { exchange } from "../support/workers/paper.ts";

const IDS = PAPER_INSTRUMENTS.map(({ id }) => id);
const paper = exchange("paper");

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
