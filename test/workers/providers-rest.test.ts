/** A provider without a stream: polled at the period of the formula, third in the ranks, with faults of its own. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { PAPER_POLL_COSTS, PAPER_QUOTES_PER_SECOND } from "../../src/brokers/paper/rules.ts";
import { costPerSecond } from "../../src/domain/polling.ts";
import { brokerManager, marketManager } from "../../src/platform/objects.ts";
import { openAlgo, tickFaults, until } from "../support/workers/algo.ts";
import { exchange } from "../support/workers/paper.ts";

const INFY = "NSE:INFY";
const TCS = "NSE:TCS";
const paper = exchange("paper");
const backup = exchange("paper-backup");
const rest = exchange("paper-rest");

vi.setConfig({ testTimeout: 90_000 });

afterEach(async () => {
  await reset();
});

const asked = async () => (await rest.control()).quotesAsked;

const restShard = async () => (await brokerManager(env, "paper-rest").view()).shards[0];

const restTick = async () => (await brokerManager(env, "paper-rest").quotes([INFY]))[0];

const stateOf = async (instrument: string, provider: string) => {
  const view = await marketManager(env).providers(instrument);
  return view.ok && view.value.providers.find((one) => one.provider === provider)?.state;
};

test("with both streams gone prices go on from the provider that is polled, at its pace and in order", async () => {
  for (const one of [paper, backup, rest]) await one.control("/market", { ticksPerSecond: 40 });
  const algo = await openAlgo();
  await algo.subscribe([INFY, TCS]);
  await until(() => algo.ticking().size === 2);
  await until(async () => (await stateOf(INFY, "paper-rest")) === "fresh", 20_000);
  await until(async () => (await stateOf(TCS, "paper-rest")) === "fresh", 20_000);
  expect(new Set(algo.ticks().map(({ provider }) => provider))).toEqual(new Set(["paper"]));

  // What takes over knows the last price alone.
  await rest.control("/faults", { fault: "bare_quote", count: 100_000 });
  // One answers pings and stands still, the other is gone.
  await backup.control("/faults", { fault: "refuse_connection", count: 100_000 });
  await backup.control("/faults", { fault: "drop_feed_socket", count: 4 });
  await paper.control("/market", { ticksPerSecond: 0 });
  const polled = () => algo.ticks().filter(({ provider }) => provider === "paper-rest");
  await until(() => new Set(polled().map(({ instrument }) => instrument)).size === 2, 20_000);
  const before = polled().length;
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const perSecond = (polled().length - before) / 3;
  // As many as it may be asked for, and not the forty that the exchange makes.
  expect(perSecond).toBeGreaterThan(PAPER_QUOTES_PER_SECOND / 3);
  expect(perSecond).toBeLessThan(PAPER_QUOTES_PER_SECOND * 1.2);
  expect(tickFaults(algo.ticks())).toEqual([]);
  // Nothing is made up for what it does not tell, though it was told a moment before.
  const gaveAll = algo.ticks().findLast(({ provider }) => provider === "paper");
  expect([gaveAll?.bid, gaveAll?.ask, gaveAll?.volume]).not.toContain(null);
  const fields = polled().flatMap(
    ({ lastQuantity, bid, bidQuantity, ask, askQuantity, volume }) => [
      lastQuantity,
      bid,
      bidQuantity,
      ask,
      askQuantity,
      volume,
    ],
  );
  expect(new Set(fields)).toEqual(new Set([null]));
  const view = await marketManager(env).providers(INFY);
  expect(view).toMatchObject({ value: { active: "paper-rest" } });
  const [tick] = await brokerManager(env, "paper-rest").quotes([INFY]);
  expect(tick).toMatchObject({ provider: "paper-rest", freshness: "fresh" });
});

test("the requests follow the formula when the tick rate changes, and so does how old a change is when it is seen", async () => {
  await brokerManager(env, "paper-rest").pin([INFY]);
  const { request, staleness } = PAPER_POLL_COSTS;
  for (const [rate, settleMs] of [
    [4, 6_000],
    [1, 10_000],
  ] as const) {
    await rest.control("/market", { ticksPerSecond: rate });
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    const [before, from] = [await asked(), Date.now()];
    const ages: number[] = [];
    let seq = -1;
    while (Date.now() - from < 6_000) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      const [tick] = await brokerManager(env, "paper-rest").quotes([INFY]);
      if (!tick || tick.seq === seq) continue;
      seq = tick.seq;
      ages.push(tick.receivedTime - (tick.exchangeTime ?? 0));
    }
    const perSecond = ((await asked()) - before) / ((Date.now() - from) / 1_000);
    const best = Math.sqrt((staleness * rate) / (2 * request));
    const age = ages.reduce((sum, one) => sum + one, 0) / ages.length;
    // Ticks come evenly here, and by chance in the derivation: that alone makes a fifth more requests.
    expect(perSecond / best).toBeGreaterThan(0.75);
    expect(perSecond / best).toBeLessThan(1.5);
    expect(age).toBeLessThan(1_000 / best);
    const cost = perSecond * request + (rate * age * staleness) / 1_000;
    expect(cost / costPerSecond(1_000 / best, rate, PAPER_POLL_COSTS)).toBeLessThan(1.4);
  }
});

test("a provider that says slow down is asked less and less often, and the line stays", async () => {
  await rest.control("/market", { ticksPerSecond: 40 });
  await brokerManager(env, "paper-rest").pin([INFY, TCS]);
  await until(async () => (await asked()) > 10);
  await rest.control("/faults", { fault: "refuse_quote", count: 1_000 });
  const before = await asked();
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  // At once, and then after a half, one and two seconds.
  expect((await asked()) - before).toBeLessThanOrEqual(4);
  const shards = (await brokerManager(env, "paper-rest").view()).shards;
  expect(shards.map(({ state, reconnects }) => [state, reconnects])).toEqual([["live", 0]]);
  await rest.control("/faults", { fault: "refuse_quote", count: 0 });
  await until(async () => (await asked()) > before + 10);
});

test("polls that are never answered lose the line, and the next one asks for everything again", async () => {
  await rest.control("/market", { ticksPerSecond: 40 });
  await brokerManager(env, "paper-rest").pin([INFY]);
  await until(async () => (await brokerManager(env, "paper-rest").quotes([INFY])).length === 1);
  const [tick] = await brokerManager(env, "paper-rest").quotes([INFY]);
  await rest.control("/faults", { fault: "hold_quote", count: 3 });
  await until(async () => (await restShard())?.reconnects === 1, 20_000);
  await until(async () => (await restShard())?.state === "live");
  await until(async () => ((await restTick())?.epoch ?? 0) > (tick?.epoch ?? 0));
  expect((await restTick())?.seq).toBeGreaterThan(tick?.seq ?? 0);
});
