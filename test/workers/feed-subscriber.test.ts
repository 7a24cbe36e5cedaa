/** Subscription truth against a broker's batches and pace, on a clock that the test moves. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Subscriber } from "../../durable-objects/feed-shard.subscriber.ts";
import type { BrokerFeed } from "../../src/brokers/broker.ts";
import { PAPER_RULES } from "../../src/brokers/paper/rules.ts";
import type { FeedMode } from "../../src/domain/tick.ts";

const RULES = { ...PAPER_RULES, subscribeBatchMax: 50, subscribeMessagesPerSecond: 5 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
});

afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

const format = (op: string) => (instruments: readonly string[]) => [
  JSON.stringify({ op, instruments }),
];

function setUp() {
  const sent: { at: number; op: string; instruments: string[] }[] = [];
  const feed = {
    rules: RULES,
    formatSubscribe: format("subscribe"),
    formatUnsubscribe: format("unsubscribe"),
  } as unknown as BrokerFeed;
  const start = Date.now();
  const subscriber = new Subscriber(feed, (text) => {
    sent.push({
      at: Date.now() - start,
      ...(JSON.parse(text) as { op: string; instruments: string[] }),
    });
  });
  return { subscriber, sent };
}

const wishes = (count: number) =>
  new Map<string, FeedMode>(Array.from({ length: count }, (_, index) => [`X:I${index}`, "quote"]));

test("lesson 6: a burst of a thousand subscribes goes out as twenty messages of fifty, at the broker's pace", async () => {
  const { subscriber, sent } = setUp();
  subscriber.open(Date.now());
  subscriber.want(wishes(1_000), Date.now());
  await pass(10_000);
  expect(sent.map(({ instruments }) => instruments.length)).toEqual(Array(20).fill(50));
  for (const { at } of sent)
    expect(
      sent.filter((other) => other.at >= at && other.at < at + 1_000).length,
    ).toBeLessThanOrEqual(5);
});

test("lesson 3: a connection that ends in the middle of its asking sends no more of it, and the next asks for all once", async () => {
  const { subscriber, sent } = setUp();
  subscriber.want(wishes(1_000), Date.now());
  subscriber.open(Date.now());
  await pass(1_500);
  const before = sent.length;
  expect(before).toBeLessThan(20);
  subscriber.close(Date.now());
  await pass(10_000);
  expect(sent).toHaveLength(before);
  subscriber.open(Date.now());
  await pass(10_000);
  const again = sent.slice(before).flatMap(({ instruments }) => instruments);
  expect(again).toHaveLength(1_000);
  expect(new Set(again).size).toBe(1_000);
});

test("a broker that found it too fast is asked again, slower", async () => {
  const { subscriber, sent } = setUp();
  subscriber.open(Date.now());
  subscriber.want(wishes(500), Date.now());
  const refused = sent.at(-1)?.instruments ?? [];
  expect(subscriber.refuse(refused, Date.now(), "subscribeMessagesPerSecond")).toEqual([]);
  subscriber.pace = 1;
  await pass(30_000);
  expect(subscriber.counts).toMatchObject({ alarmed: 0, pending: 500 });
  expect(sent.filter(({ instruments }) => instruments.includes(refused[0] ?? ""))).toHaveLength(2);
});
