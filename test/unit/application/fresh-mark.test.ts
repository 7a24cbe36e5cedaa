import { expect, test, vi } from "vitest";
import { freshMark } from "../../../src/application/fresh-mark.ts";
import type { TickView } from "../../../src/contract/market.ts";
import { FIRST_TICK_WAIT_MS } from "../../../src/domain/limits.ts";

const tick: TickView = {
  instrument: "X:A",
  last: 100,
  lastQuantity: 1,
  bid: 99,
  bidQuantity: 1,
  ask: 101,
  askQuantity: 1,
  volume: 1,
  exchangeTime: null,
  receivedTime: 5,
  provider: "one",
  epoch: 1,
  seq: 1,
  late: false,
};

/** Answers these one after the other, the last for good. */
const feed = (...quotes: TickView[]) =>
  ({
    quotes: async () => [quotes.length > 1 ? quotes.shift() : quotes[0]],
    view: async () => ({ pinned: [tick.instrument] }),
  }) as unknown as Parameters<typeof freshMark>[0];

test("a quote that its shard calls stale is a stale mark, and no other one is", async () => {
  const stale = await freshMark(feed({ ...tick, freshness: "stale" }), "X:A");
  expect(stale).toMatchObject({ price: 100, time: 5, provider: "one", stale: true });
  for (const freshness of ["fresh", "closed"] as const)
    expect(await freshMark(feed({ ...tick, freshness }), "X:A")).not.toHaveProperty("stale");
});

test("a price of unknown age is waited with for the next one, and is a stale mark where none comes", async () => {
  vi.useFakeTimers();
  try {
    const unknown: TickView = { ...tick, freshness: "unknown" };
    const next: TickView = { ...tick, last: 102, observedAt: 7, freshness: "fresh" };
    const told = freshMark(feed(unknown, unknown, next), "X:A");
    const doubtful = freshMark(feed(unknown), "X:A");
    await vi.advanceTimersByTimeAsync(FIRST_TICK_WAIT_MS);
    expect(await told).toMatchObject({ price: 102, time: 7 });
    expect(await told).not.toHaveProperty("stale");
    expect(await doubtful).toMatchObject({ price: 100, stale: true });
  } finally {
    vi.useRealTimers();
  }
});
