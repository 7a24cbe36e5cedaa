import { expect, test } from "vitest";
import { executionOf, START } from "../../../support/orders/scripted.ts";
import { intent, reserved } from "../../../support/orders/lone-ledger.ts";

const { clientOrderId } = intent;

const fill = (id: string, quantity: string) => ({
  eventId: id,
  clientOrderId,
  event: { kind: "filled" as const, execution: { ...executionOf(id, quantity), clientOrderId } },
  at: START,
});

async function filledWith(...fills: ReturnType<typeof fill>[]) {
  const run = await reserved();
  await run.calls.post(fills);
  await run.ledger.alarm();
  return [...run.ledger.tradebook.incidents.values()];
}

test("an order that the broker has filled beyond its quantity is told to people, once for each fill", async () => {
  const told = await filledWith(fill("E1", "10"), fill("E2", "5"), fill("E2", "5"));
  expect(told).toMatchObject([
    { id: "overfill-simulated-E2", severity: "serious", account: "simulated" },
  ]);
  expect(told[0]?.title).toBe("o-1 was filled beyond its quantity");
  expect(told[0]?.message).toContain("has filled 15 of 10: buy 5 SIM:AAA");
});

test("nobody is told of one that has just what it asked for", async () => {
  expect(await filledWith(fill("E1", "4"), fill("E2", "6"))).toEqual([]);
});
