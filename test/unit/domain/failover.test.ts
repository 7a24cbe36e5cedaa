import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  activeProvider,
  failover,
  type FailoverEvent,
  type FailoverHappening,
  type FailoverState,
  nextLookAt,
  noted,
  PROVIDER_STATES,
  type ProviderState,
  startFailover,
} from "../../../src/domain/failover.ts";

const WAITS = { leaveMs: 1_000, unheardMs: 5_000, unknownMs: 300_000, settleMs: 20_000 };
const BOUNDS = { ...WAITS, dueSince: 0 };
const RANKED = ["best", "second", "third"];

type At = [at: number, event: FailoverEvent];

const health = (provider: string, state: ProviderState): FailoverEvent => ({
  kind: "health",
  provider,
  state,
});

const LOOK: FailoverEvent = { kind: "look" };

/** Plays events, and what time alone changes between them, as the alarm of the market manager does. */
function play(events: readonly At[], end: number, ranked: readonly string[] = RANKED) {
  let state = startFailover(ranked, 0);
  const seen: {
    at: number;
    before: FailoverState;
    after: FailoverState;
    what: FailoverHappening;
  }[] = [];
  const take = (event: FailoverEvent, at: number) => {
    const before = state;
    const step = failover(state, event, at, BOUNDS);
    state = step.state;
    for (const what of step.happened) seen.push({ at, before, after: state, what });
  };
  const lookUntil = (time: number) => {
    for (let at = nextLookAt(state, BOUNDS); at !== null && at <= time;) {
      take(LOOK, at);
      const next = nextLookAt(state, BOUNDS);
      // A look that leads nowhere must not ask for itself again: this would never end.
      if (next !== null && next <= at && seen.at(-1)?.at !== at) throw new Error(`idle at ${at}`);
      at = next;
    }
  };
  for (const [at, event] of events) {
    lookUntil(at);
    take(event, at);
  }
  lookUntil(end);
  const switches = seen.filter(({ what }) => what.kind === "switch");
  return { state, seen, switches };
}

const carriersOf = (events: readonly At[], end: number) =>
  play(events, end).switches.map(({ at, what }) => [at, what.kind === "switch" && what.to]);

const BOTH_FRESH: At[] = [
  [0, health("best", "fresh")],
  [0, health("second", "fresh")],
];

describe("the active provider", () => {
  test("is left when it has been bad for the bound, and not a millisecond sooner", () => {
    const events: At[] = [...BOTH_FRESH, [5_000, health("best", "stale")]];
    expect(carriersOf(events, 5_999)).toEqual([]);
    expect(carriersOf(events, 6_000)).toEqual([[6_000, "second"]]);
  });

  test("that is not heard of for a moment is waited for longer than one that is known to be bad", () => {
    const moved: At[] = [...BOTH_FRESH, [5_000, health("best", "unknown")]];
    expect(carriersOf([...moved, [7_500, health("best", "fresh")]], 60_000)).toEqual([]);
    expect(carriersOf(moved, 9_999)).toEqual([]);
    expect(carriersOf(moved, 10_000)).toEqual([[10_000, "second"]]);
    // Bad news in between counts from when it was last known to be good.
    const worse: At[] = [...moved, [7_000, health("best", "stale")]];
    expect(carriersOf(worse, 7_000)).toEqual([[7_000, "second"]]);
  });

  test("stays when it is back within the bound", () => {
    const events: At[] = [
      ...BOTH_FRESH,
      [5_000, health("best", "disconnected")],
      [5_999, health("best", "fresh")],
      // The second one has been fresh for longer by now: that makes it no better.
      [25_000, LOOK],
    ];
    expect(carriersOf(events, 60_000)).toEqual([]);
  });

  test("changing from one bad state to another counts as one badness, not as none", () => {
    // Stale for 900 ms, then disconnected: whoever is told of both must not wait twice.
    const events: At[] = [
      ...BOTH_FRESH,
      [5_000, health("best", "stale")],
      [5_900, health("best", "disconnected")],
    ];
    expect(carriersOf(events, 6_000)).toEqual([[6_000, "second"]]);
  });

  test("gives way to the best of those that are fresh, over those that are not", () => {
    const events: At[] = [
      [0, health("best", "fresh")],
      [0, health("second", "stale")],
      [0, health("third", "fresh")],
      [100, health("best", "disconnected")],
    ];
    expect(carriersOf(events, 1_100)).toEqual([[1_100, "third"]]);
  });

  test("of a better rank is taken back only after it has been fresh for the settled period", () => {
    const events: At[] = [
      ...BOTH_FRESH,
      [1_000, health("best", "stale")],
      [10_000, health("best", "fresh")],
      [15_000, health("best", "stale")],
      [16_000, health("best", "fresh")],
    ];
    expect(carriersOf(events, 35_999)).toEqual([[2_000, "second"]]);
    expect(carriersOf(events, 36_000)).toEqual([
      [2_000, "second"],
      [36_000, "best"],
    ]);
  });

  test("is not left for one newly ranked above it before it has been in place for the settled period", () => {
    const events: At[] = [
      ...BOTH_FRESH,
      [0, health("third", "fresh")],
      [30_000, health("best", "stale")],
      [32_000, { kind: "ranks", ranked: ["third", "second", "best"] }],
    ];
    expect(carriersOf(events, 50_999)).toEqual([[31_000, "second"]]);
    expect(carriersOf(events, 51_000)).toEqual([
      [31_000, "second"],
      [51_000, "third"],
    ]);
  });

  test("is nobody when all are down, which is told once, and again only after one was up", () => {
    const events: At[] = [
      ...BOTH_FRESH,
      [1_000, health("best", "stale")],
      [1_000, health("second", "stale")],
      [3_000, health("best", "disconnected")],
      [4_000, health("second", "disconnected")],
      [5_000, health("best", "stale")],
    ];
    const down = play(events, 10_000);
    expect(down.seen.map(({ what }) => what.kind)).toEqual(["down"]);
    expect(activeProvider(down.state)).toBeNull();
    // Its ticks are still passed on, should they come.
    expect(down.state.carrier).toBe("best");
    const up = play([...events, [11_000, health("second", "fresh")]], 11_000);
    expect(up.seen.map(({ what }) => what.kind)).toEqual(["down", "switch", "up"]);
    expect(activeProvider(up.state)).toBe("second");
  });

  test("changes at once when it is no longer ranked", () => {
    const events: At[] = [...BOTH_FRESH, [500, { kind: "ranks", ranked: ["third", "second"] }]];
    const { state, switches } = play(events, 500);
    expect(switches.map(({ what }) => what)).toEqual([
      { kind: "switch", from: "best", to: "second", cause: "ranks" },
    ]);
    expect(state.ranked).toEqual(["third", "second"]);
  });

  test("of which nothing is known yet is not down for that, until it has been so for very long", () => {
    const slow: At[] = [
      [0, health("best", "fresh")],
      [3_000, health("best", "unknown")],
    ];
    expect(play(slow, 302_999).seen).toEqual([]);
    expect(play(slow, 303_000).seen).toMatchObject([{ at: 303_000, what: { kind: "down" } }]);
    // A lost line is a trouble of its own, and one that opens again and brings nothing does not end it.
    const cut: At[] = [
      ...slow,
      [60_000, health("best", "disconnected")],
      [60_900, health("best", "unknown")],
    ];
    expect(play(cut, 60_999).seen).toEqual([]);
    expect(play(cut, 70_000).seen).toMatchObject([{ at: 61_000, what: { kind: "down" } }]);
  });

  test("counts its silence from the opening: the night before is no fault", () => {
    const OPENING = 60_000_000;
    const bounds = { ...BOUNDS, dueSince: OPENING };
    const night = noted(startFailover(["best"], 0), health("best", "stale"), 100);
    expect(nextLookAt(night, bounds)).toBe(OPENING + 1_000);
    expect(failover(night, LOOK, OPENING + 999, bounds).happened).toEqual([]);
    expect(failover(night, LOOK, OPENING + 1_000, bounds).happened).toEqual([{ kind: "down" }]);
  });

  test("is not judged while the market is shut", () => {
    const open = noted(startFailover(RANKED, 0), health("best", "fresh"), 50);
    const shut = noted(open, health("best", "stale"), 100);
    expect(shut.carrier).toBe("best");
    expect(shut.health["best"]).toEqual({ state: "stale", since: 100 });
  });
});

const events = fc
  .array(
    fc.tuple(
      fc.integer({ min: 0, max: 4_000 }),
      fc.constantFrom(...RANKED),
      fc.constantFrom(...PROVIDER_STATES),
    ),
    { maxLength: 120 },
  )
  .map((steps) => {
    let at = 0;
    return steps.map(([wait, provider, state]): At => [(at += wait), health(provider, state)]);
  });

const endOf = (list: readonly At[]) => (list.at(-1)?.[0] ?? 0) + 400_000;

describe("whatever the providers do", () => {
  test("there is one carrier, of the ranked ones, and at most that one is active", () => {
    fc.assert(
      fc.property(events, (list) => {
        const { state, switches } = play(list, endOf(list));
        expect(RANKED).toContain(state.carrier);
        expect([state.carrier, null]).toContain(activeProvider(state));
        expect(state.term).toBe(switches.length);
      }),
    );
  });

  test("a switch leaves where the one before went to, and goes to one that is fresh", () => {
    fc.assert(
      fc.property(events, (list) => {
        let carrier = RANKED[0];
        for (const { after, what } of play(list, endOf(list)).switches) {
          if (what.kind !== "switch") continue;
          expect(what.from).toBe(carrier);
          expect(what.to).not.toBe(carrier);
          carrier = what.to;
          expect(after.health[what.to]?.state).toBe("fresh");
        }
      }),
    );
  });

  test("nothing is taken back sooner than the settled period, nor left sooner than the bound", () => {
    fc.assert(
      fc.property(events, (list) => {
        let lastAt = -Infinity;
        for (const { at, before, what } of play(list, endOf(list)).switches) {
          if (what.kind !== "switch") continue;
          const isBack = what.cause === "settled";
          const least = isBack ? BOUNDS.settleMs : BOUNDS.leaveMs;
          // While all were down the first fresh one is taken at once: there is nothing to hold on to.
          expect(before.isDown || at - lastAt >= least).toBe(true);
          expect(!isBack || RANKED.indexOf(what.to) < RANKED.indexOf(what.from)).toBe(true);
          lastAt = at;
        }
      }),
    );
  });

  test("down and up alternate: never two alerts without a recovery between", () => {
    fc.assert(
      fc.property(events, (list) => {
        const told = play(list, endOf(list))
          .seen.map(({ what }) => what.kind)
          .filter((kind) => kind !== "switch");
        expect(told).toEqual(told.map((_, index) => (index % 2 === 0 ? "down" : "up")));
      }),
    );
  });

  test("in the end the best fresh one carries, and all bad means down", () => {
    fc.assert(
      fc.property(events, (list) => {
        const { state } = play(list, endOf(list));
        const best = RANKED.find((provider) => state.health[provider]?.state === "fresh");
        expect(activeProvider(state)).toBe(best ?? null);
      }),
    );
  });

  test("the same events at the same times give the same switches", () => {
    fc.assert(
      fc.property(events, (list) => {
        expect(play(list, endOf(list))).toEqual(play(list, endOf(list)));
      }),
    );
  });
});
