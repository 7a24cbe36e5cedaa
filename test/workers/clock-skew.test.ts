/** A broker whose clock is wrong: its gateway sends no entry, and says why. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { endFlow, type Flow, RESTING, startFlow, until } from "../support/workers/orders.ts";

let flow: Flow;

beforeEach(async () => {
  flow = await startFlow();
});

afterEach(() => endFlow(flow));

test("lesson 55: once the broker's clock is seen to be ahead no entry leaves, under CLOCK_SKEW", async () => {
  const before = await flow.reserve(RESTING);
  expect((await flow.gateway.submit(before, 1)).outcome).toBe("accepted");
  await flow.paper.control("/faults", { fault: "skew_clock", count: 1, durationMs: 3_000 });
  const submitted = async () => flow.gateway.submit(await flow.reserve(RESTING), 1);
  // The heartbeat that tells it comes within a second.
  await until(async () => (await submitted()).outcome === "stopped");
  const { ordersReceived } = await flow.paper.control();
  const { outcome, order } = await submitted();
  expect(outcome).toBe("stopped");
  expect(order.reason).toMatch(/^CLOCK_SKEW/);
  expect((await flow.paper.control()).ordersReceived).toBe(ordersReceived);
});
