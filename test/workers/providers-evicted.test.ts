/** A switch of provider that meets a market which has just been evicted: its algos saw ticks that it knows nothing of. */
import { evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { marketManager } from "../../src/platform/objects.ts";
import { openAlgo, tickFaults, until } from "../support/workers/algo.ts";
import { exchange } from "../support/workers/paper.ts";

const INFY = "NSE:INFY";
const paper = exchange("paper");

const isBackup = ({ provider }: { provider: string }) => provider === "paper-backup";

vi.setConfig({ testTimeout: 90_000 });

afterEach(() => reset());

test("after an eviction the ticks of the next provider are numbered above those that the algo had from the one before", async () => {
  // As after many connections: the first provider's numbers are well above the second's.
  await runInDurableObject(env.BROKER_MANAGER.getByName("paper"), (_, { storage }) =>
    storage.sql.exec("INSERT OR REPLACE INTO setting VALUES ('epoch', 40)"),
  );
  const algo = await openAlgo();
  await algo.subscribe([INFY]);
  await until(() => algo.ticks().length > 0);
  const view = async () => {
    const providers = await marketManager(env).providers(INFY);
    return providers.ok ? providers.value.providers : [];
  };
  await until(
    async () => (await view()).filter(({ state }) => state === "fresh").length > 1,
    30_000,
  );
  expect(algo.ticks().some(isBackup)).toBe(false);
  await paper.control("/market", { ticksPerSecond: 0 });
  await until(async () => {
    const count = algo.ticks().length;
    await scheduler.wait(200);
    return algo.ticks().length === count;
  });
  await evictDurableObject(env.MARKET.getByName("m1"), { webSockets: "hibernate" });
  await until(() => algo.ticks().filter(isBackup).length > 3, 30_000);
  expect(tickFaults(algo.ticks())).toEqual([]);
});
