/** Searches for schedules of faults that break an order's life. A failure names its seed: `SEED=<n>` runs it alone. */
import { describe, expect, test } from "vitest";
import { FAULT_NAMES } from "../support/orders/faults.ts";
import { runScenario } from "../support/orders/scenario.ts";

const RUNS = Number(process.env["SIMULATION_RUNS"] ?? 100);
const only = process.env["SEED"];
/** Fixed seeds in the suite; longer searches start elsewhere. */
const FIRST = Number(process.env["SIMULATION_FIRST"] ?? 1);

const seeds = only ? [Number(only)] : Array.from({ length: RUNS }, (_, index) => FIRST + index);

describe("an order's life under faults", () => {
  const seen = { sent: 0, filled: 0, deadLettered: 0, stopped: 0 };
  const faults = new Map<string, number>();

  test(
    "sends at most once, loses nothing, ends nothing without evidence, and keeps the ledger's equation",
    { timeout: 600_000 },
    async () => {
      for (const seed of seeds) {
        const { world, breaches } = await runScenario(seed);
        const story = only ? `\n${JSON.stringify(world.log, null, 1)}` : "";
        expect(breaches, `seed ${seed}${story}`).toEqual([]);
        const orders = world.ledger.store.orders();
        seen.sent += world.broker.sent.length;
        for (const [kind, count] of Object.entries(world.trouble.counts))
          faults.set(kind, (faults.get(kind) ?? 0) + count);
        seen.filled += orders.filter(({ state }) => state === "filled").length;
        seen.deadLettered += orders.filter(({ state }) => state === "dead_lettered").length;
        seen.stopped += world.log.filter(({ event }) => event === "order_stopped").length;
      }
    },
  );

  test.skipIf(only)("met every kind of trouble, without which the search proves nothing", () => {
    const missing = Object.entries(seen).filter(([, count]) => count === 0);
    expect(missing).toEqual([]);
    expect(FAULT_NAMES.filter((name) => !faults.has(name))).toEqual([]);
  });
});
