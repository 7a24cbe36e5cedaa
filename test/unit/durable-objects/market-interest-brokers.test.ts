/** What a market wants of several brokers: each is told for itself, and none stands in another's way. */
import { expect, test } from "vitest";
import { Interest } from "../../../durable-objects/market.interest.ts";
import type { BrokerManagerPort, FeedWish } from "../../../src/application/ports.ts";
import { OBJECT_RETRY_MS } from "../../../src/domain/limits.ts";

/** Two brokers, each in the mood that the test says; `provider` says whose an instrument is, else a's. */
function setUp() {
  const moods: Record<string, "well" | "full" | "down" | "silent"> = { a: "well", b: "well" };
  const provider: Record<string, string> = {};
  const declares: string[] = [];
  const begun: string[] = [];
  const retries: number[] = [];
  let declared = "{}";
  const manager = (broker: string) =>
    ({
      declare: async (_consumer: string, wishes: FeedWish[]) => {
        const ids = wishes.map(({ instrument }) => instrument);
        declares.push(`${broker}: ${ids.join(" ")}`);
        const mood = moods[broker];
        if (mood === "down") throw new Error("overloaded");
        if (mood === "silent") return new Promise(() => {});
        if (mood === "full" && ids.length > 0)
          return { ok: false, error: { code: "SHARD_CAPACITY", message: "full", details: null } };
        const instruments = ids.map((instrument) => ({ instrument, state: "pending" }));
        return { ok: true, value: { instruments } };
      },
    }) as unknown as BrokerManagerPort;
  const make = () =>
    new Interest({
      consumer: "market:m1",
      manager,
      aboveOf: () => 0,
      providerOf: (instrument) => provider[instrument] ?? "a",
      begins: (instrument) => begun.push(instrument),
      declared: () => declared,
      saveDeclared: (text) => (declared = text),
      failed: (_error, retryMs) => retries.push(retryMs),
    });
  return { interest: make(), make, moods, provider, declares, begun, retries };
}

const quotes = (...ids: string[]) => new Map(ids.map((id) => [id, "quote"] as const));

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

test("a broker without room, without a manager or without an answer refuses and holds up nobody else's", async () => {
  for (const mood of ["full", "down", "silent"] as const) {
    const { interest, moods, provider, declares } = setUp();
    await interest.acquire(quotes("X:A"));
    // It is ranked to a broker that cannot take it.
    moods["b"] = mood;
    provider["X:A"] = "b";
    interest.redeclare();
    expect(await interest.acquire(quotes("X:NEW"))).toMatchObject({ ok: true });
    interest.release(quotes("X:NEW"));
    await settle();
    expect(declares.findLast((text) => text.startsWith("a"))).toBe("a: ");
    // Until it has taken it, it has to be told again.
    expect(interest.isDeclared()).toBe(false);
  }
});

test("who asks for instruments of two brokers is refused when one of them refuses, and leaves nothing at the other", async () => {
  const { interest, moods, provider, declares } = setUp();
  provider["X:B"] = "b";
  moods["b"] = "full";
  const refused = await interest.acquire(quotes("X:A", "X:B"));
  expect(refused).toMatchObject({ ok: false, error: { code: "SHARD_CAPACITY" } });
  await settle();
  expect(interest.size).toBe(0);
  expect(declares.slice(-2)).toEqual(["a: ", "b: "]);
  expect(interest.isDeclared()).toBe(true);
});

test("only the broker that failed is told again, also after an eviction", async () => {
  const { interest, make, moods, provider, declares, retries } = setUp();
  provider["X:B"] = "b";
  moods["b"] = "down";
  interest.add(quotes("X:A", "X:B"));
  interest.redeclare();
  await settle();
  expect(retries).toEqual([OBJECT_RETRY_MS]);
  declares.length = 0;
  interest.redeclare();
  await settle();
  expect(declares).toEqual(["b: X:B"]);
  moods["b"] = "well";
  const again = make();
  again.add(quotes("X:A", "X:B"));
  expect(again.isDeclared()).toBe(false);
  again.redeclare();
  await settle();
  expect(declares.at(-1)).toBe("b: X:B");
  expect(again.isDeclared()).toBe(true);
});

test("an instrument that goes over to another broker does not begin anew, whichever hears of it first", async () => {
  const { interest, moods, provider, begun } = setUp();
  provider["X:B"] = "b";
  await interest.acquire(quotes("X:A", "X:B"));
  moods["b"] = "down";
  provider["X:A"] = "b";
  interest.redeclare();
  await settle();
  moods["b"] = "well";
  interest.redeclare();
  await settle();
  expect(interest.isDeclared()).toBe(true);
  expect(begun).toEqual(["X:A", "X:B"]);
});

test("an instrument that goes over to another broker while its subscribe waits is asked for there", async () => {
  const { interest, provider } = setUp();
  const first = interest.acquire(quotes("X:A"));
  const waiting = interest.acquire(quotes("X:C"));
  provider["X:C"] = "b";
  expect(await waiting).toMatchObject({ ok: true });
  expect(await first).toMatchObject({ ok: true });
});

test("how those stand that are held already is answered with those that are new", async () => {
  const { interest, provider } = setUp();
  provider["X:B"] = "b";
  await interest.acquire(quotes("X:B"));
  const outcome = await interest.acquire([], ["X:B"]);
  expect(outcome.ok && outcome.value.get("X:B")).toBe("pending");
  expect(interest.size).toBe(1);
});
