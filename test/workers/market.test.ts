/** The algo's end of the stream: what it may ask, what it is told, and what it is refused. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import type { Caller } from "../../src/application/caller.ts";
import { PAPER_INSTRUMENTS } from "../../src/brokers/paper/instruments.ts";
import { streamMessage, streamRequest } from "../../src/contract/stream.ts";
import {
  STREAM_FRAME_BYTES_MAX,
  STREAM_INSTRUMENTS_MAX,
  STREAM_MESSAGES_PER_SECOND_MAX,
  STREAM_UNACKNOWLEDGED_CHARACTERS_MAX,
  STREAM_UNACKNOWLEDGED_FRAMES_MAX,
} from "../../src/domain/limits.ts";
import type { Order } from "../../src/domain/order.ts";
import { brokerManager, market } from "../../src/platform/objects.ts";
import { development, frameFaults, openAlgo, until } from "../support/workers/algo.ts";
import { exchange } from "../support/workers/paper.ts";

const IDS = PAPER_INSTRUMENTS.map(({ id }) => id);
const paper = exchange("paper");

// Whole flows on a machine that may be busy: what is waited for is polled, so this costs nothing.
vi.setConfig({ testTimeout: 40_000 });

afterEach(async () => {
  await reset();
});

test("a subscribe is answered with the base, then the last known ticks, then every live one", async () => {
  const first = await openAlgo();
  await first.subscribe(["NSE:INFY"]);
  await until(() => first.ticks().length > 3);
  const algo = await openAlgo();
  expect(algo.of("welcome")[0]).toMatchObject({ market: "m1", format: "plain", algoId: null });
  const answer = await algo.subscribe(["NSE:INFY"]);
  expect(answer).toMatchObject({ instruments: [{ instrument: "NSE:INFY", state: "live" }] });
  await until(() => algo.ticks().length > 3);
  const kinds = algo.frames.map((frame) =>
    frame.type === "ticks" && frame.snapshot ? "snapshot" : frame.type,
  );
  expect(kinds.slice(0, 4)).toEqual(["welcome", "subscribed", "snapshot", "ticks"]);
  const [snapshot] = algo.of("ticks");
  const [live] = algo.ticks();
  expect(live?.seq).toBe((snapshot?.ticks[0]?.seq ?? 0) + 1);
  expect(frameFaults(algo.frames)).toEqual([]);
  for (const frame of algo.frames) expect(streamMessage.safeParse(frame).error).toBe(undefined);
});

test("lesson 7: what is not confirmed upstream is answered as pending, and told once it is live", async () => {
  const algo = await openAlgo();
  const answer = await algo.subscribe(["NSE:INFY"]);
  expect(answer).toMatchObject({ instruments: [{ instrument: "NSE:INFY", state: "pending" }] });
  await until(() => algo.of("status").some(({ state }) => state === "live"));
  expect(algo.of("status").find(({ state }) => state === "live")).toMatchObject({
    subject: "instrument",
    instruments: ["NSE:INFY"],
  });
});

test("history comes first, then the base, then live ticks", async () => {
  const algo = await openAlgo();
  await algo.subscribe(["NSE:INFY", "NSE:TCS"], { history: 30, interval: "1m" });
  await until(() => algo.ticks().length > 0);
  expect(algo.frames.slice(1, 4).map(({ type }) => type)).toEqual([
    "history",
    "history",
    "subscribed",
  ]);
  expect(algo.of("history").map(({ candles }) => candles.length)).toEqual([30, 30]);
});

test("the compact format names each instrument by the alias it was given", async () => {
  const algo = await openAlgo("?format=compact");
  const answer = await algo.subscribe(["NSE:INFY", "NSE:TCS"]);
  const aliases = answer.type === "subscribed" ? (answer.aliases ?? {}) : {};
  expect(Object.keys(aliases)).toEqual(["NSE:INFY", "NSE:TCS"]);
  await until(() => algo.of("t").length > 5);
  const rows = algo.of("t").flatMap(({ t }) => t);
  expect(new Set(rows.map(([alias]) => alias))).toEqual(new Set(Object.values(aliases)));
  for (const row of rows) {
    expect(row).toHaveLength(14);
    expect(row.at(-1)).toBe("paper");
  }
  expect(frameFaults(algo.frames)).toEqual([]);
});

test("unknown instruments are refused by name, and nothing of the request is done", async () => {
  const algo = await openAlgo();
  const answer = await algo.subscribe(["NSE:INFY", "NSE:NOSUCH", "XX:Y"]);
  expect(answer).toMatchObject({
    type: "error",
    code: "UNKNOWN_INSTRUMENT",
    instruments: ["NSE:NOSUCH", "XX:Y"],
  });
  expect(await market(env, "m1").view()).toMatchObject({ sockets: 1, instruments: 0 });
  expect((await paper.control()).subscriptions).toBe(0);
  expect(await algo.subscribe(["NSE:INFY"])).toMatchObject({ type: "subscribed" });
});

test("a subscribe over the socket's limit names it; the socket stays", async () => {
  const algo = await openAlgo();
  const many = Array.from({ length: STREAM_INSTRUMENTS_MAX }, (_, index) => `X:I${index}`);
  await algo.subscribe(["NSE:INFY"]);
  const answer = await algo.subscribe(many);
  expect(answer).toMatchObject({ type: "error", code: "SUBSCRIPTION_LIMIT" });
  expect(answer.type === "error" ? answer.message : "").toContain(String(STREAM_INSTRUMENTS_MAX));
  expect(await algo.ask({ op: "ping" })).toMatchObject({ type: "pong" });
});

test("an oversize frame is refused by the limit's name and the socket stays; one of exactly the limit is read", async () => {
  const algo = await openAlgo();
  algo.send(" ".repeat(STREAM_FRAME_BYTES_MAX));
  await until(() => algo.of("error").length === 1);
  expect(algo.of("error")[0]?.code).toBe("BAD_REQUEST");
  // Two bytes each: the limit is in bytes, not in characters.
  algo.send("é".repeat(STREAM_FRAME_BYTES_MAX / 2 + 1));
  await until(() => algo.of("error").length === 2);
  expect(algo.of("error")[1]).toMatchObject({ code: "FRAME_TOO_LARGE" });
  expect(algo.of("error")[1]?.message).toContain(String(STREAM_FRAME_BYTES_MAX));
  expect(await algo.ask({ op: "ping" })).toMatchObject({ type: "pong" });
});

test("more messages in a second than allowed are refused, not carried out", async () => {
  const algo = await openAlgo();
  for (let count = 0; count < STREAM_MESSAGES_PER_SECOND_MAX * 3; count += 1)
    algo.send({ op: "ping", requestId: String(count) });
  await until(() => algo.frames.length > STREAM_MESSAGES_PER_SECOND_MAX * 3);
  expect(algo.of("error").length).toBeGreaterThan(0);
  expect(new Set(algo.of("error").map(({ code }) => code))).toEqual(new Set(["MESSAGE_RATE"]));
  expect(algo.of("pong").length).toBeGreaterThanOrEqual(STREAM_MESSAGES_PER_SECOND_MAX);
});

test.each([
  ["{", "one JSON object"],
  ["null", "must be an object"],
  [{ op: "buy" }, "op"],
  [{ op: "subscribe", channel: "news" }, "channel"],
  [{ op: "subscribe", channel: "ticks" }, "instruments"],
  [{ op: "subscribe", channel: "ticks", instruments: [] }, "instruments"],
  [{ op: "subscribe", channel: "ticks", instruments: ["infy"] }, "instruments.0"],
  [{ op: "subscribe", channel: "ticks", instruments: ["NSE:INFY"], history: 0 }, "history"],
  [{ op: "subscribe", channel: "ticks", instruments: ["NSE:INFY"], extra: 1 }, "extra"],
  [{ op: "ack", seq: -1 }, "seq"],
])("%j is refused with the place that is wrong", async (request, place) => {
  const algo = await openAlgo();
  algo.send(request);
  await until(() => algo.of("error").length > 0);
  const [error] = algo.of("error");
  expect(error?.code).toBe("BAD_REQUEST");
  expect(error?.message).toContain(place);
});

const isRequest = (text: string) => {
  try {
    return streamRequest.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
};

test("no frame breaks the socket: whatever is not a request is refused, and what is, answered", async () => {
  const shape = fc.record(
    {
      op: fc.oneof(fc.constantFrom("subscribe", "unsubscribe", "ping", "ack"), fc.anything()),
      channel: fc.oneof(fc.constantFrom("ticks", "status"), fc.anything()),
      instruments: fc.oneof(fc.array(fc.constantFrom("NSE:INFY", "NSE:TCS")), fc.anything()),
      history: fc.oneof(fc.integer({ min: -1, max: 3 }), fc.anything()),
      seq: fc.oneof(fc.nat(), fc.anything()),
      requestId: fc.oneof(fc.string(), fc.anything()),
    },
    { requiredKeys: [] },
  );
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.json(),
    shape.map((value) => {
      try {
        return JSON.stringify(value) ?? "";
      } catch {
        return "";
      }
    }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(text, { maxLength: STREAM_MESSAGES_PER_SECOND_MAX - 2 }),
      async (texts) => {
        const algo = await openAlgo();
        for (const one of texts) algo.send(one);
        await algo.ask({ op: "ping" });
        const refused = texts.filter((one) => !isRequest(one)).length;
        await until(() => algo.of("error").length >= refused);
        expect(algo.of("error").filter(({ code }) => code === "BAD_REQUEST")).toHaveLength(refused);
        for (const frame of algo.frames)
          expect(streamMessage.safeParse(frame).error).toBe(undefined);
        expect(algo.closed).toBe(null);
        await algo.close();
      },
    ),
    { numRuns: 25 },
  );
});

test("an algo that acknowledges too little is conflated until it has caught up", async () => {
  await paper.control("/market", { ticksPerSecond: 5_000 });
  const algo = await openAlgo();
  await algo.subscribe(IDS.slice(0, 10));
  await until(() => algo.of("ticks").length > 1);
  algo.send({ op: "ack", seq: 1 });
  await until(() => algo.of("lagging").length === 1, 30_000);
  const [lagging] = algo.of("lagging");
  expect(lagging).toMatchObject({ on: true });
  const sent = algo.of("ticks").at(-1)?.seq ?? 0;
  // Whichever came first; the frame that was one too many was held back.
  const characters = algo.of("ticks").reduce((sum, one) => sum + JSON.stringify(one).length, 0);
  const most = Math.max(
    sent / STREAM_UNACKNOWLEDGED_FRAMES_MAX,
    characters / STREAM_UNACKNOWLEDGED_CHARACTERS_MAX,
  );
  expect(most).toBeGreaterThan(0.9);
  algo.send({ op: "ack", seq: sent });
  await until(() => algo.of("lagging").length === 2);
  expect(algo.of("lagging")[1]).toMatchObject({ on: false });
  const from = algo.frames.length;
  await until(() => algo.frames.length > from + 5);
  expect(frameFaults(algo.frames)).toEqual([]);
});

const order = (algoId: string): Order => ({
  clientOrderId: `o-${algoId}`,
  algoId,
  account: "paper",
  instrument: "NSE:INFY",
  side: "buy",
  type: "market",
  quantity: "1",
  limitPrice: null,
  stopPrice: null,
  timeInForce: "day",
  protectiveStop: null,
  reduceOnly: false,
  state: "new",
  filledQuantity: "0",
  averagePrice: null,
  brokerOrderId: null,
  refusal: null,
  reason: null,
  ledgerVersion: 1,
  epoch: 1,
  createdAt: 0,
  updatedAt: 0,
});

test("an algo's key sees its own orders only; people and administrators see all", async () => {
  const alpha: Caller = { kind: "algo", id: "k1", algoId: "alpha", scopes: ["read", "trade"] };
  const admin: Caller = { kind: "algo", id: "k2", algoId: "beta", scopes: ["admin"] };
  const person: Caller = { kind: "person", id: "p@example.com", algoId: null, scopes: ["read"] };
  const own = await openAlgo("", alpha);
  const all = [
    await openAlgo("", admin),
    await openAlgo("", person),
    await openAlgo("", development),
  ];
  const silent = await openAlgo("", alpha);
  for (const algo of [own, ...all]) await algo.ask({ op: "subscribe", channel: "orders" });
  const notices = ["alpha", "gamma"].map((algoId, index) => ({
    version: index + 1,
    order: order(algoId),
    risk: null,
  }));
  await market(env, "m1").publish(notices);
  for (const algo of all) await until(() => algo.of("order").length === 2);
  for (const algo of all) expect(algo.of("order").map(({ version }) => version)).toEqual([1, 2]);
  expect(own.of("order").map((frame) => frame.order.algoId)).toEqual(["alpha"]);
  expect(silent.of("order")).toEqual([]);
});

test("capacity and connections are refused with the limit's name, and change nothing", async () => {
  const manager = brokerManager(env, "paper");
  const { limits } = await manager.view();
  const tooMany = await manager.setFeed(limits.connections + 1);
  expect(tooMany).toMatchObject({ ok: false, error: { code: "CONNECTION_LIMIT" } });
  expect((await manager.view()).shards).toHaveLength(2);
});
