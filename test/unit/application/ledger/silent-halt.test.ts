/** The kill switch and the lease while a gateway does not answer: it is waited for a moment, and holds up nothing after that. */
import { expect, test } from "vitest";
import type { OrderGatewayPort } from "../../../../src/application/ports.ts";
import {
  GATEWAY_SILENT_MS,
  HALT_TOLD_MS_MAX,
  LEASE_TOLD_AFTER_MS,
} from "../../../../src/domain/halt-limits.ts";
import {
  DUTY_WAIT_MS,
  KILL_SWITCH_HOLD_MS,
  WATCHDOG_INTERVAL_MS,
} from "../../../../src/domain/limits.ts";
import { facts, intent, reserved } from "../../../support/orders/lone-ledger.ts";
import { START } from "../../../support/orders/scripted.ts";
import { quietLedger } from "../../../support/orders/quiet-ledger.ts";
import { Timeline } from "../../../support/orders/timeline.ts";

const hangs = (): Promise<never> => Promise.withResolvers<never>().promise;

/** A ledger with one order that stands, told of by a gateway that says nothing to a halt, to its end or to a lease. */
async function besideSilent() {
  const timeline = new Timeline(START);
  const gateway = { halt: hangs, resume: hangs, fence: hangs } as Partial<
    Record<keyof OrderGatewayPort, unknown>
  > as OrderGatewayPort;
  const ledger = quietLedger(timeline, gateway);
  const calls = ledger.calls();
  const { account, clientOrderId } = intent;
  const balances = [{ currency: "USD", total: "1000000", available: "1000000" }];
  await calls.recordBalances(account, balances, START);
  await calls.reserve(intent, facts());
  const event = { kind: "accepted", brokerOrderId: "B1", pendingTrigger: false } as const;
  await calls.post([{ eventId: "a", clientOrderId, event, at: START }]);
  const pass = (ms: number): Promise<void> => timeline.runUntil(timeline.now() + ms);
  const state = async () => (await calls.order(clientOrderId))?.state;
  return { calls, ledger, pass, state, clientOrderId };
}

test("the orders are to be canceled, and the answer says that not every gateway holds it", async () => {
  const { calls, ledger, pass, state, clientOrderId } = await besideSilent();
  const killed = calls.trip("portfolio", "crash", "person:a");
  expect(ledger.state().tradingStates.get("portfolio")?.state).toBe("halted");
  await pass(HALT_TOLD_MS_MAX);
  expect(await state()).toBe("pending_cancel");
  const { enforcedInMs, toCancel } = await killed;
  expect(enforcedInMs).toBeNull();
  expect(toCancel.map((order) => order.clientOrderId)).toEqual([clientOrderId]);
});

test("the reset answers, too", async () => {
  const { calls, pass } = await besideSilent();
  void calls.trip("portfolio", "crash", "person:a");
  await pass(KILL_SWITCH_HOLD_MS + HALT_TOLD_MS_MAX);
  const reset = calls.resetTrip("portfolio", "over", "person:a");
  await pass(HALT_TOLD_MS_MAX);
  expect(await reset).toMatchObject({ ok: true, value: { state: "active" } });
});

test("a takeover answers, too, and its fence is told again until the gateway holds it", async () => {
  const { calls, ledger, pass } = await besideSilent();
  const command = {
    kind: "take_lease",
    region: "standby",
    reason: "the other one is down",
  } as const;
  const taken = calls.control(command, "person:a");
  await pass(HALT_TOLD_MS_MAX);
  const lease = { region: "standby", unconfirmed: ["simulated"] };
  expect(await taken).toMatchObject({ ok: true, value: { lease } });
  expect(ledger.dueAt()).toBeLessThan(START + HALT_TOLD_MS_MAX + WATCHDOG_INTERVAL_MS);
});

/** Incidents of one takeover, whose gateway is away until it is not. */
async function takenOver() {
  const run = await reserved();
  run.gatewayIsAway(true);
  const command = { kind: "take_lease", region: "standby", reason: "a drill" } as const;
  await run.calls.control(command, "person:a");
  const look = async (ms: number) => {
    run.advance(ms);
    await run.ledger.alarm();
    await run.ledger.tradebook.flush();
    const told = [...run.ledger.tradebook.incidents.values()];
    return told.filter(({ id }) => id.startsWith("lease-")).map(({ title }) => title);
  };
  const unconfirmed = async () => (await run.calls.controls()).lease.unconfirmed;
  return { ...run, command, look, unconfirmed };
}

test("who has not confirmed a takeover is named until they have, and told once, after a while", async () => {
  const { calls, command, ledger, look, unconfirmed, gatewayIsAway } = await takenOver();
  expect(await look(LEASE_TOLD_AFTER_MS - 1)).toEqual([]);
  expect(await unconfirmed()).toEqual(["simulated"]);
  const title = "A takeover is not confirmed by the gateway of simulated";
  expect(await look(1)).toEqual([title]);
  ledger.evict();
  expect(await look(60_000)).toEqual([title]);
  gatewayIsAway(false);
  await look(1);
  expect(await unconfirmed()).toEqual([]);
  gatewayIsAway(true);
  await calls.control(command, "person:a");
  expect(await look(LEASE_TOLD_AFTER_MS)).toEqual([title, title]);
});

test("a takeover that is confirmed in time is told to nobody", async () => {
  const { look, gatewayIsAway } = await takenOver();
  gatewayIsAway(false);
  await look(LEASE_TOLD_AFTER_MS - 1);
  expect(await look(60_000)).toEqual([]);
});

test("a halt, its cancels and its flatten fit into the time of one duty", () => {
  expect(HALT_TOLD_MS_MAX + 2 * GATEWAY_SILENT_MS).toBeLessThan(DUTY_WAIT_MS);
});
