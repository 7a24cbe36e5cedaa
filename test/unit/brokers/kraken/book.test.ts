import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { krakenChecksum, parseBookFrame } from "../../../../src/brokers/kraken/book.ts";
import { OrderBook } from "../../../../src/domain/order-book/order-book.ts";

/** A level as Kraken writes it: numbers, whose zeros at the end count. */
const row = ([price, quantity]: [string, string]) => `{"price":${price},"qty":${quantity}}`;

const frame = (
  type: "snapshot" | "update",
  bids: [string, string][],
  asks: [string, string][],
  checksum: number,
) =>
  `{"channel":"book","type":"${type}","data":[{"symbol":"BTC/USD","bids":[${bids.map(row).join()}],"asks":[${asks.map(row).join()}],"checksum":${checksum},"timestamp":"2026-11-21T07:00:00.250000Z"}]}`;

const BIDS: [string, string][] = [
  ["45283.5", "0.10000000"],
  ["45283.4", "1.54582015"],
  ["45282.1", "0.10000000"],
  ["45281.0", "0.10000000"],
  ["45280.3", "1.54592586"],
  ["45279.0", "0.07990000"],
  ["45277.6", "0.03310103"],
  ["45277.5", "0.30000000"],
  ["45277.3", "1.54602737"],
  ["45276.6", "0.15445238"],
];

const ASKS: [string, string][] = [
  ["45285.2", "0.00100000"],
  ["45286.4", "1.54571953"],
  ["45286.6", "1.54571109"],
  ["45289.6", "1.54560911"],
  ["45290.2", "0.15890660"],
  ["45291.8", "1.54553491"],
  ["45294.7", "0.04454749"],
  ["45296.1", "0.35380000"],
  ["45297.5", "0.09945542"],
  ["45299.5", "0.18772827"],
];

const strip = (text: string) => String(BigInt(text.replace(".", "")));

/** By zlib over the text, written out by hand: nothing of the code under test. */
const expected = (bids: [string, string][], asks: [string, string][]) => {
  const text = [...asks.slice(0, 10), ...bids.slice(0, 10)]
    .flatMap(([price, quantity]) => [strip(price), strip(quantity)])
    .join("");
  return zlibCrc32(text);
};

const follow = () => new OrderBook({ checksum: krakenChecksum });

const take = (book: OrderBook, text: string) => {
  const parsed = parseBookFrame(text);
  if (!parsed.ok) throw new Error(parsed.error.reason);
  return parsed.value.map((message) => book.take(message, 0));
};

test("the checksum of the example in Kraken's own guide comes out", () => {
  const book = follow();
  expect(take(book, frame("snapshot", BIDS, ASKS, 3_310_070_434))).toEqual([null]);
  expect(book.state).toBe("valid");
  expect(expected(BIDS, ASKS)).toBe(3_310_070_434);
});

test("a snapshot reads as levels with their text, their time and no number", () => {
  const parsed = parseBookFrame(frame("snapshot", [["1.50", "0.00010000"]], [], 7));
  expect(parsed).toEqual({
    ok: true,
    value: [
      {
        kind: "snapshot",
        instrument: "KRAKEN:BTC/USD",
        bids: [{ price: 1.5, quantity: 0.0001, priceText: "1.50", quantityText: "0.00010000" }],
        asks: [],
        first: null,
        last: null,
        checksum: 7,
        exchangeTime: Date.parse("2026-11-21T07:00:00.250Z"),
      },
    ],
  });
});

test("changes keep the checksum right: a level gone, a level new, and what falls below the depth", () => {
  const book = new OrderBook({ checksum: krakenChecksum, levelsMax: 10 });
  take(book, frame("snapshot", BIDS, ASKS, expected(BIDS, ASKS)));
  const bids: [string, string][] = [["45283.9", "0.25000000"], ...BIDS.slice(0, 9)];
  const change = frame("update", [["45283.9", "0.25000000"]], [], expected(bids, ASKS));
  expect(take(book, change)).toEqual([null]);
  const asks: [string, string][] = [...ASKS.slice(1), ["45300.0", "2.00000000"]];
  const gone: [string, string][] = [
    ["45285.2", "0.00000000"],
    ["45300.0", "2.00000000"],
  ];
  expect(take(book, frame("update", [], gone, expected(bids, asks)))).toEqual([null]);
  expect(book.bids.length).toBe(10);
});

test("a change that was lost shows at the next checksum", () => {
  const book = follow();
  take(book, frame("snapshot", BIDS, ASKS, expected(BIDS, ASKS)));
  const asks: [string, string][] = [["45285.2", "9.00000000"], ...ASKS.slice(1)];
  const bids: [string, string][] = [["45283.5", "0.20000000"], ...BIDS.slice(1)];
  // The change of the ask never came.
  const later = frame("update", [["45283.5", "0.20000000"]], [], expected(bids, asks));
  expect(take(book, later)).toEqual(["checksum"]);
  expect([book.state, book.askForResync(0)]).toEqual(["invalid", true]);
});

test("a quantity with fewer digits than usual is checked as it was written, not as it could be", () => {
  const short: [string, string][] = [["45283.5", "0.1000000"], ...BIDS.slice(1)];
  expect(expected(short, ASKS)).not.toBe(expected(BIDS, ASKS));
  expect(take(follow(), frame("snapshot", short, ASKS, expected(short, ASKS)))).toEqual([null]);
  expect(take(follow(), frame("snapshot", short, ASKS, expected(BIDS, ASKS)))).toEqual([
    "checksum",
  ]);
});

test("whatever arrives is a book or a failure, never an exception", () => {
  const whole = frame("snapshot", BIDS, ASKS, 1);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.nat(whole.length).map((length) => whole.slice(0, length)),
      ),
      (text) => {
        const parsed = parseBookFrame(text);
        expect(parsed.ok || parsed.error.sample.length <= 120).toBe(true);
      },
    ),
  );
  expect(parseBookFrame(whole.replace("45285.2", "1e5")).ok).toBe(false);
  expect(parseBookFrame(whole.replace("45285.2", '"45285.2x"')).ok).toBe(false);
});

const RECORDED = "../shared/fixtures/kraken";

/** The recorded frames that stand beside the project are not part of it; their own checksums are not to be trusted. */
test.skipIf(!existsSync(RECORDED))("recorded books beside the project read as books", () => {
  const frames = readdirSync(RECORDED).filter((name) => /^ws_book_.*\.json$/.test(name));
  expect(frames.length).toBeGreaterThan(0);
  for (const name of frames) {
    const parsed = parseBookFrame(readFileSync(join(RECORDED, name), "utf8"));
    expect(parsed.ok && parsed.value.every(({ bids, asks }) => bids.length + asks.length > 0)).toBe(
      true,
    );
    const book = new OrderBook();
    if (parsed.ok) for (const message of parsed.value) book.take(message, 0);
    expect(book.state).toBe("valid");
  }
});
