import { expect, test } from "vitest";
import { GatewayAlarm } from "../../../../src/application/gateway/alarm.ts";
import { WATCHDOG_INTERVAL_MS } from "../../../../src/domain/limits.ts";

const START = 1_000_000;

const fails = async (): Promise<void> => {
  throw new Error("no");
};

/** A gateway of which nothing is due, until a test says so. */
function clock() {
  const seen = { now: START, dueAt: Infinity, stored: null as number | null };
  const run = (): GatewayAlarm =>
    new GatewayAlarm({
      now: () => seen.now,
      dueAt: () => seen.dueAt,
      stored: async () => seen.stored,
      store: async (at) => void (seen.stored = at),
    });
  return { seen, run };
}

test("news that left something undone moves the alarm to when that is due", async () => {
  const { seen, run } = clock();
  const alarm = run();
  await alarm.arm();
  expect(seen.stored).toBe(START + WATCHDOG_INTERVAL_MS);
  const news = async (): Promise<void> => void (seen.dueAt = START + 2_000);
  await alarm.after(news());
  expect(seen.stored).toBe(START + 2_000);
});

test("news that throws leaves its work due all the same", async () => {
  const { seen, run } = clock();
  const news = async (): Promise<void> => {
    seen.dueAt = START + 2_000;
    throw new Error("the ledger is away");
  };
  await expect(run().after(news())).rejects.toThrow("away");
  expect(seen.stored).toBe(START + 2_000);
});

test("a call is covered by an alarm before it begins", async () => {
  const { seen, run } = clock();
  let before: number | null = null;
  await run().armed(async () => void (before = seen.stored));
  expect(before).toBe(START + WATCHDOG_INTERVAL_MS);
});

test("a new run keeps a stored alarm that rings soon enough", async () => {
  const { seen, run } = clock();
  seen.stored = START + 500;
  await run().arm();
  expect(seen.stored).toBe(START + 500);
});

test("what is due and cannot be done yet does not make the alarm spin", async () => {
  const { seen, run } = clock();
  seen.dueAt = 0;
  await run().arm();
  expect(seen.stored).toBe(START + 100);
});

test("work that throws is not the end of the watch", async () => {
  const { seen, run } = clock();
  await expect(run().rang(fails)).rejects.toThrow("no");
  expect(seen.stored).toBe(START + WATCHDOG_INTERVAL_MS);
});
