import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { within } from "../../../durable-objects/within.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("work that hangs fails whoever waits for it, in time", async () => {
  const failed = within(1_000, new Promise<never>(() => {})).catch(String);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await failed).toBe("Error: no answer within 1000 ms");
});

test("work that settles in time is answered as it is, and leaves no timer", async () => {
  expect(await within(1_000, Promise.resolve("done"))).toBe("done");
  await expect(within(1_000, Promise.reject(new Error("away")))).rejects.toThrow("away");
  expect(vi.getTimerCount()).toBe(0);
});

test("work that fails after its time breaks nothing", async () => {
  const work = Promise.withResolvers<void>();
  const waited = within(1_000, work.promise).catch(() => "late");
  await vi.advanceTimersByTimeAsync(1_000);
  work.reject(new Error("away"));
  expect(await waited).toBe("late");
});
