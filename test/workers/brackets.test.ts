/** Brackets against the real ledger, gateway and exchange, and the deaths of each between two steps. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { closePositions } from "../../src/application/close-positions.ts";
import { legId } from "../../src/domain/bracket.ts";
import { approvalOf } from "../../src/domain/order.ts";
import { incidentsOf } from "../support/workers/incidents.ts";
import {
  ADMIN,
  atBroker,
  crashGateway,
  endFlow,
  evictLedger,
  inGatewayStorage,
  pollIsDue,
  RESTING,
  startFlow,
  until,
  watchNow,
  type Flow,
} from "../support/workers/orders.ts";

let flow: Flow;

beforeEach(async () => {
  flow = await startFlow();
});

afterEach(() => endFlow(flow));

/** Exits so far away that they rest. */
const bracket = { stopPrice: 1400, targetPrice: 1700 };

const stateOf = async (id: string) => (await flow.ledger.order(id))?.state ?? null;

const becomes = (id: string, state: string) =>
  until(async () => {
    await watchNow();
    return (await stateOf(id)) === state;
  });

/** An entry with both of its exits at the exchange. */
const enter = async () => {
  const { clientOrderId } = await flow.place({ quantity: 10, bracket });
  const [stop, target] = [legId(clientOrderId, 1, "stop"), legId(clientOrderId, 1, "target")];
  await becomes(stop, "pending_trigger");
  await becomes(target, "new");
  return { clientOrderId, stop, target };
};

describe("a bracket", () => {
  test("places a stop and a target for what has filled, and the ledger takes both for one exit", async () => {
    const { stop, target } = await enter();
    expect(await flow.order(stop)).toMatchObject({
      side: "sell",
      type: "stop",
      quantity: "10",
      reduceOnly: true,
      timeInForce: "gtc",
    });
    expect(await flow.order(target)).toMatchObject({ type: "limit", limitPrice: "1700" });
    const [exposure] = await flow.ledger.exposure();
    // Both together can close the ten that are held, and no more.
    expect(exposure).toMatchObject({ quantity: "10", openSellQuantity: "10" });
  });

  test("cancels the one when the other has filled", async () => {
    const { stop, target } = await enter();
    // The target is brought below the market, wherever that has walked to: it fills.
    const limitPrice = String(RESTING.limitPrice);
    const changes = { quantity: null, limitPrice, stopPrice: null };
    const by = "person:op@x.io";
    const reserved = await flow.ledger.reserveReplace(target, changes, await factsOf(), by);
    if (!reserved.ok) throw new Error(`new terms refused: ${JSON.stringify(reserved.error)}`);
    await flow.gateway.modify(target, changes, approvalOf(reserved.value));
    await becomes(target, "filled");
    await becomes(stop, "canceled");
    expect((await flow.ledger.positions())[0]?.quantity).toBe("0");
    expect((await flow.ledger.status()).openOrders).toBe(0);
    expect(await incidentsOf(env.DB)).toEqual([]);
  });

  test(
    "survives deaths of ledger and gateway between any two steps, and places each exit once",
    { timeout: 30_000 },
    async () => {
      const { clientOrderId } = await flow.place({ quantity: 10, bracket });
      const [stop, target] = [legId(clientOrderId, 1, "stop"), legId(clientOrderId, 1, "target")];
      for (let round = 0; round < 4; round += 1) {
        await crashGateway();
        await flow.ledger.status();
        await evictLedger();
        await watchNow();
      }
      await becomes(stop, "pending_trigger");
      await becomes(target, "new");
      expect(await atBroker(flow, stop)).toHaveLength(1);
      expect(await atBroker(flow, target)).toHaveLength(1);
    },
  );

  test("tells people of a stop that the broker refused, and still has the target", async () => {
    await flow.fault("silent_order_stream", { durationMs: 60_000 });
    const { clientOrderId } = await flow.place({ quantity: 10, bracket });
    // Its fill is found by a look; the next order that the exchange sees is the stop.
    await flow.fault("reject_order");
    await pollIsDue();
    await becomes(legId(clientOrderId, 1, "stop"), "rejected");
    await becomes(legId(clientOrderId, 1, "target"), "new");
    await until(async () => (await incidentsOf(env.DB)).length === 1);
    expect(await incidentsOf(env.DB)).toMatchObject([{ title: `No stop for ${clientOrderId}` }]);
  });

  test("raises nothing when a person closes the position, which takes its exits away first", async () => {
    const { stop, target } = await enter();
    const close = { closeId: "out", instrument: "NSE:INFY", cancelOpen: true };
    const closed = await closePositions(flow.ports, ADMIN, close, Date.now());
    expect(closed).toMatchObject({ ok: true, value: { positions: [{ refusal: null }] } });
    await becomes(stop, "canceled");
    await becomes(target, "canceled");
    await until(async () => (await flow.ledger.positions())[0]?.quantity === "0");
    await waitIsOver(2);
    expect(await incidentsOf(env.DB)).toEqual([]);
  });

  test("tells of a stop that was taken away while the position stands, once the wait is over", async () => {
    const { clientOrderId, stop } = await enter();
    await flow.ledger.requestCancel(stop, "person:op@x.io");
    await flow.gateway.cancel(stop);
    await becomes(stop, "canceled");
    expect(await incidentsOf(env.DB)).toEqual([]);
    await waitIsOver(1);
    expect(await incidentsOf(env.DB)).toMatchObject([{ title: `No stop for ${clientOrderId}` }]);
  });

  test("that could not be held is refused before anything is reserved, with its facts", async () => {
    const { version } = await flow.ledger.status();
    const off = flow.place({ bracket: { stopPrice: "1400.01", targetPrice: 1700 } });
    await expect(off).rejects.toThrow(/PRICE_OFF_GRID.*bracket.stopPrice 1400.01/);
    expect((await flow.ledger.status()).version).toBe(version);
  });
});

/** Until so many incidents are held; then as if their wait was over. */
async function waitIsOver(held: number): Promise<void> {
  const gateway = env.ORDER_GATEWAY.getByName("paper");
  const raised = () =>
    runInDurableObject(gateway, (_, { storage }) =>
      storage.sql.exec("SELECT name FROM notes WHERE name LIKE 'incident:%'").toArray(),
    );
  await until(async () => {
    await watchNow();
    return (await raised()).length === held;
  });
  await inGatewayStorage(
    "UPDATE notes SET body = json_set(body, '$.hold.until', 0) WHERE name LIKE 'incident:%'",
  );
  await until(async () => {
    await watchNow();
    return (await raised()).length === 0;
  });
}

const factsOf = async () => {
  const instrument = (await flow.ports.market("paper")?.instrument("NSE:INFY")) ?? null;
  return { instrument, marketOpen: true, brokerRefusal: null, mark: null };
};
