/** What the SDK does when the platform asks it to come back, forbids it to, or tells it again what it knows. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { until } from "../../test/support/until.ts";
import { CLOSE_KEY_REVOKED, CLOSE_MOVED } from "../../src/contract/stream.ts";
import { MOVES_IN_A_ROW_MAX } from "../src/limits.ts";
import { Topics } from "../src/topics.ts";
import { orderView } from "./support/views.ts";
import { startAlgo, startFake, startSubscribed } from "./support/start.ts";

const I = "NSE:INFY";
/** A pause that no test would wait out. */
const NEVER = { timing: { reconnectBaseDelayMs: 3_600_000, reconnectMaxDelayMs: 3_600_000 } };

const order = (n: number) => ({ ...orderView({ clientOrderId: `o-${n}` }), algoId: "test-algo" });
const orders = (socket: { received: { op: string }[] }) =>
  socket.received.filter(
    (request) => "channel" in request && request.op === "subscribe" && request.channel === "orders",
  );

const signal = (topic: string, seq: number) => ({
  type: "signal",
  topic,
  seq,
  value: seq,
  by: "algo:a",
  at: 1,
});

describe("a moved socket", () => {
  test("is opened again at once, with everything that was wanted, and no pause of a lost line", async () => {
    const platform = await startFake();
    const { seen } = await startAlgo(
      platform,
      (algo) => ({ onStart: () => algo.subscribe([I]) }),
      NEVER,
    );
    platform.socket.tick(I, { seq: 1 });
    await until("the tick", () => seen.ticks.length === 1);
    platform.socket.socket.close(CLOSE_MOVED, "m1 is drained");
    await until("the next socket", () => platform.sockets.length === 2);
    await until("the wish", () => platform.socket.ofTicks().length === 1);
    platform.socket.tick(I, { seq: 9 });
    await until("its tick", () => seen.ticks.length === 2);
    expect(seen.gaps).toMatchObject([{ provider: "stream", instruments: [I] }]);
  });

  test("that is moved again and again keeps the pauses of a lost line after a few times", async () => {
    const platform = await startFake();
    const { seen } = await startAlgo(platform, {}, NEVER);
    for (let moves = 1; moves <= MOVES_IN_A_ROW_MAX; moves += 1) {
      platform.socket.socket.close(CLOSE_MOVED, "again");
      await until("the next socket", () => platform.sockets.length === moves + 1);
    }
    await until("a welcome", () => platform.socket.received.length > 0);
    platform.socket.socket.close(CLOSE_MOVED, "again");
    await until("the loss", () => seen.lines.some((line) => line.includes("(attempt 1)")));
    expect(platform.sockets).toHaveLength(MOVES_IN_A_ROW_MAX + 1);
  });
});

test("a revoked key ends the algo, and nothing dials again", async () => {
  const platform = await startFake();
  const { ended } = await startSubscribed(platform, [I]);
  platform.socket.socket.close(CLOSE_KEY_REVOKED, "the key was revoked");
  await expect(ended).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  expect(platform.sockets).toHaveLength(1);
});

describe("order events", () => {
  test("are asked for from the version seen last, and each is told once", async () => {
    const platform = await startFake();
    const { seen } = await startAlgo(platform);
    expect(orders(platform.socket)).toEqual([
      { op: "subscribe", channel: "orders", requestId: "orders" },
    ]);
    for (const version of [3, 4])
      platform.socket.send({ type: "order", version, order: order(version) });
    await until("two orders", () => seen.orders.length === 2);
    platform.socket.socket.close(CLOSE_MOVED, "");
    await until("the next socket", () => platform.sockets.length === 2);
    await until("the request", () => orders(platform.socket).length === 1);
    expect(orders(platform.socket)[0]).toMatchObject({ since: 4 });
    for (const version of [3, 4, 5])
      platform.socket.send({ type: "order", version, order: order(version) });
    await until("the third order", () => seen.orders.length === 3);
    expect(seen.orders.map(({ clientOrderId }) => clientOrderId)).toEqual(["o-3", "o-4", "o-5"]);
  });
});

describe("signals", () => {
  test("are subscribed again on every socket, and rise strictly over all of them", async () => {
    const platform = await startFake();
    const got: string[] = [];
    await startAlgo(platform, (algo) => ({
      onStart: () => algo.subscribeSignals(["regime", "pairs"]),
      onSignal: ({ topic, seq }) => void got.push(`${topic} ${seq}`),
    }));
    for (const seq of [2, 1, 3]) platform.socket.send(signal("regime", seq));
    platform.socket.send(signal("other", 9));
    await until("two signals", () => got.length === 2);
    platform.socket.socket.close(CLOSE_MOVED, "");
    await until("the next socket", () => platform.sockets.length === 2);
    const topics = () =>
      platform.socket.received.filter((one) => "topics" in one && one.op === "subscribe");
    await until("the topics", () => topics().length === 1);
    expect(topics()[0]).toMatchObject({ channel: "signals", topics: ["regime", "pairs"] });
    for (const seq of [3, 4]) platform.socket.send(signal("regime", seq));
    await until("the next", () => got.length === 3);
    expect(got).toEqual(["regime 2", "regime 3", "regime 4"]);
  });

  test("whatever comes, in whatever order, what passes of a topic rises strictly and ends with its highest", () => {
    const seqs = fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.integer({ min: 1, max: 30 })));
    fc.assert(
      fc.property(seqs, (coming) => {
        const topics = new Topics();
        topics.add(["a", "b"]);
        const passed = new Map<string, number[]>();
        for (const [topic, seq] of coming)
          if (topics.passes({ topic, seq, value: null, by: "", at: 0 }))
            passed.set(topic, [...(passed.get(topic) ?? []), seq]);
        for (const [topic, list] of passed) {
          expect(list).toEqual([...new Set(list)].sort((a, b) => a - b));
          expect(list.at(-1)).toBe(
            Math.max(...coming.flatMap(([t, seq]) => (t === topic ? [seq] : []))),
          );
        }
      }),
    );
  });

  test("a name that is no topic, and one topic too many, are refused before anything is sent", () => {
    const topics = new Topics();
    expect(() => topics.add(["No Topic"])).toThrow("must be a topic");
    topics.add(Array.from({ length: 100 }, (_, n) => `t${n}`));
    expect(() => topics.add(["another"])).toThrow("at most 100");
    expect(topics.all).toHaveLength(100);
  });
});

test("lesson 51: an algo whose line is too slow is told so, and what it misses is never passed over in silence", async () => {
  const platform = await startFake();
  const told: boolean[] = [];
  const { seen } = await startAlgo(platform, (algo) => ({
    onStart: () => algo.subscribe([I]),
    onLagging: ({ on, by }) => void (by === "platform" && told.push(on)),
  }));
  const { socket } = platform;
  socket.tick(I, { seq: 1 });
  socket.send({ type: "lagging", epoch: 1, seq: 1, on: true, bufferedBytes: 9 });
  socket.seq = 40;
  socket.send({ type: "lagging", epoch: 1, seq: 40, on: false, bufferedBytes: 0 });
  socket.frame(40, [[I, { seq: 41 }]], true);
  await until("the snapshot", () => seen.ticks.length === 2);
  expect(told).toEqual([true, false]);
  // A step that nobody announced is a hole: it is told, and mended.
  socket.seq = 45;
  socket.tick(I, { seq: 47 });
  await until("the repair", () => socket.ofTicks().length === 2);
  expect(seen.gaps).toHaveLength(1);
});
