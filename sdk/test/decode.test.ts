import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeFrame } from "../src/decode.ts";

const ALIASES = new Map([
  [1, "NSE:INFY"],
  [2, "KRAKEN:BTC/USD"],
]);
const row = (over: Record<number, unknown> = {}): unknown[] => {
  const cells: unknown[] = [1, 1500.05, 10, 1500, 5, 1500.1, 7, 900, 111, 222, 3, 42, 0, "paper"];
  for (const [column, value] of Object.entries(over)) cells[Number(column)] = value;
  return cells;
};
const frame = (rows: unknown, over: object = {}): string =>
  JSON.stringify({ type: "t", epoch: 1, seq: 7, t: rows, ...over });

describe("decoding", () => {
  test("a compact row becomes the tick that the plain format would give", () => {
    expect(decodeFrame(frame([row()]), ALIASES)).toEqual({
      kind: "ticks",
      epoch: 1,
      seq: 7,
      ticks: [
        {
          instrument: "NSE:INFY",
          last: 1500.05,
          lastQuantity: 10,
          bid: 1500,
          bidQuantity: 5,
          ask: 1500.1,
          askQuantity: 7,
          volume: 900,
          exchangeTime: 111,
          receivedTime: 222,
          epoch: 3,
          seq: 42,
          late: false,
          provider: "paper",
          snapshot: false,
        },
      ],
    });
  });

  test("a missing field stays null, late and snapshot are told", () => {
    const text = frame([row({ 0: 2, 1: null, 7: null, 12: 1 })], { s: 1 });
    const decoded = decodeFrame(text, ALIASES);
    expect(decoded).toMatchObject({
      ticks: [
        { instrument: "KRAKEN:BTC/USD", last: null, volume: null, late: true, snapshot: true },
      ],
    });
  });

  test("a number after the provider is the open interest, an object the levels, each with or without the other", () => {
    const levels = { bids: [[1500, 5]], asks: [] };
    const decoded = decodeFrame(
      frame([row(), row({ 14: 12_500 }), row({ 14: levels }), row({ 14: 12_500, 15: levels })]),
      ALIASES,
    );
    const ticks = decoded.kind === "ticks" ? decoded.ticks : [];
    const [bare] = ticks;
    expect(ticks).toStrictEqual([
      bare,
      { ...bare, openInterest: 12_500 },
      { ...bare, depth: levels },
      { ...bare, openInterest: 12_500, depth: levels },
    ]);
    expect(decodeFrame(frame([row({ 14: "12500" })]), ALIASES).kind).toBe("unreadable");
    expect(decodeFrame(frame([row({ 14: null })]), ALIASES).kind).toBe("unreadable");
  });

  test("a plain tick frame is read as well", () => {
    const plain = { ...decodeFirst(), snapshot: undefined };
    const text = JSON.stringify({ type: "ticks", epoch: 1, seq: 7, ticks: [plain] });
    expect(decodeFrame(text, ALIASES)).toMatchObject({ kind: "ticks", ticks: [{ seq: 42 }] });
  });

  test.each([
    ["an alias nobody named", frame([row({ 0: 9 })])],
    ["levels that are none", frame([[...row(), { bids: [[1]], asks: [] }]])],
    ["a text for a price", frame([row({ 1: "1500" })])],
    ["a row cut short", frame([row().slice(0, 13)])],
    ["a tick without seq", frame([row({ 11: null })])],
    ["a tick without its provider", frame([row({ 13: 5 })])],
    ["a row that is no list", frame([{ last: 1 }])],
    ["a frame without its number", frame([row()], { seq: "7" })],
    ["no rows", frame(null)],
    ["no JSON", "{"],
  ])("%s is unreadable, and ticks may have been lost with it", (_what, text) => {
    expect(decodeFrame(text, ALIASES)).toMatchObject({ kind: "unreadable", ticksLost: true });
  });

  test("a frame of a newer platform is unreadable, but no tick is lost with it", () => {
    const text = JSON.stringify({ type: "fireworks", at: 1 });
    expect(decodeFrame(text, ALIASES)).toMatchObject({ kind: "unreadable", ticksLost: false });
  });

  test("levels of a book stand in one more column", () => {
    const depth = { bids: [[1574, 5]], asks: [[1575, 2]] };
    const decoded = decodeFrame(frame([[...row(), depth], row()]), ALIASES);
    const depths = decoded.kind === "ticks" ? decoded.ticks.map((tick) => tick.depth) : [];
    expect(depths).toEqual([depth, undefined]);
  });

  test("nothing that arrives makes it throw", () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((json) => frame(JSON.parse(json))),
    );
    fc.assert(
      fc.property(text, (input) => {
        expect(["ticks", "message", "unreadable"]).toContain(decodeFrame(input, ALIASES).kind);
      }),
    );
  });
});

function decodeFirst(): object {
  const decoded = decodeFrame(frame([row()]), ALIASES);
  const tick = decoded.kind === "ticks" ? decoded.ticks[0] : undefined;
  if (tick === undefined) throw new Error("the row was not read");
  return tick;
}
