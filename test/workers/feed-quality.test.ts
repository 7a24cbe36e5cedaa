/** What the feed says of its own quality: order books that break, instruments that fall silent, rules that drop. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { CLEANING_DEFAULTS } from "../../src/domain/cleaning.ts";
import { brokerManager, marketManager } from "../../src/platform/objects.ts";
import { openAlgo, until } from "../support/workers/algo.ts";
import { exchange } from "../support/workers/paper.ts";

const INFY = "NSE:INFY";
const paper = exchange("paper");
const manager = () => brokerManager(env, "paper");

// Whole flows on a machine that may be busy: what is waited for is polled, so this costs nothing.
vi.setConfig({ testTimeout: 40_000 });

afterEach(async () => {
  await reset();
});

const qualityOf = async (instrument = INFY) =>
  (await manager().quality()).find((row) => row.instrument === instrument);

/** The book of one instrument, valid and ticking. */
async function followBook(ticksPerSecond = 50) {
  await paper.control("/market", { ticksPerSecond });
  await manager().declare("market:m9", [{ instrument: INFY, mode: "depth" }]);
  await until(async () => (await qualityOf())?.book?.state === "valid");
}

test("mode depth brings the order book, and each tick carries its best ten levels", async () => {
  await followBook();
  await until(async () => ((await manager().quotes([INFY]))[0]?.depth?.bids.length ?? 0) > 0);
  const [quote] = await manager().quotes([INFY]);
  const { bids = [], asks = [] } = quote?.depth ?? {};
  expect([bids.length, asks.length]).toEqual([10, 10]);
  expect(bids.map(([price]) => price)).toEqual(bids.map(([price]) => price).sort((a, b) => b - a));
  // The book and the quote are of the same moment.
  expect([bids[0]?.[0], asks[0]?.[0]]).toEqual([quote?.bid, quote?.ask]);
  expect([bids[0]?.[1], asks[0]?.[1]]).toEqual([quote?.bidQuantity, quote?.askQuantity]);
});

test.each([
  ["drop_book_delta", "gap"],
  ["cross_book", "crossed"],
  ["wrong_book_checksum", "checksum"],
] as const)(
  "%s breaks the book by its name, and exactly one request mends it",
  async (fault, name) => {
    await followBook();
    await paper.control("/faults", { fault });
    await until(async () => ((await qualityOf())?.book?.faults[name] ?? 0) === 1);
    await until(async () => (await qualityOf())?.book?.state === "valid");
    const ticks = (await qualityOf())?.ticks ?? 0;
    await until(async () => ((await qualityOf())?.ticks ?? 0) > ticks + 20);
    const { book } = (await qualityOf()) ?? {};
    expect(book).toMatchObject({ state: "valid", resyncs: 1, faults: { [name]: 1 } });
    expect(Object.values(book?.faults ?? {}).reduce((sum, one) => sum + one, 0)).toBe(1);
    const { shards } = await manager().view();
    expect(shards.map(({ dropped }) => dropped[`book_${name}`] ?? 0).reduce((a, b) => a + b)).toBe(
      1,
    );
  },
);

test("a book that breaks at every change is asked for with pauses, and shows nothing meanwhile", async () => {
  await followBook(20);
  await paper.control("/faults", { fault: "wrong_book_checksum", count: 1_000_000 });
  await until(async () => ((await qualityOf())?.book?.resyncs ?? 0) >= 2);
  const started = Date.now();
  await until(async () => ((await qualityOf())?.book?.resyncs ?? 0) >= 3);
  expect(Date.now() - started).toBeGreaterThan(1_000);
  await until(async () => (await qualityOf())?.state === "invalid_book");
  await until(async () => (await manager().quotes([INFY]))[0]?.depth === undefined);
});

test("an instrument that falls silent is stale, with its quotes, until data comes again", async () => {
  await paper.control("/market", { ticksPerSecond: 200 });
  // One provider alone: markets would be led to the next one meanwhile.
  await manager().declare("market:m9", [{ instrument: INFY, mode: "quote" }]);
  await until(async () => (await qualityOf())?.state === "fresh");
  await paper.control("/market", { ticksPerSecond: 0 });
  await until(async () => (await qualityOf())?.state === "stale", 20_000);
  expect((await manager().quotes([INFY]))[0]).toMatchObject({ freshness: "stale" });
  await paper.control("/market", { ticksPerSecond: 200 });
  await until(async () => (await qualityOf())?.state === "fresh");
});

test("an algo hears that its only provider went stale, and that it recovered, and nothing of a switch", async () => {
  await paper.control("/market", { ticksPerSecond: 200 });
  expect(await marketManager(env).rankProviders(INFY, ["paper"])).toMatchObject({ ok: true });
  const algo = await openAlgo();
  await algo.subscribe([INFY]);
  await until(() => algo.ticks().length > 10);
  const told = () =>
    algo
      .of("status")
      .flatMap(({ subject, state, instruments }) =>
        subject === "instrument" && instruments.includes(INFY) ? [state] : [],
      );
  const from = told().length;
  await paper.control("/market", { ticksPerSecond: 0 });
  // Its silent socket is replaced at about the same time, which says nothing of a price.
  await until(() => told().slice(from).includes("stale"), 20_000);
  await paper.control("/market", { ticksPerSecond: 200 });
  const ticks = algo.ticks().length;
  await until(() => algo.ticks().length > ticks, 20_000);
  await until(() => told().at(-1) === "live");
  const since = told().slice(from);
  expect(since.slice(since.indexOf("stale"))).toEqual(["stale", "live"]);
  expect(algo.of("status").some(({ state }) => state === "switched")).toBe(false);
  expect(new Set(algo.ticks().map(({ provider }) => provider))).toEqual(new Set(["paper"]));
});

test("what is dropped is counted by rule for its instrument, and a rule that is off drops nothing", async () => {
  await paper.control("/market", { ticksPerSecond: 100 });
  const algo = await openAlgo();
  await algo.subscribe([INFY, "NSE:TCS"]);
  await until(() => algo.ticking().size === 2);
  await paper.control("/faults", { fault: "duplicate", count: 5, instrument: INFY });
  await until(async () => (await qualityOf())?.dropped["duplicate"] === 5);
  expect((await qualityOf("NSE:TCS"))?.dropped["duplicate"]).toBe(0);
  const set = await manager().setCleaning(INFY, { ...CLEANING_DEFAULTS, off: ["duplicate"] });
  expect(set).toMatchObject({ ok: true, value: { off: ["duplicate"], isDefault: false } });
  const ticks = (await qualityOf())?.ticks ?? 0;
  await paper.control("/faults", { fault: "duplicate", count: 5, instrument: INFY });
  await until(async () => ((await qualityOf())?.ticks ?? 0) > ticks + 20);
  expect((await qualityOf())?.dropped["duplicate"]).toBe(5);
  expect((await manager().setCleaning(INFY, null)).ok).toBe(true);
  await paper.control("/faults", { fault: "duplicate", count: 1, instrument: INFY });
  await until(async () => (await qualityOf())?.dropped["duplicate"] === 6);
});
