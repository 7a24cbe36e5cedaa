import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeRecording, RecordingEncoder } from "../../../src/domain/recording.ts";
import { type Tick, TICK_SEQ_PER_EPOCH, tickSeqBase } from "../../../src/domain/tick.ts";

const numbers = fc.option(fc.oneof(fc.nat(), fc.double({ noNaN: true }), fc.constant(1500.05)));

const tick: fc.Arbitrary<Tick> = fc
  .record({
    instrument: fc.constantFrom("NSE:INFY", "NSE:TCS", "KRAKEN:BTC/USD", "X:Ü"),
    last: numbers,
    lastQuantity: numbers,
    bid: numbers,
    bidQuantity: numbers,
    ask: numbers,
    askQuantity: numbers,
    volume: numbers,
    exchangeTime: numbers,
    provider: fc.constant("paper"),
    receivedTime: fc.nat({ max: 4_000_000_000_000 }),
    epoch: fc.nat({ max: 1_000_000 }),
    seq: fc.nat({ max: TICK_SEQ_PER_EPOCH - 1 }),
    late: fc.boolean(),
    openInterest: fc.option(
      fc.oneof(fc.nat(), fc.double({ noNaN: true, min: 0 }), fc.constant(1500.05)),
      { nil: undefined },
    ),
  })
  .map(({ openInterest, ...made }) => ({
    ...made,
    seq: tickSeqBase(made.epoch) + made.seq,
    ...(openInterest !== undefined && { openInterest }),
  }));

/** Four ticks, packed by the code that knew version 1 alone. */
const VERSION_1 = Uint8Array.from(
  atob(
    "VExSMQVwYXBlcgAITlNFOklORlkC7r/d7M1mBgL/AG4zMzMzM3CXQAAAIEEAgLtEAADgQGZmZmZmcJdAAAAQQQCAO0YAMP+67KZ5QgEOS1JBS0VOOkJUQy9VU0QCCgYCAwAAmpmZmZm9+UCYUSy3tBoyPwAAWPcwQmZmZmZmcJdAAABAQDMzMzMzcJdAAIw7RgBAArvspnlCAAOYAQIBz0wCzczMzMxvl0AAAIA/AGAAu+ymeUI=",
  ),
  (one) => one.charCodeAt(0),
);

function encode(ticks: readonly Tick[]): Uint8Array {
  const encoder = new RecordingEncoder("paper");
  for (const one of ticks) encoder.add(one, one);
  return encoder.finish();
}

describe("a recording", () => {
  test("gives back exactly what was put in, whatever the order and the holes", () => {
    fc.assert(
      fc.property(fc.array(tick, { maxLength: 60 }), (ticks) => {
        expect(decodeRecording(encode(ticks))).toStrictEqual({ ok: true, value: ticks });
      }),
    );
  });

  test("cut off anywhere is refused or is a shorter recording, and never throws", () => {
    const ticks = fc.sample(tick, { numRuns: 20, seed: 1 });
    const whole = encode(ticks);
    for (let length = 0; length < whole.length; length += 1) {
      const read = decodeRecording(whole.subarray(0, length));
      const value = read.ok ? read.value : [];
      expect(value).toEqual(ticks.slice(0, value.length));
    }
    expect(decodeRecording(whole.subarray(0, whole.length - 1)).ok).toBe(false);
  });

  test("of any bytes is read or refused, and never throws", () => {
    const start = [...encode([])];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, isStarted) => {
        const blob = isStarted ? new Uint8Array([...start, ...bytes]) : bytes;
        expect(typeof decodeRecording(blob).ok).toBe("boolean");
      }),
    );
  });

  test("of another version is refused by name", () => {
    const blob = encode([]);
    expect(decodeRecording(blob)).toEqual({ ok: true, value: [] });
    for (const other of [0x30, 0x33, 0x00]) {
      blob[3] = other;
      const error = "not a recording of version 1 or 2";
      expect(decodeRecording(blob)).toEqual({ ok: false, error });
    }
  });

  test("says of a tick only what changed: a price and a time are about twenty bytes", () => {
    const base = fc.sample(tick, { numRuns: 1, seed: 2 })[0];
    if (base === undefined) throw new Error("no sample");
    const ticks = Array.from({ length: 100 }, (_, n) => ({
      ...base,
      last: 100 + n * 0.05,
      exchangeTime: 1_760_000_000_000 + n,
      receivedTime: base.receivedTime + n,
      seq: tickSeqBase(base.epoch) + n + 1,
    }));
    expect((encode(ticks).length - encode(ticks.slice(0, 1)).length) / 99).toBeLessThan(23);
  });

  test("without open interest is as long as version 1, and one that stands still is told once for each instrument", () => {
    const rows = decodeRecording(VERSION_1);
    const old = rows.ok ? rows.value : [];
    expect(encode(old)).toHaveLength(VERSION_1.length);
    const open = old.map((one) => ({ ...one, openInterest: 12_500 }));
    const instruments = new Set(old.map(({ instrument }) => instrument)).size;
    expect(encode(open).length - VERSION_1.length).toBe(instruments * 5);
  });

  test("of version 1, as it was written when it was the only one, is read as it was meant", () => {
    const infy = { instrument: "NSE:INFY", provider: "paper" };
    const bare = { bid: null, bidQuantity: null, ask: null, askQuantity: null, volume: null };
    expect(decodeRecording(VERSION_1)).toStrictEqual({
      ok: true,
      value: [
        {
          ...infy,
          last: 1_500.05,
          lastQuantity: 10,
          bid: 1_500,
          bidQuantity: 7,
          ask: 1_500.1,
          askQuantity: 9,
          volume: 12_000,
          exchangeTime: 1_762_795_433_971,
          receivedTime: 1_762_795_433_975,
          epoch: 3,
          seq: 3_000_000_001,
          late: false,
        },
        {
          instrument: "KRAKEN:BTC/USD",
          provider: "paper",
          ...bare,
          last: 105_433.6,
          lastQuantity: 0.00027625,
          exchangeTime: null,
          receivedTime: 1_762_795_433_980,
          epoch: 3,
          seq: 3_000_000_001,
          late: false,
        },
        {
          ...infy,
          last: 1_500.1,
          lastQuantity: 3,
          bid: 1_500.05,
          bidQuantity: 7,
          ask: null,
          askQuantity: null,
          volume: 12_003,
          exchangeTime: 1_762_795_434_020,
          receivedTime: 1_762_795_434_024,
          epoch: 3,
          seq: 3_000_000_002,
          late: false,
        },
        {
          ...infy,
          ...bare,
          last: 1_499.95,
          lastQuantity: 1,
          exchangeTime: 1_762_795_433_990,
          receivedTime: 1_762_795_434_100,
          epoch: 4,
          seq: 4_000_000_001,
          late: true,
        },
      ],
    });
  });

  test("of version 1 has no rows with open interest, and one of unknown size is refused in any", () => {
    const one = { ...fc.sample(tick, { numRuns: 1, seed: 2 })[0], openInterest: 7 } as Tick;
    const blob = encode([one]);
    const sizeAt = blob.length - 5;
    expect(blob[sizeAt]).toBe(4);
    const wrongSize = blob.with(sizeAt, 5);
    const error = "row 1: open interest of no known size";
    expect(decodeRecording(wrongSize)).toEqual({ ok: false, error });
    const asOld = blob.with(3, 0x31);
    expect(decodeRecording(asOld)).toEqual({ ok: false, error: "row 1: unknown shape" });
  });
});
