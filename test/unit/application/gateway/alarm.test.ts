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

test("an alarm that is due and has not rung yet is not put off by the calls that come meanwhile", async () => {
  const { seen, run } = clock();
  seen.dueAt = START + 1_000;
  const alarm = run();
  await alarm.arm();
  for (let call = 0; call < 100; call += 1) {
    seen.now = START + 1_000 + call * 20;
    await alarm.armed(async () => {});
    expect(seen.stored).toBe(START + 1_000);
  }
});

test("nor by a new run of the object", async () => {
  const { seen, run } = clock();
  seen.stored = START - 1_000;
  await run().arm();
  expect(seen.stored).toBe(START - 1_000);
});

test("an alarm that never rings is set anew after some seconds, and not before", async () => {
  const { seen, run } = clock();
  const alarm = run();
  seen.dueAt = START + 1_000;
  await alarm.arm();
  seen.now = START + 6_000;
  await alarm.armed(async () => {});
  expect(seen.stored).toBe(START + 1_000);
  seen.now += 1;
  let before: number | null = null;
  await alarm.armed(async () => void (before = seen.stored));
  expect(before).toBe(START + 6_101);
});

test("one that rang is set anew for what is due by then, however late it was", async () => {
  const { seen, run } = clock();
  const alarm = run();
  seen.dueAt = START + 1_000;
  await alarm.arm();
  seen.now = START + 3_000;
  // As the platform does.
  seen.stored = null;
  await alarm.rang(async () => void (seen.dueAt = START + 9_000));
  expect(seen.stored).toBe(START + 3_100);
});
