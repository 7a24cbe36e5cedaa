/** Ranks set by the operator, and the market manager ended in the middle of what follows from them. */
import { applyD1Migrations, reset, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import type { MarketManagerPort } from "../../src/application/ports.ts";
import { marketManager } from "../../src/platform/objects.ts";
import { type Algo, openAlgo, tickFaults, until } from "../support/workers/algo.ts";
import { makeKey } from "../support/workers/api.ts";
import { exchange } from "../support/workers/paper.ts";

const INFY = "NSE:INFY";
const paper = exchange("paper");
const backup = exchange("paper-backup");

vi.setConfig({ testTimeout: 60_000 });

afterEach(async () => {
  await reset();
});

const manager = () => env.MARKET_MANAGER.getByName("main");

/** As a crash or a deploy does: memory is gone, storage stays. */
const crashManager = () =>
  runInDurableObject(manager(), (_, state) => state.abort("crash")).catch(() => {});

async function ready(): Promise<Algo> {
  for (const one of [paper, backup]) await one.control("/market", { ticksPerSecond: 40 });
  const algo = await openAlgo();
  await algo.subscribe([INFY]);
  await until(() => algo.ticking().size === 1);
  await until(async () => {
    const view = await marketManager(env).providers(INFY);
    return view.ok && view.value.providers.slice(0, 2).every(({ state }) => state === "fresh");
  }, 20_000);
  return algo;
}

const lastProvider = (algo: Algo) => algo.ticks().at(-1)?.provider;

const switched = (algo: Algo) => algo.of("status").filter(({ state }) => state === "switched");

test("an order of providers that the operator gives moves a live instrument at once, and null moves it back", async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  const key = await makeKey(["admin"]);
  const algo = await ready();
  const rank = async (ranked: string[] | null) => {
    const url = `http://localhost/v1/instruments/${encodeURIComponent(INFY)}/providers`;
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const body = JSON.stringify({ ranked });
    const response = await exports.default.fetch(url, { method: "PUT", headers, body });
    expect(response.status).toBe(200);
    return response.json();
  };
  // One that is ranked no more is left at once: that needs no patience.
  expect(await rank(["paper-backup"])).toMatchObject({
    order: "override",
    carrier: "paper-backup",
    active: "paper-backup",
  });
  await until(() => lastProvider(algo) === "paper-backup");
  await until(() => switched(algo).length === 1);
  await until(() => algo.of("gap").some(({ provider }) => provider === "paper-backup"));
  // Nobody is kept ready behind it, and the one before has nobody left who wants it.
  await until(async () => (await paper.control()).subscriptions === 0, 20_000);
  expect(await rank(["paper"])).toMatchObject({ carrier: "paper" });
  await until(() => lastProvider(algo) === "paper");
  expect(await rank(null)).toMatchObject({ order: "default", carrier: "paper" });
  expect(switched(algo)).toHaveLength(2);
  expect(tickFaults(algo.ticks())).toEqual([]);
});

test("whoever begins to get an instrument is told what its numbers have to be above: nothing before its first switch, all that was seen after it", async () => {
  const algo = await ready();
  const active = async () =>
    (await marketManager(env).activeProviders([INFY, "NO:SUCH"])).map(
      ({ instrument, provider, term, above }) => ({ instrument, provider, term, above }),
    );
  const none = { term: 0, above: 0 };
  expect(await active()).toEqual([{ instrument: INFY, provider: "paper", ...none }]);
  const epoch = algo.ticks().at(-1)?.epoch ?? 0;
  expect(epoch).toBeGreaterThan(0);
  await marketManager(env).rankProviders(INFY, ["paper-backup"]);
  const [now] = await active();
  expect(now).toMatchObject({ instrument: INFY, provider: "paper-backup", term: 1 });
  expect(now?.above).toBeGreaterThanOrEqual(epoch);
});

test("a market manager that is ended in the middle of a switch finishes it, once", async () => {
  const algo = await ready();
  // Decided and stored; it is gone before anybody can have taken it.
  await runInDurableObject(manager(), async (instance, state) => {
    const object = instance as unknown as MarketManagerPort;
    await object.rankProviders(INFY, ["paper-backup", "paper"]);
    await object.rankProviders(INFY, ["paper-backup"]);
    await state.storage.sync();
    state.abort("crash");
  }).catch(() => {});
  await until(() => lastProvider(algo) === "paper-backup", 30_000);
  const view = await marketManager(env).providers(INFY);
  expect(view).toMatchObject({ value: { carrier: "paper-backup", term: 1 } });
  expect(switched(algo)).toHaveLength(1);
  expect(tickFaults(algo.ticks())).toEqual([]);
  const history = await marketManager(env).switches({ limit: 10 });
  expect(history.ok && history.value.items.map(({ to, cause }) => [to, cause])).toEqual([
    ["paper-backup", "ranks"],
  ]);
  // Standby was not forgotten either: with the ranks back, both are watched again.
  await marketManager(env).rankProviders(INFY, null);
  await until(async () => (await paper.control()).subscriptions === 1, 20_000);
});

test("an alarm that stood before an eviction is not moved later by the first thing that happens after it", async () => {
  await ready();
  const soon = Date.now() + 5_000;
  await runInDurableObject(manager(), (_, state) => state.storage.setAlarm(soon));
  await crashManager();
  const shard = { provider: "paper", shard: "paper:paper:9", isConnected: true, epoch: 0 };
  const report = { ...shard, instruments: [] };
  await marketManager(env).health(report);
  const alarmAt = await runInDurableObject(manager(), (_, state) => state.storage.getAlarm());
  expect(alarmAt).toBeLessThanOrEqual(soon);
});
