import fc from "fast-check";
import { expect, test } from "vitest";
import type { TickBook } from "../../../durable-objects/feed-shard.book.ts";
import { wasEvicted } from "../../../durable-objects/feed-shard.hand-over.ts";
import { endGap, goLive } from "../../../durable-objects/feed-shard.held.ts";
import type { Release } from "../../../src/application/ports.ts";
import { HAND_OVER_UPDATES_MAX } from "../../../src/domain/limits.ts";
import type { MarketUpdate } from "../../../src/domain/tick.ts";
import { entry, heldBook, update } from "../../support/shard-book.ts";

const hand = (
  book: TickBook,
  { last: after, wholeUntil }: Pick<Release, "last" | "wholeUntil">,
  now: number,
) => book.assign([entry("X:A", { handOver: { epoch: 9, after, wholeUntil } })], [], now);

const at = (exchangeTime: number, more: Partial<MarketUpdate> = {}) => ({
  ...update("X:A", 1),
  exchangeTime,
  ...more,
});

const lostAt = (book: TickBook) => book.held.get("X:A")?.lostAt;

const volumes = (read: () => { volume: number }[]) => read().map(({ volume }) => volume);

test("between release and hand-over nothing is lost and nothing is told twice, wherever it is cut", () => {
  const cut = fc.record({
    all: fc.integer({ min: 1, max: 40 }),
    began: fc.nat(),
    released: fc.nat(),
    taken: fc.nat(),
  });
  fc.assert(
    fc.property(cut, ({ all, began, released, taken }) => {
      const from = heldBook([entry("X:A")]);
      const to = heldBook([entry("X:A", { standby: true })]);
      // The new shard began to listen before the old one stopped, and took over after that.
      const stopAt = 1 + (released % all);
      const startAt = began % stopAt;
      const takeAt = stopAt + (taken % (all - stopAt + 1));
      const handOver = () => {
        hand(to.book, from.book.release("X:A", all), all);
        to.connect();
        expect(lostAt(to.book)).toBe(null);
      };
      for (let n = 1; n <= all; n += 1) {
        if (n > startAt) to.book.take(update("X:A", n), n);
        if (n <= stopAt) from.book.take(update("X:A", n), n);
        if (n === stopAt) from.book.release("X:A", n);
        if (n > stopAt) from.book.take(update("X:A", n), n);
        if (n === takeAt) handOver();
      }
      const out = [...from.read(), ...to.read()];
      expect(out.map(({ volume }) => volume)).toEqual(
        Array.from({ length: all }, (_, index) => index + 1),
      );
      expect(out.every(({ seq }, index) => index === 0 || seq > (out[index - 1]?.seq ?? 0))).toBe(
        true,
      );
    }),
    { numRuns: 300 },
  );
});

test("a released instrument stays silent through other assignments, and answers the same again", () => {
  const standing = entry("X:A", { handOver: { epoch: 2, after: null } });
  const { book, read, connect } = heldBook([standing]);
  book.take(update("X:A", 1), 1);
  const release = book.release("X:A", 1);
  expect(release).toMatchObject({ epoch: 2, last: { volume: 1 } });
  book.assign([standing, entry("X:B")], [{ ...release, last: null }], 2);
  connect();
  book.take(update("X:A", 2), 2);
  expect(read().map(({ volume }) => volume)).toEqual([1]);
  expect(book.release("X:A", 1)).toEqual(release);
  book.assign([entry("X:B")], [], 3);
  expect(book.release("X:A", 1)).toEqual(release);
});

test("what was released stays silent in a book that begins anew", () => {
  const standing = entry("X:A", { handOver: { epoch: 2, after: null } });
  const release = { ...heldBook([standing]).book.release("X:A", 1), last: null };
  const { book, read, connect } = heldBook([]);
  book.assign([standing], [release], 2);
  book.openEpoch(5);
  connect();
  book.take(update("X:A", 2), 3);
  expect(read()).toEqual([]);
  expect(book.release("X:A", 1)).toEqual(release);
});

test("a release ends with its hand-over: what is placed anew delivers through every assignment after", () => {
  const { book, read, connect } = heldBook([entry("X:A", { handOver: { epoch: 2, after: null } })]);
  const release = book.release("X:A", 1);
  const anew = entry("X:A", { handOver: { epoch: 7, after: null } });
  for (const [n, more] of [[], [entry("X:B")]].entries()) {
    book.assign([anew, ...more], [release], n);
    connect();
    book.take(update("X:A", n), n);
  }
  expect(read().map(({ volume }) => volume)).toEqual([0, 1]);
});

test("a shard whose own connection is down when it takes over tells the gap from when the other let go", () => {
  const { book } = heldBook([entry("X:A", { standby: true })]);
  book.lose(5);
  expect(lostAt(book)).toBe(null);
  hand(book, { last: update("X:A", 1), wholeUntil: 6 }, 7);
  expect(lostAt(book)).toBe(6);
});

test("what no connection had while the old shard's was down is told as a gap from then", () => {
  const old = heldBook([entry("X:A")]);
  for (const n of [1, 2]) old.book.take(update("X:A", n), n);
  old.book.lose(2);
  // 3 to 5 are told by nobody; then the new shard begins to listen.
  const { book, read } = heldBook([entry("X:A", { standby: true })]);
  for (const n of [6, 7]) book.take(update("X:A", n), n);
  hand(book, old.book.release("X:A", 8), 8);
  expect(volumes(read)).toEqual([6, 7]);
  expect(lostAt(book)).toBe(2);
});

test("a shard that heard all since the other's last update has no gap, however long the other's line was down", () => {
  const old = heldBook([entry("X:A")]);
  const { book, read } = heldBook([entry("X:A", { standby: true })]);
  for (const n of [1, 2]) {
    old.book.take(update("X:A", n), n);
    book.take(update("X:A", n), n);
  }
  old.book.lose(2);
  for (const n of [3, 4]) book.take(update("X:A", n), n);
  hand(book, old.book.release("X:A", 8), 8);
  expect(volumes(read)).toEqual([3, 4]);
  expect(lostAt(book)).toBe(null);
});

test("a new line that was lost and came back between release and hand-over tells a gap from the release", () => {
  const { book, read } = heldBook([entry("X:A", { standby: true })]);
  for (const n of [1, 2, 3]) book.take(update("X:A", n), n);
  // The other one lets go at 5 and has told 4; number 5 comes while this line is down.
  book.lose(3);
  book.openEpoch(2);
  book.take(update("X:A", 6), 6);
  hand(book, { last: update("X:A", 4), wholeUntil: 5 }, 7);
  expect(volumes(read)).toEqual([6]);
  expect(lostAt(book)).toBe(5);
});

test("a quiet instrument that both shards had all the time has no gap", () => {
  const { book } = heldBook([entry("X:A", { standby: true })]);
  for (const held of book.held.values()) goLive(held, 3);
  hand(book, { last: update("X:A", 1), wholeUntil: 4 }, 5);
  expect(lostAt(book)).toBe(null);
});

test("more updates than standby keeps are a gap where the other had let go before the first kept", () => {
  const { book } = heldBook([entry("X:A", { standby: true })]);
  for (const held of book.held.values()) goLive(held, 0);
  for (let n = 1; n <= HAND_OVER_UPDATES_MAX + 9; n += 1) book.take(update("X:A", n), n);
  hand(book, { last: update("X:A", 2), wholeUntil: 3 }, HAND_OVER_UPDATES_MAX + 10);
  expect(lostAt(book)).toBe(3);
});

test("the gap of a move is told before what came after it", () => {
  const { book, group } = heldBook([entry("X:A", { standby: true })]);
  book.take(update("X:A", 6), 6);
  const handOver = { epoch: 9, after: update("X:A", 2), wholeUntil: 2 };
  book.assign([entry("X:A", { handOver })], [], 8, (lost) => {
    expect(lost.map(({ instrument }) => instrument)).toEqual(["X:A"]);
    group.lines.push("gap");
  });
  expect(group.lines.map((line) => line === "gap")).toEqual([true, false]);
});

test("what was let go and is given back misses what came meanwhile, and nothing if nothing came", () => {
  const [first, anew] = [2, 7].map((epoch) => entry("X:A", { handOver: { epoch, after: null } }));
  for (const came of [[4, 5], []]) {
    const { book } = heldBook(first ? [first] : []);
    book.take(update("X:A", 1), 1);
    const release = book.release("X:A", 3);
    for (const n of came) book.take(update("X:A", n), n);
    book.assign(anew ? [anew] : [], [release], 8);
    expect(lostAt(book)).toBe(came[0] ?? null);
  }
});

test("what was let go keeps its gap when data comes again: the shard after tells it", () => {
  const { book } = heldBook([entry("X:A")]);
  book.take(update("X:A", 1), 1);
  book.lose(2);
  const release = book.release("X:A", 3);
  for (const held of book.held.values()) endGap(held);
  expect([release.wholeUntil, lostAt(book)]).toEqual([2, 2]);
});

test("a shard that was evicted after it let go answers that it had all until its last checkpoint", () => {
  const standing = entry("X:A", { handOver: { epoch: 2, after: null } });
  const { book } = heldBook([]);
  book.assign([standing], [{ instrument: "X:A", epoch: 2, last: null, wholeUntil: 9 }], 20);
  for (const held of book.held.values()) wasEvicted(held, 4);
  expect(book.release("X:A", 30)).toMatchObject({ last: null, wholeUntil: 4 });
});

test("a shard that has told nothing since it took over hands on the last update of the one before", () => {
  const { book } = heldBook([entry("X:A", { standby: true })]);
  hand(book, { last: update("X:A", 4), wholeUntil: 5 }, 6);
  expect(book.release("X:A", 7)).toMatchObject({ last: { volume: 4 }, wholeUntil: 5 });
});

test("standby keeps a bounded number of updates", () => {
  const { book } = heldBook([entry("X:A", { standby: true })]);
  for (let n = 1; n <= HAND_OVER_UPDATES_MAX + 5; n += 1) book.take(update("X:A", n), n);
  expect(book.held.get("X:A")?.kept).toHaveLength(HAND_OVER_UPDATES_MAX);
});

test.each(["after", "before"])(
  "a recording that starts right %s a quiet instrument was handed over is told whole",
  (order) => {
    const now = 1_795_236_800_000;
    const recordedAt = now - 31_536_000_000;
    const { book, group } = heldBook([entry("X:A", { standby: true })]);
    // What the subscribe brought: the trade that the other shard told last, without its quantity.
    book.take(at(now, { lastQuantity: null }), now + 1);
    const steps = {
      handOver: () => hand(book, { last: at(now), wholeUntil: now + 2 }, now + 2),
      setClock: () => {
        book.clock.heard({ time: recordedAt, isSet: true }, now + 2);
        book.forgetLaterThan(recordedAt);
      },
    };
    if (order === "before") steps.setClock();
    steps.handOver();
    if (order === "after") steps.setClock();
    for (let n = 1; n <= 100; n += 1) book.take(at(recordedAt + n), now + 3 + n);
    expect(group.lines).toHaveLength(100);
  },
);
