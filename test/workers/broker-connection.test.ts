/** One outbound socket: backoff, epochs, silence and an expired session, on a broker played by hand. */
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BrokerConnection } from "../../durable-objects/feed-shard.connection.ts";
import type { BrokerFeed, FeedMessage } from "../../src/brokers/broker.ts";
import {
  CLOSE_WAIT_MS,
  FEED_FRAME_BYTES_MAX,
  FRAME_FAULTS_MAX,
  STABLE_CONNECTION_MS,
} from "../../src/domain/feed-limits.ts";
import { parseFeedFrame } from "../../src/brokers/paper/parse.ts";
import { PAPER_RULES } from "../../src/brokers/paper/rules.ts";
import { BrokerSocket } from "../support/workers/broker-socket.ts";

const RULES = {
  ...PAPER_RULES,
  silenceBoundMs: 5_000,
  reconnect: { baseDelayMs: 1_000, factor: 2, maxDelayMs: 8_000 },
};

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"],
  });
  // Full jitter at its upper end: the wait is its ceiling.
  vi.spyOn(Math, "random").mockReturnValue(0.999_999);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const data: FeedMessage = { kind: "updates", updates: [] };

const parseOwn: BrokerFeed["parse"] = (text) =>
  typeof text === "string" && text.startsWith("{")
    ? { ok: true, value: JSON.parse(text) as FeedMessage }
    : { ok: false, error: { kind: "malformed", reason: "not JSON", sample: "" } };

function setUp(refusals = 0, parse: BrokerFeed["parse"] = parseOwn) {
  const sockets: BrokerSocket[] = [];
  const epochs: number[] = [];
  const lost: string[] = [];
  const logged: string[] = [];
  let [left, dials, messages] = [refusals, 0, 0];
  const feed: BrokerFeed = {
    rules: RULES,
    open: async () => {
      dials += 1;
      if (left > 0) {
        left -= 1;
        throw new Error("refused");
      }
      const socket = new BrokerSocket();
      sockets.push(socket);
      return socket;
    },
    formatSubscribe: () => [],
    formatUnsubscribe: () => [],
    parse,
  };
  let epoch = 0;
  const connection = new BrokerConnection(
    feed,
    {
      grant: async () => ({ epoch: (epoch += 1), waitMs: 0 }),
      opened: (number) => void epochs.push(number),
      message: () => void (messages += 1),
      lost: (reason) => void lost.push(reason),
      dueSince: () => 0,
      turnedAway: () => {},
      expired: (reason) => void lost.push(`expired: ${reason}`),
    },
    (_, event) => void logged.push(event),
  );
  connection.ensure(Date.now());
  return { connection, sockets, epochs, lost, logged, heard: () => messages, dials: () => dials };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test("attempts go on for ever, further and further apart up to the bound", async () => {
  const { dials } = setUp(1_000);
  await pass(0);
  const at: number[] = [];
  for (let second = 1; second <= 40; second += 1) {
    const before = dials();
    await pass(1_000);
    if (dials() > before) at.push(second);
  }
  expect(at).toEqual([1, 3, 7, 15, 23, 31, 39]);
});

test("lesson 2: backoff grows until a connection has brought data and held, and each loss is one attempt", async () => {
  const { sockets } = setUp();
  await pass(0);
  sockets[0]?.drop();
  await pass(1_000);
  expect(sockets).toHaveLength(2);
  sockets[1]?.drop();
  await pass(1_000);
  expect(sockets).toHaveLength(2);
  await pass(1_000);
  expect(sockets).toHaveLength(3);
  // Neither does one that brings data and is thrown out at once: somebody else may hold the credential.
  sockets[2]?.bring(data);
  sockets[2]?.drop();
  await pass(3_900);
  expect(sockets).toHaveLength(3);
  await pass(200);
  expect(sockets).toHaveLength(4);
  sockets[3]?.bring(data);
  for (let second = 0; second < STABLE_CONNECTION_MS / 1_000; second += 1) {
    await pass(1_000);
    sockets[3]?.bring(data);
  }
  sockets[3]?.drop();
  await pass(1_000);
  expect(sockets).toHaveLength(5);
});

test("lesson 3: a new epoch ends the work of the old one, and whatever that still says is not heard", async () => {
  const { sockets, epochs, lost } = setUp();
  await pass(0);
  sockets[0]?.drop();
  await pass(1_000);
  expect(epochs).toEqual([1, 2]);
  sockets[0]?.drop();
  expect(lost).toHaveLength(1);
});

test("a socket that opens but brings no data is replaced; each barren one is given longer", async () => {
  const { connection, sockets, lost } = setUp();
  await pass(0);
  await pass(5_000);
  expect(lost).toHaveLength(0);
  await pass(500);
  expect(lost).toEqual(["the socket brought no data"]);
  expect(sockets[0]?.closed).toBe(true);
  await pass(1_000);
  expect(connection.state).toBe("live");
  await pass(9_500);
  expect(lost).toHaveLength(1);
  await pass(1_000);
  expect(lost).toHaveLength(2);
});

test("lesson 11: a socket that answers and beats but brings no data is replaced", async () => {
  const { sockets, lost } = setUp();
  await pass(0);
  for (let second = 0; second < 6; second += 1) {
    sockets[0]?.bring({ kind: "heartbeat" });
    await pass(1_000);
  }
  expect(lost).toHaveLength(1);
});

test("an expired session stops the loop until somebody renews it", async () => {
  const { connection, sockets, dials, lost } = setUp();
  await pass(0);
  sockets[0]?.bring({ kind: "session_expired", reason: "token of yesterday" });
  expect(lost.at(-1)).toBe("expired: token of yesterday");
  expect(connection.state).toBe("session_expired");
  for (let minute = 0; minute < 10; minute += 1) {
    await pass(60_000);
    connection.ensure(Date.now());
  }
  expect(dials()).toBe(1);
  connection.renewSession();
  await pass(0);
  expect(dials()).toBe(2);
});

test("a stopped connection stays closed, whatever was under way", async () => {
  const { connection, sockets, epochs } = setUp();
  connection.stop();
  await pass(60_000);
  expect(epochs).toEqual([]);
  expect(sockets.every(({ closed }) => closed)).toBe(true);
  expect(connection.state).toBe("idle");
});

test("lesson 9: the next connection waits for the close of the one before, but not for ever", async () => {
  const { sockets, dials } = setUp();
  await pass(0);
  const [first] = sockets;
  if (!first) throw new Error("no socket");
  first.isDeaf = true;
  // It goes silent and is replaced; its close is not answered.
  await pass(5_500);
  expect(first.closed).toBe(true);
  await pass(2_000);
  expect(dials()).toBe(1);
  first.ended();
  await pass(0);
  expect(dials()).toBe(2);
  const [, second] = sockets;
  if (!second) throw new Error("no socket");
  second.isDeaf = true;
  await pass(10_500);
  expect(second.closed).toBe(true);
  await pass(2_000 + CLOSE_WAIT_MS);
  expect(dials()).toBe(3);
});

test("lesson 9: two owners of one credential do not fight: each loss waits longer, whatever data came", async () => {
  const { sockets, dials } = setUp();
  await pass(0);
  // The other owner throws this one out a second after each of its connects.
  for (let second = 0; second < 600; second += 1) {
    const socket = sockets.at(-1);
    socket?.bring(data);
    await pass(1_000);
    if (socket?.readyState === 1) socket.drop();
  }
  // At most one connect in nine seconds: the longest pause and the second that it held.
  expect(dials()).toBeLessThan(4 + 600 / 9 + 1);
  expect(dials()).toBeGreaterThan(30);
});

const GARBAGE = { kind: "malformed", reason: "not JSON", sample: "" } as const;

test("frames that cannot be read are counted and logged once per kind and minute, and replace the connection when they repeat", async () => {
  const { connection, lost, logged } = setUp();
  await pass(0);
  for (let count = 1; count < FRAME_FAULTS_MAX; count += 1) connection.fault(GARBAGE, Date.now());
  expect(lost).toEqual([]);
  connection.fault({ ...GARBAGE, kind: "binary" }, Date.now());
  expect(lost).toHaveLength(1);
  expect(connection.faults.counts).toEqual({ malformed: FRAME_FAULTS_MAX - 1, binary: 1 });
  expect(logged.filter((event) => event === "frame_unreadable")).toHaveLength(2);
});

test("no frame, however large or wrong, is more than a fault", async () => {
  const { connection, sockets } = setUp();
  await pass(0);
  const [socket] = sockets;
  const bring = (value: string | ArrayBuffer) =>
    socket?.dispatchEvent(new MessageEvent("message", { data: value }));
  bring("x".repeat(FEED_FRAME_BYTES_MAX + 1));
  bring(new ArrayBuffer(FEED_FRAME_BYTES_MAX + 1));
  bring("x");
  expect(connection.faults.counts).toEqual({ oversized: 2, malformed: 1 });
  expect(connection.state).toBe("live");
});

test("whatever the exchange sends, text or bytes, whole or cut, is a message or a counted fault, and never thrown", async () => {
  const whole = JSON.stringify({
    type: "ticks",
    ticks: [["NSE:INFY", 1, 1, 1, 1, 2, 1, 1, 1]],
  });
  const frame = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.nat(whole.length).map((length) => whole.slice(0, length)),
    fc.json(),
    fc.uint8Array({ maxLength: 50 }).map((bytes) => bytes.slice().buffer),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { maxLength: FRAME_FAULTS_MAX - 1 }), async (frames) => {
      const { connection, sockets, heard } = setUp(0, parseFeedFrame);
      await pass(0);
      for (const bytes of frames)
        sockets[0]?.dispatchEvent(new MessageEvent("message", { data: bytes }));
      const faults = Object.values(connection.faults.counts).reduce((sum, n) => sum + n, 0);
      expect(faults + heard()).toBe(frames.length);
      expect(connection.state).toBe("live");
      connection.stop();
    }),
    { numRuns: 60 },
  );
});
