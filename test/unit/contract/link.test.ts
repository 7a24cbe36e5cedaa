import fc from "fast-check";
import { expect, test } from "vitest";
import {
  aliasLine,
  compactRow,
  depthText,
  fieldsOfTick,
  gapLine,
  lateTickLine,
  type LinkGap,
  type LinkStatus,
  plainRow,
  ltpFields,
  markerLine,
  readLinkFrame,
  receivedTimeOfFields,
  seqOfFields,
  SNAPSHOT_LINE,
  statusLine,
  tickLine,
} from "../../../src/contract/link.ts";
import { tickView } from "../../../src/contract/market.ts";
import { INSTRUMENT_ID_PATTERN } from "../../../src/domain/instrument.ts";

const number = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: null });
const time = fc.integer({ min: 0, max: 2 ** 52 });
const openInterest = fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 });
const bareTick = fc.record({
  instrument: fc.stringMatching(INSTRUMENT_ID_PATTERN),
  last: number,
  lastQuantity: number,
  bid: number,
  bidQuantity: number,
  ask: number,
  askQuantity: number,
  volume: number,
  exchangeTime: fc.option(time, { nil: null }),
  receivedTime: time,
  provider: fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,31}$/),
  epoch: fc.nat(),
  seq: time,
  late: fc.boolean(),
});
const tick = fc.oneof(
  bareTick,
  fc.tuple(bareTick, openInterest).map(([one, open]) => ({ ...one, openInterest: open })),
);
const level = fc.tuple(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const depth = fc.record({ bids: fc.array(level), asks: fc.array(level) });
const gap: fc.Arbitrary<LinkGap> = fc.record({
  instruments: fc.array(fc.string()),
  from: time,
  to: time,
  reason: fc.string(),
});
const status: fc.Arbitrary<LinkStatus> = fc.record({
  subject: fc.constantFrom("instrument", "feed"),
  state: fc.constantFrom("live", "alarm", "connected", "disconnected"),
  instruments: fc.array(fc.string()),
  message: fc.string(),
});

function readAll(text: string) {
  const seen: unknown[] = [];
  readLinkFrame(text, {
    alias: (alias, instrument) => seen.push(["alias", alias, instrument]),
    tick: (alias, fields, isSnapshot, levels) =>
      seen.push(["tick", alias, fields, isSnapshot, ...(levels === null ? [] : [levels])]),
    lateTick: (alias, fields) => seen.push(["late", alias, fields]),
    gap: (value) => seen.push(["gap", value]),
    status: (value) => seen.push(["status", value]),
    bars: (value) => seen.push(["bars", value]),
    marker: (marker) => seen.push(["marker", marker]),
    unreadable: (line) => seen.push(["unreadable", line]),
  });
  return seen;
}

/** -0 has no JSON text. */
const plainZero = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;

test("a tick survives the link and stands whole in a plain frame", () => {
  fc.assert(
    fc.property(tick, (value) => {
      const fields = fieldsOfTick(value);
      const row: unknown = JSON.parse(plainRow(JSON.stringify(value.instrument), fields));
      expect(row).toEqual(plainZero(value));
      expect(tickView.safeParse(row).success).toBe(true);
      expect(seqOfFields(fields)).toBe(value.seq);
      expect(receivedTimeOfFields(fields)).toBe(value.receivedTime);
    }),
  );
});

test("open interest is the one column after the provider, and is left away where nobody gave it", () => {
  fc.assert(
    fc.property(bareTick, openInterest, (value, open) => {
      const without: unknown[] = JSON.parse(compactRow(3, fieldsOfTick(value)));
      const fields = fieldsOfTick({ ...value, openInterest: open });
      const row: unknown[] = JSON.parse(compactRow(3, fields));
      expect(without).toHaveLength(14);
      expect(row).toEqual([...without, plainZero(open)]);
      const levels = '{"bids":[[1,2]],"asks":[]}';
      expect(JSON.parse(compactRow(3, fields, levels))).toEqual([...row, JSON.parse(levels)]);
      expect(readAll(tickLine(3, fields, levels))).toEqual([["tick", 3, fields, false, levels]]);
    }),
  );
});

test("a late tick survives the link, and what is none is unreadable", () => {
  fc.assert(
    fc.property(fc.nat(), tick, (alias, value) => {
      const fields = fieldsOfTick({ ...value, late: true });
      expect(readAll(lateTickLine(alias, fields))).toEqual([["late", alias, fields]]);
    }),
  );
  for (const line of ["L", "L1", "Lx,1", "L,1"])
    expect(readAll(line)).toEqual([["unreadable", line]]);
});

test("a compact row is the alias and the fields in their order", () => {
  fc.assert(
    fc.property(fc.nat(), bareTick, (alias, value) => {
      const { late, provider, instrument: _, ...rest } = value;
      const order = [
        rest.last,
        rest.lastQuantity,
        rest.bid,
        rest.bidQuantity,
        rest.ask,
        rest.askQuantity,
        rest.volume,
        rest.exchangeTime,
        rest.receivedTime,
        rest.epoch,
        rest.seq,
      ];
      const row: unknown = JSON.parse(compactRow(alias, fieldsOfTick(value)));
      expect(row).toEqual(plainZero([alias, ...order, late ? 1 : 0, provider]));
    }),
  );
});

test("levels of a book survive the link and stand whole in both frames, and only where they belong", () => {
  fc.assert(
    fc.property(fc.nat(), tick, depth, (alias, value, book) => {
      const fields = fieldsOfTick(value);
      const text = depthText(book);
      expect(readAll(`1,2\n${tickLine(alias, fields, text)}\n3,4`)[1]).toEqual([
        "tick",
        alias,
        fields,
        false,
        text,
      ]);
      const plain: unknown = JSON.parse(plainRow(JSON.stringify(value.instrument), fields, text));
      expect(plain).toEqual(plainZero({ ...value, depth: book }));
      expect(tickView.safeParse(plain).success).toBe(true);
      const compact = JSON.parse(compactRow(alias, fields, text)) as unknown[];
      expect(compact.slice(0, -1)).toEqual(JSON.parse(compactRow(alias, fields)));
      expect(compact.at(-1)).toEqual(plainZero(book));
    }),
  );
});

test("who wants the last price alone gets no field of the book", () => {
  fc.assert(
    fc.property(tick, (value) => {
      const row: unknown = JSON.parse(plainRow('"X"', ltpFields(fieldsOfTick(value))));
      const none = { bid: null, bidQuantity: null, ask: null, askQuantity: null };
      expect(row).toEqual(plainZero({ ...value, ...none, instrument: "X" }));
    }),
  );
});

test("a frame is read line by line, in order", () => {
  const line = fc.oneof(
    fc.tuple(fc.nat(), tick, depth).map(([alias, value, book]) => ({
      text: tickLine(alias, fieldsOfTick(value), depthText(book)),
      read: ["tick", alias, fieldsOfTick(value), false, depthText(book)],
    })),
    fc.tuple(fc.nat(), tick).map(([alias, value]) => ({
      text: `${alias},${fieldsOfTick(value)}`,
      read: ["tick", alias, fieldsOfTick(value), false],
    })),
    fc
      .tuple(fc.nat(), fc.stringMatching(INSTRUMENT_ID_PATTERN))
      .map(([alias, id]) => ({ text: aliasLine(alias, id), read: ["alias", alias, id] })),
    gap.map((value) => ({ text: gapLine(value), read: ["gap", value] })),
    status.map((value) => ({ text: statusLine(value), read: ["status", value] })),
    fc.nat().map((n) => ({ text: markerLine(String(n)), read: ["marker", String(n)] })),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const seen = readAll(lines.map(({ text }) => text).join("\n"));
      expect(seen).toEqual(lines.map(({ read }) => read));
    }),
  );
});

test("ticks after the snapshot line are marked as such", () => {
  expect(readAll(`${SNAPSHOT_LINE}\n7,1,2`)).toEqual([["tick", 7, "1,2", true]]);
});

test("a line that cannot be read is told, and the rest of the frame stands", () => {
  const seen = readAll('Zwhat\nD7,1,2\nD,1,{"bids":\nG{"from":1}\nS{\nA,\n12\n\n3,ok');
  expect(seen).toEqual([
    ["unreadable", "Zwhat"],
    ["unreadable", "D7,1,2"],
    ["unreadable", 'D,1,{"bids":'],
    ["unreadable", 'G{"from":1}'],
    ["unreadable", "S{"],
    ["unreadable", "A,"],
    ["unreadable", "12"],
    ["tick", 3, "ok", false],
  ]);
});

test("no text makes the reader throw", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc
      .array(fc.constantFrom("A", "D", "G", "S", "H", "1", ",", "{", "}", "\n", '"'))
      .map((c) => c.join("")),
  );
  fc.assert(
    fc.property(text, (frame) => {
      expect(() => readAll(frame)).not.toThrow();
    }),
  );
});
