/** Markets: placing by room, emptying one, and closing the streams of a revoked key, through the Worker's own door. */
import { evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { MarketsBook } from "../../durable-objects/market-manager.markets.ts";
import { MarketManagerStorage } from "../../durable-objects/market-manager.storage.ts";
import type { Caller } from "../../src/application/caller.ts";
import type { MarketPort } from "../../src/application/ports.ts";
import {
  CLOSE_KEY_REVOKED,
  CLOSE_MOVED,
  DRAIN_WAIT_MS_MAX,
} from "../../src/domain/market-limits.ts";
import { market, marketManager } from "../../src/platform/objects.ts";
import { dialMarket, openAlgo, until } from "../support/workers/algo.ts";

vi.setConfig({ testTimeout: 40_000 });

afterEach(async () => {
  await reset();
});

const manager = () => marketManager(env);
const place = (keyId: string | null = null) => manager().place({ keyId, refusedBy: null });
const stateOf = async (name: string) =>
  (await manager().markets()).find((view) => view.market === name);
const algoWith = (id: string): Caller => ({ kind: "algo", id, algoId: "alpha", scopes: ["read"] });

/** As the Worker does it: a place, then the socket there, with the room it was told. */
async function connect(caller?: Caller) {
  const placed = await place(caller?.kind === "algo" ? caller.id : null);
  if (!placed) throw new Error("refused");
  return openAlgo(`?socketsMax=${placed.socketsMax}`, caller, placed.market);
}

test("a second market opens when the first is full, and the first is used again when it has room", async () => {
  await manager().setSocketsMax(2);
  const [first] = [await connect(), await connect()];
  expect(await connect().then((algo) => algo.of("welcome")[0]?.market)).toBe("m2");
  expect(await manager().markets()).toMatchObject([
    { market: "m1", state: "full", sockets: 2, socketsMax: 2 },
    { market: "m2", state: "open", sockets: 1, socketsMax: 2 },
  ]);
  await first?.close();
  await until(async () => (await place())?.market === "m1");
});

test("a burst of new sockets is spread by what was placed, before any market has reported", async () => {
  await manager().setSocketsMax(3);
  const places = await Promise.all(Array.from({ length: 7 }, () => place()));
  expect(places.map((placed) => placed?.market)).toEqual([
    "m1",
    "m1",
    "m1",
    "m2",
    "m2",
    "m2",
    "m3",
  ]);
});

test("a market refuses what is more than its room, whatever the manager believed, and is not asked again", async () => {
  await manager().setSocketsMax(1);
  await openAlgo("?socketsMax=1");
  await expect(dialMarket("?socketsMax=1")).rejects.toThrow("409");
  const again = await manager().place({ keyId: null, refusedBy: "m1" });
  expect(again?.market).toBe("m2");
});

test("counts survive an eviction of the manager, and the watchdog puts wrong ones right", async () => {
  await manager().setSocketsMax(1);
  await connect();
  await until(async () => (await stateOf("m1"))?.state === "full");
  await evictDurableObject(env.MARKET_MANAGER.getByName("main"));
  expect((await place())?.market).toBe("m2");
  await manager().report("m1", 0);
  await manager().ensure();
  expect((await place())?.market).toBe("m2");
  await manager().report("m2", 9);
  expect((await place())?.market).toBe("m3");
  await manager().ensure();
  expect((await place())?.market).toBe("m2");
});

test("a drained market tells its sockets, closes them to come back at once, and takes nothing new until it is opened again", async () => {
  const algos = [await connect(), await connect(), await connect()];
  const drained = await manager().drain("m1", { close: "now", by: "person:a", reason: "a test" });
  expect(drained).toMatchObject({ ok: true, value: { drain: { close: "now", by: "person:a" } } });
  for (const algo of algos) {
    await until(() => algo.closed);
    expect(algo.closed?.code).toBe(CLOSE_MOVED);
    expect(algo.of("draining")).toMatchObject([{ market: "m1", close: "now" }]);
  }
  expect(await stateOf("m1")).toMatchObject({ state: "drained", sockets: 0 });
  expect((await place())?.market).toBe("m2");
  await expect(dialMarket()).rejects.toThrow("409");
  await evictDurableObject(env.MARKET.getByName("m1"));
  await expect(dialMarket()).rejects.toThrow("409");
  expect(await manager().undrain("m1")).toMatchObject({ ok: true, value: { state: "open" } });
  await (await connect()).close();
  expect(await manager().drain("m9", { close: "now", by: "p", reason: "no such" })).toMatchObject({
    error: { code: "UNKNOWN_MARKET" },
  });
});

test("emptied after hours, a market takes nothing new and keeps the sockets it has", async () => {
  const algo = await connect();
  await algo.subscribe(["NSE:INFY"]);
  await manager().drain("m1", { close: "after_hours", by: "person:a", reason: "a deploy" });
  await until(() => algo.of("draining").length === 1);
  expect(await stateOf("m1")).toMatchObject({ state: "draining", sockets: 1 });
  expect((await place())?.market).toBe("m2");
  expect(await market(env, "m1").held()).toEqual(["NSE:INFY"]);
});

/** The manager's book on its own storage, with a market that is played. */
const withBook = (
  calendars: string[],
  work: (book: MarketsBook, plans: unknown[]) => Promise<void>,
) =>
  runInDurableObject(env.MARKET_MANAGER.getByName("main"), async (_, { storage }) => {
    const plans: unknown[] = [];
    const played: Partial<MarketPort> = {
      held: async () => ["X:A"],
      drain: async (plan) => void plans.push(plan?.close ?? null),
      view: async () => Promise.reject(new Error("not asked")),
    };
    const book = new MarketsBook({
      storage: new MarketManagerStorage(storage),
      market: () => played as MarketPort,
      calendarsOf: async () => new Set(calendars),
      later: () => {},
      log: () => {},
    });
    await work(book, plans);
  });

const FRIDAY = Date.parse("2026-11-20T12:00:00+05:30");
const AFTER_HOURS = { close: "after_hours", by: "p", reason: "a deploy", since: FRIDAY } as const;

test("the hour at which a draining market is closed is when nothing that it holds trades", async () => {
  await withBook(["NSE"], async (book, plans) => {
    await book.drain("m1", AFTER_HOURS);
    await book.ensure(Date.parse("2026-11-20T15:29:59+05:30"));
    expect(plans).toEqual(["after_hours"]);
    await book.ensure(Date.parse("2026-11-20T15:30:00+05:30"));
    expect(plans).toEqual(["after_hours", "now"]);
  });
});

test("what trades round the clock is closed after a day", async () => {
  await withBook(["NSE", "always"], async (book, plans) => {
    await book.drain("m1", AFTER_HOURS);
    await book.ensure(FRIDAY + DRAIN_WAIT_MS_MAX - 1);
    expect(plans).toEqual(["after_hours"]);
    await book.ensure(FRIDAY + DRAIN_WAIT_MS_MAX);
    expect(plans).toEqual(["after_hours", "now"]);
  });
});

test("a market that cannot be told is told later, and of a revoked key that is said by name", async () => {
  await runInDurableObject(env.MARKET_MANAGER.getByName("main"), async (_, { storage }) => {
    let isDown = true;
    const told: string[] = [];
    const closeKey = async (keyId: string) => {
      if (isDown) throw new Error("down");
      told.push(keyId);
      return { closed: 1 };
    };
    const parts = { calendarsOf: async () => new Set<string>(), later: () => {}, log: () => {} };
    const bookOf = () =>
      new MarketsBook({
        storage: new MarketManagerStorage(storage),
        market: () => ({ closeKey }) as Partial<MarketPort> as MarketPort,
        ...parts,
      });
    expect(await bookOf().closeKey("k1", FRIDAY)).toEqual({ closed: 0, unreached: ["m1"] });
    isDown = false;
    // Another incarnation: what is owed is stored.
    expect(await bookOf().settle()).toBe(1);
    expect(await bookOf().settle()).toBe(0);
    expect(told).toEqual(["k1"]);
  });
});

test("a revoked key's open streams are closed at once on every market, and no other's", async () => {
  await manager().setSocketsMax(2);
  const revoked = algoWith("k1");
  const own = [await connect(revoked), await connect(revoked), await connect(revoked)];
  const other = await connect(algoWith("k2"));
  expect(new Set(own.map((algo) => algo.of("welcome")[0]?.market))).toEqual(new Set(["m1", "m2"]));
  expect(await manager().closeKey("k1")).toEqual({ closed: 3, unreached: [] });
  for (const algo of own) {
    await until(() => algo.closed);
    expect(algo.closed).toEqual({ code: CLOSE_KEY_REVOKED, reason: "the key was revoked" });
  }
  expect(other.closed).toBe(null);
  expect(await place("k1")).toBe(null);
  expect(await place("k2")).not.toBe(null);
});

test("an isolate that still thinks a revoked key good cannot open a stream with it, also after evictions", async () => {
  await connect(algoWith("k2"));
  await manager().closeKey("k1");
  await expect(dialMarket("", algoWith("k1"))).rejects.toThrow("401");
  await evictDurableObject(env.MARKET.getByName("m1"));
  await evictDurableObject(env.MARKET_MANAGER.getByName("main"));
  await expect(dialMarket("", algoWith("k1"))).rejects.toThrow("401");
  expect(await place("k1")).toBe(null);
});
