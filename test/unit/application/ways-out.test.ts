/** Ways out that are refused, or that take the stops away before they are. */
import { describe, expect, test } from "vitest";
import { closePositions } from "../../../src/application/close-positions.ts";
import { flattenScope } from "../../../src/application/flatten.ts";
import type { OrderPorts } from "../../../src/application/order-ports.ts";
import type { IntentFacts, Placed } from "../../../src/application/ports.ts";
import { FLATTEN_PARTS_MAX } from "../../../src/domain/halt-limits.ts";
import type { Instrument } from "../../../src/domain/instrument.ts";
import type { Execution, OrderIntent, OrderPost, TimeInForce } from "../../../src/domain/order.ts";
import { facts, intent, reserved } from "../../support/orders/lone-ledger.ts";
import { ADMIN } from "../../support/orders/people.ts";
import { executionOf, START } from "../../support/orders/scripted.ts";
import { INSTRUMENT } from "../../support/orders/world.ts";

const stop = {
  ...intent,
  clientOrderId: "stop",
  side: "sell",
  type: "stop",
  reduceOnly: true,
  limitPrice: null,
  stopPrice: "90",
} as const satisfies OrderIntent;

interface Place {
  isOpen?: boolean;
  timesInForce?: TimeInForce[];
  /** How it differs; null where nobody knows it. */
  instrument?: Partial<Instrument> | null;
}

const canceledAt = (clientOrderId: string): OrderPost => ({
  eventId: `c-${clientOrderId}`,
  clientOrderId,
  event: { kind: "canceled", reason: "asked for" },
  at: START,
});

/** A long position of 10 with its stop resting at the broker. */
async function held(world: Place) {
  const { timesInForce = ["day", "gtc"], instrument = {} } = world;
  const { calls } = await reserved();
  const execution: Execution = executionOf("E1", intent.quantity);
  const { clientOrderId } = intent;
  const fill: OrderPost = {
    eventId: "E1",
    clientOrderId,
    event: { kind: "filled", execution },
    at: START,
  };
  await calls.post([fill]);
  expect((await calls.reserve(stop, facts())).kind).toBe("approved");
  const canceled: string[] = [];
  const sent: string[] = [];
  const place = async (asked: OrderIntent, told: IntentFacts): Promise<Placed> => {
    const answer = await calls.reserve(asked, told);
    if (answer.kind !== "approved") return answer;
    sent.push(`${asked.side} ${asked.quantity} ${asked.timeInForce}`);
    return { kind: "sent", result: { outcome: "accepted", order: answer.order } };
  };
  const ports = {
    ledger: calls,
    gateway: () => ({
      place,
      submit: async ({ intent: asked }: { intent: OrderIntent }) => {
        sent.push(`${asked.side} ${asked.quantity} ${asked.timeInForce}`);
        return { outcome: "accepted" };
      },
      cancel: async (id: string) => {
        canceled.push(id);
        await calls.post([canceledAt(id)]);
      },
    }),
    market: () => ({
      rules: { broker: "simulated", orderTypes: ["market"], timesInForce },
      instrument: async () => instrument && { ...INSTRUMENT, ...instrument },
      isOpen: async () => world.isOpen ?? true,
      mark: async () => facts().mark,
    }),
    accounts: [intent.account],
    defaultAccount: intent.account,
    hasKey: async () => true,
    sleep: async () => {},
    log: () => {},
  } as unknown as OrderPorts;
  const closed = async (cancelOpen: boolean, quantity?: string, closeId = "close-1") => {
    const part = quantity === undefined ? {} : { quantity };
    const done = await closePositions(ports, ADMIN, { closeId, cancelOpen, ...part }, START);
    if (!done.ok) throw new Error(done.error.message);
    return done.value.positions;
  };
  const close = async (...asked: Parameters<typeof closed>) =>
    (await closed(...asked)).map(({ refusal }) => refusal?.code ?? "closed");
  return { ports, calls, close, closed, sent, canceled };
}

describe("a close that is to cancel what rests in its way", () => {
  test("leaves the stop where it is while the market is shut and the close would be refused", async () => {
    const { close, canceled } = await held({ isOpen: false });
    await close(true);
    expect(canceled).toEqual([]);
  });

  test("leaves the stop where it is while the portfolio sleeps", async () => {
    const { calls, close, canceled } = await held({});
    await calls.control({ kind: "restrict", scope: "portfolio", reason: "night" }, "person:ann");
    await close(true);
    expect(canceled).toEqual([]);
  });

  test.each([
    ["the instrument can no longer be traded", { instrument: { tradable: false } }],
    ["the broker knows no such instrument any more", { instrument: null }],
  ])("leaves the stop where it is while %s", async (_why, place) => {
    const { close, canceled } = await held(place);
    expect(await close(true)).toHaveLength(1);
    expect(canceled).toEqual([]);
  });

  test("leaves the stop where it is when more is asked for than there is", async () => {
    const { close, canceled } = await held({});
    expect(await close(true, "11")).toEqual(["REDUCE_ONLY"]);
    expect(canceled).toEqual([]);
  });

  test("goes the same way under the same id once the market has opened: nothing was kept of the refusal", async () => {
    const place: Place = { isOpen: false };
    const { close, canceled, sent } = await held(place);
    expect(await close(true)).toEqual(["MARKET_CLOSED"]);
    place.isOpen = true;
    expect(await close(true)).toEqual(["closed"]);
    expect([canceled, sent]).toEqual([["stop"], ["sell 10 day"]]);
  });

  test("cancels and closes while entries are refused: once its way is clear it can only reduce", async () => {
    const { calls, close, canceled, sent } = await held({});
    const why = { reason: "too much lost", by: "person:ann" };
    await calls.control({ kind: "restrict", scope: "algo:momentum", reason: "pause" }, why.by);
    await calls.setLimits(
      { changes: [{ scope: "portfolio", name: "dailyLoss", value: "0" }], reason: why.reason },
      why.by,
    );
    await calls.control(
      { kind: "trading_state", scope: "portfolio", state: "reducing", reason: why.reason },
      why.by,
    );
    expect(await close(true)).toEqual(["closed"]);
    expect([canceled, sent]).toEqual([["stop"], ["sell 10 day"]]);
  });

  test("asks under the lease that its region has by now, as the order itself would", async () => {
    const { ports, close, canceled } = await held({});
    ports.epoch = async (fresh) => (fresh ? 1 : 0);
    expect(await close(true)).toEqual(["closed"]);
    expect(canceled).toEqual(["stop"]);
  });

  test("asked for once more cancels neither its own order nor another's", async () => {
    const { close, canceled } = await held({});
    expect(await close(true)).toEqual(["closed"]);
    expect(await close(true)).toEqual(["closed"]);
    expect(canceled).toEqual(["stop"]);
  });
});

describe("at a broker that takes no day orders, as most of crypto", () => {
  test("a position can be closed", async () => {
    const { close } = await held({ timesInForce: ["gtc", "ioc"] });
    expect(await close(true)).toEqual(["closed"]);
  });

  test("a flatten closes what is open", async () => {
    const { ports, calls } = await held({ timesInForce: ["gtc", "ioc"] });
    await calls.trip("portfolio", "out of all", "person:ann", { flatten: true });
    await calls.post([canceledAt("stop")]);
    expect(await flattenScope(ports, "portfolio", START)).toMatchObject({ sent: 1, refusals: [] });
  });
});

describe("a position larger than the largest order", () => {
  const FOUR = { instrument: { maxQuantity: "4" } };

  test("is closed in parts, as a flatten does, and asking again answers the same orders", async () => {
    const { close, closed, sent } = await held(FOUR);
    expect(await close(true)).toEqual(["closed", "closed", "closed"]);
    expect(sent).toEqual(["sell 3 day", "sell 3 day", "sell 4 day"]);
    const ids = (await closed(true)).map(({ order }) => order?.clientOrderId);
    expect(new Set(ids).size).toBe(3);
    expect((await closed(false)).map(({ order }) => order?.clientOrderId)).toEqual(ids);
    expect(sent).toHaveLength(3);
  });

  test("is refused once, and not once for each part", async () => {
    const { close, sent } = await held({ ...FOUR, isOpen: false });
    expect(await close(false)).toEqual(["MARKET_CLOSED"]);
    expect(await close(false)).toEqual(["MARKET_CLOSED"]);
    expect(sent).toEqual([]);
  });

  test("of which only a part is free is closed as far as that, and the rest is refused", async () => {
    const { close, calls, sent } = await held(FOUR);
    await calls.post([canceledAt("stop")]);
    await calls.reserve({ ...stop, clientOrderId: "stop-2", quantity: "5" }, facts());
    expect(await close(false)).toEqual(["closed", "REDUCE_ONLY"]);
    expect(sent).toEqual(["sell 3 day"]);
  });

  test("takes no more than was asked for, in whole lots, and more than there is stays one order", async () => {
    const { close, calls, sent } = await held({ instrument: { maxQuantity: "4", lotSize: "2" } });
    await calls.post([canceledAt("stop")]);
    expect(await close(false, "7")).toEqual(["QUANTITY_OFF_GRID"]);
    expect(await close(false, "11", "close-2")).toEqual(["QUANTITY_OFF_GRID"]);
    expect(await close(false, "12", "close-3")).toEqual(["QUANTITY_LIMITS"]);
    expect(sent).toEqual([]);
    expect(await close(false, "6", "close-4")).toEqual(["closed", "closed"]);
    expect(sent).toEqual(["sell 2 day", "sell 4 day"]);
  });

  test("is closed by a bounded number of orders, and what they leave is told", async () => {
    const { closed, sent } = await held({
      instrument: { maxQuantity: "0.4", lotSize: "0.1", minQuantity: "0.1" },
    });
    const rows = await closed(true);
    expect(sent).toHaveLength(FLATTEN_PARTS_MAX);
    expect(rows).toHaveLength(FLATTEN_PARTS_MAX + 1);
    expect(rows.at(-1)?.refusal).toMatchObject({
      code: "QUANTITY_LIMITS",
      message: expect.stringContaining("2 is left: close it under another closeId"),
      details: { limit: "0.4", asked: "10" },
    });
  });
});
