/** A dead letter that a person executed by hand, and that the broker has after all: it is beside what the person did, and has to go. */
import { expect, test } from "vitest";
import type { BrokerOrder } from "../../../../src/brokers/broker.ts";
import { UNKNOWN_DEADLINE_MS } from "../../../../src/domain/limits.ts";
import { reserved } from "../../../support/orders/lone-ledger.ts";
import {
  approvedWith,
  brokerOrderWith,
  executionOf,
  scripted,
  START,
  type Script,
  type Scripted,
} from "../../../support/orders/scripted.ts";

const LATER = START + UNKNOWN_DEADLINE_MS + 1;

const claimOf = (quantity: string, brokerOrderId: string) => ({
  brokerOrderId,
  quantity,
  price: "100",
  currency: "USD",
  by: "ann",
  reason: "by telephone",
});

/** Its outcome was never known, and a person has executed so much of its 10 by another way. */
async function executed(script: Script, quantity = "10", brokerOrderId = "X1") {
  script.submit = async () => ({ outcome: "unknown", reason: "no answer" });
  const real = await reserved();
  script.ledgerOrder = async (id) => {
    await real.calls.post(run.posts);
    return real.calls.order(id);
  };
  const run: Scripted = scripted(script);
  await run.gateway.submit(approvedWith(), 1);
  run.advance(UNKNOWN_DEADLINE_MS + 1);
  await run.gateway.watch();
  const done = await run.gateway.executeByHand("o-1", claimOf(quantity, brokerOrderId));
  expect(done).toMatchObject({ ok: true });
  return { run, ...real };
}

type Run = Awaited<ReturnType<typeof executed>>;

async function inLedger({ run, ledger, calls }: Run) {
  await calls.post(run.posts);
  const order = ledger.store.order("o-1")?.order;
  const [holding] = ledger.state().holdings.values();
  return {
    state: order?.state,
    quantity: order?.quantity,
    filled: order?.filledQuantity,
    reserved: holding?.sides.buy.quantity.toFixed(),
    position: holding?.position.quantity.toFixed(),
    broken: ledger.brokenEquations(),
  };
}

const fillOf = (run: Scripted, id: string, quantity: string, brokerOrderId = "B1") =>
  run.gateway.onStream({
    kind: "order_event",
    clientOrderId: "o-1",
    brokerOrderId,
    eventId: `S-${id}`,
    event: {
      kind: "filled",
      execution: { ...executionOf(id, quantity), brokerOrderId, executedAt: LATER },
    },
    at: LATER,
  });

async function watchFor(run: Scripted, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1_000) {
    run.advance(1_000);
    await run.gateway.watch();
  }
}

test("a part fill that tells of it first does not end it: its rest is canceled, reserved and told", async () => {
  const script: Script = {};
  const all = await executed(script);
  const { run } = all;
  script.orders = [brokerOrderWith({ state: "partially_filled", filledQuantity: "4" })];
  await fillOf(run, "E1", "4");
  expect(await inLedger(all)).toEqual({
    state: "partially_filled",
    quantity: "20",
    filled: "14",
    reserved: "6",
    position: "14",
    broken: [],
  });
  await run.gateway.watch();
  expect(run.canceled).toEqual(["B1"]);
  expect(run.incidents).toMatchObject([{ id: "revived-o-1-1", severity: "critical" }]);
});

test("its cancel goes again, later and later, until the broker's word ends it", async () => {
  const script: Script = {};
  const all = await executed(script);
  const { run } = all;
  script.orders = [brokerOrderWith({ state: "partially_filled", filledQuantity: "4" })];
  await fillOf(run, "E1", "4");
  await watchFor(run, 300_000);
  expect(run.canceled.length).toBeGreaterThan(10);
  expect(run.canceled.length).toBeLessThan(70);
  expect(run.store.order("o-1")?.ended).toBeNull();

  script.orders = [brokerOrderWith({ state: "canceled", filledQuantity: "4", updatedAt: LATER })];
  await watchFor(run, 30_000);
  expect(run.store.order("o-1")?.ended).toBe("canceled");
  expect(await inLedger(all)).toMatchObject({ state: "canceled", reserved: "0", position: "14" });
  const sent = run.canceled.length;
  await watchFor(run, 60_000);
  expect(run.canceled).toHaveLength(sent);
});

test("its cancel goes again when the broker refuses it while it lists the order as open", async () => {
  const script: Script = {};
  const { run } = await executed(script);
  script.orders = [brokerOrderWith()];
  script.cancel = () => ({ outcome: "rejected", reason: "try later" });
  await run.gateway.catchUp();
  await watchFor(run, 300_000);
  expect(run.canceled.length).toBeGreaterThan(10);
  expect(run.canceled.length).toBeLessThan(70);
  expect(run.kinds().filter((kind) => kind === "cancel_rejected")).toHaveLength(1);
});

test("its end is booked only with all of its own fills, whatever a person executed beside it", async () => {
  const script: Script = {};
  const { run } = await executed(script);
  script.orders = [brokerOrderWith({ state: "canceled", filledQuantity: "4", updatedAt: LATER })];
  await run.gateway.catchUp();
  await watchFor(run, 20_000);
  expect(run.store.order("o-1")?.ended).toBeNull();
  script.executions = [{ ...executionOf("E1", "4"), executedAt: LATER }];
  await watchFor(run, 20_000);
  expect(run.store.order("o-1")).toMatchObject({ ended: "canceled", filledQuantity: "14" });
});

test("filled whole beside the person's execution, both are booked, and it is over", async () => {
  const script: Script = {};
  const all = await executed(script, "4");
  await fillOf(all.run, "E1", "10");
  expect(await inLedger(all)).toMatchObject({
    state: "filled",
    quantity: "14",
    filled: "14",
    position: "14",
  });
  expect(all.run.store.order("o-1")?.ended).toBe("filled");
  expect(all.run.incidents).toEqual([]);
  await all.run.gateway.watch();
  expect(all.run.incidents).toMatchObject([{ id: "revived-o-1-1" }]);
});

test("the very order that the person named is no surprise when the broker shows it filled", async () => {
  const script: Script = {};
  const all = await executed(script, "10", "B1");
  const filled: BrokerOrder = brokerOrderWith({ state: "filled", filledQuantity: "10" });
  script.orders = [{ ...filled, updatedAt: LATER }];
  script.executions = [{ ...executionOf("E1", "10"), executedAt: LATER }];
  await all.run.gateway.catchUp();
  await watchFor(all.run, 20_000);
  expect(all.run.incidents).toEqual([]);
  expect(all.run.canceled).toEqual([]);
  expect(await inLedger(all)).toMatchObject({ state: "filled", filled: "10", position: "10" });
});

test("the rest of the order that the person named is canceled, and what it still fills is its own", async () => {
  const script: Script = {};
  const all = await executed(script, "4", "B1");
  const { run } = all;
  script.orders = [brokerOrderWith({ state: "partially_filled", filledQuantity: "4" })];
  await run.gateway.catchUp();
  await run.gateway.watch();
  expect(run.canceled).toEqual(["B1"]);
  expect(await inLedger(all)).toMatchObject({ quantity: "10", filled: "4", reserved: "6" });
  await fillOf(run, "E1", "4");
  await fillOf(run, "E2", "2");
  expect(await inLedger(all)).toMatchObject({ filled: "6", reserved: "4", position: "6" });
  script.orders = [brokerOrderWith({ state: "canceled", filledQuantity: "6", updatedAt: LATER })];
  await watchFor(run, 20_000);
  expect(run.store.order("o-1")?.ended).toBe("canceled");
});
