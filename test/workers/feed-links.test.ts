/** What leaves a shard: frames that are shared and joined, marks that are conflated, links that are opened again. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AGAIN_LINE, readLinkFrame } from "../../src/contract/link.ts";
import { COALESCE_MS_MAX, MARK_INTERVAL_MS } from "../../src/domain/limits.ts";
import { heldLinks, pass, update } from "../support/workers/shard-links.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
});

afterEach(() => {
  vi.useRealTimers();
});

test("the first tick after a quiet moment leaves at once, what follows is joined", async () => {
  const { sent, forget, tick } = await heldLinks([["market:m1", ["X:A"]]]);
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
  const { sent, forget, tick } = await heldLinks([
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
  const { sent, tick } = await heldLinks([["ledger:main", ["X:A", "X:B"]]]);
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
  const { sent, tick } = await heldLinks([["ledger:main", ["X:A"]]]);
  await pass(MARK_INTERVAL_MS);
  tick(update("X:A", 1, { last: null, bid: 10 }));
  await pass(2 * MARK_INTERVAL_MS);
  expect(sent("ledger:main")).toEqual([]);
});

test("a link that breaks is opened again, and begins with the gap, the names and the last ticks", async () => {
  const { sockets, sent, tick } = await heldLinks([["market:m1", ["X:A"]]]);
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

test("a market that asks again is told all that it was told when its link was opened, after the ticks before", async () => {
  const { book, sockets, sent, forget, tick } = await heldLinks([["market:m1", ["X:A", "X:B"]]]);
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
  const { links, sockets, sent, forget, tick } = await heldLinks([
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
