import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeFrame, laterPosition, TickGate } from "../src/sequence.ts";

const rank = ({ epoch, seq }: { epoch: number; seq: number }): number => epoch * 10 + seq;

describe("frame numbers", () => {
  test.each([
    [null, { epoch: 5, seq: 9 }, "next"],
    [{ epoch: 1, seq: 4 }, { epoch: 1, seq: 5 }, "next"],
    [{ epoch: 1, seq: 4 }, { epoch: 1, seq: 6 }, "hole"],
    [{ epoch: 1, seq: 4 }, { epoch: 1, seq: 4 }, "repeat"],
    [{ epoch: 1, seq: 4 }, { epoch: 1, seq: 3 }, "repeat"],
    [{ epoch: 1, seq: 4 }, { epoch: 2, seq: 1 }, "new_epoch"],
    [{ epoch: 2, seq: 1 }, { epoch: 1, seq: 5 }, "repeat"],
  ] as const)("after %j the frame %j is %s", (last, frame, verdict) => {
    expect(judgeFrame(last, frame)).toBe(verdict);
  });

  test("a position never goes back", () => {
    const position = fc.record({ epoch: fc.nat(3), seq: fc.nat(5) });
    fc.assert(
      fc.property(position, position, (a, b) => {
        expect(rank(laterPosition(a, b))).toBe(Math.max(rank(a), rank(b)));
      }),
    );
  });
});

describe("the gate", () => {
  test("any drops, doubles and reorderings leave a strictly rising seq for each instrument", () => {
    const tick = fc.record({ instrument: fc.constantFrom("A:A", "B:B", "C:C"), seq: fc.nat(30) });
    fc.assert(
      fc.property(fc.array(tick, { maxLength: 200 }), (arrived) => {
        const gate = new TickGate();
        const last = new Map<string, number>();
        for (const each of arrived) {
          const before = last.get(each.instrument) ?? -1;
          // Not one too few either: what is above the last one passes.
          expect(gate.passes(each)).toBe(each.seq > before);
          last.set(each.instrument, Math.max(before, each.seq));
        }
      }),
    );
  });
});
