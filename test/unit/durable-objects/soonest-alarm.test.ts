import { expect, test } from "vitest";
import { SoonestAlarm } from "../../../durable-objects/soonest-alarm.ts";

function setUp(stored: number | null) {
  const work: Promise<void>[] = [];
  let set = stored;
  const storage = {
    getAlarm: async () => set,
    setAlarm: async (time: number) => {
      set = time;
    },
  };
  const ctx = { storage, waitUntil: (one: Promise<void>) => void work.push(one) };
  return {
    alarm: new SoonestAlarm(ctx),
    set: async () => {
      await Promise.all(work);
      return set;
    },
  };
}

test("an alarm that an evicted run has set is never moved later, and is moved sooner", async () => {
  const later = setUp(50);
  later.alarm.by(100);
  expect(await later.set()).toBe(50);
  later.alarm.by(40);
  expect(await later.set()).toBe(40);
});

test("of many wishes at once the soonest is kept", async () => {
  const { alarm, set } = setUp(null);
  for (const time of [300, 100, 200, 50, 400]) alarm.by(time);
  expect(await set()).toBe(50);
});

test("after it rang, the next wish sets it again", async () => {
  const { alarm, set } = setUp(null);
  alarm.by(50);
  await set();
  alarm.rang();
  alarm.by(40);
  expect(await set()).toBe(40);
});
