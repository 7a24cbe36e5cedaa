import fc from "fast-check";
import { expect, test } from "vitest";
import { HAND_OVER_UPDATES_MAX } from "../../../src/domain/limits.ts";
import { entry, heldBook, update } from "../../support/shard-book.ts";

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
      const hand = () => {
        const after = from.book.release("X:A").last;
        to.book.assign([entry("X:A", { handOver: { epoch: 9, after } })], [], 0);
        to.connect();
      };
      for (let n = 1; n <= all; n += 1) {
        if (n > startAt) to.book.take(update("X:A", n), n);
        if (n <= stopAt) from.book.take(update("X:A", n), n);
        if (n === stopAt) from.book.release("X:A");
        if (n > stopAt) from.book.take(update("X:A", n), n);
        if (n === takeAt) hand();
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
  const release = book.release("X:A");
  expect(release).toMatchObject({ epoch: 2, last: { volume: 1 } });
  book.assign([standing, entry("X:B")], [{ ...release, last: null }], 2);
  connect();
  book.take(update("X:A", 2), 2);
  expect(read().map(({ volume }) => volume)).toEqual([1]);
  expect(book.release("X:A")).toEqual(release);
  book.assign([entry("X:B")], [], 3);
  expect(book.release("X:A")).toEqual(release);
});

test("what was released stays silent in a book that begins anew", () => {
  const standing = entry("X:A", { handOver: { epoch: 2, after: null } });
  const release = { ...heldBook([standing]).book.release("X:A"), last: null };
  const { book, read, connect } = heldBook([]);
  book.assign([standing], [release], 2);
  book.openEpoch(5);
  connect();
  book.take(update("X:A", 2), 3);
  expect(read()).toEqual([]);
  expect(book.release("X:A")).toEqual(release);
});

test("a release ends with its hand-over: what is placed anew delivers through every assignment after", () => {
  const { book, read, connect } = heldBook([entry("X:A", { handOver: { epoch: 2, after: null } })]);
  const release = book.release("X:A");
  const anew = entry("X:A", { handOver: { epoch: 7, after: null } });
  for (const [n, more] of [[], [entry("X:B")]].entries()) {
    book.assign([anew, ...more], [release], n);
    connect();
    book.take(update("X:A", n), n);
  }
  expect(read().map(({ volume }) => volume)).toEqual([0, 1]);
});

test("a shard whose own connection is down when it takes over tells the gap", () => {
  const { book } = heldBook([entry("X:A", { standby: true })]);
  book.lose(5);
  expect(book.held.get("X:A")?.lostAt).toBe(null);
  book.assign([entry("X:A", { handOver: { epoch: 9, after: update("X:A", 1) } })], [], 7);
  expect(book.held.get("X:A")?.lostAt).toBe(7);
});

test("standby keeps a bounded number of updates", () => {
  const { book } = heldBook([entry("X:A", { standby: true })]);
  for (let n = 1; n <= HAND_OVER_UPDATES_MAX + 5; n += 1) book.take(update("X:A", n), n);
  expect(book.held.get("X:A")?.kept).toHaveLength(HAND_OVER_UPDATES_MAX);
});
