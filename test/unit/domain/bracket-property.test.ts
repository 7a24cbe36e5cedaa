/** A bracket under whatever order of news, losses and deaths: its exits are for what has filled, and no more. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  legId,
  newBracket,
  stepBracket,
  type Bracket,
  type BracketAction,
  type BracketEvent,
  type LegName,
} from "../../../src/domain/bracket.ts";

const entry = (filled: string, ended = false): BracketEvent => ({ kind: "entry", filled, ended });

/**
 * A broker and a gateway in miniature: what is asked for is done late, twice or not at all before the
 * next look, legs fill whenever they like while they stand, and every look tells whole figures.
 */
interface Standing {
  quantity: number;
  filled: number;
  status: "open" | "ended" | "failed";
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("look" as const), skip: fc.nat({ max: 7 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("fillEntry" as const),
      by: fc.integer({ min: 1, max: 5 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("fillLeg" as const),
      at: fc.nat(),
      by: fc.integer({ min: 1, max: 20 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("most" as const),
      pair: fc.integer({ min: 1, max: 4 }),
      most: fc.nat({ max: 6 }),
      closed: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("endEntry" as const) }) },
);

function play(steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[]) {
  let bracket = newBracket("e");
  let filled = 0;
  let ended = false;
  const legs = new Map<string, Standing & { pair: number; leg: LegName }>();
  let told = 0;
  const look = (skip: number): void => {
    // The gateway's memory is the stored bracket alone: it is read back each time.
    bracket = JSON.parse(JSON.stringify(bracket)) as Bracket;
    let actions: BracketAction[] = [];
    const take = (event: BracketEvent): void => {
      ({ bracket, actions } = stepBracket(bracket, event));
      told += actions.filter(({ kind }) => kind === "tell").length;
    };
    take(entry(String(filled), ended));
    for (const each of legs.values())
      take({
        kind: "leg",
        pair: each.pair,
        leg: each.leg,
        status: each.status,
        quantity: String(each.quantity),
        filled: String(each.filled),
      });
    // Dies before some of it, and does the first twice.
    for (const action of [...actions.slice(0, 1), ...actions.slice(0, skip)]) act(action);
  };
  const act = (action: BracketAction): void => {
    if (action.kind === "beyond") return;
    const key = legId("e", action.pair, action.leg);
    const known = legs.get(key);
    if (action.kind === "place" && !known)
      legs.set(key, {
        pair: action.pair,
        leg: action.leg,
        quantity: Number(action.quantity),
        filled: 0,
        status: "open",
      });
    if (!known || known.status !== "open") return;
    if (action.kind === "reduce") known.quantity = Math.max(known.filled, Number(action.quantity));
    if (action.kind === "reduce" && known.quantity === known.filled) known.status = "ended";
    if (action.kind === "cancel") known.status = "ended";
  };
  for (const each of steps) {
    if (each.do === "look") look(each.skip);
    if (each.do === "endEntry") ended = true;
    if (each.do === "fillEntry" && !ended) filled += each.by;
    if (each.do === "most") {
      const { pair, most, closed } = each;
      const closedAt = closed ? 5 : null;
      const event = { kind: "most", pair, most: String(most), closedAt } as const;
      ({ bracket } = stepBracket(bracket, event));
      look(7);
      look(7);
    }
    if (each.do === "fillLeg") {
      const open = [...legs.values()].filter(({ status }) => status === "open");
      const some = open[each.at % Math.max(1, open.length)];
      if (!some) continue;
      some.filled = Math.min(some.quantity, some.filled + each.by);
      if (some.filled === some.quantity) some.status = "ended";
      // A broker tells of a fill before the other leg can fill, too: the gateway looks.
      look(7);
      look(7);
    }
  }
  ended = true;
  for (let round = 0; round < 6; round += 1) look(7);
  return { bracket, legs: [...legs.values()], filled, told };
}

describe("whatever is lost, said twice or cut off in between", () => {
  test("the exits never close more than the entry has filled, and all of it has both of them", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { bracket, legs, filled, told } = play(steps);
        const closed = legs.reduce((sum, each) => sum + each.filled, 0);
        expect(closed).toBeLessThanOrEqual(filled);
        const covered = bracket.pairs.reduce((sum, pair) => sum + Number(pair.quantity), 0);
        const closedOtherwise = Number(bracket.closedOtherwise ?? 0);
        expect(covered + closedOtherwise).toBe(filled);
        expect(closed).toBeLessThanOrEqual(filled - closedOtherwise);
        for (const { number, quantity } of bracket.pairs) {
          const own = legs.filter(({ pair }) => pair === number);
          const left = Number(quantity) - own.reduce((sum, each) => sum + each.filled, 0);
          // What is open is open at both legs, and to the last lot; nothing stands for what is closed.
          const standing = own.filter(({ status }) => status === "open");
          expect(standing.map((each) => each.quantity - each.filled)).toEqual(
            left === 0 ? [] : [left, left],
          );
        }
        expect(told).toBe(0);
      }),
      { numRuns: 400 },
    );
  });
});
