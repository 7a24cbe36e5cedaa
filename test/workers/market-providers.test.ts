/** From whom a market takes an instrument that it is only getting to know. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Board } from "../../durable-objects/market.board.ts";
import { MarketProviders } from "../../durable-objects/market.providers.ts";
import type { MarketStorage } from "../../durable-objects/market.storage.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp() {
  let alias = 0;
  const storage = {
    switches: () => [],
    instruments: () => [],
    know: () => ({ alias: (alias += 1) }),
    saveSwitch: () => {},
  } as unknown as MarketStorage;
  return new MarketProviders(new Board(1), storage, { tell: () => {}, changed: () => {} });
}

const switched = (instrument: string, term: number) => ({
  instrument,
  provider: "second",
  term,
  above: 0,
  reason: "stale",
});

test("a switch that comes while an instrument's provider is asked for is not lost", () => {
  const providers = setUp();
  providers.take([switched("X:A", 3)]);
  providers.know("X:A", "first");
  expect(providers.of("X:A")).toBe("second");
});

test("switches of instruments that nobody here asks about are not kept for ever", () => {
  const providers = setUp();
  providers.take([switched("X:A", 3)]);
  vi.advanceTimersByTime(60_001);
  providers.take([switched("X:B", 1)]);
  // By now whoever answers knows better than a switch of long ago.
  providers.know("X:A", "first");
  expect(providers.of("X:A")).toBe("first");
});
