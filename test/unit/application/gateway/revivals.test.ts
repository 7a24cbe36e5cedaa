/** An order that had ended here and is at the broker after all: reserved again, canceled where nobody wants it, and told. */
import { expect, test } from "vitest";
import type { Order } from "../../../../src/domain/order.ts";
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

const onDesk = (): Order => ({
  ...approvedWith().intent,
  state: "dead_lettered",
  filledQuantity: "0",
  averagePrice: null,
  brokerOrderId: null,
  refusal: null,
  reason: "no answer",
  ledgerVersion: 5,
  epoch: 1,
  createdAt: START,
  updatedAt: START,
});

/** Its outcome was never known, and a person has given it up. */
async function discarded(script: Script): Promise<Scripted> {
  script.submit = async () => ({ outcome: "unknown", reason: "no answer" });
  script.ledgerOrder = async () => onDesk();
  const run = scripted(script);
  await run.gateway.submit(approvedWith(), 1);
  run.advance(UNKNOWN_DEADLINE_MS + 1);
  await run.gateway.watch();
  expect(await run.gateway.discardByHand("o-1", "ann", "not wanted")).toMatchObject({ ok: true });
  return run;
}

async function inLedger(run: Scripted) {
  const { ledger, calls } = await reserved();
  await calls.post(run.posts);
  const [holding] = ledger.state().holdings.values();
  const killed = await calls.trip("portfolio", "test", "ann", {});
  return {
    state: ledger.store.order("o-1")?.order.state,
    reserved: holding?.sides.buy.quantity.toFixed(),
    canceledByTheSwitch: killed.toCancel.length,
    broken: ledger.brokenEquations(),
  };
}

test("a discarded order that the broker has is reserved again, and the kill switch reaches it", async () => {
  const script: Script = {};
  const run = await discarded(script);
  script.orders = [brokerOrderWith()];
  await run.gateway.catchUp();

  // The wish of the switch was the last thing that the ledger heard of it.
  expect(await inLedger(run)).toEqual({
    state: "pending_cancel",
    reserved: "10",
    canceledByTheSwitch: 1,
    broken: [],
  });
});

test("a discarded order that the broker has is canceled there, and told", async () => {
  const script: Script = {};
  const run = await discarded(script);
  script.orders = [brokerOrderWith()];
  await run.gateway.catchUp();
  await run.gateway.watch();

  expect(run.canceled).toEqual(["B1"]);
  expect(run.incidents).toMatchObject([{ id: "revived-o-1-1", severity: "critical" }]);
  script.orders = [brokerOrderWith({ state: "canceled" })];
  run.advance(60_000);
  await run.gateway.watch();
  expect(run.store.order("o-1")?.ended).toBe("canceled");
  expect(await inLedger(run)).toMatchObject({ state: "canceled", reserved: "0" });
});

test("a fill of a discarded order is booked, and what is left of it is canceled", async () => {
  const script: Script = {};
  const run = await discarded(script);
  script.orders = [brokerOrderWith({ state: "partially_filled", filledQuantity: "4" })];
  script.executions = [{ ...executionOf("E1", "4"), executedAt: START + UNKNOWN_DEADLINE_MS + 1 }];
  await run.gateway.catchUp();
  await run.gateway.watch();

  expect(run.canceled).toEqual(["B1"]);
  expect(await inLedger(run)).toMatchObject({ reserved: "6", canceledByTheSwitch: 1, broken: [] });
});

test("an order that was withdrawn before it left, and is at the broker, is canceled there", async () => {
  const script: Script = { orders: [] };
  const run = scripted(script);
  await run.gateway.cancel("o-1");
  script.orders = [brokerOrderWith()];
  await run.gateway.catchUp();
  await run.gateway.watch();

  expect(run.canceled).toEqual(["B1"]);
  expect(run.incidents).toMatchObject([{ severity: "critical" }]);
  expect(await inLedger(run)).toMatchObject({ reserved: "10", canceledByTheSwitch: 1 });
});

test("an order whose refusal was wrong lives on, and is told", async () => {
  const script: Script = { submit: async () => ({ outcome: "rejected", reason: "margin" }) };
  const run = scripted(script);
  await run.gateway.submit(approvedWith(), 1);
  run.advance(1_000);
  script.orders = [brokerOrderWith()];
  await run.gateway.catchUp();
  await run.gateway.watch();

  expect(run.canceled).toEqual([]);
  expect(run.incidents).toMatchObject([{ severity: "serious" }]);
});

test("evidence of an order that waits for its retry is no such news: it cancels the retry", async () => {
  const script: Script = { submit: async () => ({ outcome: "not_sent", reason: "no line" }) };
  const run = scripted(script);
  await run.gateway.submit(approvedWith(), 1);
  script.orders = [brokerOrderWith()];
  await run.gateway.catchUp();
  await run.gateway.watch();

  expect(run.incidents).toEqual([]);
  expect(run.canceled).toEqual([]);
  expect(run.store.order("o-1")?.record).toBe("accepted");
});
