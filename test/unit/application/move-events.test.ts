/** The moving of events against a tradebook and files in memory, of which any call may fail before or after it has worked. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  moveEvents,
  type EventFiles,
  type EventsBook,
  type MoveEventsPorts,
} from "../../../src/application/move-events.ts";
import { isMoved, type MovingState } from "../../../src/application/moving.ts";
import { EVENTS_KEPT_MS, EVENTS_RUN_MS } from "../../../src/domain/archive-limits.ts";
import { joinEvents, type EventPart, type StoredEvent } from "../../../src/domain/event-part.ts";

const NOW = 100 * 86_400_000;
const DAY = "1970-04-10";

interface World {
  rows: StoredEvent[];
  orders: Map<string, { state: "filled" | "new"; createdAt: number; updatedAt: number }>;
  listed: EventPart[];
  files: Map<string, StoredEvent[]>;
  state: MovingState;
}

const world = (): World => ({
  rows: [],
  orders: new Map(),
  listed: [],
  files: new Map(),
  state: { day: null, afterId: "", finishedAt: null, failingSince: null, error: null },
});

const keyOf = ({ clientOrderId, version }: StoredEvent): string => `${clientOrderId} ${version}`;

/** `trouble` is asked at each step: "before" and "after" the call has worked it throws. */
function portsOf(
  here: World,
  trouble: () => "none" | "before" | "after" = () => "none",
  now = () => NOW,
): MoveEventsPorts {
  const call = async <T>(act: () => T): Promise<T> => {
    const kind = trouble();
    if (kind === "before") throw new Error("away");
    const answer = act();
    if (kind === "after") throw new Error("cut off");
    return answer;
  };
  const book: EventsBook = {
    state: () => call(() => here.state),
    save: (state) => call(() => void (here.state = state)),
    orders: (afterId, limit) =>
      call(() =>
        [...Map.groupBy(here.rows, ({ clientOrderId }) => clientOrderId)]
          .map(([clientOrderId, rows]) => ({
            clientOrderId,
            events: rows.length,
            order: here.orders.get(clientOrderId) ?? null,
          }))
          .filter(({ clientOrderId }) => clientOrderId > afterId)
          .sort((a, b) => (a.clientOrderId < b.clientOrderId ? -1 : 1))
          .slice(0, limit),
      ),
    events: (ids) =>
      call(() => here.rows.filter(({ clientOrderId }) => ids.includes(clientOrderId))),
    move: (part, events) =>
      call(() => {
        if (!here.listed.some(({ key }) => key === part.key)) here.listed.push(part);
        const gone = new Set(events.map(keyOf));
        here.rows = here.rows.filter((row) => !gone.has(keyOf(row)));
      }),
  };
  const files: EventFiles = {
    write: (day, events) =>
      call(() => {
        const key = events.map(keyOf).join();
        here.files.set(key, [...events]);
        const ids = { firstId: events[0]?.clientOrderId ?? "", lastId: "" };
        return { day, key, ...ids, events: events.length, bytes: 1, sha256: "" };
      }),
  };
  return { book, files, sliceOrders: 2, now };
}

const event = (clientOrderId: string, version: number): StoredEvent => ({
  clientOrderId,
  version,
  at: version,
  eventId: null,
  body: "{}",
});

const OLD = NOW - EVENTS_KEPT_MS - 1;

function add(here: World, id: string, versions: readonly number[], updatedAt = OLD): void {
  here.rows.push(...versions.map((version) => event(id, version)));
  here.orders.set(id, { state: "filled", createdAt: OLD, updatedAt });
}

/** What a reader finds of an order, as `pastOrdersIn` looks for it. */
const told = (here: World, id: string): number[] => {
  const inFiles = here.listed.map(({ key }) => here.files.get(key) ?? []);
  const own = [...inFiles, here.rows].map((some) =>
    some.filter(({ clientOrderId }) => clientOrderId === id),
  );
  return joinEvents(...own).map(({ version }) => version);
};

describe("moving events", () => {
  test("goes through all orders in slices, and leaves what is young or not ended", async () => {
    const here = world();
    for (const id of ["a", "b", "ba", "c", "e"]) add(here, id, [1, 2]);
    add(here, "d", [1, 2], NOW - 1);
    here.orders.set("c", { state: "new", createdAt: OLD, updatedAt: OLD });
    here.rows.push(event("f", 1));
    const state = await moveEvents(portsOf(here), DAY);
    expect(state).toMatchObject({ day: DAY, finishedAt: NOW, error: null });
    expect(here.rows.map(keyOf)).toEqual(["c 1", "c 2", "d 1", "d 2", "f 1"]);
    for (const id of ["a", "b", "ba", "c", "d", "e"]) expect(told(here, id)).toEqual([1, 2]);
  });

  test("is done once for each closed day", async () => {
    const here = world();
    await moveEvents(portsOf(here), DAY);
    add(here, "a", [1]);
    await moveEvents(portsOf(here), DAY);
    expect(here.rows).toHaveLength(1);
    expect(isMoved(here.state, DAY)).toBe(true);
    expect(isMoved(here.state, "1970-04-11")).toBe(false);
    await moveEvents(portsOf(here), "1970-04-11");
    expect(here.rows).toEqual([]);
    expect(here.state.day).toBe("1970-04-11");
  });

  test("stops when a run's time is over, and goes on from there with the next", async () => {
    const here = world();
    for (const id of ["a", "b", "c", "d", "e"]) add(here, id, [1]);
    let now = NOW;
    const slow = portsOf(here, undefined, () => (now += EVENTS_RUN_MS / 3));
    await moveEvents(slow, DAY);
    expect(here.state.finishedAt).toBeNull();
    expect(here.rows.map(keyOf)).toEqual(["c 1", "d 1", "e 1"]);
    // The next closed day does not begin it anew.
    await moveEvents(portsOf(here), "1970-04-11");
    expect(here.state).toMatchObject({ day: DAY, finishedAt: NOW });
    expect(here.rows).toEqual([]);
  });

  test("says since when and why it fails, and forgets that once a slice is through", async () => {
    const here = world();
    add(here, "a", [1]);
    let calls = 0;
    const failing = (now: number) =>
      portsOf(
        here,
        () => ((calls += 1) % 4 === 0 ? "before" : "none"),
        () => now,
      );
    await moveEvents(failing(NOW), DAY);
    calls = 0;
    const again = await moveEvents(failing(NOW + 60_000), DAY);
    expect(again).toMatchObject({ failingSince: NOW, error: "Error: away", finishedAt: null });
    expect(here.rows).toHaveLength(1);
    expect(await moveEvents(portsOf(here), DAY)).toMatchObject({ failingSince: null, error: null });
  });

  test("loses and doubles nothing, whatever breaks at any step and whatever comes late", async () => {
    const orders = fc.uniqueArray(
      fc.record({
        id: fc.stringMatching(/^[a-d]{1,2}$/),
        versions: fc.integer({ min: 1, max: 4 }),
      }),
      { selector: ({ id }) => id, minLength: 1, maxLength: 8 },
    );
    const troubles = fc.array(fc.constantFrom("none", "none", "before", "after"), {
      minLength: 10,
      maxLength: 60,
    });
    const late = fc.array(fc.nat(7), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(orders, troubles, late, async (some, kinds, lates) => {
        const here = world();
        for (const { id, versions } of some)
          add(
            here,
            id,
            Array.from({ length: versions }, (_, index) => index + 1),
          );
        const expected = new Map(some.map(({ id }) => [id, told(here, id)]));
        let step = 0;
        const trouble = () => kinds[step++] ?? "none";
        for (let run = 0; step < kinds.length || run < lates.length; run += 1) {
          const day = `day ${String(run).padStart(3, "0")}`;
          // A state that cannot be stored is the watchdog's to log.
          await moveEvents(portsOf(here, trouble), day).catch(() => {});
          const { id } = some[(lates[run] ?? 0) % some.length] ?? { id: "" };
          const known = expected.get(id) ?? [];
          const next = (known.at(-1) ?? 0) + 1;
          // A late event, or an old one that is written again.
          const version = run % 2 === 0 || lates[run] === undefined ? next : 1;
          if (!here.rows.some((row) => keyOf(row) === `${id} ${version}`))
            here.rows.push(event(id, version));
          expected.set(id, [...new Set([...known, version])]);
          for (const [each, versions] of expected) expect(told(here, each)).toEqual(versions);
        }
        await moveEvents(portsOf(here), "day 999");
        await moveEvents(portsOf(here), "day 9999");
        expect(here.rows).toEqual([]);
        for (const [each, versions] of expected) expect(told(here, each)).toEqual(versions);
      }),
    );
  });
});
