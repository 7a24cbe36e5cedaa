/** An order that the broker accepted and shows no more: it goes to the desk as unknown, and evidence still brings it back. */
import { expect, test } from "vitest";
import { UNKNOWN_DEADLINE_MS } from "../../../../src/domain/limits.ts";
import { facts, reserved } from "../../../support/orders/lone-ledger.ts";
import {
  approvedWith,
  brokerOrderWith,
  executionOf,
  scripted,
  START,
  type Script,
  type Scripted,
} from "../../../support/orders/scripted.ts";

async function accepted(script: Script): Promise<Scripted> {
  const run = scripted(script);
  await run.gateway.submit(approvedWith(), 1);
  return run;
}

/** The ledger that has reserved it hears of it, and is asked for it. */
async function besideLedger() {
  const { calls, ledger } = await reserved();
  const script: Script = { orders: [] };
  script.ledgerOrder = async () => {
    await calls.post(run.posts);
    return calls.order("o-1");
  };
  const run = await accepted(script);
  await calls.post(run.posts);
  return { run, calls, ledger };
}

async function pollFor(run: Scripted, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 10_000) {
    run.advance(10_000);
    await run.gateway.watch();
  }
}

async function inLedger({ posts }: Scripted) {
  const { ledger, calls } = await reserved();
  await calls.post(posts);
  const [holding] = ledger.state().holdings.values();
  return [ledger.store.order("o-1")?.order.state, holding?.sides.buy.quantity.toFixed()];
}

test("people hear of it once, and it keeps its reservation", async () => {
  const run = await accepted({ orders: [] });
  await pollFor(run, 2 * UNKNOWN_DEADLINE_MS);
  expect(run.posts.slice(1)).toMatchObject([
    { event: { kind: "dead_lettered", label: "unknown" } },
  ]);
  expect(await inLedger(run)).toEqual(["dead_lettered", "10"]);
});

test("nobody hears of one that is back before the deadline", async () => {
  const script: Script = { orders: [] };
  const run = await accepted(script);
  for (let time = 0; time < 4; time += 1) {
    script.orders = [];
    await pollFor(run, UNKNOWN_DEADLINE_MS / 2);
    script.orders = [brokerOrderWith()];
    await pollFor(run, 10_000);
  }
  expect(run.kinds()).toEqual(["accepted"]);
});

test("new terms of one that a person closed are refused to the ledger, which waits for the answer", async () => {
  const { run, calls, ledger } = await besideLedger();
  const changes = { quantity: "20", limitPrice: null, stopPrice: null };
  expect(await calls.reserveReplace("o-1", changes, facts(), "test")).toMatchObject({ ok: true });
  await pollFor(run, 2 * UNKNOWN_DEADLINE_MS);
  const claim = { brokerOrderId: "X9", quantity: "10", price: "100", currency: "USD" };
  const done = await run.gateway.executeByHand("o-1", { ...claim, by: "ann", reason: "phone" });
  expect(done).toMatchObject({ ok: true });
  await run.gateway.modify("o-1", changes, { epoch: 1, ledgerVersion: 2 });
  await calls.post(run.posts);
  expect(ledger.store.order("o-1")).toMatchObject({ order: { state: "filled" }, asked: null });
});

test("new terms that never came to its gateway are over once a person has executed the order on its old ones", async () => {
  const { run, calls, ledger } = await besideLedger();
  const changes = { quantity: "20", limitPrice: null, stopPrice: null };
  expect(await calls.reserveReplace("o-1", changes, facts(), "test")).toMatchObject({ ok: true });
  expect(await calls.requestCancel("o-1", "a halt")).toMatchObject({ ok: true });
  await pollFor(run, 2 * UNKNOWN_DEADLINE_MS);
  const claim = { brokerOrderId: "X9", quantity: "10", price: "100", currency: "USD" };
  const done = await run.gateway.executeByHand("o-1", { ...claim, by: "ann", reason: "phone" });
  expect(done).toMatchObject({ ok: true });
  await calls.post(run.posts);
  expect(ledger.store.order("o-1")).toMatchObject({ order: { state: "filled" }, asked: null });
});

test("a broker that cannot be asked shows nothing, and proves nothing", async () => {
  const run = await accepted({ orders: [], isUnreachable: true });
  await pollFor(run, 3 * UNKNOWN_DEADLINE_MS);
  expect(run.kinds()).toEqual(["accepted"]);
});

test("executions of it do not stand for what rests of it", async () => {
  const run = await accepted({ orders: [], executions: [executionOf("E1", "4")] });
  await pollFor(run, 2 * UNKNOWN_DEADLINE_MS);
  expect(run.kinds()).toEqual(["accepted", "filled", "dead_lettered"]);
});

test("a person can discard what is left of one that had filled in part", async () => {
  const { calls } = await reserved();
  const script: Script = { orders: [], executions: [executionOf("E1", "4")] };
  script.ledgerOrder = async () => {
    await calls.post(run.posts);
    return calls.order("o-1");
  };
  const run = await accepted(script);
  await pollFor(run, 2 * UNKNOWN_DEADLINE_MS);

  expect(await run.gateway.discardByHand("o-1", "ann", "gone")).toMatchObject({
    ok: true,
    value: { state: "canceled", filledQuantity: "4" },
  });
});

test("one that is found again lives on, and goes to the desk again when it is lost again", async () => {
  const script: Script = { orders: [] };
  const run = await accepted(script);
  await pollFor(run, 2 * UNKNOWN_DEADLINE_MS);
  script.orders = [brokerOrderWith()];
  await pollFor(run, UNKNOWN_DEADLINE_MS);
  expect(await inLedger(run)).toEqual(["new", "10"]);
  script.orders = [];
  await pollFor(run, 2 * UNKNOWN_DEADLINE_MS);
  expect(await inLedger(run)).toEqual(["dead_lettered", "10"]);
  script.orders = [brokerOrderWith({ state: "canceled", updatedAt: START + 1 })];
  await pollFor(run, UNKNOWN_DEADLINE_MS);
  expect(await inLedger(run)).toEqual(["canceled", "0"]);
});
