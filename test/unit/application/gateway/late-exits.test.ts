/** A bracket's entry that fills while nothing new may be placed: its exits stand as soon as they may, over the real gateway and ledger. */
import { expect, test } from "vitest";
import { submitOrder } from "../../../../src/application/submit-order.ts";
import { orderRequest } from "../../../../src/contract/orders.ts";
import { legId } from "../../../../src/domain/bracket.ts";
import { INSTRUMENT, World } from "../../../support/orders/world.ts";

/** What holds everything new back, and what ends that. */
const HELD_BACK = {
  "while the portfolio is asleep": (world: World) => {
    const control = (kind: "restrict" | "lift") =>
      world.ledgerPort().control({ kind, scope: "portfolio", reason: "night" }, "person:a");
    return { begin: () => control("restrict"), end: () => control("lift") };
  },
  "under a kill switch": (world: World) => {
    const ledger = world.ledgerPort();
    return {
      begin: () => ledger.trip("portfolio", "look at it", "person:a"),
      end: () => ledger.resetTrip("portfolio", "looked at it", "person:a"),
    };
  },
  "while its market is closed": (world: World) => {
    const open = async (isOpen: boolean) => void (world.marketOpen = isOpen);
    return { begin: () => open(false), end: () => open(true) };
  },
} as const;

test.each(Object.entries(HELD_BACK))(
  "an entry that fills %s has its exits afterwards, and people hear that they are not there yet",
  async (_name, heldBack) => {
    const world = new World(3, 10_000_000);
    const pass = (ms: number) => world.timeline.runUntil(world.timeline.now() + ms);
    const { begin, end } = heldBack(world);
    // It fills in parts, each of which has exits of its own.
    const guarded = { stop: 0, limit: 0 };
    const send = world.broker.onSend;
    world.broker.onSend = (approved) => {
      const { exit, type, quantity } = approved.intent;
      if (exit && (type === "stop" || type === "limit")) guarded[type] += Number(quantity);
      send?.(approved);
    };
    await pass(2_000);
    const sent = submitOrder(
      world.orderPorts(),
      { kind: "algo", id: "k", algoId: "momentum", scopes: ["trade"] },
      orderRequest.parse({
        clientOrderId: "o-1",
        instrument: INSTRUMENT.id,
        side: "buy",
        type: "stop",
        stopPrice: "101",
        quantity: "10",
        timeInForce: "gtc",
        bracket: { stopPrice: "95", targetPrice: "105" },
      }),
      world.now(),
    );
    await pass(500);
    expect(await sent).toMatchObject({ ok: true, value: { order: { state: "pending_trigger" } } });
    void begin();
    await pass(500);
    world.broker.exchange.setPrice(INSTRUMENT.id, 101);
    await pass(60_000);
    expect(world.broker.exchange.position(INSTRUMENT.id)).toBe("10");
    expect(guarded).toEqual({ stop: 0, limit: 0 });
    world.broker.exchange.setPrice(INSTRUMENT.id, 100);
    void end();
    await pass(60_000);
    expect(guarded).toEqual({ stop: 10, limit: 10 });
    const told = [...world.gateways.incidents.keys()];
    expect(told).toContain(`bracket-waits-${legId("o-1", 1, "stop")}`);
    expect(told).not.toContain(`bracket-${legId("o-1", 1, "stop")}`);
  },
);
