/** What a broker's answers come to: what is live, what is alarmed, and what its refusals teach. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Answers } from "../../durable-objects/feed-shard.answers.ts";
import { TickBook } from "../../durable-objects/feed-shard.book.ts";
import { polledFeed, type ShardFeed } from "../../durable-objects/feed-shard.polling.ts";
import { Subscriber } from "../../durable-objects/feed-shard.subscriber.ts";
import { PAPER_POLL_COSTS, PAPER_REST_RULES, PAPER_RULES } from "../../src/brokers/paper/rules.ts";
import type { LearnedLimit } from "../../src/domain/broker-limits.ts";
import { ok } from "../../src/domain/result.ts";
import type { FeedMode, MarketUpdate } from "../../src/domain/tick.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const names = (count: number) => Array.from({ length: count }, (_, index) => `X:I${index}`);
const wishes = (ids: readonly string[]) =>
  new Map<string, FeedMode>(ids.map((id) => [id, "quote"]));

const tick = (n: number): MarketUpdate => ({
  instrument: "X:A",
  last: 1_000 + n,
  lastQuantity: 1,
  bid: null,
  bidQuantity: null,
  ask: null,
  askQuantity: null,
  volume: null,
  exchangeTime: n,
});

function setUp(perSecond: number) {
  const sent: string[] = [];
  const feed: ShardFeed = {
    rules: { ...PAPER_RULES, subscribeBatchMax: 50, subscribeMessagesPerSecond: perSecond },
    open: () => Promise.reject(new Error("there is no socket")),
    formatSubscribe: (ids) => [`subscribe ${ids.join(" ")}`],
    formatUnsubscribe: (ids) => [`unsubscribe ${ids.join(" ")}`],
    parse: () => ok({ kind: "heartbeat" }),
  };
  const subscriber = new Subscriber(feed, (text) => void sent.push(text));
  const learned: LearnedLimit[] = [];
  const answers = new Answers(subscriber, {
    confirmed: (ids, now) => void subscriber.confirm(ids, now),
    alarmed: () => {},
    fault: () => {},
    learn: async (lesson) => {
      learned.push(lesson);
      return { instrumentsPerConnection: 1, connections: 1, subscribeMessagesPerSecond: 1 };
    },
    log: () => {},
  });
  const want = (ids: readonly string[]) => subscriber.want(wishes(ids), Date.now());
  const refuse = (instruments: string[]) =>
    answers.take(
      { kind: "refused", instruments, reason: "full", limit: "instrumentsPerConnection" },
      Date.now(),
    );
  const confirm = (instruments: string[]) =>
    answers.take({ kind: "subscribed", instruments }, Date.now());
  const sweep = () => answers.sweep(new Map(), Date.now());
  return { feed, subscriber, sent, learned, want, refuse, confirm, sweep };
}

test("a full connection teaches what it holds once all is answered", () => {
  const { subscriber, learned, want, refuse, confirm, sweep } = setUp(100);
  subscriber.open(Date.now());
  want(names(41));
  refuse(["X:I40"]);
  sweep();
  expect(learned).toEqual([]);
  confirm(names(40));
  sweep();
  expect(learned).toMatchObject([{ limit: "instrumentsPerConnection", value: 40 }]);
});

test("a lesson ends with its connection: what the next one holds does not show what fits", () => {
  const { subscriber, learned, want, refuse, confirm, sweep } = setUp(100);
  subscriber.open(Date.now());
  want(names(41));
  refuse(["X:I40"]);
  subscriber.close(Date.now());
  sweep();
  subscriber.open(Date.now());
  confirm(names(3));
  sweep();
  confirm(names(41));
  sweep();
  expect(learned).toEqual([]);
});

test("a lesson ends when less is wanted before all is answered", () => {
  const { subscriber, learned, want, refuse, confirm, sweep } = setUp(100);
  subscriber.open(Date.now());
  want(names(41));
  refuse(["X:I40"]);
  want(names(3));
  confirm(names(3));
  sweep();
  expect(learned).toEqual([]);
});

test("an instrument wanted again while its unsubscribe waits for its turn becomes live, and its loss tells a gap", async () => {
  const { subscriber, sent } = setUp(2);
  let confirms = 0;
  const confirm = (ids: readonly string[]) => {
    confirms += 1;
    for (const id of subscriber.confirm(ids, Date.now())) {
      const held = book.held.get(id);
      if (held) held.isLive = true;
    }
  };
  const book = new TickBook("paper", ({ instrument }) => confirm([instrument]));
  const entry = { mode: "quote", consumers: [], standby: false, handOver: null } as const;
  const assign = (ids: string[]) => {
    const assigned = ids.map((instrument) => ({ ...entry, instrument, consumers: [] }));
    book.assign(assigned, [], Date.now());
    subscriber.want(wishes(ids), Date.now());
  };
  book.openEpoch(5);
  subscriber.open(Date.now());
  assign(["X:A"]);
  confirm(["X:A"]);
  await pass(3_000);
  assign(["X:A", ...names(200)]);
  assign(names(200));
  assign(["X:A", ...names(200)]);
  await pass(20_000);
  expect(sent.filter((text) => text.startsWith("unsubscribe"))).toEqual([]);
  confirms = 0;
  for (let n = 1; n <= 10; n += 1) book.take(tick(n), Date.now());
  expect(book.held.get("X:A")).toMatchObject({ isLive: true, count: 10 });
  expect(confirms).toBe(1);
  book.lose(Date.now());
  expect(book.held.get("X:A")?.lostAt).toBe(Date.now());
});

test("three hundred instruments that are asked for ten a second are none of them alarmed for waiting their turn", async () => {
  const feed = polledFeed(
    {
      ...setUp(1).feed,
      rules: PAPER_REST_RULES,
      polling: {
        poll: async (instrument) => ok(instrument),
        rate: { perSecond: 10, burst: 1 },
        costs: PAPER_POLL_COSTS,
      },
    },
    () => {},
  );
  const line = (await feed.open()) as unknown as WebSocket;
  const subscriber = new Subscriber(feed, (text) => line.send(text));
  line.addEventListener("message", ({ data }) => {
    const message = feed.parse(data as string);
    if (message.ok && message.value.kind === "subscribed")
      subscriber.confirm(message.value.instruments, Date.now());
  });
  line.accept();
  subscriber.open(Date.now());
  subscriber.want(wishes(names(300)), Date.now());
  const alarmed: string[] = [];
  for (let second = 0; second < 40; second += 1) {
    await pass(1_000);
    alarmed.push(...subscriber.sweep(Date.now(), () => false));
  }
  expect(alarmed).toEqual([]);
  expect(subscriber.counts).toEqual({ pending: 0, confirmed: 300, alarmed: 0 });
  line.close();
});
