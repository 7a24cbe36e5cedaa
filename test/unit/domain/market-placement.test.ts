import fc from "fast-check";
import { expect, test } from "vitest";
import { type MarketRoom, placeSocket } from "../../../src/domain/market-placement.ts";
import { RateMeter } from "../../../src/domain/rate-meter.ts";
import { utf8Bytes } from "../../../src/domain/utf8.ts";

const room = (market: string, sockets: number, placed = 0, isDraining = false): MarketRoom => ({
  market,
  sockets,
  placed,
  isDraining,
});

test("a socket goes to the first market with room, counting what is on its way, and to none that drains", () => {
  expect(placeSocket([room("m1", 2), room("m2", 0)], 3)).toBe("m1");
  expect(placeSocket([room("m1", 2, 1), room("m2", 0)], 3)).toBe("m2");
  expect(placeSocket([room("m1", 0, 0, true), room("m2", 2)], 3)).toBe("m2");
  expect(placeSocket([room("m1", 0, 0, true), room("m2", 3)], 3)).toBe(null);
});

test("however many come, no market is given more than its bound, and no more are opened than are needed", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 20 }),
      (coming, max) => {
        const rooms: MarketRoom[] = [room("m1", 0)];
        for (let n = 0; n < coming; n += 1) {
          const name = placeSocket(rooms, max) ?? `m${rooms.push(room(`m${rooms.length + 1}`, 0))}`;
          const placed = rooms.find(({ market }) => market === name);
          if (placed) placed.placed += 1;
        }
        for (const { placed } of rooms) expect(placed).toBeLessThanOrEqual(max);
        expect(rooms).toHaveLength(Math.ceil(coming / max));
      },
    ),
  );
});

test("a rate is over the time since the last look that was a second ago, however often somebody looks", () => {
  const meter = new RateMeter(0);
  expect(meter.read(50, 999)).toBe(0);
  expect(meter.read(50, 1_000)).toBe(50);
  expect(meter.read(999, 1_500)).toBe(50);
  expect(meter.read(250, 3_000)).toBe(100);
});

test("the bytes of a text are those that an encoder would make of it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(utf8Bytes(text)).toBe(new TextEncoder().encode(text).byteLength);
    }),
  );
});
