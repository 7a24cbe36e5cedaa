/** Prices from one broker, orders to another. */
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { submitOrder } from "../../src/application/submit-order.ts";
import { orderRequest } from "../../src/contract/orders.ts";
import { marketManager } from "../../src/platform/objects.ts";
import { orderPorts } from "../../src/platform/wiring.ts";
import { openAlgo, until } from "../support/workers/algo.ts";
import { ALGO, endFlow, startFlow } from "../support/workers/orders.ts";
import { exchange } from "../support/workers/paper.ts";

const INFY = "NSE:INFY";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 30_000 });

test("lesson 4: orders go to one broker while prices come from another, and neither needs the other's line", async () => {
  const flow = await startFlow();
  const backup = exchange("paper-backup");
  for (const one of [flow.paper, backup]) await one.control("/market", { ticksPerSecond: 40 });
  await marketManager(env).rankProviders(INFY, ["paper-backup"]);
  // The broker at which is traded gives no prices at all.
  await flow.paper.control("/faults", { fault: "refuse_connection", count: 100_000 });
  const algo = await openAlgo();
  await algo.subscribe([INFY]);
  await until(() => algo.ticks().length > 5);
  expect(new Set(algo.ticks().map(({ provider }) => provider))).toEqual(new Set(["paper-backup"]));

  const place = async (side: "buy" | "sell", clientOrderId: string) => {
    const terms = { clientOrderId, instrument: INFY, side, type: "market", quantity: 10 };
    const placed = await submitOrder(orderPorts(env), ALGO, orderRequest.parse(terms), Date.now());
    expect(placed).toMatchObject({ ok: true });
    await until(async () => (await flow.order(clientOrderId)).state === "filled");
  };
  await place("buy", "bought");
  await place("sell", "sold");
  const [traded, watched] = [await flow.paper.control(), await backup.control()];
  expect([traded.ordersReceived, watched.ordersReceived]).toEqual([2, 0]);
  expect([traded.subscriptions, watched.subscriptions]).toEqual([0, 1]);
  await flow.paper.control("/faults", { fault: "refuse_connection", count: 0 });
  await endFlow(flow);
});
