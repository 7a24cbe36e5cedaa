/** What proves that an order lives: that the broker lists it as open now. What it has executed does not. */
import { expect, test } from "vitest";
import { IDLE_POLL_MS } from "../../../../src/domain/limits.ts";
import {
  approvalAt,
  approvedWith,
  brokerOrderWith,
  executionOf,
  scripted,
  START,
  type Script,
  type Scripted,
} from "../../../support/orders/scripted.ts";

const NEW_TERMS = { quantity: "12", limitPrice: null, stopPrice: null };

/** An accepted order whose cancels and new terms the broker refuses. */
async function refusing(script: Script): Promise<Scripted> {
  script.cancel = () => ({ outcome: "rejected", reason: "no such order" });
  script.modify = () => ({ outcome: "rejected", reason: "no such order" });
  const run = scripted(script);
  await run.gateway.submit(approvedWith(), 1);
  return run;
}

async function watchFor(run: Scripted, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1_000) {
    run.advance(1_000);
    await run.gateway.watch();
  }
}

const closedWith = (filledQuantity: string) =>
  brokerOrderWith({ state: "canceled", filledQuantity, updatedAt: START + 1 });

test("a refused cancel of an order that is listed as open is a refusal", async () => {
  const run = await refusing({ orders: [brokerOrderWith()] });
  await run.gateway.cancel("o-1");
  expect(run.kinds()).toEqual(["accepted", "cancel_rejected"]);
  expect(run.store.order("o-1")?.cancel).toBe("none");
});

test.each<[string, Script]>([
  ["only its executions are told of", { orders: [], executions: [executionOf("E1", "4")] }],
  ["it is listed as closed, and a fill is still missing", { orders: [closedWith("4")] }],
  ["nothing is told of it", { orders: [] }],
])("a refused cancel stays wanted while %s", async (_, script) => {
  const run = await refusing(script);
  await run.gateway.cancel("o-1");
  await watchFor(run, 20_000);
  expect(run.kinds()).not.toContain("cancel_rejected");
  expect(run.store.order("o-1")?.cancel).toBe("wanted");
  expect(run.canceled.length).toBeGreaterThan(2);
  script.orders = [closedWith("4")];
  script.executions = [executionOf("E1", "4")];
  await watchFor(run, 20_000);
  expect(run.store.order("o-1")).toMatchObject({ ended: "canceled", filledQuantity: "4" });
});

test("refused new terms of an order that is listed as open are off", async () => {
  const run = await refusing({ orders: [brokerOrderWith()] });
  await run.gateway.modify("o-1", NEW_TERMS, approvalAt(1));
  expect(run.kinds()).toEqual(["accepted", "replace_rejected"]);
});

test.each<[string, Script]>([
  ["only its executions are told of", { orders: [], executions: [executionOf("E1", "4")] }],
  ["it is listed as closed, and a fill is still missing", { orders: [closedWith("4")] }],
])("what refused new terms need stays reserved while %s", async (_, script) => {
  const run = await refusing(script);
  await run.gateway.modify("o-1", NEW_TERMS, approvalAt(1));
  expect(run.kinds()).not.toContain("replace_rejected");
  expect(run.store.order("o-1")?.changes).toEqual(NEW_TERMS);
});

test("a cancel that the broker took goes again only while it lists the order as open", async () => {
  const script: Script = { orders: [], executions: [executionOf("E1", "4")] };
  const run = await refusing(script);
  script.cancel = () => ({ outcome: "accepted" });
  await run.gateway.cancel("o-1");
  await watchFor(run, 30_000);
  expect(run.canceled).toHaveLength(1);
  script.orders = [brokerOrderWith({ state: "partially_filled", filledQuantity: "4" })];
  await watchFor(run, 30_000);
  expect(run.canceled.length).toBeGreaterThan(1);
});

test.each(["canceled", "expired"] as const)(
  "an order that was %s by the broker's word and is listed as open lives: reserved, canceled, told",
  async (kind) => {
    const script: Script = { orders: [] };
    const run = scripted(script);
    await run.gateway.submit(approvedWith(), 1);
    await run.gateway.onStream({
      kind: "order_event",
      clientOrderId: "o-1",
      brokerOrderId: "B1",
      eventId: "S1",
      event: { kind, reason: "the broker says so" },
      at: START,
    });
    script.orders = [brokerOrderWith()];
    // A list that lags behind its own stream shows it as open, too.
    await run.gateway.catchUp();
    expect(run.store.order("o-1")?.ended).toBe(kind);
    await watchFor(run, 2 * IDLE_POLL_MS);
    expect(run.kinds().slice(0, 3)).toEqual(["accepted", kind, "accepted"]);
    expect(run.posts[2]?.eventId).toBe("o-1:accepted:1");
    expect(run.incidents).toMatchObject([{ id: "revived-o-1-1", severity: "critical" }]);
    expect(run.canceled.length).toBeGreaterThan(1);
    script.orders = [brokerOrderWith({ state: "canceled", updatedAt: START + 60_000 })];
    await watchFor(run, 20_000);
    expect(run.store.order("o-1")?.ended).toBe("canceled");
    expect(run.kinds().slice(3)).toEqual(["canceled"]);
  },
);

test("an order that filled whole and is listed as open with more lives: reserved, canceled, told", async () => {
  const script: Script = { orders: [], executions: [executionOf("E1", "10")] };
  const run = scripted(script);
  await run.gateway.submit(approvedWith(), 1);
  await watchFor(run, 2 * IDLE_POLL_MS);
  expect(run.store.order("o-1")?.ended).toBe("filled");
  const listed = { state: "partially_filled", filledQuantity: "10" } as const;
  script.orders = [brokerOrderWith({ ...listed, quantity: "15", updatedAt: START + 60_000 })];
  await watchFor(run, 2 * IDLE_POLL_MS);
  expect(run.kinds().slice(0, 3)).toEqual(["accepted", "filled", "accepted"]);
  expect(run.posts[2]?.event).toMatchObject({ quantity: "15" });
  expect(run.incidents).toMatchObject([{ id: "revived-o-1-1", severity: "critical" }]);
  expect(run.canceled.length).toBeGreaterThan(1);
});

test("an order that filled whole, in a list that lags, stays filled", async () => {
  const script: Script = { orders: [], executions: [executionOf("E1", "10")] };
  const run = scripted(script);
  await run.gateway.submit(approvedWith(), 1);
  await watchFor(run, 2 * IDLE_POLL_MS);
  script.orders = [brokerOrderWith({ state: "partially_filled", filledQuantity: "4" })];
  await watchFor(run, 2 * IDLE_POLL_MS);
  expect(run.kinds()).toEqual(["accepted", "filled"]);
  expect(run.canceled).toEqual([]);
});
