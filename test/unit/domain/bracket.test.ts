import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isPairClosed,
  isSettled,
  legId,
  newBracket,
  stepBracket,
  type Bracket,
  type BracketAction,
  type BracketEvent,
  type LegName,
} from "../../../src/domain/bracket.ts";

const entry = (filled: string, ended = false): BracketEvent => ({ kind: "entry", filled, ended });

const leg = (
  name: LegName,
  status: "open" | "ended" | "failed",
  { pair = 1, quantity = "10", filled = "0" } = {},
): BracketEvent => ({ kind: "leg", pair, leg: name, status, quantity, filled });

/** Takes events one after the other; answers what the last one asks for. */
function after(...events: BracketEvent[]): { bracket: Bracket; actions: BracketAction[] } {
  let bracket = newBracket("e-1");
  let actions: BracketAction[] = [];
  for (const event of events) ({ bracket, actions } = stepBracket(bracket, event));
  return { bracket, actions };
}

const kinds = (actions: BracketAction[]) =>
  actions.map((each) => (each.kind === "beyond" ? each.kind : `${each.kind} ${each.leg}`));

describe("whether a pair is closed", () => {
  const { bracket } = after(entry("10"), leg("stop", "open", { filled: "3" }));

  test.each([
    ["by neither, as far as is known", "3", "0", false],
    ["by one, but for a part", "9", "0", false],
    ["by one alone", "10", "0", true],
    ["by both together", "6", "4", true],
    ["by both, but for a part", "6", "3.5", false],
    ["by more than it is for", "10", "4", true],
    // The bracket knows of 3.
    ["by what an older word leaves out", "0", "7", true],
  ])("%s", (_, stop, target, closed) => {
    expect(isPairClosed(bracket, 1, { stop, target })).toBe(closed);
  });

  test("of one that is not known, nobody can say so", () => {
    expect(isPairClosed(bracket, 2, { stop: "10", target: "10" })).toBe(false);
  });
});

test("what was read together is taken in together: the fill of one exit tells that the end of the other leaves nothing open", () => {
  const { bracket } = after(entry("10", true));
  const stopped = leg("stop", "failed");
  const filled = leg("target", "ended", { filled: "10" });
  expect(stepBracket(bracket, stopped, filled).actions).toEqual([]);
  expect(kinds(stepBracket(bracket, stopped).actions)).toContain("tell stop");
});

describe("what a bracket asks for", () => {
  test("nothing before its entry has filled, and nothing when it ends without a fill", () => {
    expect(after(entry("0")).actions).toEqual([]);
    const { bracket, actions } = after(entry("0"), entry("0", true));
    expect(actions).toEqual([]);
    expect(isSettled(bracket)).toBe(true);
  });

  test("the stop first, then the target, for what has filled", () => {
    const { actions } = after(entry("4"));
    expect(actions).toEqual([{ kind: "place", pair: 1, leg: "stop", quantity: "4" }]);
    const next = after(entry("4"), leg("stop", "open", { quantity: "4" }));
    expect(next.actions).toEqual([{ kind: "place", pair: 1, leg: "target", quantity: "4" }]);
  });

  test("a second pair for a later fill, of its size", () => {
    const { actions } = after(
      entry("4"),
      leg("stop", "open", { quantity: "4" }),
      leg("target", "open", { quantity: "4" }),
      entry("10"),
    );
    expect(actions).toEqual([{ kind: "place", pair: 2, leg: "stop", quantity: "6" }]);
  });

  describe("when less than its pair is there to be closed", () => {
    const open = [entry("10", true), leg("stop", "open"), leg("target", "open")];
    const most = (units: string, closed: boolean): BracketEvent => ({
      kind: "most",
      pair: 1,
      most: units,
      closed,
    });

    test("both exits are made smaller, and what was closed otherwise gets none", () => {
      const { bracket, actions } = after(...open, most("6", true));
      expect(actions).toEqual([
        { kind: "reduce", pair: 1, leg: "stop", quantity: "6" },
        { kind: "reduce", pair: 1, leg: "target", quantity: "6" },
      ]);
      expect(stepBracket(bracket, entry("10", true)).bracket).toMatchObject({
        closedOtherwise: "4",
        pairs: [{ quantity: "6" }],
      });
    });

    test("what can only be closed later gets a pair of its own", () => {
      const { bracket } = after(...open, most("6", false));
      const { actions } = stepBracket(bracket, entry("10", true));
      expect(actions).toContainEqual({ kind: "place", pair: 2, leg: "stop", quantity: "4" });
    });

    test("both are canceled when nothing is left, and then it is over without a word", () => {
      const none = after(...open, most("0", true));
      expect(kinds(none.actions)).toEqual(["cancel stop", "cancel target"]);
      const ended = stepBracket(none.bracket, leg("stop", "ended"), leg("target", "ended"));
      expect(ended.actions).toEqual([]);
      expect(isSettled(ended.bracket)).toBe(true);
    });

    test("what its exits have closed counts, and a pair is never made larger", () => {
      const part = after(...open, leg("stop", "open", { filled: "3" }), most("4", true));
      expect(part.bracket.pairs[0]?.quantity).toBe("7");
      const more = stepBracket(part.bracket, most("9", true));
      expect(more.bracket).toEqual(part.bracket);
      const negative = stepBracket(part.bracket, most("-2", true));
      expect(negative.bracket.pairs[0]?.quantity).toBe("3");
    });

    test("an exit that fills all the same is told as beyond", () => {
      const { actions } = after(...open, most("0", true), leg("stop", "ended", { filled: "10" }));
      expect(actions).toContainEqual({ kind: "beyond", pair: 1, beyond: "10" });
    });
  });

  test.each<[LegName, LegName]>([
    ["stop", "target"],
    ["target", "stop"],
  ])(
    "when the %s fills in part the %s is made smaller, and is canceled with the rest",
    (one, other) => {
      const open = [entry("10", true), leg("stop", "open"), leg("target", "open")];
      const part = after(...open, leg(one, "open", { filled: "3" }));
      expect(part.actions).toEqual([{ kind: "reduce", pair: 1, leg: other, quantity: "7" }]);
      const smaller = after(
        ...open,
        leg(one, "open", { filled: "3" }),
        leg(other, "open", { quantity: "7" }),
      );
      expect(smaller.actions).toEqual([]);
      const whole = after(...open, leg(one, "ended", { filled: "10" }));
      expect(whole.actions).toEqual([{ kind: "cancel", pair: 1, leg: other }]);
      const end = after(...open, leg(one, "ended", { filled: "10" }), leg(other, "ended"));
      expect(end.actions).toEqual([]);
      expect(isSettled(end.bracket)).toBe(true);
    },
  );

  test("a leg that never stood, or was taken away, is told once, with what it leaves open", () => {
    const events = [entry("10"), leg("stop", "failed")];
    const { actions } = after(...events);
    expect(actions).toContainEqual({ kind: "tell", pair: 1, leg: "stop", open: "10" });
    // The other half still protects the win, and is placed all the same.
    expect(kinds(actions)).toContain("place target");
    expect(kinds(after(...events, entry("10")).actions)).not.toContain("tell stop");
    const taken = after(
      entry("10"),
      leg("stop", "open"),
      leg("target", "open"),
      leg("stop", "ended"),
    );
    expect(kinds(taken.actions)).toEqual(["tell stop"]);
  });

  test("what both legs have filled beyond their pair is told once for each figure, and never for less", () => {
    const open = [entry("10", true), leg("stop", "open"), leg("target", "open")];
    const exact = after(
      ...open,
      leg("stop", "ended", { filled: "6" }),
      leg("target", "ended", { filled: "4" }),
    );
    expect(exact.actions).toEqual([]);
    const both = [
      ...open,
      leg("stop", "ended", { filled: "10" }),
      leg("target", "open", { filled: "3" }),
    ];
    expect(after(...both).actions).toContainEqual({ kind: "beyond", pair: 1, beyond: "3" });
    expect(kinds(after(...both, entry("10", true)).actions)).not.toContain("beyond");
    const more = after(...both, leg("target", "ended", { filled: "10" }));
    expect(more.actions).toEqual([{ kind: "beyond", pair: 1, beyond: "10" }]);
  });

  test("ids are the entry's own, so that placing twice is once, also for a long one", () => {
    expect(legId("e-1", 2, "stop")).toBe("e-1-s2");
    const uuid = crypto.randomUUID();
    expect(legId(uuid, 1, "target")).toBe(legId(uuid, 1, "target"));
    expect(legId(uuid, 1, "target")).not.toBe(legId(uuid, 1, "stop"));
  });
});

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
      const event = { kind: "most", pair, most: String(most), closed } as const;
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
