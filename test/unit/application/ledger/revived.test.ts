/** An order that had ended in the ledger and stands at the broker after all: its money and its position are reserved again, whatever they pass. */
import { expect, test, vi } from "vitest";
import type { OrderEvent } from "../../../../src/domain/order.ts";
import { fundsLeft } from "../../../../src/domain/risk/funds.ts";
import { executionOf, START } from "../../../support/orders/scripted.ts";
import { facts, intent, reserved } from "../../../support/orders/lone-ledger.ts";

const FUNDS = 1_000_000;

type Run = Awaited<ReturnType<typeof reserved>>;

let named = 0;
const post = ({ calls }: Run, event: OrderEvent, at: number) =>
  calls.post([{ eventId: `e-${(named += 1)}`, clientOrderId: intent.clientOrderId, event, at }]);

const balancesAt = ({ calls }: Run, at: number) =>
  calls.recordBalances(
    intent.account,
    [{ currency: "USD", total: `${FUNDS}`, available: `${FUNDS}` }],
    at,
  );

function held({ ledger }: Run) {
  const state = ledger.state();
  const [holding] = state.holdings.values();
  return {
    state: ledger.store.order(intent.clientOrderId)?.order.state,
    reserved: holding?.sides.buy.quantity.toFixed(),
    money: FUNDS - Number(fundsLeft(state, intent.account, "USD")),
    broken: ledger.brokenEquations(),
  };
}

const accepted = { kind: "accepted", brokerOrderId: "B1", pendingTrigger: false } as const;

const ENDS: [string, OrderEvent[]][] = [
  ["rejected", [{ kind: "rejected", reason: "margin" }]],
  ["canceled", [{ kind: "canceled", reason: "withdrawn" }]],
  ["expired", [accepted, { kind: "expired", reason: "the day is over" }]],
  ["dead_lettered", [{ kind: "dead_lettered", label: "not_sent", reason: "no line" }]],
  [
    "canceled",
    [
      { kind: "dead_lettered", label: "unknown", reason: "no answer" },
      { kind: "discarded", by: "ann", reason: "not wanted" },
    ],
  ],
];

test.each(ENDS)(
  "%s: what it needs is committed again until a reading counts it",
  async (...end) => {
    const [state, events] = end;
    const run = await reserved();
    for (const event of events) await post(run, event, START + 1);
    await balancesAt(run, START + 2);
    expect(held(run)).toEqual({ state, reserved: "0", money: 0, broken: [] });
    await post(run, accepted, START + 10);
    expect(held(run)).toEqual({ state: "new", reserved: "10", money: 1_000, broken: [] });
    run.ledger.evict();
    expect(held(run)).toMatchObject({ reserved: "10", money: 1_000 });
    await balancesAt(run, START + 11);
    expect(held(run)).toMatchObject({ reserved: "10", money: 0 });
  },
);

test("what a reading of the broker has counted already is not committed twice", async () => {
  const run = await reserved();
  await post(run, { kind: "rejected", reason: "margin" }, START + 1);
  await balancesAt(run, START + 20);
  await post(run, accepted, START + 10);
  expect(held(run)).toMatchObject({ reserved: "10", money: 0 });
});

test("what its fills still hold stays committed beside what rests of it", async () => {
  const run = await reserved();
  const execution = { ...executionOf("E1", "4"), executedAt: START + 1 };
  await post(run, accepted, START + 1);
  await post(run, { kind: "filled", execution }, START + 1);
  await post(run, { kind: "canceled", reason: "by the broker" }, START + 2);
  expect(held(run)).toMatchObject({ reserved: "0", money: 400 });
  await post(run, accepted, START + 10);
  expect(held(run)).toEqual({ state: "partially_filled", reserved: "6", money: 1_000, broken: [] });
});

test("it is reserved over every limit, the audit log names them, and the next entry is refused", async () => {
  const run = await reserved();
  await post(run, { kind: "rejected", reason: "margin" }, START + 1);
  const change = { scope: "portfolio", name: "grossExposure", value: "500" } as const;
  await run.calls.setLimits({ changes: [change], reason: "test" }, "person:ann");
  const rows = vi.spyOn(run.ledger.tradebook, "add");
  await post(run, accepted, START + 10);
  expect(held(run)).toMatchObject({ state: "new", reserved: "10" });
  const flags = rows.mock.calls.flatMap(([, row]) => (row.kind === "audit" ? [row.reason] : []));
  expect(flags).toEqual([
    "accepted after it was rejected; reserved again; grossExposure of portfolio is 1000, above 500",
  ]);
  const next = { ...intent, clientOrderId: "o-2", quantity: "1" };
  expect(await run.calls.reserve(next, facts())).toMatchObject({
    kind: "denied",
    refusal: { code: "GROSS_EXPOSURE" },
  });
});

test("a person's execution and the broker's own order are one order of both", async () => {
  const run = await reserved();
  const hand = { ...executionOf("hand:X1", "10"), brokerOrderId: "X1", executedAt: START + 1 };
  await post(run, { kind: "dead_lettered", label: "unknown", reason: "no answer" }, START + 1);
  await post(run, { kind: "filled", execution: hand }, START + 1);
  await balancesAt(run, START + 2);
  expect(held(run)).toEqual({ state: "filled", reserved: "0", money: 0, broken: [] });
  await post(run, { ...accepted, quantity: "20" }, START + 10);
  expect(held(run)).toEqual({
    state: "partially_filled",
    reserved: "10",
    money: 1_000,
    broken: [],
  });
  const order = run.ledger.store.order(intent.clientOrderId)?.order;
  expect(order).toMatchObject({ quantity: "20", filledQuantity: "10" });
});

test("an acceptance that is told of a filled order, and brings no more of it, changes nothing", async () => {
  const run = await reserved();
  await post(run, { kind: "filled", execution: executionOf("E1", "10") }, START + 1);
  await balancesAt(run, START + 2);
  await post(run, accepted, START + 10);
  await post(run, { ...accepted, pendingTrigger: true }, START + 10);
  expect(held(run)).toEqual({ state: "filled", reserved: "0", money: 0, broken: [] });
});
