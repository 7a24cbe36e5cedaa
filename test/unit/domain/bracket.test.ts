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

/** The pair can close no more than that. */
const most = (units: string, closed: boolean): BracketEvent => ({
  kind: "most",
  pair: 1,
  most: units,
  closedAt: closed ? 5 : null,
});

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

    test("a fill from before that is told of late gives back what was not closed after all, and no more", () => {
      const { bracket } = after(...open, most("0", true), { kind: "late", quantity: "3" });
      const { actions } = stepBracket(bracket, entry("10", true));
      expect(actions).toContainEqual({ kind: "place", pair: 2, leg: "stop", quantity: "3" });
      const more = stepBracket(bracket, { kind: "late", quantity: "30" });
      expect(more.bracket.closedOtherwise).toBe("0");
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
