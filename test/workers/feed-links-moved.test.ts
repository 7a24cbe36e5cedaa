/** What a shard tells its markets of instruments that move to another shard, or to it from another. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LINK_OWED_MS_MAX } from "../../src/domain/feed-limits.ts";
import { heldLinks, pass, update } from "../support/workers/shard-links.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
});

afterEach(() => {
  vi.useRealTimers();
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
    const { book, links, sockets, sent, tick, breakLinks, heal } = await heldLinks([
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
  const { book, links, breakLinks } = await heldLinks([["market:m1", ["X:A"]]]);
  breakLinks();
  await pass(1_000);
  book.release("X:A", Date.now());
  await links.settle();
  links.set(new Map());
  expect(links.markets).toBe(1);
  await pass(LINK_OWED_MS_MAX + 5_000);
  expect(links.markets).toBe(0);
  const other = await heldLinks([["market:m2", ["X:A"]]]);
  other.breakLinks();
  other.links.set(new Map());
  expect(other.links.markets).toBe(0);
});

test.each([
  ["lives is told as live", { isLive: true }, "live"],
  ["is refused is told as alarmed", { isLive: false, alarm: "no room" }, "alarm"],
  ["has lost its connection is told as disconnected", { isLive: false }, "disconnected"],
])("an instrument that %s as a shard takes it over", async (_, stands, state) => {
  const { book, links, sent, forget } = await heldLinks([["market:m1", ["X:A"]]], {
    isStandby: true,
    feed: state === "disconnected" ? state : "connected",
  });
  expect(sent("market:m1").flatMap((text) => text.match(/^S/) ?? [])).toEqual([]);
  forget();
  Object.assign(book.held.get("X:A") ?? {}, stands);
  const handOver = { epoch: 9, after: null };
  const taken = { instrument: "X:A", mode: "quote", consumers: [], standby: false } as const;
  const wants = new Map([["market:m1" as const, new Map([["X:A", "quote" as const]])]]);
  for (const now of [7, 8]) {
    book.assign([{ ...taken, consumers: [], handOver }], [], now);
    links.set(wants);
  }
  // The market knows its name, and hears once how it stands now.
  expect(sent("market:m1")).toHaveLength(1);
  expect(sent("market:m1")[0]).toContain(`"state":"${state}"`);
});
