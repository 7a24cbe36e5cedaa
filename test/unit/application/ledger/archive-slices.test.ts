/** When the ledger's archive looks at what, and whom it tells of news that finds no order. */
import { expect, test } from "vitest";
import { LEDGER_SLICE_MS } from "../../../../src/domain/archive-limits.ts";
import type { OrderPost } from "../../../../src/domain/order.ts";
import { ageing, DAY_MS, isArchived, LATER } from "../../../support/ledger/ageing.ts";
import { NOON } from "../../../support/ledger/run.ts";
import { fillOf, intentWith, postOf } from "../../../support/ledger/samples.ts";

test("the next slice is looked at after the clock went back, too", async () => {
  const world = ageing({ settled: false });
  const { intent } = world.filled();
  await world.days(LATER + 30 * DAY_MS);
  world.world.settled = true;
  await world.run.archive.run(LATER + DAY_MS);
  expect(isArchived(world, intent)).toBe(true);
});

test("the order of the newest event stays, for it says how far the ledger has come", async () => {
  const world = ageing({ sameDay: true });
  const intent = intentWith();
  world.ask(intent, NOON, false);
  await world.outbox.flush();
  await world.run.archive.run(LATER);
  expect(isArchived(world, intent)).toBe(false);
  world.ask(intentWith());
  await world.outbox.flush();
  await world.run.archive.run(LATER + LEDGER_SLICE_MS);
  expect(isArchived(world, intent)).toBe(true);
});

test("an order that was brought back and filled is not brought back over its fill", async () => {
  const world = ageing();
  const { intent } = world.filled();
  const id = intent.clientOrderId;
  await world.days();
  const { past } = world.outbox;
  const events = await past.events(id);
  const slow = Promise.withResolvers<void>();
  const answers = [Promise.resolve(), slow.promise];
  past.events = async () => {
    await answers.shift();
    return events;
  };
  const late = (quantity: string): OrderPost => postOf(id, fillOf(intent, quantity, "90"), LATER);
  const first = world.post([late("2")]);
  const second = world.post([late("1")]);
  await first;
  slow.resolve();
  const [order] = await second;
  expect(order?.filledQuantity).toBe("13");
  expect(world.store.order(id)?.order.filledQuantity).toBe("13");
});

test("nobody waits any more for what has been read", async () => {
  const world = ageing();
  const { intent } = world.filled();
  await world.days();
  await world.post([postOf(intent.clientOrderId, fillOf(intent, "2", "90"), LATER)]);
  expect(world.waits).toEqual([]);
});

test("only news of the order that could not be read is told, with a line in the audit log, and at once", async () => {
  const world = ageing();
  const { intent: lost } = world.filled();
  const { intent: found } = world.filled();
  await world.days();
  const { past } = world.outbox;
  const events = past.events.bind(past);
  past.events = (id) =>
    id === lost.clientOrderId ? Promise.reject(new Error("D1 is down")) : events(id);
  const commits = world.world.commits;
  const end = { kind: "canceled", reason: "by the broker" } as const;
  await world.run.archive.bringBack(
    [lost, found].map(({ clientOrderId }) => postOf(clientOrderId, end, LATER)),
    LATER,
  );
  // Whoever carries it to people hears of the commit, though no order has changed.
  expect(world.world.commits - commits).toBe(1);
  expect(isArchived(world, found)).toBe(false);
  await world.outbox.flush();
  const titles = [...world.outbox.incidents.values()].map(({ title }) => title);
  expect(titles).toEqual([`News of ${lost.clientOrderId}, which ended long ago: canceled`]);
  const lines = world.outbox.audits.filter(({ action }) => action === "archived_order_not_back");
  expect(lines.map(({ subject }) => subject)).toEqual([lost.clientOrderId]);
});
