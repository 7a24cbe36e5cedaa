/** What leaves a shard: frames that are shared and joined, marks that are conflated, links that are opened again. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TickBook } from "../../durable-objects/feed-shard.book.ts";
import { Links } from "../../durable-objects/feed-shard.links.ts";
import type { ConsumerId } from "../../src/application/ports.ts";
import { AGAIN_LINE, readLinkFrame } from "../../src/contract/link.ts";
import { LINK_OWED_MS_MAX } from "../../src/domain/feed-limits.ts";
import { COALESCE_MS_MAX, MARK_INTERVAL_MS } from "../../src/domain/limits.ts";
import type { MarketUpdate } from "../../src/domain/tick.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
});

afterEach(() => {
  vi.useRealTimers();
});

class FakeSocket extends EventTarget {
  readonly sent: string[] = [];
  accept(): void {}
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {}
  answer(text: string): void {
    this.dispatchEvent(new MessageEvent("message", { data: text }));
  }
  drop(): void {
    this.dispatchEvent(new Event("close"));
  }
}

const update = (instrument: string, n: number, more: Partial<MarketUpdate> = {}): MarketUpdate => ({
  instrument,
  last: 1_000 + n,
  lastQuantity: 1,
  bid: null,
  bidQuantity: null,
  ask: null,
  askQuantity: null,
  volume: n,
  exchangeTime: n,
  ...more,
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

async function setUp(interest: [ConsumerId, string[]][]) {
  const sockets = new Map<ConsumerId, FakeSocket[]>();
  let isUnreachable = false;
  const book = new TickBook("x", (held) => {
    held.isLive = true;
  });
  const instruments = [...new Set(interest.flatMap(([, list]) => list))];
  const handOver = { epoch: 1, after: null };
  const entry = { mode: "quote", consumers: [], standby: false, handOver } as const;
  book.openEpoch(1);
  book.assign(
    instruments.map((instrument) => ({ ...entry, consumers: [], instrument })),
    [],
    0,
  );
  const links = new Links(book, {
    dial: async (consumer) => {
      if (isUnreachable) throw new Error("the market does not answer");
      const socket = new FakeSocket();
      sockets.set(consumer, [...(sockets.get(consumer) ?? []), socket]);
      return socket as unknown as WebSocket;
    },
    listen: () => {},
    changed: () => {},
    feedState: () => ({ state: "connected", message: "open" }),
    provider: "x",
    log: () => {},
  });
  links.set(
    new Map(interest.map(([id, list]) => [id, new Map(list.map((one) => [one, "quote"]))])),
  );
  await pass(100);
  const sent = (consumer: ConsumerId) => sockets.get(consumer)?.at(-1)?.sent ?? [];
  const forget = () => {
    for (const list of sockets.values()) for (const socket of list) socket.sent.length = 0;
  };
  const tick = (...updates: MarketUpdate[]) => {
    for (const one of updates) book.take(one, Date.now());
    links.flushSoon(Date.now());
  };
  const breakLinks = () => {
    isUnreachable = true;
    for (const list of sockets.values()) list.at(-1)?.drop();
  };
  const heal = () => (isUnreachable = false);
  return { book, links, sockets, sent, forget, tick, breakLinks, heal };
}

test("the first tick after a quiet moment leaves at once, what follows is joined", async () => {
  const { sent, forget, tick } = await setUp([["market:m1", ["X:A"]]]);
  forget();
  tick(update("X:A", 1));
  expect(sent("market:m1")).toHaveLength(1);
  for (let n = 2; n < 6; n += 1) tick(update("X:A", n));
  expect(sent("market:m1")).toHaveLength(1);
  await pass(COALESCE_MS_MAX);
  expect(sent("market:m1").map((text) => text.split("\n").length)).toEqual([1, 4]);
  await pass(COALESCE_MS_MAX);
  tick(update("X:A", 6));
  expect(sent("market:m1")).toHaveLength(3);
});

test("markets with the same list get the same frames, others only what they want", async () => {
  const { sent, forget, tick } = await setUp([
    ["market:m1", ["X:A", "X:B"]],
    ["market:m2", ["X:B", "X:A"]],
    ["market:m3", ["X:B"]],
  ]);
  forget();
  tick(update("X:A", 1), update("X:B", 1));
  expect(sent("market:m1")).toEqual(sent("market:m2"));
  expect(sent("market:m1")[0]?.split("\n")).toHaveLength(2);
  expect(sent("market:m3")[0]?.split("\n")).toHaveLength(1);
});

test("the ledger gets the latest mark of what moved, at most once a second", async () => {
  const { sent, tick } = await setUp([["ledger:main", ["X:A", "X:B"]]]);
  await pass(MARK_INTERVAL_MS);
  const at = Date.now();
  tick(update("X:A", 1, { exchangeTime: at }));
  tick(update("X:A", 2, { exchangeTime: at }));
  tick(update("X:B", 7, { last: null, bid: 10, ask: 12, exchangeTime: at }));
  await pass(MARK_INTERVAL_MS - 1);
  const frames = () => sent("ledger:main").map((text) => JSON.parse(text) as unknown);
  expect(frames()).toEqual([
    { marks: [{ instrument: "X:A", price: 1_001, bid: null, ask: null, time: at, provider: "x" }] },
  ]);
  await pass(1);
  expect(frames()[1]).toEqual({
    marks: [
      { instrument: "X:A", price: 1_002, bid: null, ask: null, time: at, provider: "x" },
      { instrument: "X:B", price: 11, bid: 10, ask: 12, time: at, provider: "x" },
    ],
  });
  await pass(5 * MARK_INTERVAL_MS);
  expect(frames()).toHaveLength(2);
});

test("no price, no mark: nothing is made up", async () => {
  const { sent, tick } = await setUp([["ledger:main", ["X:A"]]]);
  await pass(MARK_INTERVAL_MS);
  tick(update("X:A", 1, { last: null, bid: 10 }));
  await pass(2 * MARK_INTERVAL_MS);
  expect(sent("ledger:main")).toEqual([]);
});

test("a link that breaks is opened again, and begins with the gap, the names and the last ticks", async () => {
  const { sockets, sent, tick } = await setUp([["market:m1", ["X:A"]]]);
  tick(update("X:A", 1));
  await pass(50);
  const brokenAt = Date.now();
  sockets.get("market:m1")?.[0]?.drop();
  tick(update("X:A", 2));
  await pass(5_000);
  expect(sockets.get("market:m1")).toHaveLength(2);
  const seen: unknown[] = [];
  for (const text of sent("market:m1"))
    readLinkFrame(text, {
      alias: (alias, instrument) => seen.push(["alias", alias, instrument]),
      tick: (alias, fields, isSnapshot) =>
        seen.push(["tick", alias, fields.split(",")[0], isSnapshot]),
      lateTick: () => {},
      gap: ({ instruments, from }) => seen.push(["gap", instruments, from]),
      bars: () => {},
      status: ({ state }) => seen.push(["status", state]),
      marker: () => {},
      unreadable: () => {},
    });
  expect(seen).toEqual([
    ["gap", ["X:A"], brokenAt],
    ["status", "connected"],
    ["alias", 1, "X:A"],
    ["tick", 1, "1002", true],
    ["status", "live"],
  ]);
});

const gapsIn = (frames: string[]) =>
  frames
    .filter((text) => text.startsWith("G"))
    .map(
      (text) => JSON.parse(text.slice(1)) as { instruments: string[]; from: number; to: number },
    );

test.each([
  ["all of a market's instruments", []],
  ["some of them", ["X:B"]],
])(
  "a market whose link is broken while %s move to another shard hears what it lost of them until then",
  async (_, stay) => {
    const { book, links, sockets, sent, tick, breakLinks, heal } = await setUp([
      ["market:m1", ["X:A", "X:B"].filter((id) => id === "X:A" || stay.includes(id))],
    ]);
    tick(update("X:A", 1));
    await pass(50);
    const from = Date.now();
    breakLinks();
    tick(update("X:A", 2));
    await pass(1_000);
    const to = Date.now();
    book.release("X:A", to);
    await links.settle();
    const handOver = { epoch: 1, after: null };
    const entry = { mode: "quote", consumers: [], standby: false, handOver } as const;
    book.assign(
      stay.map((instrument) => ({ ...entry, consumers: [], instrument })),
      [],
      to,
    );
    const wants = new Map(stay.map((id) => [id, "quote" as const]));
    links.set(new Map(stay.length > 0 ? [["market:m1", wants]] : []));
    await pass(5_000);
    heal();
    await pass(5_000);
    const told = gapsIn(sent("market:m1"));
    expect(told[0]).toMatchObject({ instruments: ["X:A"], from, to, isLinkOnly: true });
    expect(told.slice(1).map(({ instruments }) => instruments)).toEqual(stay.length ? [stay] : []);
    // Of a market that wants nothing more the shard lets go after that.
    expect(links.markets).toBe(stay.length);
    expect(sockets.get("market:m1")).toHaveLength(2);
  },
);

test("a market that stays away is not dialled for ever for a gap alone, and one that wants nothing more is owed none", async () => {
  const { book, links, breakLinks } = await setUp([["market:m1", ["X:A"]]]);
  breakLinks();
  await pass(1_000);
  book.release("X:A", Date.now());
  await links.settle();
  links.set(new Map());
  expect(links.markets).toBe(1);
  await pass(LINK_OWED_MS_MAX + 5_000);
  expect(links.markets).toBe(0);
  const other = await setUp([["market:m2", ["X:A"]]]);
  other.breakLinks();
  other.links.set(new Map());
  expect(other.links.markets).toBe(0);
});

test("a market that asks again is told all that it was told when its link was opened, after the ticks before", async () => {
  const { book, sockets, sent, forget, tick } = await setUp([["market:m1", ["X:A", "X:B"]]]);
  tick(update("X:A", 1));
  await pass(50);
  Object.assign(book.held.get("X:B") ?? {}, { isLive: false, alarm: "no room" });
  forget();
  tick(update("X:A", 2));
  // Waits to be joined with others.
  tick(update("X:A", 3));
  sockets.get("market:m1")?.[0]?.answer(AGAIN_LINE);
  const kinds = sent("market:m1").flatMap((text) => text.split("\n").map((line) => line[0]));
  expect(kinds).toEqual(["1", "1", "A", "A", "H", "1", "S", "S"]);
  expect(sent("market:m1").at(-1)).toContain("no room");
});

test("settling waits until every market has read all, but not for ever", async () => {
  const { links, sockets, sent, forget, tick } = await setUp([
    ["market:m1", ["X:A"]],
    ["market:m2", ["X:A"]],
  ]);
  forget();
  tick(update("X:A", 1));
  tick(update("X:A", 2));
  let isSettled = false;
  void links.settle().then(() => (isSettled = true));
  const marker = sent("market:m1").at(-1) ?? "";
  // The ticks have left before the question.
  expect(sent("market:m1")).toHaveLength(3);
  sockets.get("market:m1")?.[0]?.answer(marker);
  await pass(10);
  expect(isSettled).toBe(false);
  sockets.get("market:m2")?.[0]?.answer(marker);
  await pass(0);
  expect(isSettled).toBe(true);
  void links.settle().then(() => (isSettled = false));
  await pass(5_000);
  expect(isSettled).toBe(false);
});
