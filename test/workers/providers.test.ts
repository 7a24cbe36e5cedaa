/** Failover between providers, whole: two paper exchanges with faults of their own, shards, market, ledger. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { marketManager } from "../../src/platform/objects.ts";
import { type Algo, openAlgo, tickFaults, until } from "../support/workers/algo.ts";
import { exchange } from "../support/workers/paper.ts";

const INFY = "NSE:INFY";
const TCS = "NSE:TCS";
const paper = exchange("paper");
const backup = exchange("paper-backup");

vi.setConfig({ testTimeout: 90_000 });

afterEach(async () => {
  await reset();
});

/** An algo on both instruments, with the second provider ready to take over. */
async function ready(): Promise<Algo> {
  await paper.control("/market", { ticksPerSecond: 40 });
  await backup.control("/market", { ticksPerSecond: 40 });
  const algo = await openAlgo();
  await algo.subscribe([INFY, TCS]);
  await until(() => algo.ticking().size === 2);
  await until(async () => (await stateOf(INFY, "paper-backup")) === "fresh", 20_000);
  return algo;
}

async function stateOf(instrument: string, provider: string) {
  const view = await marketManager(env).providers(instrument);
  return view.ok && view.value.providers.find((one) => one.provider === provider)?.state;
}

const activeOf = async (instrument: string) => {
  const view = await marketManager(env).providers(instrument);
  return view.ok ? view.value.active : "none such";
};

const providersOf = (algo: Algo) => algo.ticks().map(({ provider }) => provider);

const switches = async () => {
  const page = await marketManager(env).switches({ limit: 100 });
  return page.ok ? page.value.items.toReversed() : [];
};

test("lesson 56: a provider that answers pings while its prices stand still is left for the next, and taken back when it has settled", async () => {
  const algo = await ready();
  // Heartbeats go on: only the prices stand still.
  const killedAt = Date.now();
  await paper.control("/market", { ticksPerSecond: 0 });
  await until(() => providersOf(algo).includes("paper-backup"), 20_000);
  // Three seconds without news, one of patience, and the second in which a shard looks.
  expect(Date.now() - killedAt).toBeLessThan(12_000);
  const told = () =>
    algo.of("status").flatMap((one) => (one.state === "switched" ? one.instruments : []));
  // The two are on two shards: each goes when its own shard has seen it.
  await until(() => new Set(told()).size === 2);
  await until(() => algo.of("gap").filter((gap) => gap.provider === "paper-backup").length >= 2);
  await until(() =>
    providersOf(algo)
      .slice(-20)
      .every((name) => name === "paper-backup"),
  );
  expect(tickFaults(algo.ticks())).toEqual([]);
  expect(await activeOf(INFY)).toBe("paper-backup");

  const backAt = Date.now();
  await paper.control("/market", { ticksPerSecond: 40 });
  await until(() => providersOf(algo).at(-1) === "paper", 60_000);
  expect(Date.now() - backAt).toBeGreaterThanOrEqual(20_000);
  expect(tickFaults(algo.ticks())).toEqual([]);
  const ofInfy = (await switches()).filter(({ instrument }) => instrument === INFY);
  expect(ofInfy.map(({ kind, from, to, cause }) => [kind, from, to, cause])).toEqual([
    ["switch", "paper", "paper-backup", "stale"],
    ["switch", "paper-backup", "paper", "settled"],
  ]);
});
