/** A bracket's exit that could not leave at first, and of whose position a part is gone by the time at which it can. */
import { expect, test } from "vitest";
import type { Execution, OrderIntent } from "../../../../src/domain/order.ts";
import { facts, intent, reserved } from "../../../support/orders/lone-ledger.ts";
import { executionOf, START } from "../../../support/orders/scripted.ts";

const LOTS = { lotSize: "1", minQuantity: "1" };

const stop = {
  ...intent,
  clientOrderId: "o-1-s1",
  side: "sell",
  type: "stop",
  reduceOnly: true,
  limitPrice: null,
  stopPrice: "95",
  exit: { entry: "o-1", pair: 1, leg: "stop" },
} as const satisfies OrderIntent;

const filled = (clientOrderId: string, side: "buy" | "sell", id: string, quantity: string) => {
  const execution: Execution = { ...executionOf(id, quantity), clientOrderId, side };
  return { eventId: id, clientOrderId, event: { kind: "filled", execution }, at: START } as const;
};

/** Long 10, and a stop for it whose broker cannot be reached; meanwhile so many are sold by hand. */
async function after(sold: string) {
  const run = await reserved();
  await run.calls.post([filled("o-1", "buy", "E1", "10")]);
  expect((await run.calls.reserve(stop, facts())).kind).toBe("approved");
  if (sold !== "0") await run.calls.post([filled("external-1", "sell", "E2", sold)]);
  run.mark();
  const leaves = async (lots: typeof LOTS | null) => {
    const standing = await run.calls.approved("o-1-s1", lots);
    return standing?.kind === "permitted" ? standing.approved.intent.quantity : standing?.kind;
  };
  return { run, leaves };
}

test("it leaves for no more than is left: after an outage its price may be behind, and all of it fills at once", async () => {
  const { run, leaves } = await after("6");
  expect(await leaves(LOTS)).toBe("4");
  expect(await run.calls.order("o-1-s1")).toMatchObject({ state: "pending_new", quantity: "4" });
  // Asked again it is no news.
  const version = run.ledger.state().version;
  expect(await leaves(LOTS)).toBe("4");
  expect(run.ledger.state().version).toBe(version);
});

test("it counts in whole lots, and goes as it is where less than the smallest order is left", async () => {
  const { leaves } = await after("5");
  expect(await leaves({ lotSize: "2", minQuantity: "2" })).toBe("4");
  const little = await after("9");
  expect(await little.leaves({ lotSize: "2", minQuantity: "2" })).toBe("10");
});

test("it stays as large as it was while all of it is there, and where nobody knows its lots", async () => {
  const { leaves } = await after("0");
  expect(await leaves(LOTS)).toBe("10");
  expect(await (await after("6")).leaves(null)).toBe("10");
});

test("nothing of it leaves once all is gone", async () => {
  const { leaves } = await after("10");
  expect(await leaves(LOTS)).toBe("refused");
});
