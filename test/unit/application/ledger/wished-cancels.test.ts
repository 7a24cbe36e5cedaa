/** A wish to cancel stays the ledger's until the broker has answered it, whatever doubt comes over the order meanwhile. */
import { describe, expect, test } from "vitest";
import { KILL_SWITCH_HOLD_MS, ORDER_STEP_OVERDUE_MS } from "../../../../src/domain/limits.ts";
import type { OrderEvent } from "../../../../src/domain/order.ts";
import { packOrder, unpackOrder } from "../../../../src/domain/risk/packing.ts";
import { intent, reserved } from "../../../support/orders/lone-ledger.ts";
import { START } from "../../../support/orders/scripted.ts";

type LoneLedger = Awaited<ReturnType<typeof reserved>>;

const { clientOrderId } = intent;

const postOf = (eventId: string, event: OrderEvent) => ({
  eventId,
  clientOrderId,
  event,
  at: START,
});

const UNKNOWN = postOf("unknown", { kind: "outcome_unknown", reason: "no answer" });
const FOUND = postOf("found", { kind: "accepted", brokerOrderId: "B1", pendingTrigger: false });
const DESKED = postOf("desk", { kind: "dead_lettered", label: "unknown", reason: "not found" });
const NOT_SENT = postOf("unsent", { kind: "not_sent", reason: "never left", attempt: 1 });
const refused = (eventId: string) => postOf(eventId, { kind: "cancel_rejected", reason: "no" });

const stateOf = async ({ calls }: LoneLedger) => (await calls.order(clientOrderId))?.state;

const wish = ({ calls }: LoneLedger) => calls.requestCancel(clientOrderId, "algo:momentum");

async function sweep(run: LoneLedger): Promise<void> {
  run.advance(ORDER_STEP_OVERDUE_MS);
  await run.ledger.alarm();
}

test("a cancel of an order in doubt is brought to its gateway, where nobody could bring it at first", async () => {
  const run = await reserved();
  await run.calls.post([UNKNOWN]);
  expect(await wish(run)).toMatchObject({ ok: true, value: { state: "unknown" } });
  await sweep(run);
  expect(run.canceled).toEqual([clientOrderId]);
  // What acts on it is still not known.
  expect(await stateOf(run)).toBe("unknown");
});

test("an order in doubt that nobody wants canceled is its gateway's to look for", async () => {
  const run = await reserved();
  await run.calls.post([UNKNOWN]);
  await sweep(run);
  expect(run.asked).toEqual([]);
});

describe.each([
  ["that comes while its outcome is not known", [UNKNOWN], []],
  ["that its doubt overtakes", [], [UNKNOWN]],
  ["of an order that lay on the desk since", [UNKNOWN], [DESKED]],
])("a cancel %s", (_, before, after) => {
  const wished = async (): Promise<LoneLedger> => {
    const run = await reserved();
    await run.calls.post(before);
    await wish(run);
    await run.calls.post([...after, FOUND]);
    return run;
  };

  test("is still wished for once the order is found, and is brought to its gateway", async () => {
    const run = await wished();
    expect(await stateOf(run)).toBe("pending_cancel");
    await sweep(run);
    expect(run.canceled).toEqual([clientOrderId]);
  });

  test("is over when the broker has refused it", async () => {
    const run = await wished();
    await run.calls.post([refused("r1")]);
    expect(await stateOf(run)).toBe("new");
    await run.calls.post([postOf("unknown-2", UNKNOWN.event), postOf("found-2", FOUND.event)]);
    await sweep(run);
    expect(run.canceled).toEqual([]);
  });

  test("outlives an eviction", async () => {
    const run = await wished();
    run.ledger.evict();
    await sweep(run);
    expect(run.canceled).toEqual([clientOrderId]);
  });
});

test("a fill that ends the doubt in part does not end the wish", async () => {
  const run = await reserved();
  await run.calls.post([UNKNOWN]);
  await wish(run);
  const execution = {
    executionId: "E1",
    clientOrderId,
    brokerOrderId: "B1",
    account: intent.account,
    instrument: intent.instrument,
    side: intent.side,
    quantity: "4",
    price: "100",
    fee: "0",
    feeCurrency: "USD",
    executedAt: START,
  };
  await run.calls.post([postOf("fill", { kind: "filled", execution })]);
  expect(await stateOf(run)).toBe("pending_cancel");
});

test("an order in doubt that was to be canceled and turns out not to have left is not tried again", async () => {
  const run = await reserved();
  await run.calls.post([UNKNOWN]);
  await wish(run);
  await run.calls.post([NOT_SENT]);
  expect(await stateOf(run)).toBe("canceled");
});

test("an order that ended takes its wish with it: what lives again is canceled by whoever wants that then", async () => {
  const run = await reserved();
  await wish(run);
  await run.calls.post([postOf("end", { kind: "rejected", reason: "no" }), FOUND]);
  expect(await stateOf(run)).toBe("new");
});

test("wished for again while the first wish waits, it is no new event", async () => {
  const run = await reserved();
  await run.calls.post([UNKNOWN]);
  await wish(run);
  const { version } = run.ledger.state();
  await wish(run);
  expect(run.ledger.state().version).toBe(version);
});

test("a kill switch whose order was in doubt has it canceled after its reset, too", async () => {
  const run = await reserved();
  await run.calls.post([UNKNOWN]);
  await run.calls.trip("portfolio", "crash", "person:a");
  run.advance(KILL_SWITCH_HOLD_MS);
  expect(await run.calls.resetTrip("portfolio", "over", "person:a")).toMatchObject({ ok: true });
  await run.calls.post([FOUND]);
  await sweep(run);
  expect(run.canceled).toEqual([clientOrderId]);
});

test("an order in doubt under a halt whose latch died before its wishes is wished for by the next look", async () => {
  const run = await reserved();
  await run.calls.post([UNKNOWN]);
  void run.calls.trip("portfolio", "crash", "person:a").catch(() => {});
  run.ledger.evict();
  await Promise.resolve();
  await run.ledger.alarm();
  expect(run.canceled).toEqual([clientOrderId]);
});

test("an order that was stored before wishes were kept has one where its cancel was awaited", async () => {
  const run = await reserved();
  await wish(run);
  const entry = run.ledger.state().orders.get(clientOrderId);
  if (!entry) throw new Error("it is open");
  const { cancelWished: _, ...older } = JSON.parse(packOrder(entry)) as { cancelWished: boolean };
  expect(unpackOrder(JSON.stringify(older)).cancelWished).toBe(true);
  await run.calls.post([refused("r1")]);
  const { cancelWished: __, ...live } = JSON.parse(packOrder(entry)) as { cancelWished: boolean };
  expect(unpackOrder(JSON.stringify(live)).cancelWished).toBe(false);
});
