/** All providers of an instrument down: one alert, entries refused, exits not. */
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

vi.setConfig({ testTimeout: 180_000, hookTimeout: 30_000 });

const incidents = async () =>
  (await env.DB.prepare("SELECT id, severity, acknowledged_by FROM incidents").all()).results;

/** Placed as the API does, with the price that the feed gives. */
const place = (side: "buy" | "sell", clientOrderId: string, reduceOnly: boolean) =>
  submitOrder(
    orderPorts(env),
    ALGO,
    orderRequest.parse({
      clientOrderId,
      instrument: INFY,
      side,
      type: "market",
      quantity: 10,
      reduceOnly,
    }),
    Date.now(),
  );

test("with every provider down there is one alert, an entry is refused for its stale price, and an exit passes", async () => {
  const flow = await startFlow();
  const backup = exchange("paper-backup");
  const rest = exchange("paper-rest");
  await flow.paper.control("/market", { ticksPerSecond: 40 });
  await backup.control("/market", { ticksPerSecond: 40 });
  const algo = await openAlgo();
  await algo.subscribe([INFY, "NSE:TCS"]);
  await until(() => algo.ticking().size === 2);
  const entry = await place("buy", "entry-1", false);
  expect(entry).toMatchObject({ ok: true });
  await until(async () => (await flow.order("entry-1")).state === "filled");

  // Each fails in its own way: one stands still and answers pings, one is gone, and one never answers.
  await backup.control("/faults", { fault: "refuse_connection", count: 1_000 });
  await backup.control("/faults", { fault: "drop_feed_socket", count: 4 });
  await rest.control("/faults", { fault: "hold_quote", count: 1_000 });
  await flow.paper.control("/market", { ticksPerSecond: 0 });
  await until(async () => (await marketManager(env).feedAlert())?.instruments === 2, 90_000);

  await until(async () => {
    const refused = await place("buy", `entry-${Date.now()}`, false);
    return !refused.ok && refused.error.code === "STALE_PRICE";
  }, 20_000);
  const exit = await place("sell", "exit-1", true);
  expect(exit).toMatchObject({ ok: true });

  const history = await marketManager(env).switches({ limit: 100 });
  const downs = history.ok ? history.value.items.filter(({ kind }) => kind === "down") : [];
  expect(downs.map(({ instrument }) => instrument).sort()).toEqual([INFY, "NSE:TCS"]);
  // People hear of it once, however many instruments it is, until prices come again.
  const id = expect.stringMatching(/^feed-down-\d+$/);
  await until(async () => (await incidents()).length > 0);
  expect(await incidents()).toEqual([{ id, severity: "critical", acknowledged_by: null }]);
  await flow.paper.control("/market", { ticksPerSecond: 40 });
  await until(async () => (await marketManager(env).feedAlert()) === null, 20_000);
  await until(async () => (await incidents()).every((one) => one["acknowledged_by"] !== null));
  expect(await incidents()).toEqual([{ id, severity: "critical", acknowledged_by: "recovery" }]);
  await endFlow(flow);
});
