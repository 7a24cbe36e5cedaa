/** A person's retry of a dead letter through the Workers of a region that has lost the lease. */
import { expect, test } from "vitest";
import { retryDeadLetter, successorId } from "../../../src/application/retry-dead-letter.ts";
import { submitOrder } from "../../../src/application/submit-order.ts";
import { orderRequest } from "../../../src/contract/orders.ts";
import { QUIET } from "../../support/orders/faults.ts";
import { ADMIN, takeOver } from "../../support/orders/people.ts";
import { INSTRUMENT, World, type Region } from "../../support/orders/world.ts";

/** A letter that was not sent, on the desk of a platform whose lease the other region has taken. */
async function deskAfterTakeover() {
  const world = new World(3, 10_000_000);
  const pass = (ms: number) => world.timeline.runUntil(world.timeline.now() + ms);
  await pass(2_000);
  void takeOver(world);
  await pass(10_000);
  world.setFaults({ ...QUIET, connectFailure: 1 });
  const order = orderRequest.parse({
    clientOrderId: "o-1",
    algoId: "momentum",
    instrument: INSTRUMENT.id,
    side: "buy",
    type: "limit",
    limitPrice: "100",
    quantity: "10",
  });
  void submitOrder(world.orderPorts("standby"), ADMIN, order, world.now());
  await pass(60_000);
  world.setFaults(QUIET);
  const retriedIn = async (region: Region) => {
    const done = retryDeadLetter(world.orderPorts(region), ADMIN, "o-1", "again", world.now());
    await pass(10_000);
    return done;
  };
  const state = async () => (await world.ledger.calls().order("o-1"))?.state;
  return { world, retriedIn, state };
}

test("is refused and leaves the letter on the desk, and the region that has the lease sends it", async () => {
  const { world, retriedIn, state } = await deskAfterTakeover();
  expect(await state()).toBe("dead_lettered");
  expect(await retriedIn("primary")).toMatchObject({
    ok: false,
    error: { code: "STALE_EPOCH", details: { limit: "2", asked: "0" } },
  });
  expect(await state()).toBe("dead_lettered");
  expect(world.broker.held).toEqual([]);
  expect(await retriedIn("standby")).toMatchObject({ ok: true });
  expect(await state()).toBe("canceled");
  const held = world.broker.held.map(({ order }) => order.clientOrderId);
  expect(held).toEqual([successorId("o-1")]);
});
