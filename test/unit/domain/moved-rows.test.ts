import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BOOK_KEPT_DAYS,
  BOOK_KEPT_DAYS_MAX,
  BOOK_KEPT_DAYS_MIN,
  BOOK_PARTS_LISTED_MAX,
  BOOK_PARTS_PER_PAGE,
  D1_BYTES_MAX,
  D1_TOLD_SHARE,
  EVENTS_KEPT_MS,
  GATEWAY_IDS_KEPT_MS,
  LEDGER_ORDER_KEPT_MS,
} from "../../../src/domain/archive-limits.ts";
import { idMark, MARK_BUCKETS, marksOf } from "../../../src/domain/id-marks.ts";
import {
  compareKeys,
  latestRows,
  namesOf,
  newestFirst,
  packRows,
  unpackRows,
  type MovedRow,
  type RowShape,
} from "../../../src/domain/moved-rows.ts";
import { REPORT_DAYS_MAX } from "../../../src/domain/report-limits.ts";
import { fullness, sizeText } from "../../../src/domain/tradebook-size.ts";

const DAY_MS = 86_400_000;

interface Row extends MovedRow {
  at: number;
  id: string;
  text: string;
}

const SHAPE: RowShape<Row> = { kind: "orders", key: ({ at, id }) => [at, id] };

/** Few ids, so that there are versions of the same row; of one id the time is always the same. */
const row: fc.Arbitrary<Row> = fc
  .record({
    id: fc.stringMatching(/^[ab]{1,2}$/),
    algoId: fc.constantFrom("x", "y"),
    instrument: fc.constantFrom("NSE:A", "NSE:B"),
    ledgerVersion: fc.nat(9),
    text: fc.string({ unit: "binary" }),
  })
  .map((each) => ({ ...each, at: each.id.length * 7 }));

const of = (algoId: string, instrument: string) => ({ algoId, instrument, ledgerVersion: 1 });

const versions = (list: Row[]) => list.map(({ id, ledgerVersion }) => `${id} ${ledgerVersion}`);

const rows = fc.array(row, { maxLength: 12 });

describe("a file of rows", () => {
  test("reads back as it was written, to the letter, one row a line", () => {
    fc.assert(
      fc.property(rows, (some) => {
        const text = packRows(some);
        expect(unpackRows(text)).toEqual(some);
        expect(text.split("\n")).toHaveLength(some.length + 1);
      }),
    );
  });

  test("says of whom it has rows, each once", () => {
    expect(namesOf([of("y", "NSE:B"), of("x", "NSE:B"), of("y", "NSE:A")])).toEqual({
      algos: ["x", "y"],
      instruments: ["NSE:A", "NSE:B"],
    });
  });
});

describe("rows of several files", () => {
  test("are each there once, as the latest version has them, wherever that was read", () => {
    fc.assert(
      fc.property(rows, (some) => {
        const latest = latestRows(SHAPE, some);
        expect(new Set(latest.map(({ id }) => id)).size).toBe(latest.length);
        for (const each of some) {
          const kept = latest.find(({ id }) => id === each.id);
          expect(kept?.ledgerVersion).toBeGreaterThanOrEqual(each.ledgerVersion);
        }
        expect(versions(latestRows(SHAPE, some.toReversed())).sort()).toEqual(
          versions(latest).sort(),
        );
      }),
    );
  });

  test("are listed newest first, and those of one time by their ids downwards", () => {
    const listed = newestFirst(SHAPE, [
      { at: 1, id: "b" },
      { at: 2, id: "a" },
      { at: 1, id: "c" },
    ] as Row[]);
    expect(listed.map(({ at, id }) => `${at}${id}`)).toEqual(["2a", "1c", "1b"]);
    // What a short page begins its successor with stands before every row of that time and after all later ones.
    expect(compareKeys([2, "a"], [3, ""])).toBeGreaterThan(0);
    expect(compareKeys([3, "a"], [3, ""])).toBeLessThan(0);
    expect(compareKeys([3, "a", "b"], [3, "a", "b"])).toBe(0);
  });
});

describe("the marks of ids", () => {
  const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,36}$/);

  test("tell of every id that left them", () => {
    fc.assert(
      fc.property(fc.array(id, { minLength: 1, maxLength: 40 }), (ids) => {
        const marks = new Map(marksOf(ids));
        for (const each of ids) {
          const { bucket, mark } = idMark(each);
          expect(bucket).toBeLessThan(MARK_BUCKETS);
          expect(marks.get(bucket)).toContain(mark);
        }
      }),
    );
  });

  test("of a day of a hundred thousand orders fill every row alike, and seldom tell of an order that is not there", () => {
    const ids = Array.from({ length: 100_000 }, (_, place) => `momentum-${place.toString(36)}`);
    const marks = new Map(marksOf(ids));
    const lengths = [...marks.values()].map((text) => text.length);
    expect(marks.size).toBe(MARK_BUCKETS);
    expect(Math.max(...lengths)).toBeLessThan(5 * 60);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(500_000);
    const others = Array.from({ length: 20_000 }, (_, place) => `reversion-${place}`);
    const taken = others.filter((other) => {
      const { bucket, mark } = idMark(other);
      return marks.get(bucket)?.includes(mark);
    });
    expect(taken.length).toBeLessThan(40);
  });
});

describe("bounds", () => {
  test("keep rows in D1 longer than anything asks for them there", () => {
    const least = BOOK_KEPT_DAYS_MIN * DAY_MS;
    for (const other of [EVENTS_KEPT_MS, LEDGER_ORDER_KEPT_MS, REPORT_DAYS_MAX * DAY_MS])
      expect(least).toBeGreaterThan(other);
    expect(BOOK_KEPT_DAYS * DAY_MS).toBeGreaterThan(GATEWAY_IDS_KEPT_MS);
    expect(BOOK_KEPT_DAYS).toBeLessThan(BOOK_KEPT_DAYS_MAX);
    expect(BOOK_PARTS_LISTED_MAX).toBeGreaterThan(BOOK_PARTS_PER_PAGE);
  });

  test("leave room: what is kept by default is not yet told of", () => {
    // 69 MB of orders and executions and 245 MB of events a day, see docs/retention.md.
    const kept = BOOK_KEPT_DAYS * 69e6 + (EVENTS_KEPT_MS / DAY_MS) * 245e6;
    expect(kept).toBeLessThan(D1_TOLD_SHARE * D1_BYTES_MAX);
  });

  test.each([
    [7_499_999_999, null],
    [7_500_000_000, "serious"],
    [8_999_999_999, "serious"],
    [9_000_000_000, "critical"],
  ])("%d bytes of D1 are told as %s", (bytes, told) => {
    expect(fullness(bytes)).toBe(told);
  });

  test("sizes are read by people", () => {
    expect(sizeText(1_254_000_000)).toBe("1.25 GB of 10");
  });
});
