/** A flatten whose closing order meets a broken connection to the broker. */
import { expect, test } from "vitest";
import { haltTrading } from "../../../src/application/halt-trading.ts";
import { QUIET } from "../../support/orders/faults.ts";
import { holdingTen } from "../../support/orders/holding.ts";
import { ADMIN } from "../../support/orders/people.ts";

/** Nothing reaches the broker for `outageMs` from the flatten on. Answers how long after that the account is flat, ms. */
async function flatAfter(outageMs: number) {
  const { world, pass, position } = await holdingTen();
  world.setFaults({ ...QUIET, connectFailure: 1 });
  void haltTrading(world.orderPorts(), ADMIN, "portfolio", "crash", world.now(), true);
  await pass(outageMs);
  expect(position()).toBe("10");
  world.setFaults(QUIET);
  const from = world.timeline.now();
  while (position() !== "0" && world.timeline.now() - from < 120_000) await pass(100);
  const flatInMs = world.timeline.now() - from;
  await pass(60_000);
  const states = world.ledger.store.orders().map(({ state }) => state);
  return { flatInMs, position: position(), onDesk: states.includes("dead_lettered") };
}

test("what could not be sent at first is sent again within seconds", async () => {
  const { flatInMs, position } = await flatAfter(900);
  expect(flatInMs).toBeLessThan(3_000);
  expect(position).toBe("0");
});

test("after a long outage it is sent within twenty seconds, and nothing of it lies on the desk", async () => {
  const { flatInMs, ...after } = await flatAfter(300_000);
  expect(flatInMs).toBeLessThan(21_500);
  expect(after).toEqual({ position: "0", onDesk: false });
});
