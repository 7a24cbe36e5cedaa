/** The ways out of the market at once, against the real ledger, gateway and exchange. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cancelOrders } from "../../src/application/cancel-orders.ts";
import { closePositions } from "../../src/application/close-positions.ts";
import type { Caller } from "../../src/application/caller.ts";
import { closePositionRequest, type ClosePositionsRequest } from "../../src/contract/orders.ts";
import {
  ADMIN,
  ALGO,
  endFlow,
  RESTING,
  startFlow,
  until,
  type Flow,
} from "../support/workers/orders.ts";

let flow: Flow;

beforeEach(async () => {
  flow = await startFlow();
});

afterEach(() => endFlow(flow));

const OTHER: Caller = { ...ALGO, id: "key-2", algoId: "other" };

const cancelAll = async (caller: Caller, filter = {}) => {
  const done = await cancelOrders(flow.ports, caller, filter);
  if (!done.ok) throw new Error(JSON.stringify(done.error));
  return done.value;
};

const close = async (request: Partial<ClosePositionsRequest> = {}, caller = ALGO) => {
  const full = closePositionRequest.parse({ closeId: "c-1", instrument: "NSE:INFY", ...request });
  const done = await closePositions(flow.ports, caller, full, Date.now());
  if (!done.ok) throw new Error(JSON.stringify(done.error));
  return done.value;
};

const held = async () => (await flow.ledger.positions())[0]?.quantity;

const ended = (...ids: string[]) =>
  until(async () => {
    const states = await Promise.all(ids.map(async (id) => (await flow.order(id)).state));
    return states.every((state) => state === "canceled");
  });

/** Ten held, bought at market. */
const hold = async () => {
  await flow.place({ quantity: 10 });
  await until(async () => (await held()) === "10");
};

describe("cancel all", () => {
  test("cancels what the filter means and nothing else, and says how many", async () => {
    const buys = [await flow.place(RESTING), await flow.place(RESTING)];
    const elsewhere = await flow.place({ ...RESTING, instrument: "NSE:TCS", limitPrice: 1430 });
    const done = await cancelAll(ALGO, { instrument: "NSE:INFY", side: "buy" });
    expect(done).toEqual({ openOrders: 2, cancelsSent: 2, notSent: 0 });
    await ended(...buys.map(({ clientOrderId }) => clientOrderId));
    expect((await flow.order(elsewhere.clientOrderId)).state).toBe("new");
    expect(await cancelAll(ADMIN, { account: "paper" })).toMatchObject({ openOrders: 1 });
    await ended(elsewhere.clientOrderId);
    expect(await cancelAll(ADMIN)).toEqual({ openOrders: 0, cancelsSent: 0, notSent: 0 });
  });

  test("asking twice is one wish, and passes a kill switch", async () => {
    const { clientOrderId } = await flow.place(RESTING);
    await flow.ledger.trip("portfolio", "a test needs it", "person:op@x.io");
    await Promise.all([cancelAll(ALGO), cancelAll(ALGO)]);
    await ended(clientOrderId);
    const { items } = await flow.ledger.history(clientOrderId, { limit: 50 });
    expect(items.filter(({ kind }) => kind === "cancel_requested")).toHaveLength(1);
  });

  test("an algo's key reaches its own algo's orders and no others", async () => {
    const { clientOrderId } = await flow.place(RESTING);
    expect(await cancelAll(OTHER)).toMatchObject({ openOrders: 0 });
    const foreign = await cancelOrders(flow.ports, OTHER, { algoId: "momentum" });
    expect(foreign).toMatchObject({ ok: false, error: { code: "FORBIDDEN" } });
    expect((await flow.order(clientOrderId)).state).toBe("new");
  });
});

describe("close", () => {
  test("sells what is held, once, however often it is asked for", async () => {
    await hold();
    const [first, second] = [await close(), await close()];
    expect(first.positions).toMatchObject([{ order: { side: "sell", quantity: "10" } }]);
    expect(second.positions.map(({ order }) => order?.clientOrderId)).toEqual(
      first.positions.map(({ order }) => order?.clientOrderId),
    );
    await until(async () => (await held()) === "0");
    expect((await close()).positions).toHaveLength(1);
    expect(await held()).toBe("0");
  });

  test("never turns a position round: more than is held is refused with its facts, part of it is closed", async () => {
    await hold();
    const much = await close({ quantity: "11" });
    expect(much.positions).toMatchObject([
      { order: null, refusal: { code: "REDUCE_ONLY", details: { limit: "10", asked: "11" } } },
    ]);
    await close({ closeId: "c-2", quantity: "4" });
    await until(async () => (await held()) === "6");
  });

  test("an order that rests in its way is left its part, or canceled first if asked", async () => {
    await hold();
    const resting = await flow.place({ type: "stop", side: "sell", stopPrice: 1430 });
    expect(resting.state).toBe("pending_trigger");
    expect((await close()).positions).toMatchObject([{ refusal: { code: "REDUCE_ONLY" } }]);
    const done = await close({ closeId: "c-2", cancelOpen: true });
    expect(done.cancels).toEqual({ openOrders: 1, cancelsSent: 1, notSent: 0 });
    await until(async () => (await held()) === "0");
    expect((await flow.order(resting.clientOrderId)).state).toBe("canceled");
  });

  test("a refused close changes nothing, and another algo's position is not there to close", async () => {
    await hold();
    const { version } = await flow.ledger.status();
    expect((await close({}, OTHER)).positions).toEqual([]);
    const foreign = await closePositions(
      flow.ports,
      OTHER,
      closePositionRequest.parse({ closeId: "c", instrument: "NSE:INFY", algoId: "momentum" }),
      Date.now(),
    );
    expect(foreign).toMatchObject({ ok: false, error: { code: "FORBIDDEN" } });
    expect((await flow.ledger.status()).version).toBe(version);
  });
});
