/** Before the bell: each line of a broker is asked for a price, and what is done where none comes. */
import {
  applyD1Migrations,
  reset,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { PreOpen, type PreOpenHost } from "../../durable-objects/broker-manager.pre-open.ts";
import { bringsPrices } from "../../durable-objects/feed-shard.probe.ts";
import type { Incident } from "../../src/application/reconcile-port.ts";
import { sessionOfDay } from "../../src/domain/calendar.ts";
import { PROBE_MS, PROBES_MAX } from "../../src/domain/feed-limits.ts";
import type { MarketUpdate } from "../../src/domain/tick.ts";
import { brokerManager, marketManager } from "../../src/platform/objects.ts";
import { openAlgo, until } from "../support/workers/algo.ts";
import { incidentsOf } from "../support/workers/incidents.ts";
import { exchange } from "../support/workers/paper.ts";

/** Nine minutes before NSE opens, on a Monday. */
const MORNING = Date.parse("2026-11-30T03:36:00Z");
const OPENS_AT = Date.parse("2026-11-30T03:45:00Z");

const DAY_MS = 86_400_000;

/** The next Monday's open, a day ahead at least: alarms ring by the real clock, so that no test may go back. */
function nextMondaysOpen(day = Date.now() + DAY_MS): number {
  const opensAt = sessionOfDay("NSE", day)?.opensAt ?? 0;
  return new Date(opensAt).getUTCDay() === 1 ? opensAt : nextMondaysOpen(day + DAY_MS);
}

const INSTRUMENTS = ["NSE:INFY", "NSE:TCS", "NSE:SBIN", "NSE:ITC"];
const paper = exchange("paper");
const stub = () => env.BROKER_MANAGER.getByName("paper");
const ring = () => runDurableObjectAlarm(stub());

const view = () => brokerManager(env, "paper").view();

/** Every line has what is wanted of it. */
const isConfirmed = async () => (await view()).shards.every(({ confirmed }) => confirmed === 2);
const connections = async () => (await paper.control()).connections.map(({ id }) => id);
const session = async () => (await view()).session;
const state = () =>
  runInDurableObject(stub(), (_, { storage }) => {
    const query = "SELECT content FROM note WHERE name = 'pre_open'";
    const [row] = storage.sql.exec<{ content: string }>(query).toArray();
    return row ? (JSON.parse(row.content) as Record<string, object>)["NSE"] : null;
  });

/** One that was subscribed while its markets were shut. */
async function quietAlgo() {
  const algo = await openAlgo();
  await algo.subscribe(INSTRUMENTS);
  const snapshots = () =>
    new Set(algo.of("ticks").flatMap(({ ticks }) => ticks.map((t) => t.instrument)));
  await until(() => snapshots().size === INSTRUMENTS.length);
  await until(isConfirmed);
  return algo;
}

const update = (last: number): MarketUpdate => ({
  instrument: "NSE:INFY",
  last,
  lastQuantity: null,
  bid: null,
  bidQuantity: null,
  ask: null,
  askQuantity: null,
  volume: null,
  exchangeTime: 1,
});

// Whole flows on a machine that may be busy, and three probes that wait their whole time.
vi.setConfig({ testTimeout: 120_000 });

function setUp(signIn: "automatic" | "person" = "automatic") {
  const notes = new Map<string, unknown>();
  const done: string[] = [];
  const told: Incident[] = [];
  const takenBack: string[] = [];
  /** By line, whether it brings prices. */
  const lines = new Map([
    ["paper:paper:1", { brings: true, instruments: ["NSE:INFY", "KRAKEN:BTC/USD"] }],
    ["paper:paper:2", { brings: true, instruments: ["NSE:TCS", "NASDAQ:AAPL"] }],
  ]);
  const asked: string[][] = [];
  const calendars: Record<string, string> = { NSE: "NSE", NASDAQ: "US", KRAKEN: "always" };
  const host: PreOpenHost = {
    broker: "paper",
    account: "paper",
    notes: { note: (name) => notes.get(name) ?? null, saveNote: (name, it) => notes.set(name, it) },
    lines: () =>
      [...lines].map(([name, { brings, instruments }]) => ({
        name,
        instruments,
        shard: {
          bringsPrices: async (probes) => {
            asked.push(probes);
            return brings;
          },
          replaceLine: async () => void done.push(`replace ${name}`),
        },
      })),
    calendarOf: (id) => calendars[id.split(":")[0] ?? ""] ?? null,
    session: {
      view: () => ({ signIn }),
      renew: async () => {
        done.push("sign in");
        return { ok: true };
      },
    },
    tell: async (incident) => void told.push(incident),
    takeBack: async (id) => void takenBack.push(id),
    log: () => {},
  };
  const silence = (name: string, brings = false) => {
    const line = lines.get(name);
    if (line) line.brings = brings;
  };
  return { host, done, told, takenBack, asked, lines, silence, preOpen: new PreOpen(host) };
}

describe("what the manager does before an open", () => {
  test("each line is asked once for a few instruments of that market, and that is all where prices come", async () => {
    const { preOpen, asked, done, told, lines } = setUp();
    const many = Array.from({ length: 20 }, (_, index) => `NSE:S${index}`);
    lines.set("paper:paper:3", { brings: true, instruments: ["KRAKEN:ETH/USD", ...many] });
    await preOpen.look(MORNING);
    expect(asked).toEqual([["NSE:INFY"], ["NSE:TCS"], many.slice(0, PROBES_MAX)]);
    await preOpen.look(MORNING + 20_000);
    expect(asked).toHaveLength(3);
    expect([done, told]).toEqual([[], []]);
    // The other exchange opens later that day, and the same one the next day.
    await preOpen.look(Date.parse("2026-11-30T14:25:00Z"));
    expect(asked.at(-1)).toEqual(["NASDAQ:AAPL"]);
    await preOpen.look(MORNING + 86_400_000);
    expect(asked).toHaveLength(7);
  });

  test("nothing is asked by day, at night, and of who keeps no hours", async () => {
    const { preOpen, host, asked } = setUp();
    await preOpen.look(OPENS_AT);
    await preOpen.look(OPENS_AT - 3_600_000);
    await new PreOpen({ ...host, calendarOf: () => null }).look(MORNING);
    expect(asked).toEqual([]);
  });

  test("the line that is silent is replaced, then signed in for, then told, each once, over an eviction in between too", async () => {
    const { preOpen, host, done, told, takenBack, silence } = setUp();
    silence("paper:paper:2");
    await preOpen.look(MORNING);
    expect(done).toEqual(["replace paper:paper:2"]);
    await new PreOpen(host).look(MORNING + 20_000);
    expect(done).toEqual(["replace paper:paper:2", "sign in"]);
    expect(told).toEqual([]);
    for (const at of [40_000, 60_000, 80_000]) await new PreOpen(host).look(MORNING + at);
    expect(done).toHaveLength(2);
    expect(told.map(({ id, severity }) => [id, severity])).toEqual([
      [`pre-open:paper:NSE:${OPENS_AT}`, "serious"],
    ]);
    expect(told[0]?.message).toContain("paper:paper:2");
    expect(told[0]?.message).not.toContain("paper:paper:1");
    silence("paper:paper:2", true);
    await preOpen.look(MORNING + 100_000);
    expect(takenBack).toEqual([`pre-open:paper:NSE:${OPENS_AT}`]);
  });

  test("nobody is signed in where that takes a person", async () => {
    const { preOpen, done, told, silence } = setUp("person");
    silence("paper:paper:1");
    for (const at of [0, 20_000, 40_000]) await preOpen.look(MORNING + at);
    expect(done).toEqual(["replace paper:paper:1"]);
    expect(told).toHaveLength(1);
  });

  test("what could not be told is told at the next look, and a line that cannot be asked counts as silent", async () => {
    const { host, done } = setUp();
    const told: string[] = [];
    let fails = true;
    const away: PreOpenHost = {
      ...host,
      lines: () =>
        host.lines().map((line) => ({
          ...line,
          shard: { ...line.shard, bringsPrices: () => Promise.reject(new Error("away")) },
        })),
      tell: async ({ id }) => {
        if (fails) throw new Error("no tradebook");
        told.push(id);
      },
    };
    for (const at of [0, 20_000, 40_000]) await new PreOpen(away).look(MORNING + at);
    expect(done).toEqual(["replace paper:paper:1", "replace paper:paper:2", "sign in"]);
    expect(told).toEqual([]);
    fails = false;
    await new PreOpen(away).look(MORNING + 60_000);
    expect(told).toHaveLength(1);
  });
});

describe("a line that is asked", () => {
  test("is believed by what comes after the question alone, the same snapshot again too", async () => {
    const one = { mode: "quote" as const, taken: update(1) as MarketUpdate | null };
    const held = new Map([["NSE:INFY", one]]);
    let pauses = 0;
    const silent = await bringsPrices(
      { held, ask: () => {}, pause: async () => void (pauses += 1) },
      ["NSE:INFY", "NSE:GONE"],
    );
    expect(silent).toBe(false);
    expect(pauses).toBe(PROBE_MS / 100);
    const asked: string[] = [];
    const live = await bringsPrices(
      {
        held,
        ask: (ids) => {
          asked.push(...ids);
          one.taken = update(1);
        },
        pause: async () => {},
      },
      ["NSE:INFY"],
    );
    expect([live, asked]).toEqual([true, ["NSE:INFY"]]);
  });
});

describe("the real feed on a Monday morning", () => {
  const opensAt = nextMondaysOpen();
  beforeEach(async () => {
    const realNow = Date.now;
    const ahead = opensAt - (OPENS_AT - MORNING) - realNow();
    vi.spyOn(Date, "now").mockImplementation(() => realNow() + ahead);
    Object.assign(env, { PAPER_HOURS: "exchange" });
    await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
    // This is about one provider alone.
    for (const instrument of INSTRUMENTS)
      await marketManager(env).rankProviders(instrument, ["paper"]);
    await paper.control("/market", { hours: "exchange" });
  });

  afterEach(async () => {
    Object.assign(env, { PAPER_HOURS: "always" });
    vi.restoreAllMocks();
    await reset();
  });

  test("lesson 14: a line that was quiet all night is asked for a price before the bell, and is not torn for it", async () => {
    const algo = await quietAlgo();
    const before = await connections();
    expect(await ring()).toBe(true);
    expect(await state()).toEqual({ opensAt, silentLooks: 0, isProven: true });
    expect(await connections()).toEqual(before);
    expect(algo.of("gap")).toEqual([]);
    expect(await incidentsOf(env.DB)).toEqual([]);
  });

  test("lesson 14: an open socket that brings nothing before the bell is replaced, and the next one proves itself", async () => {
    await quietAlgo();
    const before = await connections();
    await paper.control("/faults", { fault: "silent_feed", count: 1, durationMs: 600_000 });
    await until(async () => (await paper.control()).faults.some(({ struck }) => struck === 1));
    await ring();
    expect(await state()).toMatchObject({ silentLooks: 1, isProven: false });
    await until(
      async () => (await connections()).filter((id) => !before.includes(id)).length === 1,
    );
    await until(isConfirmed);
    await ring();
    expect(await state()).toMatchObject({ silentLooks: 1, isProven: true });
    expect(await incidentsOf(env.DB)).toEqual([]);
  });

  test("lesson 14: a feed that is dead since its session was renewed in the night is signed in for again, and people know before the bell", async () => {
    await quietAlgo();
    // Everything succeeds under each new session, and no price ever comes; while it is shut, none is owed.
    await paper.control("/faults", { fault: "silent_after_rollover", count: 100 });
    const before = await connections();
    await brokerManager(env, "paper").renewSession({});
    await until(async () => {
      const now = await connections();
      return now.length === 2 && now.every((id) => !before.includes(id));
    }, 20_000);
    await until(isConfirmed);
    expect(await session()).toMatchObject({ state: "valid", generation: 2 });
    await ring();
    expect([await state(), (await session()).generation]).toMatchObject([{ silentLooks: 1 }, 2]);
    await ring();
    expect([await state(), (await session()).generation]).toMatchObject([{ silentLooks: 2 }, 3]);
    expect(await incidentsOf(env.DB)).toEqual([]);
    await ring();
    const id = `pre-open:paper:NSE:${opensAt}`;
    const title = "No prices from paper before NSE opens";
    expect(await incidentsOf(env.DB)).toMatchObject([{ id, title }]);
    await ring();
    expect([await state(), (await session()).generation]).toMatchObject([{ silentLooks: 4 }, 3]);
    expect(await incidentsOf(env.DB)).toHaveLength(1);
  });
});
