import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { polledFeed } from "../../../durable-objects/feed-shard.polling.ts";
import type { BrokerFailure, BrokerFeed, FeedMessage } from "../../../src/brokers/broker.ts";
import { PAPER_REST_RULES } from "../../../src/brokers/paper/rules.ts";
import { POLL_FAILURES_MAX } from "../../../src/domain/provider-limits.ts";
import { err, ok, type Result } from "../../../src/domain/result.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

type Line = EventTarget & { accept(): void; send(text: string): void };

/** A line to a provider whose answers the test gives: the price is the text. */
async function setUp(perSecond = 1_000) {
  const polls: { instrument: string; at: number }[] = [];
  const answers: { next: () => Promise<Result<string, BrokerFailure>> } = {
    next: async () => ok("1"),
  };
  const stream: BrokerFeed = {
    rules: PAPER_REST_RULES,
    open: () => Promise.reject(new Error("there is no socket")),
    formatSubscribe: () => [],
    formatUnsubscribe: () => [],
    parse: (data) => ok({ kind: "refused", instruments: [], reason: typeof data }),
  };
  const feed: BrokerFeed = {
    ...stream,
    polling: {
      poll: (instrument) => {
        polls.push({ instrument, at: Date.now() });
        return answers.next();
      },
      rate: { perSecond, burst: 1 },
      costs: { request: 0.05, staleness: 1 },
    },
  };
  const polled = polledFeed(feed, () => {});
  const heard: FeedMessage[] = [];
  const line = (await polled.open()) as unknown as Line;
  let closed: number | null = null;
  line.addEventListener("message", (event) => {
    const parsed = polled.parse((event as MessageEvent<string>).data);
    if (parsed.ok) heard.push(parsed.value);
  });
  line.addEventListener("close", (event) => {
    closed = (event as CloseEvent).code;
  });
  line.accept();
  const say = (texts: string[]) => {
    for (const text of texts) line.send(text);
  };
  return {
    stream,
    polls,
    answers,
    heard,
    line,
    closed: () => closed,
    ask: (...instruments: string[]) => say(polled.formatSubscribe(instruments, "quote")),
    leave: (...instruments: string[]) => say(polled.formatUnsubscribe(instruments)),
  };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

const failing = (kind: BrokerFailure["kind"]) => async () => err({ kind, reason: "no" });

test("what is asked for is confirmed by its first answer, and only what has changed is brought", async () => {
  const { ask, heard, answers, polls, leave } = await setUp();
  ask("A");
  await pass(10);
  expect(heard.map(({ kind }) => kind)).toEqual(["subscribed", "refused"]);
  await pass(2_000);
  expect(polls.length).toBeGreaterThan(3);
  expect(heard).toHaveLength(2);
  answers.next = async () => ok("2");
  await pass(2_000);
  expect(heard).toHaveLength(3);
  leave("A");
  expect(heard.at(-1)).toEqual({ kind: "unsubscribed", instruments: ["A"] });
  const before = polls.length;
  await pass(60_000);
  expect(polls.length).toBe(before);
});

test("one instrument is asked for once at a time, however long the answer takes", async () => {
  const { ask, answers, polls } = await setUp();
  answers.next = () => new Promise(() => {});
  ask("A", "B");
  await pass(60_000);
  expect(polls.map(({ instrument }) => instrument)).toEqual(["A", "B"]);
});

test("the provider's limit is kept from the first second on", async () => {
  const { ask, polls } = await setUp(10);
  ask(...Array.from({ length: 100 }, (_, index) => `I${index}`));
  await pass(1_000);
  expect(polls.length).toBeLessThanOrEqual(11);
  await pass(9_000);
  expect(polls.length).toBeLessThanOrEqual(101);
  expect(new Set(polls.map(({ instrument }) => instrument)).size).toBeGreaterThan(90);
});

test("a line that is told to go slower waits twice as long each time, and is never lost by it", async () => {
  const { ask, answers, polls, closed, heard } = await setUp();
  answers.next = failing("rate_limited");
  ask("A", "B");
  await pass(60_000);
  const gaps = polls.slice(1).map(({ at }, index) => at - (polls[index]?.at ?? 0));
  const waits = gaps.filter((gap) => gap > 100);
  expect(waits.slice(0, 4).map((wait) => Math.round(wait / 500) * 500)).toEqual([
    500, 1_000, 2_000, 4_000,
  ]);
  expect(closed()).toBeNull();
  answers.next = async () => ok("1");
  await pass(60_000);
  expect(heard.some(({ kind }) => kind === "subscribed")).toBe(true);
});

test.each(["timeout", "network", "unreadable"] as const)(
  "polls that end in %s lose the line when they repeat, and one answer in between starts the count anew",
  async (kind) => {
    const { ask, answers, polls, closed } = await setUp();
    ask("A");
    answers.next = failing(kind);
    while (polls.length < POLL_FAILURES_MAX - 1) await pass(10);
    answers.next = async () => ok("1");
    await pass(10_000);
    expect(closed()).toBeNull();
    answers.next = failing(kind);
    await pass(10_000);
    expect(closed()).toBe(1011);
    const before = polls.length;
    await pass(60_000);
    expect(polls.length).toBe(before);
  },
);

test("polls that were under way together fail once", async () => {
  const { ask, answers, closed } = await setUp();
  const late: (() => void)[] = [];
  answers.next = () =>
    new Promise((resolve) => late.push(() => resolve(err({ kind: "timeout", reason: "no" }))));
  ask("A", "B", "C", "D", "E");
  await pass(100);
  expect(late).toHaveLength(5);
  for (const fail of late) fail();
  await pass(10);
  expect(closed()).toBeNull();
});

test("an instrument that the provider refuses is told by name, and the others are asked for", async () => {
  const { ask, answers, heard, polls } = await setUp();
  answers.next = failing("refused");
  ask("A");
  await pass(10);
  expect(heard).toEqual([{ kind: "refused", instruments: ["A"], reason: "no" }]);
  answers.next = async () => ok("1");
  ask("B");
  await pass(5_000);
  expect(new Set(polls.slice(1).map(({ instrument }) => instrument))).toEqual(new Set(["B"]));
});

test("a feed with a stream stays the feed that it is", async () => {
  const stream = (await setUp()).stream;
  expect(polledFeed(stream, () => {})).toBe(stream);
});
