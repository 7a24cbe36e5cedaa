/** The manager of the paper broker: declares, pins, limits, and the numbers it gives out. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import type { FeedWish } from "../../src/application/ports.ts";
import { PAPER_INSTRUMENTS } from "../../src/brokers/paper/instruments.ts";
import { CANDLES_PER_CALL_MAX, MARKET_SOCKETS_MAX } from "../../src/domain/limits.ts";
import { brokerManager, feedShard, marketManager } from "../../src/platform/objects.ts";
import { openAlgo, until } from "../support/workers/algo.ts";
import { exchange } from "../support/workers/paper.ts";

const IDS = PAPER_INSTRUMENTS.map(({ id }) => id);
const paper = exchange("paper");
const manager = () => brokerManager(env, "paper");

const wishes = (ids: string[]): FeedWish[] =>
  ids.map((instrument) => ({ instrument, mode: "quote" }));

const upstream = async () => (await paper.control()).subscriptions;

// Whole flows on a machine that may be busy: what is waited for is polled, so this costs nothing.
vi.setConfig({ testTimeout: 40_000 });

afterEach(async () => {
  await reset();
});

test("what two consumers want is subscribed once, and given up with the last of them", async () => {
  await manager().declare("market:m8", wishes(["NSE:INFY", "NSE:TCS"]));
  await manager().declare("market:m9", wishes(["NSE:INFY"]));
  await until(async () => (await upstream()) === 2);
  await manager().declare("market:m8", []);
  await until(async () => (await upstream()) === 1);
  expect((await manager().view()).wanted).toBe(1);
  await manager().declare("market:m9", []);
  await until(async () => (await upstream()) === 0);
});

test("the same declare twice changes nothing: not even the shards' assignment", async () => {
  await manager().declare("market:m9", wishes(IDS.slice(0, 10)));
  await until(async () => (await upstream()) === 10);
  const before = await feedShard(env, "paper:paper:1").view();
  await manager().declare("market:m9", wishes(IDS.slice(0, 10)));
  expect(await feedShard(env, "paper:paper:1").view()).toMatchObject({
    epoch: before.epoch,
    confirmed: before.confirmed,
    connectedAt: before.connectedAt,
  });
});

test("a declare keeps what is known, and its answer names only that", async () => {
  const answer = await manager().declare("market:m9", wishes(["NO:SUCH", "NSE:INFY"]));
  expect(answer).toMatchObject({
    ok: true,
    value: { instruments: [{ instrument: "NSE:INFY" }] },
  });
  expect((await manager().view()).wanted).toBe(1);
});

test("a ledger's declare keeps what is known and fits, and its answer names only that", async () => {
  const answer = await manager().declare("ledger:main", wishes(["NO:SUCH", "NSE:INFY"]));
  expect(answer).toMatchObject({
    ok: true,
    value: { instruments: [{ instrument: "NSE:INFY" }] },
  });
  expect((await manager().view()).wanted).toBe(1);
  await manager().declare("market:m9", wishes(["NSE:TCS"]));
});

test("pins are held whatever algos want, and let go when unpinned", async () => {
  expect(await manager().pin(["NSE:INFY", "NSE:TCS"])).toMatchObject({ ok: true });
  await until(async () => (await upstream()) === 2);
  const algo = await openAlgo();
  await algo.subscribe(["NSE:INFY"]);
  await algo.close();
  expect((await manager().view()).pinned).toEqual(["NSE:INFY", "NSE:TCS"]);
  await until(async () => (await manager().quotes(["NSE:INFY"])).length === 1);
  expect(await upstream()).toBe(2);
  expect(await manager().unpin(["NSE:INFY"])).toMatchObject({ ok: true });
  await until(async () => (await upstream()) === 1);
  expect(await manager().pin(["NO:SUCH"])).toMatchObject({ error: { code: "UNKNOWN_INSTRUMENT" } });
});

test("a declare says live once the broker confirmed", async () => {
  const first = await manager().declare("ledger:main", wishes(["NSE:INFY"]));
  expect(first).toMatchObject({ ok: true });
  await until(async () => (await manager().quotes(["NSE:INFY"])).length === 1);
  await until(async () => {
    const again = await manager().declare("market:m9", wishes(["NSE:INFY"]));
    return again.ok && again.value.instruments[0]?.state === "live";
  });
});

test("quotes come from the shard that holds the instrument; what nobody watches has none", async () => {
  await manager().pin(IDS.slice(0, 10));
  await until(async () => (await manager().quotes(IDS.slice(0, 12))).length === 10);
  const quotes = await manager().quotes(IDS.slice(0, 12));
  expect(new Set(quotes.map(({ instrument }) => instrument))).toEqual(new Set(IDS.slice(0, 10)));
  for (const { provider, epoch, seq } of quotes)
    expect([provider, epoch > 0, seq > epoch * 1e9]).toEqual(["paper", true, true]);
});

test("connection epochs rise with every connection", async () => {
  const epochs = [];
  for (let count = 0; count < 3; count += 1)
    epochs.push((await manager().openConnection("paper:paper:1")).epoch);
  expect(epochs).toEqual([1, 2, 3]);
});

test("candles are bounded by name, on both sides of the bound", async () => {
  const to = 1_760_000_000_000;
  const ask = (bars: number) =>
    manager().candles({ instrument: "NSE:INFY", interval: "1m", from: to - bars * 60_000, to });
  expect(await ask(CANDLES_PER_CALL_MAX)).toMatchObject({ ok: true });
  expect(await ask(CANDLES_PER_CALL_MAX + 1)).toMatchObject({
    ok: false,
    error: { code: "BAD_REQUEST", details: { limit: String(CANDLES_PER_CALL_MAX) } },
  });
});

test("the market manager places sockets, and knows who gives an instrument's data", async () => {
  const place = await marketManager(env).place({ keyId: null, refusedBy: null });
  expect(place).toEqual({ market: "m1", socketsMax: MARKET_SOCKETS_MAX });
  expect(await marketManager(env).providerOf(["NSE:INFY", "NO:SUCH"])).toEqual({
    "NSE:INFY": "paper",
  });
  await openAlgo();
  expect(await marketManager(env).markets()).toMatchObject([
    { market: "m1", state: "open", sockets: 1, instruments: 0 },
  ]);
});
