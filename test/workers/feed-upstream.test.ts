/** A shard's way to its broker while its session is renewed, on a broker played by hand. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { HeldInstrument } from "../../durable-objects/feed-shard.held.ts";
import { Upstream } from "../../durable-objects/feed-shard.upstream.ts";
import { HeldSession } from "../../src/application/held-session.ts";
import type { BrokerFeed, FeedMessage } from "../../src/brokers/broker.ts";
import { ConnectionRefused } from "../../src/brokers/connection-refused.ts";
import { PAPER_RULES } from "../../src/brokers/paper/rules.ts";
import { ok } from "../../src/domain/result.ts";
import { BrokerSocket } from "../support/workers/broker-socket.ts";

const ID = "X:A";

const data: FeedMessage = { kind: "updates", updates: [] };
const confirmed: FeedMessage = { kind: "subscribed", instruments: [ID] };

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"],
  });
});

afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** A shard's way to a broker that is played by hand, with one instrument that ticks. */
async function setUp({ changeOverMs = 5_000 } = {}) {
  const sockets: BrokerSocket[] = [];
  const told: string[] = [];
  const refusal = { reason: null as string | null };
  const feed: BrokerFeed = {
    rules: { ...PAPER_RULES, changeOverMs },
    open: async () => {
      if (refusal.reason !== null) throw new ConnectionRefused(refusal.reason);
      const socket = new BrokerSocket();
      sockets.push(socket);
      return socket;
    },
    formatSubscribe: () => ["subscribe"],
    formatUnsubscribe: () => [],
    parse: (text) => ok(JSON.parse(text as string) as FeedMessage),
  };
  const session = new HeldSession({
    owner: {
      session: async () => ({ kind: "none", reason: "not asked" }),
      sessionRefused: async () => {},
    },
    now: () => Date.now(),
    log: () => {},
  });
  const learn = (generation: number) => {
    const token = { generation, token: `t${generation}`, expiresAt: null };
    upstream.learnSession({ kind: "token", token });
  };
  const instrument = { isLive: false, orderBook: null, taken: null } as unknown as HeldInstrument;
  let epoch = 0;
  const limits = { subscribeMessagesPerSecond: 20 } as never;
  const upstream: Upstream = new Upstream(
    feed,
    session,
    {
      held: new Map([[ID, instrument]]),
      grant: async () => ({ epoch: (epoch += 1), waitMs: 0, limits }),
      learn: async () => limits,
      opened: (number) => void told.push(`opened ${number}`),
      message: (message, now) => {
        if (message.kind === "subscribed") upstream.line.answers.take(message, now);
      },
      dueSince: () => 0,
      lost: () => {
        instrument.isLive = false;
        told.push(`lost, data until ${upstream.line.connection.dataAt ?? "never"}`);
      },
      confirmed: (instruments) => {
        if (instruments.length > 0) told.push(`confirmed ${instruments.join()}`);
        instrument.isLive = true;
      },
      alarmed: () => {},
      goOn: (number) => void told.push(`gone on ${number}`),
    },
    () => {},
  );
  learn(1);
  upstream.want(new Map([[ID, "quote"]]), Date.now());
  upstream.ensure(Date.now());
  await pass(0);
  sockets[0]?.bring(confirmed);
  sockets[0]?.bring(data);
  expect(told.splice(0)).toEqual(["opened 1", `confirmed ${ID}`]);
  return { upstream, sockets, told, learn, refusal };
}

test("a first socket that ends too early leaves a gap from its own last data on, whatever the second has brought", async () => {
  const { sockets, told, learn } = await setUp();
  const dataAt = Date.now();
  learn(2);
  await pass(1_000);
  sockets[1]?.bring(confirmed);
  sockets[1]?.bring(data);
  sockets[0]?.drop();
  expect(told).toEqual([`lost, data until ${dataAt}`, "opened 2", `confirmed ${ID}`]);
});

test("a broker that takes no second connection has the first one closed, and the next dialled in its place", async () => {
  const { upstream, sockets, told, learn, refusal } = await setUp();
  const dataAt = Date.now();
  refusal.reason = "one is all there may be";
  const [first] = sockets;
  if (first) first.isDeaf = true;
  learn(2);
  await pass(0);
  expect(told).toEqual([`lost, data until ${dataAt}`]);
  expect(first?.closed).toBe(true);
  refusal.reason = null;
  // The close of the one before is waited for, and then the backoff.
  await pass(6_000);
  sockets[1]?.bring(confirmed);
  sockets[1]?.bring(data);
  expect(told.slice(1)).toEqual([expect.stringMatching(/^opened/), `confirmed ${ID}`]);
  expect(upstream.flows(2)).toBe(true);
});

test("where the rules name no time for two sockets, the first one goes at once", async () => {
  const { sockets, told, learn } = await setUp({ changeOverMs: 0 });
  learn(2);
  expect(sockets[0]?.readyState).toBe(3);
  expect(told).toHaveLength(1);
});

test("without a session again before the second has delivered, the first stays, and ends when the broker says so", async () => {
  const { upstream, sockets, told, learn } = await setUp();
  learn(2);
  await pass(10);
  upstream.learnSession({ kind: "none", reason: "refused" });
  expect([sockets[0]?.readyState, sockets[1]?.readyState]).toEqual([1, 3]);
  sockets[0]?.bring({ kind: "session_expired", reason: "over" });
  expect(upstream.line.connection.state).toBe("session_expired");
  expect(told).toHaveLength(1);
});
