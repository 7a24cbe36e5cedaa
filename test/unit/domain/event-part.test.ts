import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  joinEvents,
  packEvents,
  partsOf,
  unpackEvents,
  type EventedOrder,
  type StoredEvent,
} from "../../../src/domain/event-part.ts";
import { ORDER_STATES } from "../../../src/domain/order.ts";
import { isTerminal } from "../../../src/domain/order-state.ts";

const DAY_MS = 86_400_000;

/** Short ids that begin with each other, so that one is easily taken for another. */
const id = fc.stringMatching(/^[ab_-]{1,3}$/);

const event: fc.Arbitrary<StoredEvent> = fc.record({
  clientOrderId: id,
  version: fc.nat(50),
  at: fc.nat(),
  eventId: fc.option(fc.string()),
  // Any text: what it says is nobody's business here, and line breaks are the way to lose a line.
  body: fc.string({ unit: "binary" }).map((text) => JSON.stringify({ text, more: '\n"{}' })),
});

/** As D1 gives them: by order and version, each once. */
const events = fc
  .uniqueArray(event, { selector: (each) => `${each.clientOrderId} ${each.version}` })
  .map((some) =>
    some.sort((a, b) =>
      a.clientOrderId === b.clientOrderId
        ? a.version - b.version
        : a.clientOrderId < b.clientOrderId
          ? -1
          : 1,
    ),
  );

const order: fc.Arbitrary<EventedOrder["order"]> = fc.option(
  fc.record({
    state: fc.constantFrom(...ORDER_STATES),
    createdAt: fc.nat(4 * DAY_MS),
    updatedAt: fc.nat(6 * DAY_MS),
  }),
);

const seen = fc
  .uniqueArray(fc.record({ clientOrderId: id, events: fc.integer({ min: 1, max: 9 }), order }), {
    selector: ({ clientOrderId }) => clientOrderId,
  })
  .map((some) => some.sort((a, b) => (a.clientOrderId < b.clientOrderId ? -1 : 1)));

describe("a part", () => {
  test("reads back as it was written, to the letter", () => {
    fc.assert(
      fc.property(events, (some) => {
        expect(unpackEvents(packEvents(some))).toEqual(some);
      }),
    );
  });

  test("tells the life of any one order in it, and nothing of another's", () => {
    fc.assert(
      fc.property(events, id, (some, other) => {
        const text = packEvents(some);
        for (const one of [other, ...some.map(({ clientOrderId }) => clientOrderId)])
          expect(unpackEvents(text, one)).toEqual(
            some.filter(({ clientOrderId }) => clientOrderId === one),
          );
      }),
    );
  });

  test("is a line for each event", () => {
    fc.assert(
      fc.property(events, (some) => {
        expect(packEvents(some).split("\n")).toHaveLength(some.length + 1);
      }),
    );
  });
});

describe("an order's life", () => {
  test("is whole and in order wherever its events lie, and however often one lies there", () => {
    const life = events.map((some) => some.map((each) => ({ ...each, clientOrderId: "a" })));
    const where = fc.infiniteStream(fc.integer({ min: 1, max: 7 }));
    fc.assert(
      fc.property(life, where, (some, places) => {
        const all = joinEvents(some);
        const placed = all.map((each) => ({ each, places: places.next().value ?? 1 }));
        const sources = [1, 2, 4].map((place) =>
          placed.filter((one) => (one.places & place) > 0).map(({ each }) => each),
        );
        expect(joinEvents(...sources)).toEqual(all);
      }),
    );
  });
});

describe("the parts of a slice", () => {
  test("have every order that ended before the bound once, in order, and no other", () => {
    fc.assert(
      fc.property(
        seen,
        fc.nat(6 * DAY_MS),
        fc.integer({ min: 1, max: 20 }),
        (some, bound, rows) => {
          const moving = some.filter(
            (each) =>
              each.order !== null && isTerminal(each.order.state) && each.order.updatedAt < bound,
          );
          const parts = partsOf(some, bound, rows);
          const ids = parts.flatMap(({ clientOrderIds }) => clientOrderIds);
          expect([...ids].sort()).toEqual(moving.map(({ clientOrderId }) => clientOrderId));
          for (const { clientOrderIds } of parts)
            expect(clientOrderIds).toEqual([...clientOrderIds].sort());
        },
      ),
    );
  });

  test("are of one day each, and no larger than the bound unless one order is", () => {
    fc.assert(
      fc.property(seen, fc.integer({ min: 1, max: 20 }), (some, rowsMax) => {
        const byId = new Map(some.map((each) => [each.clientOrderId, each]));
        for (const { day, clientOrderIds } of partsOf(some, Infinity, rowsMax)) {
          const of = clientOrderIds.map((one) => byId.get(one));
          const days = of.map((each) => new Date(each?.order?.createdAt ?? -1).toISOString());
          expect(days.every((each) => each.startsWith(day))).toBe(true);
          const rows = of.reduce((sum, each) => sum + (each?.events ?? 0), 0);
          expect(rows <= rowsMax || of.length === 1).toBe(true);
        }
      }),
    );
  });

  test.each([
    ["at the bound", 1_000, []],
    ["just before it", 999, ["a"]],
  ])("an order that ended %s", (_, updatedAt, ids) => {
    const one: EventedOrder = {
      clientOrderId: "a",
      events: 1,
      order: { state: "filled", createdAt: 0, updatedAt },
    };
    expect(partsOf([one], 1_000, 10).flatMap(({ clientOrderIds }) => clientOrderIds)).toEqual(ids);
  });
});
