/** Providers over a night and at the bell: a shut market is nobody's fault, and nobody is woken for it. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BrokerConnection } from "../../durable-objects/feed-shard.connection.ts";
import { Providers, type ProvidersHost } from "../../durable-objects/market-manager.providers.ts";
import type { FeedMessage } from "../../src/brokers/broker.ts";
import { PAPER_RULES } from "../../src/brokers/paper/rules.ts";
import type { Session } from "../../src/domain/calendar.ts";
import { PROVIDER_LEAVE_MS, PROVIDER_REPORT_LOST_MS } from "../../src/domain/provider-limits.ts";
import { ok } from "../../src/domain/result.ts";
import { BrokerSocket } from "../support/workers/broker-socket.ts";

const START = 1_790_000_000_000;
const NIGHT_MS = 17 * 3_600_000;

beforeEach(() => {
  vi.useFakeTimers();
  vi.setSystemTime(START);
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp() {
  const settings = new Map<string, string>();
  const incidents: string[] = [];
  const wakes: number[] = [];
  const market: { session: Session | null } = { session: { opensAt: 0, closesAt: START + 4_000 } };
  const lists = { brokers: ["a", "b"] };
  let version = 0;
  const storage = {
    rows: () => new Map(),
    ranks: () => new Map(),
    save: () => {},
    forget: () => {},
    setting: (name: string) => settings.get(name) ?? null,
    set: (name: string, value: string | null) =>
      value === null ? settings.delete(name) : settings.set(name, value),
    nextVersion: () => (version += 1),
    addSwitch: () => {},
    told: () => Infinity,
    saveTold: () => {},
  };
  const host = {
    storage,
    masters: { read: async () => {}, brokersOf: () => lists.brokers },
    defaultRanks: ["a", "b"],
    session: () => market.session,
    incidents: {
      layDown: async ({ title }: { title: string }) => void incidents.push(title),
      close: async () => {},
    },
    manager: () => ({ declare: async () => ok({ instruments: [] }) }),
    followers: () => new Map(),
    wakeAt: (time: number) => void wakes.push(time),
    log: () => {},
  } as unknown as ProvidersHost;
  const providers = new Providers(host, START);
  const say = async (isFresh: boolean | null) => {
    for (const provider of ["a", "b"]) {
      const instruments = [{ instrument: "NSE:A", isFresh, isWanted: provider === "a" }];
      const report = {
        provider,
        shard: `${provider}:x:1`,
        isConnected: true,
        epoch: 1,
        instruments,
      };
      await providers.health(report);
    }
  };
  return { providers, say, market, incidents, wakes, lists };
}

const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test("a shut market wakes nobody but now and then, and at the bell nobody is told that it is down", async () => {
  const { providers, say, market, incidents, wakes } = setUp();
  await say(true);
  await wait(3_500);
  await say(false);
  market.session = null;
  await wait(5_000);
  wakes.length = 0;
  await providers.look(Date.now());
  expect(Math.min(...wakes)).toBe(Date.now() + PROVIDER_REPORT_LOST_MS);
  await wait(NIGHT_MS);
  // The bell: the first tick is not there yet.
  market.session = { opensAt: Date.now(), closesAt: Date.now() + NIGHT_MS };
  await say(false);
  await wait(500);
  await providers.look(Date.now());
  expect(incidents).toEqual([]);
  // A morning without any is one.
  await wait(1_000);
  await providers.look(Date.now());
  await wait(1);
  expect(incidents).toEqual(["No provider gives prices any more"]);
});

test("a slow instrument that was just subscribed is not told as an outage", async () => {
  const { providers, say, incidents } = setUp();
  await say(true);
  await wait(3_100);
  await say(null);
  await wait(60_000);
  await say(null);
  await providers.look(Date.now());
  await wait(1);
  expect(incidents).toEqual([]);
});

test("a line that is silent because its markets are shut is left alone, and is looked at from the bell on", async () => {
  const due: { since: number | null } = { since: null };
  const lost: string[] = [];
  const connection = new BrokerConnection(
    {
      rules: { ...PAPER_RULES, silenceBoundMs: 5_000 },
      open: async () => {
        const socket = new BrokerSocket();
        // A snapshot follows each subscribe, though the market is shut.
        setTimeout(() => socket.dispatchEvent(new MessageEvent("message", { data: "one" })), 100);
        return socket;
      },
      formatSubscribe: () => [],
      formatUnsubscribe: () => [],
      parse: () => ok<FeedMessage>({ kind: "updates", updates: [] }),
    },
    {
      grant: async () => ({ epoch: 1, waitMs: 0 }),
      opened: () => {},
      message: () => {},
      lost: (reason) => void lost.push(reason),
      dueSince: () => due.since,
      turnedAway: () => {},
      expired: () => {},
    },
    () => {},
  );
  connection.ensure(Date.now());
  // Ten minutes stand for the night: a hundred times what it may be silent by day.
  await wait(600_000);
  expect(lost).toEqual([]);
  due.since = Date.now();
  await wait(5_000);
  expect(lost).toEqual([]);
  await wait(1_000);
  expect(lost).toEqual(["the socket brought no data"]);
  connection.stop();
});

test("wanted again a day after its trouble, an instrument is not told as down before anything could come", async () => {
  const { providers, market, incidents } = setUp();
  market.session = { opensAt: 0, closesAt: Infinity };
  const say = (provider: string, isFresh: boolean | null, isWanted = false) =>
    providers.health({
      provider,
      shard: `${provider}:x:1`,
      isConnected: true,
      epoch: 1,
      instruments: [{ instrument: "NSE:A", isFresh, isWanted }],
    });
  await say("a", true, true);
  await say("b", true);
  await say("a", false, true);
  await wait(PROVIDER_LEAVE_MS);
  await providers.look(Date.now());
  // What was once led to another provider is remembered, also while nobody wants it.
  expect(await providers.providerOf(["NSE:A"])).toEqual({ "NSE:A": "b" });
  await say("b", false);
  await say("a", false);
  expect(await providers.watchedProviders()).toEqual([]);
  await wait(86_400_000);
  await say("a", null, true);
  await say("b", null);
  await wait(1);
  await providers.look(Date.now());
  expect(await providers.watchedProviders()).toHaveLength(1);
  expect([await providers.feedAlert(), incidents]).toEqual([null, []]);
});

test("a broker whose list could not be read before takes its rank in what is watched, and one whose list cannot be read for now keeps it", async () => {
  const { providers, say, lists } = setUp();
  const ranked = async () =>
    (await providers.watchedProviders()).map((view) => view.providers.map((one) => one.provider));
  lists.brokers = ["b"];
  await say(true);
  expect(await ranked()).toEqual([["b"]]);
  lists.brokers = ["a", "b"];
  await say(true);
  expect(await ranked()).toEqual([["a", "b"]]);
  for (const brokers of [["b"], ["a"], []]) {
    lists.brokers = brokers;
    await say(true);
    expect(await ranked()).toEqual([["a", "b"]]);
  }
});
