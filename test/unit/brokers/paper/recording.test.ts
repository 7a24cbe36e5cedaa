import fc from "fast-check";
import { expect, test } from "vitest";
import { parseRecording } from "../../../../src/brokers/paper/recording.ts";
import type { RecordedTick } from "../../../../src/contract/paper.ts";

const HEADER = "instrument,time,price,quantity";
const csv = (...rows: string[]): string => [HEADER, ...rows].join("\n");
const ROW = "NSE:INFY,1762795433971,1500.05,10";
const TICK = { instrument: "NSE:INFY", time: 1762795433971, price: 1500.05, quantity: 10 };

test.each([
  ["CSV", "day.csv", csv(ROW)],
  ["CSV with carriage returns and a byte order mark", "day.csv", `\uFEFF${HEADER}\r\n${ROW}\r\n`],
  ["NDJSON", "day.ndjson", `${JSON.stringify(TICK)}\n\n`],
  ["JSON lines", "day.jsonl", JSON.stringify(TICK)],
  ["CSV by its header", "day.txt", csv(ROW)],
  ["NDJSON by its first character", "day", JSON.stringify(TICK)],
])("%s is read", (_, name, text) => {
  expect(parseRecording(name, text)).toEqual({ ok: true, value: [TICK] });
});

test.each([
  ["CSV", "day.csv", [`${HEADER},openInterest`, `${ROW},12500`, `${ROW},`].join("\n")],
  [
    "NDJSON",
    "day.ndjson",
    [{ ...TICK, openInterest: 12_500 }, TICK].map((tick) => JSON.stringify(tick)).join("\n"),
  ],
])("open interest is read from %s where a tick has it", (_, name, text) => {
  const value = [{ ...TICK, openInterest: 12_500 }, TICK];
  expect(parseRecording(name, text)).toStrictEqual({ ok: true, value });
});

test.each([
  ["CSV", "day.csv", [`${HEADER},openInterest`, `${ROW},-1`].join("\n"), 2, /must not be below 0/],
  ["CSV", "day.csv", [`${HEADER},openInterest`, `${ROW},abc`].join("\n"), 2, /not "abc"/],
  ["CSV", "day.csv", [`${HEADER},openInterest`, ROW].join("\n"), 2, /has 4 fields, not 5/],
  ["CSV", "day.csv", csv(`${ROW},1`), 2, /has 5 fields, not 4/],
  ["NDJSON", "day.ndjson", JSON.stringify({ ...TICK, openInterest: null }), 1, /must be a number/],
  ["NDJSON", "day.ndjson", JSON.stringify({ ...TICK, openInterest: -1 }), 1, /not be below 0/],
])("%s with open interest that is none names the line", (_, name, text, line, message) => {
  expect(parseRecording(name, text)).toMatchObject({
    ok: false,
    error: { line, message: expect.stringMatching(message) },
  });
});

test("Kraken's answer is known by how it begins when the name does not tell", () => {
  const trade = ["105433.60000", "0.00027625", 1762795433.97, "b", "l", "", 1];
  const text = JSON.stringify({ error: [], result: { XBTUSDT: [trade], last: "1" } });
  expect(parseRecording("trades", text)).toMatchObject({ ok: true, value: [{ price: 105433.6 }] });
});

const at = (line: number, field: string | null, message: RegExp) => ({ line, field, message });

test.each([
  ["no header", ROW, at(1, null, /^line 1: must be the header/)],
  [
    "a price of 0",
    csv(ROW, "NSE:INFY,1762795433971,0,1"),
    at(3, "price", /^line 3: price must be above 0/),
  ],
  ["a word for a price", csv("NSE:INFY,1762795433971,abc,1"), at(2, "price", /not "abc"/)],
  ["an empty quantity", csv("NSE:INFY,1762795433971,1500.05,"), at(2, "quantity", /plain number/)],
  ["an exponent", csv("NSE:INFY,1762795433971,1e3,1"), at(2, "price", /plain number/)],
  ["a missing field", csv("NSE:INFY,1762795433971,1500.05"), at(2, null, /has 3 fields, not 4/)],
  [
    "an off-grid price",
    csv("NSE:INFY,1762795433971,1500.03,1"),
    at(2, "price", /multiple of 0.05/),
  ],
  [
    "an off-grid quantity",
    csv("NSE:INFY,1762795433971,1500.05,1.5"),
    at(2, "quantity", /multiple of 1/),
  ],
  [
    "an unlisted instrument",
    csv("NSE:NOPE,1762795433971,1,1"),
    at(2, "instrument", /the paper market has no NSE:NOPE/),
  ],
  ["no instrument at all", csv("infy,1762795433971,1,1"), at(2, "instrument", /EXCHANGE:SYMBOL/)],
  ["half a millisecond", csv("NSE:INFY,1.5,1500.05,1"), at(2, "time", /whole milliseconds/)],
  [
    "a time before the last",
    csv(ROW, "NSE:INFY,1762795433970,1500.05,10"),
    at(3, "time", /before the tick above/),
  ],
])("CSV with %s names the line", (_, text, error) => {
  const parsed = parseRecording("day.csv", text);
  expect(parsed).toMatchObject({
    ok: false,
    error: { line: error.line, field: error.field, message: expect.stringMatching(error.message) },
  });
});

test("equal times are in order", () => {
  expect(parseRecording("day.csv", csv(ROW, ROW))).toMatchObject({ ok: true });
});

test.each([
  ["broken JSON", '{"instrument":', null, /^line 2: not JSON/],
  ["a list", "[]", null, /must be an object/],
  ["a text for a price", JSON.stringify({ ...TICK, price: "1" }), "price", /must be a number/],
  ["no time", JSON.stringify({ ...TICK, time: undefined }), "time", /must be a number/],
  ["a field too many", JSON.stringify({ ...TICK, bid: 1 }), "bid", /bid is not a field/],
])("NDJSON with %s names the line", (_, line, field, message) => {
  const parsed = parseRecording("day.ndjson", `${JSON.stringify(TICK)}\n${line}`);
  expect(parsed).toMatchObject({
    ok: false,
    error: { line: 2, field, message: expect.stringMatching(message) },
  });
});

test.each([
  ["cut off", '{\n"error": [],\n"result": {', 3, /JSON/],
  ["with a comma too many", '{\n"error": [],,\n}', 2, /JSON/],
])("Kraken's answer %s names the line", (_, text, line, message) => {
  expect(parseRecording("trades.json", text)).toMatchObject({
    ok: false,
    error: { line, message: expect.stringMatching(message) },
  });
});

test.each(["day.csv", "day.ndjson", "trades.json"])("an empty %s is refused", (name) => {
  const empty =
    {
      "day.csv": HEADER,
      "day.ndjson": "\n",
      "trades.json": '{"error":[],"result":{"XBTUSDT":[],"last":"0"}}',
    }[name] ?? "";
  expect(parseRecording(name, empty)).toMatchObject({
    error: { message: "the recording holds no ticks" },
  });
});

test("what is read back from CSV and NDJSON is what was written", () => {
  const ticks = fc
    .array(
      fc.record({
        instrument: fc.constantFrom("NSE:INFY", "NSE:TCS"),
        step: fc.nat(1_000),
        price: fc.integer({ min: 1, max: 1_000_000 }),
        quantity: fc.integer({ min: 1, max: 100_000 }),
      }),
      { minLength: 1 },
    )
    .map((rows) => {
      let time = 1;
      return rows.map(({ step, price, ...rest }): RecordedTick => {
        time += step;
        return { ...rest, time, price: (price * 5) / 100 };
      });
    });
  fc.assert(
    fc.property(ticks, (value) => {
      const rows = value.map((t) => `${t.instrument},${t.time},${t.price},${t.quantity}`);
      const lines = value.map((tick) => JSON.stringify(tick)).join("\n");
      expect(parseRecording("day.csv", csv(...rows))).toEqual({ ok: true, value });
      expect(parseRecording("day.ndjson", lines)).toEqual({ ok: true, value });
    }),
  );
});

test("whatever a file holds, it is read or refused with a reason, and never throws", () => {
  const cell = fc.oneof(fc.string(), fc.constantFrom("NSE:INFY", "5", "1500.05", "-1", "1e400"));
  const lines = fc.array(fc.array(cell, { maxLength: 5 }).map((cells) => cells.join(",")));
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    lines.map((rows) => csv(...rows)),
  );
  fc.assert(
    fc.property(fc.constantFrom("a.csv", "a.ndjson", "a.json", "a"), text, (name, body) => {
      const parsed = parseRecording(name, body);
      expect(parsed.ok || parsed.error.message.length > 0).toBe(true);
    }),
    { numRuns: 500 },
  );
});
