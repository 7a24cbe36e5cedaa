/** The ledger's logic on storage in memory: what must hold whoever is slow, halted or of an old region. */
import { describe, expect, test } from "vitest";
import {
  CANCEL_AGAIN_MS,
  FLATTEN_RETRY_MS,
  HALT_DONE_MS,
} from "../../../../src/domain/halt-limits.ts";
import { KILL_SWITCH_HOLD_MS, ORDER_STEP_OVERDUE_MS } from "../../../../src/domain/limits.ts";
import type { OrderPost } from "../../../../src/domain/order.ts";
import { fundsLeft } from "../../../../src/domain/risk/funds.ts";
import { facts, intent, reserved } from "../../../support/orders/lone-ledger.ts";
import type { SimulatedLedger } from "../../../support/orders/simulated-ledger.ts";
import { START } from "../../../support/orders/scripted.ts";

/** A stranger's order in an instrument of which nobody knows the currency. */
function adoptedAs(brokerOrderId: string, at: number): OrderPost {
  const { account, side, type, quantity, limitPrice, stopPrice, timeInForce } = intent;
  const terms = { account, side, type, quantity, limitPrice, stopPrice, timeInForce };
  const order = { ...terms, brokerOrderId, instrument: "SIM:NEW" };
  const event = { kind: "adopted", order, pendingTrigger: false, currency: null } as const;
  return { eventId: brokerOrderId, clientOrderId: `external-${brokerOrderId}`, event, at };
}

const stateOf = ({ ledger }: { ledger: SimulatedLedger }) =>
  ledger.store.order(intent.clientOrderId)?.order.state;

const incidents = ({ ledger }: { ledger: SimulatedLedger }) => [
  ...ledger.tradebook.incidents.values(),
];

const told = (run: { ledger: SimulatedLedger }) => incidents(run).map(({ title }) => title);

const flattenNews = (run: { ledger: SimulatedLedger }) =>
  incidents(run)
    .filter(({ id }) => id.startsWith("halt-flatten-"))
    .map(({ title }) => title);

describe("a denial", () => {
  test("never takes the place of an order that has the id, whichever check refuses", async () => {
    const run = await reserved();
    await run.calls.trip("portfolio", "test", "test");
    const before = stateOf(run);
    const other = await run.calls.reserve({ ...intent, quantity: "11" }, facts());
    expect(other).toMatchObject({ kind: "denied", order: null, refusal: { code: "KILL_SWITCH" } });
    expect(stateOf(run)).toBe(before);
    expect(run.ledger.brokenEquations()).toEqual([]);
  });
});

describe("an order that nobody handed to its gateway", () => {
  test("waits among the retries while its price is old: they send nothing then, and nobody forgets it", async () => {
    const run = await reserved();
    run.advance(ORDER_STEP_OVERDUE_MS);
    await run.ledger.alarm();
    expect(run.retried).toEqual([intent.clientOrderId]);
    expect(run.canceled).toEqual([]);
    expect(await run.calls.approved(intent.clientOrderId)).toMatchObject({
      kind: "refused",
      refusal: { code: "STALE_PRICE" },
    });
  });

  test("is tried again", async () => {
    const run = await reserved();
    run.advance(ORDER_STEP_OVERDUE_MS);
    run.mark();
    await run.ledger.alarm();
    expect(run.retried).toEqual([intent.clientOrderId]);
    expect(run.canceled).toEqual([]);
  });

  test("is withdrawn at its gateway when another region has the lease: it may still be on its way", async () => {
    const run = await reserved();
    await run.calls.control({ kind: "take_lease", region: "standby", reason: "test" }, "test");
    run.advance(ORDER_STEP_OVERDUE_MS);
    await run.ledger.alarm();
    expect(run.canceled).toEqual([intent.clientOrderId]);
    expect(run.retried).toEqual([]);
    // Its end is the gateway's to tell, with the promise that it never leaves.
    expect(stateOf(run)).toBe("pending_new");
  });
});

describe("a region that lost the lease", () => {
  test("is refused by its epoch, and nothing is reserved", async () => {
    const run = await reserved();
    await run.calls.control({ kind: "take_lease", region: "standby", reason: "test" }, "test");
    const late = { ...facts(), epoch: 1 };
    const answer = await run.calls.reserve({ ...intent, clientOrderId: "o-2" }, late);
    expect(answer).toMatchObject({ kind: "denied", refusal: { code: "STALE_EPOCH" } });
    const now = await run.calls.reserve(
      { ...intent, clientOrderId: "o-3" },
      { ...facts(), epoch: 2 },
    );
    expect(now).toMatchObject({ kind: "approved", approved: { epoch: 2 } });
  });
});

const refusedCancel = (time: number) => ({
  eventId: `o-1:cancel_rejected:${time}`,
  clientOrderId: intent.clientOrderId,
  event: { kind: "cancel_rejected", reason: "not now" } as const,
  at: START,
});

describe("a kill switch", () => {
  const accepted = {
    eventId: "o-1:accepted",
    clientOrderId: intent.clientOrderId,
    event: { kind: "accepted", brokerOrderId: "B1", pendingTrigger: false } as const,
    at: START,
  };
  test("cancels again what the broker would not cancel, for as long as it stands", async () => {
    const run = await reserved();
    await run.calls.post([accepted]);
    await run.calls.trip("portfolio", "test", "test");
    for (const time of [1, 2]) {
      await run.calls.post([refusedCancel(time)]);
      expect(stateOf(run)).toBe("new");
      run.advance(CANCEL_AGAIN_MS[0]);
      await run.ledger.alarm();
      expect(stateOf(run)).toBe("pending_cancel");
      expect(run.canceled).toHaveLength(time);
    }
    await run.ledger.alarm();
    expect(run.canceled).toHaveLength(2);
  });

  test("cancels what it was thrown upon, also when it died right after its latch", async () => {
    const run = await reserved();
    await run.calls.post([accepted]);
    void run.calls.trip("portfolio", "test", "test").catch(() => {});
    run.ledger.evict();
    await Promise.resolve();
    expect(stateOf(run)).toBe("new");
    await run.ledger.alarm();
    expect(run.canceled).toEqual([intent.clientOrderId]);
    expect(stateOf(run)).toBe("pending_cancel");
  });

  test("people are told once of what still stands under it after its time, and of nothing before", async () => {
    const run = await reserved();
    await run.calls.post([accepted]);
    await run.calls.trip("portfolio", "test", "test");
    run.advance(HALT_DONE_MS - 1);
    await run.ledger.alarm();
    expect(told(run)).toEqual([]);
    for (let time = 0; time < 3; time += 1) {
      run.advance(HALT_DONE_MS);
      await run.ledger.alarm();
    }
    expect(told(run)).toEqual(["Orders still stand under the halt of portfolio"]);
  });

  test("leaves alone what is under no halt, and what a reset has set free", async () => {
    const run = await reserved();
    await run.calls.post([accepted]);
    await run.calls.trip("algo:another", "test", "test");
    await run.ledger.alarm();
    await run.calls.trip("portfolio", "test", "test");
    await run.calls.post([refusedCancel(1)]);
    run.advance(KILL_SWITCH_HOLD_MS);
    expect((await run.calls.resetTrip("portfolio", "test", "test")).ok).toBe(true);
    await run.ledger.alarm();
    expect(run.canceled).toEqual([]);
    expect(stateOf(run)).toBe("new");
  });
});

test("the money of all orders of an instrument that was described late is bound after an eviction, too", async () => {
  const { ledger, calls } = await reserved();
  const free = () => fundsLeft(ledger.state(), intent.account, "USD")?.toFixed();
  const before = Number(free());
  const at = START + 1;
  await calls.post([adoptedAs("X1", at), adoptedAs("X2", at)]);
  expect(Number(free())).toBe(before);
  const event = { kind: "described", currency: "USD" } as const;
  await calls.post([{ eventId: "d", clientOrderId: "external-X1", event, at }]);
  expect(Number(free())).toBe(before - 2_000);
  ledger.evict();
  expect(Number(free())).toBe(before - 2_000);
});

describe("a kill switch with flatten", () => {
  const fill = {
    executionId: "E1",
    clientOrderId: intent.clientOrderId,
    brokerOrderId: "B1",
    account: intent.account,
    instrument: intent.instrument,
    side: intent.side,
    quantity: "1",
    price: "100",
    fee: "0",
    feeCurrency: "USD",
    executedAt: START,
  } as const;
  const lateFill = {
    eventId: "E1",
    clientOrderId: intent.clientOrderId,
    event: { kind: "filled", execution: fill } as const,
    at: START,
  };

  test("closes what is told of only after it was flat", async () => {
    const run = await reserved();
    await run.calls.trip("portfolio", "test", "test", { flatten: true });
    await run.ledger.alarm();
    expect(run.flattened).toEqual([]);
    await run.calls.post([lateFill]);
    await run.ledger.alarm();
    expect(run.flattened).toEqual(["portfolio"]);
  });

  test("is tried again for as long as it takes, less and less often", async () => {
    const run = await reserved();
    await run.calls.post([lateFill]);
    await run.calls.trip("portfolio", "test", "test", { flatten: true });
    for (let second = 0; second < 600; second += 1) {
      await run.ledger.alarm();
      run.advance(1_000);
    }
    expect(run.flattened.length).toBeGreaterThan(600 / 20);
    expect(run.flattened.length).toBeLessThanOrEqual(FLATTEN_RETRY_MS.length + 600 / 20);
  });

  test("people are told once why it was refused, and once by one name when it just does not come about", async () => {
    const refused = await reserved();
    refused.refusals.push("5 A of momentum at simulated: its market is closed.");
    const slow = await reserved();
    for (const run of [refused, slow]) {
      await run.calls.post([lateFill]);
      await run.calls.trip("portfolio", "test", "test", { flatten: true });
      await run.ledger.alarm();
      await run.ledger.alarm();
    }
    expect(told(refused)).toEqual(["portfolio cannot be closed"]);
    expect(told(slow)).toEqual([]);
    for (const run of [refused, slow])
      for (let minute = 0; minute < 5; minute += 1) {
        run.advance(HALT_DONE_MS);
        await run.ledger.alarm();
      }
    expect(flattenNews(refused)).toEqual(["portfolio cannot be closed"]);
    expect(flattenNews(slow)).toEqual(["portfolio is not flat"]);
  });

  test("is over with the reset: a halt without it closes nothing", async () => {
    const run = await reserved();
    await run.calls.trip("portfolio", "test", "test", { flatten: true });
    run.advance(KILL_SWITCH_HOLD_MS);
    expect((await run.calls.resetTrip("portfolio", "test", "test")).ok).toBe(true);
    await run.calls.trip("portfolio", "again", "test");
    await run.calls.post([lateFill]);
    await run.ledger.alarm();
    expect(run.flattened).toEqual([]);
  });
});

test("a reset whose halt no gateway has heard of tells it of the halt that it ends", async () => {
  const run = await reserved();
  run.gatewayIsAway(true);
  const killed = await run.calls.trip("portfolio", "test", "test");
  run.advance(KILL_SWITCH_HOLD_MS);
  const reset = await run.calls.resetTrip("portfolio", "test", "test");
  expect(run.told).toEqual([]);
  run.gatewayIsAway(false);
  await run.ledger.alarm();
  const version = reset.ok ? reset.value.version : 0;
  expect(run.told).toEqual([{ scope: "portfolio", version, haltVersion: killed.version }]);
});
