/** Intents that a gateway brings together are decided together, and one that goes wrong is nobody else's trouble. */
import { expect, test } from "vitest";
import { facts, intent, reserved } from "../../../support/orders/lone-ledger.ts";
import { INSTRUMENT } from "../../../support/orders/world.ts";

const asking = (clientOrderId: string, instrument = INSTRUMENT) => ({
  intent: { ...intent, clientOrderId },
  facts: { ...facts(), instrument },
});

/** No grid can be made of this: it is a bug of whoever brings it, and no refusal. */
const BROKEN = { ...INSTRUMENT, tickSize: "none" };

test("each of several is decided on what the ones before it have taken", async () => {
  const { calls, ledger } = await reserved();
  const limit = { scope: "portfolio", name: "openOrders", value: "2" } as const;
  await calls.setLimits({ changes: [limit], reason: "two are enough" }, "ann");
  const answers = await calls.reserveAll([asking("o-2"), asking("o-3"), asking("o-2")]);
  expect(answers.map(({ kind }) => kind)).toEqual(["approved", "denied", "existing"]);
  expect(ledger.store.order("o-2")?.order.state).toBe("pending_new");
  expect(ledger.store.order("o-3")?.order.state).toBe("denied");
});

test("where one goes wrong the others are decided, once each, and nothing of it is kept", async () => {
  const { calls, ledger } = await reserved();
  const before = ledger.state().version;
  const answers = await calls.reserveAll([asking("o-2"), asking("o-3", BROKEN), asking("o-4")]);
  expect(answers.map(({ kind }) => kind)).toEqual(["approved", "failed", "approved"]);
  expect(ledger.store.order("o-3")).toBeNull();
  expect(ledger.state().version).toBe(before + 2);
  const [holding] = ledger.state().holdings.values();
  expect(holding?.orders.size).toBe(3);
});
