import { expect, test } from "vitest";
import { LedgerAlarm } from "../../../../src/application/ledger/alarm.ts";

const START = 1_000_000;

const fails = async (): Promise<void> => {
  throw new Error("no");
};

function clock() {
  const seen = { now: START, dueAt: null as number | null, stored: null as number | null };
  const alarm = new LedgerAlarm({
    now: () => seen.now,
    dueAt: () => seen.dueAt,
    store: (at) => void (seen.stored = at),
  });
  return { seen, alarm };
}

test("a halt that its gateway could not be told of is due soon, though an alarm stood for later", async () => {
  const { seen, alarm } = clock();
  seen.dueAt = START + 20_000;
  alarm.arm();
  const halting = async (): Promise<void> => {
    seen.dueAt = START + 1_000;
    throw new Error("the gateway is away");
  };
  await expect(alarm.after(halting())).rejects.toThrow("away");
  expect(seen.stored).toBe(START + 1_000);
});

test("something new makes it ring soon in a run that has set no alarm, and moves no other", () => {
  const { seen, alarm } = clock();
  alarm.changed();
  expect(seen.stored).toBe(START + 1_000);
  seen.now += 500;
  alarm.changed();
  expect(seen.stored).toBe(START + 1_000);
});

test("with nothing to see to there is no alarm", () => {
  const { seen, alarm } = clock();
  alarm.arm();
  expect(seen.stored).toBeNull();
});

test("work that throws is not the end of the watch", async () => {
  const { seen, alarm } = clock();
  seen.dueAt = START + 5_000;
  await expect(alarm.rang(fails)).rejects.toThrow("no");
  expect(seen.stored).toBe(START + 5_000);
});
