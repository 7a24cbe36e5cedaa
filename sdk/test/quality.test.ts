/** The quality of the data through the SDK. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { TrunklineClient } from "../index.ts";
import { answer, FakePlatform } from "./support/fake-platform.ts";

const platform = new FakePlatform();

beforeEach(() => platform.start());
afterEach(() => platform.stop());

const client = () => new TrunklineClient({ url: platform.url, key: "k" });

const dropped = {
  bad_number: 0,
  clock_skew: 0,
  crossed_book: 0,
  out_of_order: 2,
  duplicate: 1,
  spike: 0,
};

const row = {
  instrument: "KRAKEN:BTC/USD",
  provider: "paper",
  shard: "paper:paper:1",
  mode: "quote",
  state: "stale",
  lastTickAt: 1,
  ageMs: 9_000,
  exchangeTime: null,
  intervalMs: 100,
  staleAfterMs: 5_000,
  ticks: 3,
  dropped,
  isSpikeWaiting: false,
  gaps: 1,
  book: null,
  clockOffsetMs: null,
};

const cleaning = {
  instrument: "KRAKEN:BTC/USD",
  provider: "paper",
  off: ["spike"],
  spikeBand: 0.2,
  clockSkewMs: 5_000,
  isDefault: false,
};

test("the quality of what is stale is asked for by its state", async () => {
  platform.onOther = (call) => answer(call, 200, { items: [row], nextCursor: null });
  expect(await client().feedQuality({ state: "stale" })).toEqual([row]);
  const [call] = platform.of("GET", "/v1/feeds/quality");
  expect(call?.query.get("state")).toBe("stale");
});

test("rules are read, set and given back to the default, and an id with a slash stays one part", async () => {
  platform.onOther = (call) => answer(call, 200, { items: [cleaning] });
  const path = "/v1/instruments/KRAKEN%3ABTC%2FUSD/cleaning";
  expect(await client().cleaning("KRAKEN:BTC/USD")).toEqual([cleaning]);
  expect(await client().setCleaning("KRAKEN:BTC/USD", { off: ["spike"] })).toEqual([cleaning]);
  await client().setCleaning("KRAKEN:BTC/USD", null);
  expect(platform.of("GET", path)).toHaveLength(1);
  expect(platform.of("PUT", path)[0]?.body).toEqual({ off: ["spike"] });
  expect(platform.of("DELETE", path)).toHaveLength(1);
});
