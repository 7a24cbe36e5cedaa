import { reset } from "cloudflare:test";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PAPER_INSTRUMENTS } from "../../src/brokers/paper/instruments.ts";
import { PAPER_RULES } from "../../src/brokers/paper/rules.ts";
import { brokerClients } from "../../src/brokers/registry.ts";
import { env } from "cloudflare:workers";
import { crash, exchange, subscribe, tapFeed, until } from "../support/workers/paper.ts";
import type { FeedTap, TestExchange } from "../support/workers/paper.ts";

let paper: TestExchange;

beforeEach(() => {
  paper = exchange("paper");
});
afterEach(() => reset());

const ALL = PAPER_INSTRUMENTS.map(({ id }) => id);

/** What was said besides the exchange's time, which comes first and every second. */
const answers = ({ messages }: FeedTap) => messages.filter(({ kind }) => kind !== "heartbeat");

test("the registry gives the paper broker's clients, and names a broker that nobody knows", async () => {
  const clients = brokerClients(env, "paper", "paper");
  const instruments = clients.ok ? await clients.value.reference.instruments() : null;
  expect(instruments).toMatchObject({ ok: true });
  expect(instruments?.ok && instruments.value).toHaveLength(ALL.length);
  expect(brokerClients(env, "nobody", "x")).toEqual({
    ok: false,
    error: 'there is no broker "nobody"; known: paper, paper-backup, paper-rest',
  });
});

test("an instrument that is not listed is refused by name, and the others are subscribed", async () => {
  const tap = await tapFeed(paper);
  subscribe(tap, paper, ["NSE:INFY", "NSE:NOPE"]);
  await until(() => answers(tap).length >= 2);
  expect(answers(tap).slice(0, 2)).toEqual([
    { kind: "refused", instruments: ["NSE:NOPE"], reason: "no such instrument" },
    { kind: "subscribed", instruments: ["NSE:INFY"] },
  ]);
});

test("a message that names too many instruments, or cannot be read, is refused and the socket stays", async () => {
  const tap = await tapFeed(paper);
  const many = Array.from({ length: PAPER_RULES.subscribeBatchMax + 1 }, (_, at) => `NSE:S${at}`);
  tap.socket.send(JSON.stringify({ op: "subscribe", instruments: many }));
  tap.socket.send("nonsense");
  await until(() => answers(tap).length === 2);
  expect(answers(tap)).toMatchObject([
    { kind: "refused", reason: "a message takes 100 instruments" },
    { kind: "refused", instruments: [], reason: "not JSON" },
  ]);
  subscribe(tap, paper, ["NSE:INFY"]);
  await until(() => tap.updates.length > 0);
});

test("a connection that asks more often than the rules allow is refused until the next second", async () => {
  const tap = await tapFeed(paper);
  const burst = PAPER_RULES.subscribeMessagesPerSecond * 3;
  for (let message = 0; message < burst; message += 1) subscribe(tap, paper, ["NSE:INFY"]);
  await until(() => tap.messages.some(({ kind }) => kind === "refused"));
  expect(tap.messages.find(({ kind }) => kind === "refused")).toMatchObject({
    reason: "a connection takes 20 messages a second",
  });
  await until(() => {
    subscribe(tap, paper, ["NSE:TCS"]);
    return tap.updates.some(({ instrument }) => instrument === "NSE:TCS");
  });
});

test("one connection too many is refused with the limit, and taken once another closed", async () => {
  const taps = [];
  for (let count = 0; count < PAPER_RULES.connectionsMax; count += 1) {
    taps.push(await tapFeed(paper));
  }
  await expect(paper.feed.open()).rejects.toThrow(/all 10 data connections/);
  taps[0]?.socket.close();
  await until(async () => (await paper.control()).connections.length === 9);
  await tapFeed(paper);
});

test("what is unsubscribed stops, and the others lose no tick", async () => {
  const tap = await tapFeed(paper);
  await paper.control("/market", { ticksPerSecond: 400 });
  subscribe(tap, paper, ["NSE:INFY", "NSE:TCS"]);
  await until(() => tap.updates.length > 20);
  for (const message of paper.feed.formatUnsubscribe(["NSE:TCS"])) tap.socket.send(message);
  await until(() => tap.messages.some(({ kind }) => kind === "unsubscribed"));
  const before = tap.updates.length;
  await until(() => tap.updates.length > before + 40);
  const after = tap.updates.slice(before);
  expect(new Set(after.map(({ instrument }) => instrument))).toEqual(new Set(["NSE:INFY"]));
  // The traded volume of one tick to the next tells whether one was lost between.
  const infy = tap.updates.filter(({ instrument }) => instrument === "NSE:INFY").slice(1);
  const lost = infy.filter(
    (update, at) =>
      at > 0 && update.volume !== (infy[at - 1]?.volume ?? 0) + (update.lastQuantity ?? 0),
  );
  expect(lost).toEqual([]);
});

test("who wants the last price only gets no book", async () => {
  const tap = await tapFeed(paper);
  for (const message of paper.feed.formatSubscribe(["NSE:INFY"], "ltp")) tap.socket.send(message);
  await until(() => tap.updates.length > 3);
  expect(tap.updates.filter(({ bid, ask }) => bid !== null || ask !== null)).toEqual([]);
});

test("heartbeats come every second, also when nothing is subscribed", async () => {
  const tap = await tapFeed(paper);
  await until(() => tap.messages.length > 1);
  expect(new Set(tap.messages.map(({ kind }) => kind))).toEqual(new Set(["heartbeat"]));
});

test("the market runs at the rate it was told, many ticks in a frame, and stops at 0", async () => {
  const tap = await tapFeed(paper);
  subscribe(tap, paper, ALL.slice(0, 100));
  await paper.control("/market", { ticksPerSecond: 20_000 });
  await until(() => tap.updates.length > 1_000);
  const [count, start] = [tap.updates.length, Date.now()];
  await until(() => tap.updates.length > count + 10_000);
  const perSecond = ((tap.updates.length - count) * 1_000) / (Date.now() - start);
  // A shared machine may be slow, but never faster than it was told.
  expect(perSecond).toBeGreaterThan(4_000);
  expect(perSecond).toBeLessThan(24_000);
  await paper.control("/market", { ticksPerSecond: 0 });
  const { ticksSent } = await paper.control();
  await until(() => tap.messages.at(-1)?.kind === "heartbeat");
  expect((await paper.control()).ticksSent).toBe(ticksSent);
});

test("candles of past minutes stay as they were, through a crash, and the last one is the live price", async () => {
  // Within one minute: the first trade of the next one is not the last of this.
  await until(() => Date.now() % 60_000 < 56_000);
  const tap = await tapFeed(paper);
  subscribe(tap, paper, ["NSE:INFY"]);
  await until(() => tap.updates.length > 20);
  const to = Math.floor(Date.now() / 60_000) * 60_000;
  const past = { instrument: "NSE:INFY", interval: "1m" as const, from: to - 3_600_000, to };
  const before = await paper.reference.candles(past);
  expect(before.ok && before.value).toHaveLength(60);
  const now = await paper.reference.candles({ ...past, from: to, to: to + 120_000 });
  const live = now.ok ? now.value.at(-1) : undefined;
  const last = tap.updates.at(-1)?.last ?? 0;
  expect(Math.abs((live?.close ?? 0) - last) / last).toBeLessThan(0.002);
  const first = now.ok ? now.value[0] : undefined;
  expect(first?.open).toBeCloseTo((before.ok && before.value.at(-1)?.close) || 0, 8);
  await crash(paper);
  expect(await paper.reference.candles(past)).toEqual(before);
});

test("the settings of the market survive a crash", async () => {
  await paper.control("/market", { ticksPerSecond: 7, hours: "exchange", seed: 3 });
  await crash(paper);
  expect(await paper.control()).toMatchObject({ ticksPerSecond: 7, hours: "exchange", seed: 3 });
});
