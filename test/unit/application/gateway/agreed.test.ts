/** The broker shows the same order in every poll: its record is read for news alone, and no news is missed by it. */
import { expect, test, vi } from "vitest";
import type { OrderIntent } from "../../../../src/domain/order.ts";
import { Agreed } from "../../../../src/application/gateway/agreed.ts";
import type { GatewayOrder } from "../../../../src/application/gateway/record.ts";
import { SIMULATED_RULES } from "../../../support/orders/broker-faults.ts";
import { MemoryStore } from "../../../support/orders/memory-store.ts";
import {
  approvalAt,
  approvedWith,
  brokerOrderWith,
  scripted,
  type Script,
} from "../../../support/orders/scripted.ts";

/** An order that rests, after polls that have found it as recorded. */
async function resting(script: Script, terms: Partial<OrderIntent> = {}) {
  const store = new MemoryStore();
  const run = scripted(script, store);
  await run.gateway.submit(approvedWith(terms), 1);
  const poll = async (): Promise<void> => {
    run.advance(SIMULATED_RULES.settlingTimeMs + 10_000);
    await run.gateway.watch();
  };
  await poll();
  await poll();
  return { run, store, poll };
}

test("an order that is shown as before is not read again", async () => {
  const { store, poll } = await resting({ orders: [brokerOrderWith()] });
  const reads = [vi.spyOn(store, "order"), vi.spyOn(store, "orderOfBroker")];
  await poll();
  for (const read of reads) expect(read).not.toHaveBeenCalled();
});

test("an order that is shown just as it was recorded is not even read once", async () => {
  const store = new MemoryStore();
  const run = scripted({ orders: [brokerOrderWith()] }, store);
  await run.gateway.submit(approvedWith(), 1);
  const reads = [vi.spyOn(store, "order"), vi.spyOn(store, "orderOfBroker")];
  run.advance(SIMULATED_RULES.settlingTimeMs + 10_000);
  await run.gateway.watch();
  for (const read of reads) expect(read).not.toHaveBeenCalled();
});

test("news that could not be stored is news again", async () => {
  const script: Script = { orders: [brokerOrderWith()] };
  const { store, run, poll } = await resting(script);
  script.orders = [brokerOrderWith({ quantity: "7" })];
  const save = vi.spyOn(store, "save").mockImplementation(() => {
    throw new Error("the disk is full");
  });
  await poll().catch(() => {});
  save.mockRestore();
  await poll();
  expect(run.kinds().at(-1)).toBe("replaced");
});

test.each([
  ["its quantity", { quantity: "7" }, "replaced"],
  ["its price", { limitPrice: "99" }, "replaced"],
  ["its end", { state: "canceled" as const }, "canceled"],
  ["its refusal", { state: "rejected" as const }, "rejected"],
])("%s is news, however often it was shown before", async (_, change, kind) => {
  const script: Script = { orders: [brokerOrderWith()] };
  const { poll, run } = await resting(script);
  script.orders = [brokerOrderWith(change)];
  await poll();
  expect(run.kinds().at(-1)).toBe(kind);
});

test("a trigger is news, and so is that it is gone", async () => {
  const terms = { type: "stop_limit", stopPrice: "101" } as const;
  const script: Script = { orders: [brokerOrderWith({ ...terms, state: "pending_trigger" })] };
  script.submit = async () => ({ outcome: "accepted", brokerOrderId: "B1", pendingTrigger: true });
  const { poll, run } = await resting(script, terms);
  script.orders = [brokerOrderWith({ ...terms, state: "new" })];
  await poll();
  expect(run.kinds()).toEqual(["accepted", "triggered"]);
  script.orders = [];
  await poll();
  script.orders = [brokerOrderWith({ ...terms, state: "canceled" })];
  await poll();
  expect(run.kinds()).toEqual(["accepted", "triggered", "canceled"]);
});

test("one that the broker shows no more is missed, though it was shown as recorded before", async () => {
  const script: Script = { orders: [brokerOrderWith()] };
  const { store, poll } = await resting(script);
  script.orders = [];
  await poll();
  expect(store.order("o-1")).toMatchObject({ absentSince: expect.any(Number) as number });
  script.orders = [brokerOrderWith()];
  await poll();
  expect(store.order("o-1")).toMatchObject({ absentSince: null });
});

test("new terms that the broker does not take up are noticed, although it shows what it always showed", async () => {
  const script: Script = { orders: [brokerOrderWith()] };
  const { run, poll } = await resting(script);
  const changes = { quantity: "20", limitPrice: null, stopPrice: null };
  await run.gateway.modify("o-1", changes, approvalAt(1));
  await poll();
  await poll();
  expect(run.kinds()).toContain("replace_rejected");
});

test.each<[string, Partial<GatewayOrder>, Parameters<typeof brokerOrderWith>[0]]>([
  ["has other terms", {}, { quantity: "7" }],
  ["is wished away", { cancel: "wanted" }, {}],
  ["is to have new terms", { changes: { quantity: "7", limitPrice: null, stopPrice: null } }, {}],
  ["was missed before", { absentSince: 1 }, {}],
  ["is a stranger's", { external: {} as NonNullable<GatewayOrder["external"]> }, {}],
  ["has ended here", { ended: "canceled" }, {}],
  ["has ended there", {}, { state: "canceled" }],
  ["was lost here", { record: "unknown" }, {}],
  ["waits for its trigger here alone", { pendingTrigger: true }, {}],
  ["is another one", { brokerOrderId: "B2" }, {}],
])("what %s is looked at again", async (_, here, there) => {
  const { store } = await resting({ orders: [brokerOrderWith()] });
  const order = store.order("o-1");
  const agreed = new Agreed();
  const seen = brokerOrderWith(there);
  if (order) agreed.note({ ...order, ...here }, seen);
  expect(agreed.has(seen)).toBe(false);
  if (order) agreed.note(order, brokerOrderWith());
  expect(agreed.has(brokerOrderWith())).toBe(true);
});
