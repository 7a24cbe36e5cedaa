/** A position that something else than its exits closes: what may only reduce closes what is left of it, and opens nothing the other way. */
import { expect, test } from "vitest";
import { submitOrder } from "../../../../src/application/submit-order.ts";
import { orderRequest } from "../../../../src/contract/orders.ts";
import { isOpen } from "../../../support/orders/exchange.ts";
import { INSTRUMENT, World } from "../../../support/orders/world.ts";

const BRACKET = { stopPrice: "95", targetPrice: "105" };

async function awake(seed = 5) {
  const world = new World(seed, 10_000_000);
  const pass = (ms: number) => world.timeline.runUntil(world.timeline.now() + ms);
  await pass(2_000);
  const submit = async (clientOrderId: string, terms: object) => {
    const market = { instrument: INSTRUMENT.id, type: "market", quantity: "10" };
    void submitOrder(
      world.orderPorts(),
      { kind: "algo", id: "k", algoId: "momentum", scopes: ["trade"] },
      orderRequest.parse({ clientOrderId, ...market, ...terms }),
      world.now(),
    );
    await pass(2_000);
  };
  const position = () => world.broker.exchange.position(INSTRUMENT.id);
  /** Units that rest at the broker to close, of stops and of limits; the broker fills in parts as it likes. */
  const standing = (idPrefix = "o-") => {
    const resting = world.broker.held
      .filter(isOpen)
      .filter(({ order }) => order.clientOrderId?.startsWith(idPrefix));
    return (["stop", "limit"] as const).map((type) =>
      resting
        .filter(({ order }) => order.type === type)
        .reduce((sum, { order }) => sum + Number(order.quantity) - Number(order.filledQuantity), 0),
    );
  };
  const told = () => [...world.gateways.incidents.keys()];
  return { world, pass, submit, position, standing, told };
}

test("exits of a position that another order has closed are canceled at once, and whoever holds nothing hears nothing", async () => {
  const { world, pass, submit, position, standing, told } = await awake();
  await submit("o-1", { side: "buy", bracket: BRACKET });
  expect([position(), standing()]).toEqual(["10", [10, 10]]);
  await submit("o-2", { side: "sell" });
  expect([position(), standing()]).toEqual(["0", [0, 0]]);
  world.broker.exchange.setPrice(INSTRUMENT.id, 94);
  await pass(60_000);
  expect([position(), told()]).toEqual(["0", []]);
});

test("exits of a position that another order has closed in part are made as small as the rest, and people hear of it", async () => {
  const { world, pass, submit, position, standing, told } = await awake();
  await submit("o-1", { side: "buy", bracket: BRACKET });
  await submit("o-2", { side: "sell", quantity: "4" });
  expect([position(), standing()]).toEqual(["6", [6, 6]]);
  await pass(12_000);
  expect(told().filter((id) => id.startsWith("bracket-trimmed-o-1-")).length).toBeGreaterThan(0);
  world.broker.exchange.setPrice(INSTRUMENT.id, 94);
  await pass(60_000);
  expect([position(), standing()]).toEqual(["0", [0, 0]]);
});

test("exits of a position that was liquidated in part close what is left of it, and no more", async () => {
  const { world, pass, submit, position, standing, told } = await awake(7);
  await submit("o-1", { side: "buy", bracket: BRACKET });
  world.broker.exchange.trade({ instrument: INSTRUMENT.id, side: "sell", quantity: 4 });
  await pass(2_000);
  expect([position(), standing()]).toEqual(["6", [6, 6]]);
  world.broker.exchange.setPrice(INSTRUMENT.id, 94);
  await pass(120_000);
  expect([position(), standing()]).toEqual(["0", [0, 0]]);
  // The 4 that the algo believes to hold have exits as soon as the account has them.
  expect(told().filter((id) => id.startsWith("bracket-waits-o-1-")).length).toBeGreaterThan(0);
  world.broker.exchange.trade({ instrument: INSTRUMENT.id, side: "buy", quantity: 4 });
  await pass(20_000);
  expect(standing()[0]).toBe(0);
  expect(position()).toBe("0");
});

const ALONE = { type: "stop", stopPrice: "90", timeInForce: "gtc", reduceOnly: true } as const;

test("an order of the algo's own that may only reduce is made smaller, and canceled when nothing is left", async () => {
  const { pass, submit, position, standing, told } = await awake(9);
  await submit("o-1", { side: "buy" });
  await submit("o-2", { side: "sell", ...ALONE });
  expect(standing()).toEqual([10, 0]);
  await submit("o-3", { side: "sell", quantity: "4" });
  expect([position(), standing()]).toEqual(["6", [6, 0]]);
  await pass(12_000);
  expect(told()).toContain("reduce-only-o-2-6");
  await submit("o-4", { side: "sell", quantity: "6" });
  await pass(20_000);
  expect([position(), standing()]).toEqual(["0", [0, 0]]);
});

test("while nothing stands to reduce, no fill is a cause to ask the ledger", async () => {
  const { world, submit } = await awake(9);
  await submit("o-1", { side: "buy", quantity: "5" });
  const ledger = world.ledgerPort();
  const { store } = world.gateways;
  const before = store.number("trimmed_fills");
  await submit("o-2", { side: "buy", quantity: "5" });
  expect(store.number("fills_booked")).toBeGreaterThan(before);
  expect(store.number("trimmed_fills")).toBe(before);
  expect(await settled(world, ledger.reducing("simulated"))).toEqual([]);
});

async function settled<T>(world: World, call: Promise<T>): Promise<T> {
  await world.timeline.runUntil(world.timeline.now() + 100);
  return call;
}
