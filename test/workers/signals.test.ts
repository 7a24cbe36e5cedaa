/** Signals: what algos publish reaches every subscriber on every market, each topic by one rising sequence. */
import { evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { Signals } from "../../durable-objects/market-manager.signals.ts";
import { MarketManagerStorage } from "../../durable-objects/market-manager.storage.ts";
import type { Caller } from "../../src/application/caller.ts";
import type { SignalView } from "../../src/contract/signals.ts";
import {
  SIGNAL_TOPICS_MAX,
  SIGNAL_VALUE_BYTES_MAX,
  SIGNALS_BURST_MAX,
} from "../../src/domain/market-limits.ts";
import { marketManager } from "../../src/platform/objects.ts";
import { type Algo, openAlgo, until } from "../support/workers/algo.ts";

vi.setConfig({ testTimeout: 40_000 });

afterEach(async () => {
  await reset();
});

const alpha: Caller = { kind: "algo", id: "k1", algoId: "alpha", scopes: ["read", "trade"] };
const reader: Caller = { kind: "algo", id: "k2", algoId: "beta", scopes: ["read"] };

const follow = (algo: Algo, ...topics: string[]) =>
  algo.ask({ op: "subscribe", channel: "signals", topics });
const seqs = (algo: Algo, topic: string) =>
  algo
    .of("signal")
    .filter((signal) => signal.topic === topic)
    .map(({ seq }) => seq);

/** A text whose JSON takes so many bytes. */
const text = (bytes: number) => "x".repeat(bytes - 2);

const publishAs = (by: string) => marketManager(env).publishSignal({ topic: "t", value: 1, by });

test("a value published on one market reaches the subscribers of every market, under one sequence", async () => {
  const [one, two] = [await openAlgo("", alpha), await openAlgo("", reader, "m2")];
  await follow(one, "regime", "pairs");
  await follow(two, "regime");
  expect(await one.ask({ op: "publish", topic: "regime", value: { calm: true } })).toMatchObject({
    type: "published",
    topic: "regime",
    seq: 1,
  });
  await one.ask({ op: "publish", topic: "pairs", value: 7 });
  await one.ask({ op: "publish", topic: "regime", value: null });
  await until(() => two.of("signal").length === 2);
  expect(two.of("signal")).toMatchObject([
    { topic: "regime", seq: 1, value: { calm: true }, by: "algo:alpha" },
    { topic: "regime", seq: 2, value: null, by: "algo:alpha" },
  ]);
  await until(() => one.of("signal").length === 3);
});

test("who comes later gets the last value of each topic first, also after an eviction of all", async () => {
  const algo = await openAlgo("", alpha);
  for (const value of [1, 2, 3]) await algo.ask({ op: "publish", topic: "regime", value });
  await evictDurableObject(env.MARKET_MANAGER.getByName("main"));
  const late = await openAlgo("", reader, "m2");
  const answer = await follow(late, "regime", "quiet");
  expect(answer).toMatchObject({ type: "subscribed", topics: ["regime", "quiet"] });
  expect(late.of("signal")).toMatchObject([{ topic: "regime", seq: 3, value: 3 }]);
  await evictDurableObject(env.MARKET.getByName("m2"), { webSockets: "hibernate" });
  await algo.ask({ op: "publish", topic: "regime", value: 4 });
  await until(() => seqs(late, "regime").includes(4));
});

test("a key that may not trade may listen and not publish; a topic and a value are bounded by name", async () => {
  const algo = await openAlgo("", reader);
  const refused = await algo.ask({ op: "publish", topic: "regime", value: 1 });
  expect(refused).toMatchObject({ type: "error", code: "FORBIDDEN" });
  const own = await openAlgo("", alpha);
  const fits = await own.ask({ op: "publish", topic: "a", value: text(SIGNAL_VALUE_BYTES_MAX) });
  expect(fits).toMatchObject({ type: "published" });
  const over = text(SIGNAL_VALUE_BYTES_MAX + 1);
  expect(await own.ask({ op: "publish", topic: "a", value: over })).toMatchObject({
    code: "BAD_REQUEST",
  });
  const deep = `${"[".repeat(30_000)}${"]".repeat(30_000)}`;
  own.send(`{"op":"publish","topic":"a","value":${deep}}`);
  await until(() => own.of("error").length === 2);
  expect(await own.ask({ op: "publish", topic: "A b", value: 1 })).toMatchObject({
    code: "BAD_REQUEST",
  });
  const signals = await marketManager(env).signals();
  expect(signals.map(({ topic, seq }) => [topic, seq])).toEqual([["a", 1]]);
});

test("one publisher's rate is bounded and named, and takes nothing from another's", async () => {
  const answers = await Promise.all(
    Array.from({ length: SIGNALS_BURST_MAX + 20 }, () => publishAs("algo:a")),
  );
  const refused = answers.filter(({ ok }) => !ok);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused[0]).toMatchObject({ error: { code: "RATE_LIMITED" } });
  expect(await publishAs("algo:b")).toMatchObject({ ok: true });
});

test("the topics there may be are bounded; those that are there take new values", async () => {
  await runInDurableObject(env.MARKET_MANAGER.getByName("main"), (_, { storage }) => {
    const signals = new Signals({
      storage: new MarketManagerStorage(storage),
      tell: async () => {},
      later: () => {},
    });
    let now = 0;
    const publish = (topic: string) =>
      signals.publish({ topic, value: 1, by: "a" }, (now += 1_000));
    for (let n = 0; n < SIGNAL_TOPICS_MAX; n += 1) expect(publish(`t${n}`).ok).toBe(true);
    expect(publish("another")).toMatchObject({ error: { code: "SIGNAL_LIMIT" } });
    expect(publish("t0")).toMatchObject({ ok: true, value: { seq: 2 } });
  });
});

/** Two markets that take or refuse what they are told, and what their subscribers then have seen. */
test("whatever fails and whoever dies, each market is told each topic's last value, and passing only what is newer rises strictly", async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("publish" as const), topic: fc.constantFrom("a", "b", "c") }),
    fc.record({ kind: fc.constant("down" as const), market: fc.constantFrom("m1", "m2") }),
    fc.record({ kind: fc.constant("up" as const), market: fc.constantFrom("m1", "m2") }),
    fc.record({ kind: fc.constantFrom("settle" as const, "evict" as const) }),
  );
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      run += 1;
      const stub = env.MARKET_MANAGER.getByName(`property-${run}`);
      await runInDurableObject(stub, async (_, { storage }) => {
        const down = new Set<string>();
        const told = new Map<string, SignalView[]>([
          ["m1", []],
          ["m2", []],
        ]);
        const make = () =>
          new Signals({
            storage: new MarketManagerStorage(storage),
            tell: async (market, signals) => {
              if (down.has(market)) throw new Error("down");
              told.get(market)?.push(...signals);
            },
            later: () => {},
          });
        let signals = make();
        for (const market of told.keys()) signals.follow(market, []);
        const last = new Map<string, number>();
        let now = 0;
        for (const one of steps) {
          now += 1_000;
          if (one.kind === "publish") {
            const answer = signals.publish({ topic: one.topic, value: now, by: "a" }, now);
            if (answer.ok) last.set(one.topic, answer.value.seq);
            void signals.settle();
          } else if (one.kind === "down") down.add(one.market);
          else if (one.kind === "up") down.delete(one.market);
          else if (one.kind === "evict") signals = make();
          else await signals.settle();
        }
        down.clear();
        await signals.settle();
        await signals.settle();
        for (const seen of told.values()) {
          const passed = new Map<string, number>();
          for (const { topic, seq } of seen)
            passed.set(topic, Math.max(seq, passed.get(topic) ?? 0));
          expect(passed).toEqual(last);
        }
      });
    }),
    { numRuns: 40 },
  );
});
