/** What a slice of a gateway's archive looks at, and where the next one goes on. */
import { expect, test } from "vitest";
import { newRecord, type GatewayOrder } from "../../../../src/application/gateway/record.ts";
import {
  GATEWAY_IDS_KEPT_MS,
  GATEWAY_RECORD_KEPT_MS,
  GATEWAY_SLICE_ROWS,
} from "../../../../src/domain/archive-limits.ts";
import { legId } from "../../../../src/domain/bracket.ts";
import { approvedWith, scripted, START, type Scripted } from "../../../support/orders/scripted.ts";

const DAY_MS = 86_400_000;
const OLD = GATEWAY_RECORD_KEPT_MS + DAY_MS;
const GONE = GATEWAY_IDS_KEPT_MS + DAY_MS;

const bracket = { stopPrice: "95", stopLimitPrice: null, targetPrice: "105" };

const ended = (clientOrderId: string, changes: Partial<GatewayOrder> = {}): GatewayOrder => ({
  ...newRecord(clientOrderId, null, START),
  record: "accepted",
  ended: "canceled",
  brokerOrderId: `B-${clientOrderId}`,
  ...changes,
});

const keep = ({ store }: Scripted, order: GatewayOrder): void =>
  store.save({ order, posts: [], executions: [] });

const pass = async (world: Scripted, ms: number): Promise<void> => {
  world.advance(ms);
  await world.gateway.watch();
};

test("the next slice is looked at after the clock went back, too", async () => {
  const world = scripted();
  await pass(world, OLD + DAY_MS);
  keep(world, ended("o-1"));
  await pass(world, -DAY_MS / 2);
  expect(world.store.pastRecords.has("o-1")).toBe(true);
});

test("a slice of which nothing may go keeps no later one from going", async () => {
  const stays = new Set<string>();
  const world = scripted({ endedOf: async (ids) => ids.filter((id) => !stays.has(id)) });
  await world.gateway.watch();
  for (let number = 0; number < GATEWAY_SLICE_ROWS; number += 1) {
    const id = `a-${String(number).padStart(4, "0")}`;
    stays.add(id);
    keep(world, ended(id));
  }
  keep(world, ended("b"));
  await pass(world, OLD);
  expect(world.store.orders.has("b")).toBe(true);
  await pass(world, DAY_MS);
  expect(world.store.orders.has("b")).toBe(false);
  // And then it begins anew.
  stays.clear();
  await pass(world, DAY_MS);
  expect(world.store.orders.size).toBe(0);
});

test("the walk through the ids goes on where it stopped, and begins anew at the end", async () => {
  const world = scripted();
  const asked: string[] = [];
  const ends = ["E5", "E9", null, null];
  world.store.past.forgetIds = (_before, after) => {
    asked.push(after);
    return ends.shift() ?? null;
  };
  await pass(world, GONE);
  for (let slice = 0; slice < 3; slice += 1) await pass(world, DAY_MS);
  expect(asked).toEqual(["", "E5", "E9", ""]);
});

test("what was given up by a person goes, what still lies on the desk does not", async () => {
  const world = scripted();
  keep(world, ended("desk", { ended: "dead_lettered" }));
  keep(world, ended("given-up", { ended: "dead_lettered", unwanted: true }));
  await pass(world, OLD);
  expect([...world.store.orders.keys()]).toEqual(["desk"]);
});

test("the note of a bracket that has ended goes with its entry, and not with its exits before", async () => {
  const world = scripted();
  const stop = legId("o-1", 1, "stop");
  const exit = { entry: "o-1", pair: 1, leg: "stop" } as const;
  const approved = approvedWith({ clientOrderId: stop, exit });
  keep(world, ended(stop, { approved }));
  keep(world, ended("o-1", { approved: approvedWith({ bracket }), updatedAt: START + 9 * DAY_MS }));
  const note = { bracket: { entry: "o-1", filled: "0", entryEnded: true, pairs: [] }, dueAt: 0 };
  world.store.setNote("bracket-ended:o-1", JSON.stringify(note));
  await pass(world, GONE);
  expect([...world.store.orders.keys()]).toEqual(["o-1"]);
  expect(world.store.note("bracket-ended:o-1")).not.toBeNull();
  await pass(world, 10 * DAY_MS);
  expect(world.store.orders.size).toBe(0);
  expect(world.store.note("bracket-ended:o-1")).toBeNull();
});

test("what is no news any more stays so after the clock went back", async () => {
  const world = scripted();
  await pass(world, GONE + 5 * DAY_MS);
  const until = world.store.number("forgotten_until");
  expect(until).toBeGreaterThan(START);
  await pass(world, -2 * DAY_MS);
  expect(world.store.number("forgotten_until")).toBe(until);
});
