/** A flatten where one small order on the closing side cannot be cleared up: what that does not hold is closed. */
import { expect, test } from "vitest";
import { flattenScope } from "../../../src/application/flatten.ts";
import { haltTrading } from "../../../src/application/halt-trading.ts";
import { QUIET } from "../../support/orders/faults.ts";
import { holdingTen } from "../../support/orders/holding.ts";
import { ADMIN } from "../../support/orders/people.ts";
import type { World } from "../../support/orders/world.ts";

const SMALL = {
  clientOrderId: "o-2",
  side: "sell",
  type: "limit",
  limitPrice: "104",
  quantity: "1",
};

const flatten = (world: World) =>
  void haltTrading(world.orderPorts(), ADMIN, "portfolio", "crash", world.now(), true);

test("a sell of 1 whose outcome nobody knows leaves 9 to be closed, at once", async () => {
  const { world, pass, submit, position } = await holdingTen();
  world.setFaults({ ...QUIET, timeoutBefore: 1 });
  void submit(SMALL);
  await pass(5_000);
  world.setFaults(QUIET);
  await pass(120_000);
  expect((await world.ledger.calls().order("o-2"))?.state).toBe("dead_lettered");
  flatten(world);
  await pass(5_000);
  expect(position()).toBe("1");
  await pass(600_000);
  expect(position()).toBe("1");
});

test("a sell of 1 that the broker will not cancel leaves 9 to be closed, at once", async () => {
  const { world, pass, submit, position } = await holdingTen(9);
  const sent = submit({ ...SMALL, type: "stop_limit", stopPrice: "90", limitPrice: "90" });
  await pass(5_000);
  expect((await sent).ok).toBe(true);
  world.broker.refusesCancels = true;
  flatten(world);
  await pass(5_000);
  expect(position()).toBe("1");
  // What holds the rest goes, and then that is closed, too.
  world.broker.refusesCancels = false;
  await pass(120_000);
  expect(position()).toBe("0");
});

test("what is on its way already is no refusal that people would have to hear of", async () => {
  const { world, pass, position } = await holdingTen();
  flatten(world);
  const isClosing = () =>
    world.ledger.store.orders().some(({ clientOrderId }) => clientOrderId.startsWith("fl-"));
  while (!isClosing()) await pass(1);
  const again = flattenScope(world.orderPorts(), "portfolio", world.now());
  const before = position();
  await pass(1_000);
  expect([before, await again]).toEqual(["10", { positions: 1, sent: 0, refusals: [] }]);
});
