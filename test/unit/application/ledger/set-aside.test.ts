/** News that the ledger cannot apply: kept and told, while what comes behind it is booked. */
import { expect, test } from "vitest";
import type { OrderPost } from "../../../../src/domain/order.ts";
import { reserved } from "../../../support/orders/lone-ledger.ts";
import { executionOf, START } from "../../../support/orders/scripted.ts";

const fill = (id: string, quantity: string, price = "100"): OrderPost => ({
  eventId: `o-1:fill:${id}`,
  clientOrderId: "o-1",
  event: { kind: "filled", execution: { ...executionOf(id, quantity), price } },
  at: START,
});

test.each([
  ["0", "100"],
  ["-5", "100"],
  ["5", "-1"],
  ["no number", "100"],
])("a fill of %s at %s is set aside, and the fills around it are booked once", async (...bad) => {
  const { ledger, calls } = await reserved();
  const posts = [fill("E1", "2"), fill("E2", ...bad), fill("E3", "3")];
  const [order] = await calls.post(posts);
  expect(order).toMatchObject({ state: "partially_filled", filledQuantity: "5" });
  // The gateway did not hear the answer, and brings them again.
  await calls.post(posts);
  await ledger.tradebook.flush();

  expect(ledger.store.order("o-1")?.order.filledQuantity).toBe("5");
  expect(ledger.brokenEquations()).toEqual([]);
  expect([...ledger.tradebook.executions]).toEqual([
    ["E1", 1],
    ["E3", 1],
  ]);
  expect([...ledger.tradebook.incidents.values()]).toMatchObject([
    { id: "set-aside-o-1:fill:E2", account: "simulated", severity: "critical" },
  ]);
});

test("what is set aside is told at once, when nothing else happens", async () => {
  const { ledger, calls } = await reserved();
  await calls.post([fill("E1", "0")]);
  expect([...ledger.tradebook.incidents.keys()]).toEqual(["set-aside-o-1:fill:E1"]);
});

test("what storage refuses is not set aside: the whole call fails, and is brought again", async () => {
  const { ledger, calls } = await reserved();
  const { store, tradebook } = ledger;
  store.saveChange = () => {
    throw new Error("the disk is full");
  };
  await expect(calls.post([fill("E1", "2"), fill("E2", "3")])).rejects.toThrow("disk is full");
  await tradebook.flush();
  expect(tradebook.incidents.size).toBe(0);
  expect(tradebook.executions.size).toBe(0);
});
