import { expect, test } from "vitest";
import { Interest } from "../../../durable-objects/market.interest.ts";
import type { BrokerManagerPort, FeedWish } from "../../../src/application/ports.ts";
import { WATCHDOG_INTERVAL_MS } from "../../../src/domain/limits.ts";

/** A manager that takes at most `capacity` instruments and answers when the test lets it. */
function setUp(capacity = Infinity, strangers: string[] = []) {
  const declares: string[][] = [];
  const modes: Record<string, string>[] = [];
  let declared = "{}";
  let isDown = false;
  const failures: unknown[] = [];
  const retries: number[] = [];
  const begun: string[] = [];
  const declare = async (_consumer: string, wishes: FeedWish[]) => {
    if (isDown) throw new Error("down");
    const instruments = wishes.map(({ instrument }) => instrument);
    declares.push(instruments);
    modes.push(Object.fromEntries(wishes.map(({ instrument, mode }) => [instrument, mode])));
    await Promise.resolve();
    if (instruments.length > capacity)
      return { ok: false, error: { code: "SHARD_CAPACITY", message: "full", details: null } };
    const kept = instruments.filter((instrument) => !strangers.includes(instrument));
    const states = kept.map((instrument) => ({ instrument, state: "pending" }));
    return { ok: true, value: { instruments: states } };
  };
  const interest = new Interest({
    consumer: "market:m1",
    manager: () => ({ declare }) as unknown as BrokerManagerPort,
    aboveOf: () => 0,
    providerOf: () => "paper",
    begins: (instrument) => begun.push(instrument),
    declared: () => declared,
    saveDeclared: (text) => {
      declared = text;
    },
    failed: (error, retryMs) => {
      failures.push(error);
      retries.push(retryMs);
    },
  });
  return {
    interest,
    declares,
    modes,
    failures,
    retries,
    begun,
    declared: () => declared,
    setDown: (down: boolean) => {
      isDown = down;
    },
  };
}

const quotes = (...ids: string[]) => new Map(ids.map((id) => [id, "quote"] as const));

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

test("an instrument begins with the declare that first names it, and again once one without it was made", async () => {
  const { interest, begun } = setUp();
  await interest.acquire(quotes("X:A"));
  await interest.acquire(quotes("X:A", "X:B"));
  interest.release(quotes("X:A"));
  interest.release(quotes("X:A"));
  // Back before anybody heard that it was left: what was told of it holds.
  await interest.acquire(quotes("X:A"));
  expect(begun).toEqual(["X:A", "X:B"]);
  interest.release(quotes("X:A"));
  await settle();
  await interest.acquire(quotes("X:A"));
  expect(begun).toEqual(["X:A", "X:B", "X:A"]);
});

test("what many ask in one turn is one declare of everything", async () => {
  const { interest, declares } = setUp();
  const asked = Array.from({ length: 20 }, (_, index) => interest.acquire(quotes(`X:I${index}`)));
  expect((await Promise.all(asked)).every(({ ok }) => ok)).toBe(true);
  expect(declares.map(({ length }) => length)).toEqual([20]);
});

test("what comes in during a declare goes into the next one, together", async () => {
  const { interest, declares } = setUp();
  const first = interest.acquire(quotes("X:A"));
  await Promise.resolve();
  await Promise.resolve();
  await Promise.all([first, interest.acquire(quotes("X:B")), interest.acquire(quotes("X:C"))]);
  expect(declares).toEqual([["X:A"], ["X:A", "X:B", "X:C"]]);
});

test("an instrument is wanted until the last one lets it go", async () => {
  const { interest, declares } = setUp();
  await interest.acquire(quotes("X:A"));
  await interest.acquire(quotes("X:A"));
  interest.release(quotes("X:A"));
  await settle();
  expect(interest.size).toBe(1);
  interest.release(quotes("X:A"));
  await settle();
  expect(interest.size).toBe(0);
  expect(declares.at(-1)).toEqual([]);
  expect(interest.isDeclared()).toBe(true);
});

test("of many that ask together, only the one that does not fit is refused, and leaves nothing behind", async () => {
  const { interest, declares } = setUp(3);
  const small = [interest.acquire(quotes("X:A")), interest.acquire(quotes("X:B"))];
  const large = interest.acquire(quotes("X:C", "X:D", "X:E"));
  expect((await Promise.all(small)).map(({ ok }) => ok)).toEqual([true, true]);
  expect(await large).toMatchObject({ ok: false, error: { code: "SHARD_CAPACITY" } });
  await settle();
  expect(declares.at(-1)).toEqual(["X:A", "X:B"]);
  expect(interest.size).toBe(2);
  expect(interest.isDeclared()).toBe(true);
});

test("a manager that cannot be reached refuses for now; what holds is declared again later", async () => {
  const { interest, failures, setDown, declares } = setUp();
  await interest.acquire(quotes("X:A"));
  setDown(true);
  expect(await interest.acquire(quotes("X:B"))).toMatchObject({ error: { code: "UNAVAILABLE" } });
  await settle();
  // It may have arrived or not: until it is said again, nobody knows what is declared.
  expect(interest.isDeclared()).toBe(false);
  expect(failures.length).toBeGreaterThan(0);
  setDown(false);
  interest.redeclare();
  await settle();
  expect(declares.at(-1)).toEqual(["X:A"]);
  expect(interest.isDeclared()).toBe(true);
});

test("a declare that was cut off by an eviction is not taken for done", async () => {
  const { interest, declared } = setUp();
  const asked = interest.acquire(quotes("X:A"));
  await Promise.resolve();
  await Promise.resolve();
  const duringIt = declared();
  await asked;
  expect(duringIt).not.toBe(JSON.stringify({ paper: [{ instrument: "X:A", mode: "quote" }] }));
  expect(duringIt).not.toBe("{}");
  expect(declared()).toBe(JSON.stringify({ paper: [{ instrument: "X:A", mode: "quote" }] }));
});

const inMode = (mode: "ltp" | "quote" | "depth") => new Map([["X:A", mode] as const]);

test("the highest mode that anybody wants is declared, and a lower one when the last of them leaves", async () => {
  const { interest, modes } = setUp();
  await interest.acquire(inMode("ltp"));
  await interest.acquire(inMode("depth"));
  await interest.acquire(inMode("quote"));
  await interest.acquire(inMode("depth"));
  interest.release(inMode("depth"));
  await settle();
  interest.release(inMode("depth"));
  await settle();
  interest.release(inMode("quote"));
  await settle();
  interest.release(inMode("ltp"));
  await settle();
  const seen = modes.map((wishes) => wishes["X:A"] ?? "none");
  // The same declared twice in a row changes nothing.
  expect(seen.filter((mode, at) => mode !== seen[at - 1])).toEqual([
    "ltp",
    "depth",
    "quote",
    "ltp",
    "none",
  ]);
});

test("an instrument that its broker does not know is refused to who asks for it, and to nobody else", async () => {
  const { interest, declares } = setUp(Infinity, ["X:GONE"]);
  const [known, gone] = await Promise.all([
    interest.acquire(quotes("X:A")),
    interest.acquire(quotes("X:B", "X:GONE")),
  ]);
  expect(known).toMatchObject({ ok: true });
  expect(gone).toMatchObject({
    ok: false,
    error: { code: "UNKNOWN_INSTRUMENT", details: { instruments: ["X:GONE"] } },
  });
  await settle();
  expect(declares.at(-1)).toEqual(["X:A"]);
  expect(interest.isDeclared()).toBe(true);
});

test("an instrument that left the list of its broker is held by who has it, and takes nothing from the others", async () => {
  const strangers: string[] = [];
  const { interest } = setUp(Infinity, strangers);
  await interest.acquire(quotes("X:OPTION"));
  strangers.push("X:OPTION");
  expect(await interest.acquire(quotes("X:B"))).toMatchObject({ ok: true });
});

test("what is refused to nobody in particular is declared again before long", async () => {
  const { interest, failures, retries } = setUp(1);
  interest.add(quotes("X:A", "X:B"));
  interest.redeclare();
  await settle();
  expect(failures).toHaveLength(1);
  expect(retries).toEqual([WATCHDOG_INTERVAL_MS]);
  interest.remove(quotes("X:B"));
  interest.redeclare();
  await settle();
  expect(failures).toHaveLength(1);
  expect(interest.isDeclared()).toBe(true);
});
