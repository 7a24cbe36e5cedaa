/** The orders that close what stands under a halt, in the ledger: what leaves them alone, and what ends them. */
import { expect, test } from "vitest";
import { KILL_SWITCH_HOLD_MS } from "../../../../src/domain/limits.ts";
import { facts, intent, reserved } from "../../../support/orders/lone-ledger.ts";
import { executionOf, START } from "../../../support/orders/scripted.ts";

const ACCEPTED = { kind: "accepted", brokerOrderId: "B1", pendingTrigger: false } as const;

/** Holds one, under halts that close what is under them; closing orders are asked for by their ids. */
async function closingUnder(...scopes: string[]) {
  const run = await reserved();
  const { clientOrderId } = intent;
  const filled = { kind: "filled", execution: executionOf("E1", "2") } as const;
  await run.calls.post([
    { eventId: "a", clientOrderId, event: ACCEPTED, at: START },
    { eventId: "E1", clientOrderId, event: filled, at: START },
  ]);
  const press = (scope = "portfolio") =>
    run.calls.trip(scope, "test", "test", { flatten: true, stopAlgos: true });
  const canceled = [];
  for (const scope of scopes) canceled.push(...(await press(scope)).toCancel);
  const close = async (id: string): Promise<string> => {
    const order = { type: "market", limitPrice: null, timeInForce: "day" } as const;
    const closing = { ...intent, ...order, side: "sell" as const, reduceOnly: true };
    const one = { ...closing, quantity: "1", clientOrderId: id };
    return (await run.calls.reserve(one, { ...facts(), flattens: true })).kind;
  };
  const accepted = (id: string) =>
    run.calls.post([
      { eventId: id, clientOrderId: id, event: { ...ACCEPTED, brokerOrderId: id }, at: START },
    ]);
  const lift = async (scope: string): Promise<string[]> => {
    run.advance(KILL_SWITCH_HOLD_MS);
    const reset = await run.calls.resetTrip(scope, "keep it", "person:ann");
    return reset.ok ? reset.value.toCancel.map((order) => order.clientOrderId) : [reset.error.code];
  };
  return { ...run, handedOn: run.canceled, press, close, accepted, lift, canceled };
}

test("a kill switch that is pressed again leaves the orders alone that close what stands under it", async () => {
  const { press, close, accepted, canceled } = await closingUnder("portfolio");
  expect(canceled.map((order) => order.clientOrderId)).toEqual([intent.clientOrderId]);
  expect(await close("closing")).toBe("approved");
  await accepted("closing");
  const again = (await press()).toCancel.map((order) => order.clientOrderId);
  expect(again).not.toContain("closing");
});

test("a reset cancels the closing orders that may not have left, and leaves alone what its broker has", async () => {
  const { calls, close, accepted, lift } = await closingUnder("portfolio");
  expect([await close("at-broker"), await close("on-its-way")]).toEqual(["approved", "approved"]);
  await accepted("at-broker");
  expect(await lift("portfolio")).toEqual(["on-its-way"]);
  expect((await calls.order("on-its-way"))?.state).toBe("pending_cancel");
  expect((await calls.order("at-broker"))?.state).toBe("new");
});

test("a reset leaves the closing orders alone that another halt still asks for", async () => {
  const scope = `algo:${intent.algoId}`;
  const { close, lift } = await closingUnder(scope, "portfolio");
  expect(await close("closing")).toBe("approved");
  expect(await lift(scope)).toEqual([]);
  expect(await close("another")).toBe("approved");
  expect(await lift("portfolio")).toEqual(["closing", "another"]);
  expect(await close("too-late")).toBe("denied");
});

test.each(["active", "reducing"] as const)(
  "a halt that ends in %s by its trading state hands on the cancels of its closing orders at once",
  async (state) => {
    const { advance, calls, close, accepted, handedOn } = await closingUnder("portfolio");
    expect([await close("at-broker"), await close("on-its-way")]).toEqual(["approved", "approved"]);
    await accepted("at-broker");
    const command = { kind: "trading_state", scope: "portfolio", state, reason: "on" } as const;
    expect(await calls.control(command, "person:ann")).toMatchObject({
      ok: false,
      error: { code: "TOO_EARLY" },
    });
    expect(handedOn).toEqual([]);
    advance(KILL_SWITCH_HOLD_MS);
    expect((await calls.control(command, "person:ann")).ok).toBe(true);
    expect(handedOn).toEqual(["on-its-way"]);
    expect((await calls.order("on-its-way"))?.state).toBe("pending_cancel");
  },
);
