/** The incident of a feed that is down, when the tradebook's answers get lost. */
import { expect, test } from "vitest";
import { FeedIncident, type FeedAlert } from "../../../durable-objects/market-manager.incident.ts";

/** A tradebook and the settings of the market manager, both of which outlive it. */
function desk() {
  const settings = new Map<FeedAlert, string | null>();
  const open = new Set<string>();
  const writings: string[] = [];
  const wakes: number[] = [];
  let failing: "before" | "after" | null = null;
  const written = (what: string, write: () => void): void => {
    writings.push(what);
    if (failing !== "before") write();
    if (failing !== null) throw new Error("D1_ERROR: Network connection lost.");
  };
  const manager = () =>
    new FeedIncident({
      storage: {
        setting: (name) => settings.get(name) ?? null,
        set: (name, value) => void settings.set(name, value),
      },
      layDown: async ({ id }) => written(`lay down ${id}`, () => void open.add(id)),
      close: async (id) => written(`close ${id}`, () => void open.delete(id)),
      wakeAt: (time) => void wakes.push(time),
      log: () => {},
    });
  return {
    manager,
    open,
    writings,
    wakes,
    /** Every provider is down since then; null when prices come again. */
    down: (since: string | null) => void settings.set("alert_since", since),
    /** Whether the tradebook loses its answers, before or after it has written. */
    fail: (how: typeof failing) => void (failing = how),
  };
}

test("it is laid down once while it lasts, and taken back when prices come again", async () => {
  const { manager, open, writings, down } = desk();
  const incident = manager();
  down("1000");
  for (const now of [1_000, 2_000, 3_000]) await incident.settle(3, now);
  expect([...open]).toEqual(["feed-down-1000"]);
  down(null);
  for (const now of [4_000, 5_000]) await incident.settle(0, now);
  expect(writings).toEqual(["lay down feed-down-1000", "close feed-down-1000"]);
  expect([...open]).toEqual([]);
});

test("one that was written and not answered is taken back, too, when prices come before the next try", async () => {
  const { manager, open, wakes, down, fail } = desk();
  const incident = manager();
  down("1000");
  fail("after");
  await incident.settle(3, 1_000);
  expect(wakes).toHaveLength(1);
  down(null);
  await incident.settle(0, 2_000);
  fail(null);
  await incident.settle(0, 4_000);
  expect([...open]).toEqual([]);
});

test("one that was not written is written with the next try, also by a manager that began anew", async () => {
  for (const anew of [false, true]) {
    const { manager, open, down, fail } = desk();
    const incident = manager();
    down("1000");
    fail("before");
    await incident.settle(3, 1_000);
    fail(null);
    await (anew ? manager() : incident).settle(3, 3_000);
    expect([...open]).toEqual(["feed-down-1000"]);
  }
});

test("a manager that began anew takes back what the one before laid down", async () => {
  const { manager, open, down } = desk();
  down("1000");
  await manager().settle(3, 1_000);
  down("9000");
  const incident = manager();
  await incident.settle(2, 9_000);
  expect([...open]).toEqual(["feed-down-9000"]);
  down(null);
  await manager().settle(0, 10_000);
  expect([...open]).toEqual([]);
});
