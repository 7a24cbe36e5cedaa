import { expect, test } from "vitest";
import { freshMark } from "../../../src/application/fresh-mark.ts";
import type { TickView } from "../../../src/contract/market.ts";

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

const feed = (quote: TickView) =>
  ({ quotes: async () => [quote] }) as unknown as Parameters<typeof freshMark>[0];

test("a quote that its shard calls stale is a stale mark, and no other one is", async () => {
  const stale = await freshMark(feed({ ...tick, freshness: "stale" }), "X:A");
  expect(stale).toMatchObject({ price: 100, time: 5, provider: "one", stale: true });
  for (const freshness of ["fresh", "closed", "unknown"] as const)
    expect(await freshMark(feed({ ...tick, freshness }), "X:A")).not.toHaveProperty("stale");
});
