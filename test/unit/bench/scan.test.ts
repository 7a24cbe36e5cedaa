import fc from "fast-check";
import { expect, test } from "vitest";
import { factsOf, plainRow } from "../../../bench/load/rows.ts";
import { NatsReader, readCompact, readRow } from "../../../bench/load/scan.ts";

type Seen = [alias: number, volume: number, time: number];

const collect = () => {
  const seen: Seen[] = [];
  return { seen, tick: (...tick: Seen) => void seen.push(tick) };
};

const ticks = fc.array(
  fc.tuple(fc.nat(5_000), fc.integer({ min: 1, max: 1e9 }), fc.nat({ max: 2e12 })),
  { maxLength: 40 },
);

const rowOf = ([alias, volume, time]: Seen): string =>
  plainRow(alias, factsOf(volume, time), volume, time);

test("every row of a compact frame is read", () => {
  fc.assert(
    fc.property(ticks, (wanted) => {
      const sink = collect();
      const rows = wanted.map(rowOf).join(",");
      const frame = `{"type":"t","epoch":3,"seq":7,"t":[${rows}]}`;
      expect(readCompact(Buffer.from(frame), sink)).toBe(true);
      expect(sink.seen).toEqual(wanted);
    }),
  );
});

test("snapshots and other frames are not ticks", () => {
  const sink = collect();
  const row = rowOf([1, 2, 3]);
  expect(readCompact(Buffer.from(`{"type":"t","epoch":3,"seq":7,"s":1,"t":[${row}]}`), sink)).toBe(
    false,
  );
  expect(readCompact(Buffer.from('{"type":"pong","time":1}'), sink)).toBe(false);
  expect(readCompact(Buffer.from("{}"), sink)).toBe(false);
  expect(sink.seen).toEqual([]);
});

test("a row that is cut off ends the reading instead of running on", () => {
  const row = Buffer.from(rowOf([12, 34, 56]));
  for (let length = 0; length < row.length; length += 1)
    expect(readRow(row.subarray(0, length), 0, collect())).toBeGreaterThanOrEqual(length);
});

test("messages of the NATS protocol are read however the frames cut them", () => {
  const cuts = fc.array(fc.nat(), { maxLength: 12 });
  fc.assert(
    fc.property(ticks, cuts, (wanted, places) => {
      const messages = wanted.map((tick, index) => {
        const row = rowOf(tick);
        const message = `MSG b.${tick[0]} ${tick[0] + 1} ${row.length}\r\n${row}\r\n`;
        return index % 5 === 0 ? `PING\r\n${message}` : message;
      });
      const bytes = Buffer.from(`INFO {}\r\n${messages.join("")}`);
      const at = [...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted(
        (a, b) => a - b,
      );
      const sink = collect();
      const controls: string[] = [];
      const reader = new NatsReader((line) => void controls.push(line));
      let from = 0;
      let completed = 0;
      for (const to of at) {
        completed += reader.read(bytes.subarray(from, to), sink);
        from = to;
      }
      expect(sink.seen).toEqual(wanted);
      expect(completed).toBe(wanted.length);
      expect(controls).toHaveLength(1 + Math.ceil(wanted.length / 5));
    }),
  );
});
