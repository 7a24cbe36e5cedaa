/** A bracket whose entry closes a position the other way, or meets others that close: its exits are for what is there to be closed, over the real gateway and ledger. */
import { expect, test } from "vitest";
import { submitOrder } from "../../../../src/application/submit-order.ts";
import { orderRequest } from "../../../../src/contract/orders.ts";
import { bracketNote } from "../../../../src/application/gateway/bracket-notes.ts";
import { BRACKET_LATE_FILL_MS } from "../../../../src/domain/bracket-limits.ts";
import { INSTRUMENT, World } from "../../../support/orders/world.ts";
import { isOpen } from "../../../support/orders/exchange.ts";

const BRACKET = { stopPrice: "95", targetPrice: "105" };

async function awake() {
  const world = new World(3, 10_000_000);
  const pass = (ms: number) => world.timeline.runUntil(world.timeline.now() + ms);
  await pass(2_000);
  const submit = async (clientOrderId: string, terms: object) => {
    void submitOrder(
      world.orderPorts(),
      { kind: "algo", id: "k", algoId: "momentum", scopes: ["trade"] },
      orderRequest.parse({ clientOrderId, instrument: INSTRUMENT.id, type: "market", ...terms }),
      world.now(),
    );
    await pass(5_000);
  };
  const position = () => world.broker.exchange.position(INSTRUMENT.id);
  // What the broker is asked for: it fills as it likes.
  const sums = { stop: 0, limit: 0 };
  const send = world.broker.onSend;
  world.broker.onSend = (approved) => {
    const { exit, type, quantity } = approved.intent;
    if (exit && (type === "stop" || type === "limit")) sums[type] += Number(quantity);
    send?.(approved);
  };
  /** Of all exits, in units. */
  const placed = () => [sums.stop, sums.limit];
  const told = () => [...world.gateways.incidents.keys()].filter((id) => id.startsWith("bracket-"));
  return { world, pass, submit, position, placed, told };
}

test("an algo that turns from short 5 to long 5 by a bracket of 10 has exits for its 5, and people hear nothing", async () => {
  const { submit, pass, position, placed, told } = await awake();
  await submit("o-0", { side: "sell", quantity: "5" });
  await pass(20_000);
  expect(position()).toBe("-5");
  await submit("o-1", { side: "buy", quantity: "10", bracket: BRACKET });
  expect([placed(), told()]).toEqual([[5, 5], []]);
});

test("a bracket that only closes what is short has no exits, and is over", async () => {
  const { world, submit, pass, position, placed, told } = await awake();
  await submit("o-0", { side: "sell", quantity: "5" });
  await pass(20_000);
  await submit("o-1", { side: "buy", quantity: "5", bracket: BRACKET });
  await pass(20_000);
  expect([position(), placed(), told()]).toEqual(["0", [0, 0], []]);
  const { store } = world.gateways;
  expect(store.note("bracket:o-1")).not.toBeNull();
  await pass(BRACKET_LATE_FILL_MS);
  expect(store.note("bracket:o-1")).toBeNull();
  expect(bracketNote({ store }, "o-1")?.bracket.closedOtherwise).toBe("5");
});

test("a fill from before that the broker tells of late is what its entry did not close: it gets its exits then", async () => {
  const { world, submit, pass, placed, told } = await awake();
  await submit("o-0", { side: "sell", quantity: "5" });
  await pass(20_000);
  const onEvent = world.broker.onEvent;
  const late: (() => void)[] = [];
  world.broker.onEvent = (event) => {
    const isLate = event.clientOrderId === "o-2" && event.event.kind === "filled";
    if (isLate) late.push(() => onEvent?.(event));
    else onEvent?.(event);
  };
  await submit("o-2", { side: "buy", quantity: "3" });
  await submit("o-1", { side: "buy", quantity: "5", bracket: BRACKET });
  expect(placed()[0]).toBeLessThan(3);
  for (const tell of late) tell();
  await pass(5_000);
  expect([placed(), told()]).toEqual([[3, 3], []]);
});

test("also while losses refuse entries: what goes beyond the position passes for no entry", async () => {
  const { world, submit, pass, placed } = await awake();
  await submit("o-0", { side: "sell", quantity: "5" });
  await pass(20_000);
  await submit("o-1", {
    side: "buy",
    quantity: "10",
    type: "stop",
    stopPrice: "101",
    bracket: BRACKET,
  });
  void world
    .ledgerPort()
    .control(
      { kind: "trading_state", scope: "portfolio", state: "reducing", reason: "losses" } as never,
      "person:a",
    );
  await pass(1_000);
  world.broker.exchange.setPrice(INSTRUMENT.id, 101);
  await pass(30_000);
  expect(placed()).toEqual([5, 5]);
});

test("where a person is short 4 by hand, the account's 6 have their exits, and the other 4 wait for theirs until they can be closed", async () => {
  const { world, submit, pass, placed, told } = await awake();
  world.broker.exchange.trade({ instrument: INSTRUMENT.id, side: "sell", quantity: 4 });
  await pass(30_000);
  await submit("o-1", { side: "buy", quantity: "10", bracket: BRACKET });
  await pass(20_000);
  expect(placed()).toEqual([6, 6]);
  expect(told()).toEqual(["bracket-waits-o-1-s2"]);
  world.broker.exchange.trade({ instrument: INSTRUMENT.id, side: "buy", quantity: 4 });
  await pass(30_000);
  expect([placed(), told()]).toEqual([[10, 10], ["bracket-waits-o-1-s2"]]);
});

test("what another order of the algo is about to close waits, and has its exits once that is canceled", async () => {
  const { world, submit, pass, placed, told } = await awake();
  await submit("o-0", {
    side: "sell",
    type: "limit",
    limitPrice: "101",
    quantity: "4",
    timeInForce: "gtc",
  });
  await submit("o-1", { side: "buy", quantity: "10", bracket: BRACKET });
  await pass(10_000);
  const resting = world.broker.held.find(({ order }) => order.clientOrderId === "o-0");
  expect(resting && isOpen(resting)).toBe(true);
  expect(placed()).toEqual([6, 6]);
  expect(told().length).toBeGreaterThan(0);
  expect(told().every((id) => id.startsWith("bracket-waits-"))).toBe(true);
  if (resting) world.broker.exchange.cancel(resting);
  await pass(30_000);
  expect(placed()).toEqual([10, 10]);
});
