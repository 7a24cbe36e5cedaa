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
  })
  .map((made) => ({ ...made, seq: tickSeqBase(made.epoch) + made.seq }));

function encode(ticks: readonly Tick[]): Uint8Array {
  const encoder = new RecordingEncoder("paper");
  for (const one of ticks) encoder.add(one, one);
  return encoder.finish();
}

describe("a recording", () => {
  test("gives back exactly what was put in, whatever the order and the holes", () => {
    fc.assert(
      fc.property(fc.array(tick, { maxLength: 60 }), (ticks) => {
        expect(decodeRecording(encode(ticks))).toEqual({ ok: true, value: ticks });
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
    blob[3] = 0x32;
    expect(decodeRecording(blob)).toEqual({ ok: false, error: "not a recording of version 1" });
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
});
