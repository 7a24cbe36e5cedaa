/** The dashboard's stream state: connection, frame numbers, quotes. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  INITIAL_CONNECTION,
  nextConnection,
  nextPosition,
  feedTrouble,
  nextQuote,
  reconnectDelayMs,
  subscriptionSteps,
  type Connection,
  type ConnectionEvent,
} from "../../../dashboard/src/api/stream-state.ts";
import type { TickView } from "../../../src/contract/market.ts";

const tick = (part: Partial<TickView>): TickView => ({
  instrument: "NSE:INFY",
  last: 1500,
  lastQuantity: 10,
  bid: 1499.95,
  bidQuantity: 5,
  ask: 1500.05,
  askQuantity: 7,
  volume: 1_000,
  exchangeTime: 1_000,
  receivedTime: 1_001,
  provider: "paper",
  epoch: 1,
  seq: 1,
  late: false,
  ...part,
});

const after = (...events: ConnectionEvent[]): Connection =>
  events.reduce(nextConnection, INITIAL_CONNECTION);

describe("the connection", () => {
  test("is connecting at the first dial and live once welcomed", () => {
    expect(after({ kind: "dialled", at: 5 }).phase).toBe("connecting");
    expect(after({ kind: "dialled", at: 5 }, { kind: "welcomed", at: 9 })).toMatchObject({
      phase: "live",
      since: 9,
      attempt: 0,
    });
  });

  test("stays reconnecting, since the first loss, through every further dial and loss", () => {
    const state = after(
      { kind: "welcomed", at: 1 },
      { kind: "lost", at: 10, retryAt: 11 },
      { kind: "dialled", at: 11 },
      { kind: "lost", at: 12, retryAt: 14 },
    );
    expect(state).toMatchObject({ phase: "reconnecting", since: 10, attempt: 2, retryAt: 14 });
    expect(nextConnection(state, { kind: "dialled", at: 14 })).toMatchObject({
      phase: "reconnecting",
      retryAt: null,
    });
  });

  test("forgets lagging and a disturbed feed with the socket that said so", () => {
    const state = after(
      { kind: "welcomed", at: 1 },
      { kind: "lagging", on: true },
      { kind: "feed", message: "broker line down" },
    );
    expect(state).toMatchObject({ lagging: true, feed: "broker line down" });
    const lost = nextConnection(state, { kind: "lost", at: 2, retryAt: 3 });
    expect(lost).toMatchObject({ lagging: false, feed: null });
  });

  test("keeps the same object when nothing changed, so that no one renders again", () => {
    const state = after({ kind: "welcomed", at: 1 });
    expect(nextConnection(state, { kind: "lagging", on: false })).toBe(state);
    expect(nextConnection(state, { kind: "feed", message: null })).toBe(state);
  });

  test("waits at least a moment and at most fifteen seconds before it dials again", () => {
    fc.assert(
      fc.property(
        fc.nat(1_000),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        (n, random) => {
          const delayMs = reconnectDelayMs(n, random);
          expect(delayMs).toBeGreaterThanOrEqual(150);
          expect(delayMs).toBeLessThanOrEqual(15_000);
        },
      ),
    );
  });
});

describe("frame numbers", () => {
  const last = { epoch: 3, seq: 41 };

  test.each([
    ["the next live frame", "live", { epoch: 3, seq: 42 }, false],
    ["a live frame left out", "live", { epoch: 3, seq: 43 }, true],
    ["the same live frame again", "live", { epoch: 3, seq: 41 }, true],
    ["the first frame of a new epoch", "live", { epoch: 4, seq: 1 }, false],
    ["a later frame of a new epoch", "live", { epoch: 4, seq: 2 }, true],
    ["an answer that names a new base", "base", { epoch: 3, seq: 50 }, false],
  ] as const)("%s", (_name, kind, frame, hole) => {
    expect(nextPosition(last, kind, frame)).toEqual({ position: frame, hole });
  });

  test("a snapshot does not count", () => {
    expect(nextPosition(last, "snapshot", { epoch: 3, seq: 41 })).toEqual({
      position: last,
      hole: false,
    });
  });

  test("the first frame of a socket is no hole, whatever its number", () => {
    expect(nextPosition(null, "live", { epoch: 9, seq: 77 }).hole).toBe(false);
  });
});

test.each([
  ["connected", null],
  ["live", null],
  // Its prices come, from elsewhere: the watchlist says from where.
  ["switched", null],
  ["disconnected", "why"],
  ["stale", "why"],
] as const)("a feed that is %s is told as %s", (state, told) => {
  expect(feedTrouble({ state, message: "why" })).toBe(told);
});

describe("a quote", () => {
  test("says whether the last price rose or fell, and counts its changes", () => {
    const first = nextQuote(undefined, tick({ seq: 1, last: 100 }));
    expect(first).toMatchObject({ direction: 0, changes: 0 });
    const rise = nextQuote(first, tick({ seq: 2, last: 101 }));
    expect(rise).toMatchObject({ direction: 1, changes: 1 });
    const same = nextQuote(rise, tick({ seq: 3, last: 101 }));
    expect(same).toMatchObject({ direction: 1, changes: 1 });
    expect(nextQuote(same, tick({ seq: 4, last: 99 }))).toMatchObject({
      direction: -1,
      changes: 2,
    });
  });

  test("is not taken back by an older tick or the same one", () => {
    const quote = nextQuote(undefined, tick({ seq: 5, last: 100 }));
    expect(nextQuote(quote, tick({ seq: 5, last: 1 }))).toBe(quote);
    expect(nextQuote(quote, tick({ seq: 4, last: 1 }))).toBe(quote);
  });

  test("keeps the open interest while its provider speaks, and not when another one does not give it", () => {
    const quote = nextQuote(undefined, tick({ seq: 1, provider: "paper", openInterest: 12_500 }));
    const same = nextQuote(quote, tick({ seq: 2, provider: "paper" }));
    expect(same.tick.openInterest).toBe(12_500);
    expect(nextQuote(same, tick({ seq: 3, openInterest: 0 })).tick.openInterest).toBe(0);
    const other = nextQuote(same, tick({ seq: 3, provider: "paper-rest" }));
    expect(other.tick).not.toHaveProperty("openInterest");
  });

  test("keeps nothing of what another provider said, or the exchange before its clock was set back, as when it plays a recording", () => {
    const bare = { bid: null, bidQuantity: null, ask: null, askQuantity: null, volume: null };
    const whole = { provider: "paper", exchangeTime: 1_762_795_433_000 };
    const quote = nextQuote(undefined, tick({ ...whole, seq: 1 }));
    const back = whole.exchangeTime - 31_536_000_000;
    for (const next of [{ provider: "paper-rest" }, { exchangeTime: back }]) {
      const shown = tick({ ...whole, ...bare, ...next, seq: 2 });
      expect(nextQuote(quote, shown).tick).toEqual(shown);
    }
    // A trade that comes out of order within the grace is no other time.
    const late = tick({ ...whole, ...bare, exchangeTime: whole.exchangeTime - 30_000, seq: 2 });
    expect(nextQuote(quote, late).tick.bid).toBe(quote.tick.bid);
  });

  test("keeps what a tick leaves out, and never shows it as zero", () => {
    const quote = nextQuote(undefined, tick({ seq: 1 }));
    const later = nextQuote(
      quote,
      tick({ seq: 2, last: null, bid: null, volume: null, ask: 1501 }),
    );
    expect(later.tick).toMatchObject({
      last: 1500,
      bid: 1499.95,
      volume: 1_000,
      ask: 1501,
      seq: 2,
    });
    expect(later.changes).toBe(0);
  });
});

test("subscription steps turn what is subscribed into what is wanted", () => {
  const names = fc.uniqueArray(fc.constantFrom("A:A", "A:B", "A:C", "A:D", "A:E"));
  fc.assert(
    fc.property(names, names, (wanted, subscribed) => {
      const steps = subscriptionSteps(new Set(wanted), new Set(subscribed));
      const result = new Set<string>(subscribed);
      for (const name of steps.unsubscribe) expect(result.delete(name)).toBe(true);
      for (const name of steps.subscribe) {
        expect(result.has(name)).toBe(false);
        result.add(name);
      }
      expect(result).toEqual(new Set(wanted));
    }),
  );
});
